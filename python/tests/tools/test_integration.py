"""Bridges to training libraries. Those that are not installed are stood in for by the part that is used."""

from __future__ import annotations

import contextlib
import importlib
import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest

import ravine
from ravine.pruners import BasePruner
from ravine.study import Study
from ravine.trial import FrozenTrial, Trial


class After(BasePruner):
    """Prunes trials from some step on."""

    def __init__(self, step: int) -> None:
        self.step = step

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        return trial.last_step is not None and trial.last_step >= self.step


def running(prune_at: int = 2, direction: str = "minimize") -> Trial:
    return ravine.create_study(pruner=After(prune_at), direction=direction).ask()


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Puts modules into the place of libraries, and forgets the bridges that were loaded with them."""

    def put(name: str, **content: Any) -> types.ModuleType:
        for place in range(len(parts := name.split("."))):
            whole = ".".join(parts[: place + 1])
            if whole not in sys.modules or place == len(parts) - 1:
                monkeypatch.setitem(sys.modules, whole, types.ModuleType(whole))
        vars(sys.modules[name]).update(content)
        return sys.modules[name]

    loaded = set(sys.modules)
    yield put
    for name in set(sys.modules) - loaded:
        if name.startswith("ravine.integration."):
            del sys.modules[name]


class Callback:
    """A library's base of callbacks."""


def test_names_are_loaded_when_asked_for() -> None:
    import ravine.integration as integration

    assert "XGBoostPruningCallback" in dir(integration)
    with pytest.raises(AttributeError, match="Nothing"):
        integration.Nothing  # noqa: B018


def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keras", None)
    monkeypatch.delitem(sys.modules, "ravine.integration.keras", raising=False)
    with pytest.raises(ImportError, match="pip install keras"):
        importlib.import_module("ravine.integration.keras")


@pytest.mark.parametrize("name", ["keras", "tfkeras"])
def test_keras_epochs_are_reported_and_pruned(stand_in: Any, name: str) -> None:
    stand_in("keras.callbacks", Callback=Callback)
    module = importlib.import_module(f"ravine.integration.{name}")
    trial = running(prune_at=5)
    callback = getattr(module, "KerasPruningCallback" if name == "keras" else "TFKerasPruningCallback")(
        trial, "val_loss", interval=2
    )
    for epoch in range(5):
        callback.on_epoch_end(epoch, {"val_loss": 1.0 / (epoch + 1)})
    with pytest.raises(ravine.TrialPruned, match="epoch 5"):
        callback.on_epoch_end(5, {"val_loss": 0.1})
    assert sorted(trial.study.trials[0].intermediate_values) == [1, 3, 5]
    with pytest.warns(UserWarning, match="val_loss"):
        callback.on_epoch_end(7, {"loss": 1.0})


def lightning(epoch: int, **options: Any) -> tuple[Any, Any]:
    trainer = types.SimpleNamespace(
        sanity_checking=False, is_global_zero=True, world_size=1, callback_metrics={"val_acc": 0.5}, should_stop=False
    )
    vars(trainer).update(options)
    return trainer, types.SimpleNamespace(current_epoch=epoch)


@pytest.mark.parametrize("name", ["lightning.pytorch.callbacks", "pytorch_lightning.callbacks"])
def test_lightning_epochs_are_reported_and_pruned(stand_in: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name.startswith("pytorch"):
        monkeypatch.setitem(sys.modules, "lightning", None)
    stand_in(name, Callback=Callback)
    module = importlib.import_module("ravine.integration.pytorch_lightning")
    trial = running()
    callback = module.PyTorchLightningPruningCallback(trial, "val_acc")
    callback.on_validation_end(*lightning(0, sanity_checking=True))
    assert trial.study.trials[0].intermediate_values == {}
    for epoch in range(2):
        callback.on_validation_end(*lightning(epoch))
    with pytest.raises(ravine.TrialPruned, match="epoch 2"):
        callback.on_validation_end(*lightning(2))
    with pytest.warns(UserWarning, match="val_acc"):
        callback.on_validation_end(*lightning(3, callback_metrics={}))


def test_several_lightning_processes_stop_together(stand_in: Any) -> None:
    stand_in("lightning.pytorch.callbacks", Callback=Callback)
    module = importlib.import_module("ravine.integration.pytorch_lightning")
    callback = module.PyTorchLightningPruningCallback(running(prune_at=0), "val_acc")
    strategy = types.SimpleNamespace(broadcast=lambda value: value)
    trainer, net = lightning(0, world_size=2, strategy=strategy)
    callback.on_validation_end(trainer, net)
    assert trainer.should_stop
    with pytest.raises(ravine.TrialPruned):
        callback.check_pruned()
    other = module.PyTorchLightningPruningCallback(running(), "val_acc")
    told = types.SimpleNamespace(broadcast=lambda value: True)
    trainer, net = lightning(0, world_size=2, is_global_zero=False, strategy=told)
    other.on_validation_end(trainer, net)
    assert trainer.should_stop


def test_ignite_epochs_are_reported_and_pruned() -> None:
    from ravine.integration import PyTorchIgnitePruningHandler

    engine = types.SimpleNamespace(state=types.SimpleNamespace(metrics={"accuracy": 0.5}))
    trainer = types.SimpleNamespace(state=types.SimpleNamespace(epoch=1))
    handler = PyTorchIgnitePruningHandler(running(), "accuracy", trainer)
    handler(engine)
    trainer.state.epoch = 2
    with pytest.raises(ravine.TrialPruned):
        handler(engine)


def test_catboost_iterations_end_without_an_exception() -> None:
    from ravine.integration import CatBoostPruningCallback

    callback = CatBoostPruningCallback(running(prune_at=1), "Logloss")
    going_on = []
    for iteration in (1, 2):
        info = types.SimpleNamespace(iteration=iteration, metrics={"validation": {"Logloss": [0.7]}})
        going_on.append(callback.after_iteration(info))
    assert going_on == [True, False]
    with pytest.raises(ravine.TrialPruned, match="iteration 1"):
        callback.check_pruned()
    with pytest.raises(ValueError, match="does not evaluate 'AUC'"):
        CatBoostPruningCallback(running(), "AUC").after_iteration(info)


def data() -> tuple[Any, Any]:
    import numpy

    rng = numpy.random.default_rng(0)
    features = rng.random((80, 3))
    return features, (features[:, 0] > 0.5).astype(int)


def test_xgboost_rounds_are_reported_and_pruned() -> None:
    import xgboost
    from ravine.integration import XGBoostPruningCallback

    features, target = data()
    matrix = xgboost.DMatrix(features, target)
    options = {"objective": "binary:logistic", "nthread": 1}
    trial = running()
    with pytest.raises(ravine.TrialPruned):
        xgboost.train(options, matrix, 5, evals=[(matrix, "valid")], verbose_eval=False,
                      callbacks=[XGBoostPruningCallback(trial, "valid-logloss")])  # fmt: skip
    assert sorted(trial.study.trials[0].intermediate_values) == [0, 1, 2]
    with pytest.raises(ravine.TrialPruned):
        xgboost.cv(options, matrix, 5, nfold=2, callbacks=[XGBoostPruningCallback(running(), "test-logloss")])
    with pytest.raises(ValueError, match="valid-logloss"):
        xgboost.train(options, matrix, 5, evals=[(matrix, "valid")], verbose_eval=False,
                      callbacks=[XGBoostPruningCallback(running(), "valid-auc")])  # fmt: skip


def test_lightgbm_rounds_are_reported_and_pruned() -> None:
    import lightgbm
    from ravine.integration import LightGBMPruningCallback

    features, target = data()
    train = lightgbm.Dataset(features, target, free_raw_data=False)
    options = {"objective": "binary", "metric": "auc", "verbose": -1, "num_threads": 1}

    def fit(callback: Any) -> None:
        lightgbm.train(options, train, 6, valid_sets=[train.create_valid(features, target)], callbacks=[callback])

    trial = running(prune_at=3, direction="maximize")
    with pytest.raises(ravine.TrialPruned):
        fit(LightGBMPruningCallback(trial, "auc", report_interval=2))
    assert sorted(trial.study.trials[0].intermediate_values) == [1, 3]
    with pytest.raises(ValueError, match="direction must be 'maximize'"):
        fit(LightGBMPruningCallback(running(), "auc"))
    with pytest.raises(ValueError, match="does not evaluate"):
        fit(LightGBMPruningCallback(running(direction="maximize"), "l2"))
    with pytest.raises(ValueError, match="direction must be 'maximize'"):
        fit(LightGBMPruningCallback(running(), "auc", report_interval=3))
    for name in ("valid", "valid_0", "anything"):
        with pytest.raises(ravine.TrialPruned):
            callback = LightGBMPruningCallback(running(direction="maximize"), "auc", name)
            lightgbm.cv(options, train, 6, nfold=2, callbacks=[callback])


def test_lightgbms_cross_validation_is_understood_whatever_it_calls_its_data() -> None:
    from ravine.integration import LightGBMPruningCallback

    for name in (("valid", "auc"), ("cv_agg", "valid auc"), ("cv_agg", "auc")):
        trial = running(prune_at=0, direction="maximize")
        with pytest.raises(ravine.TrialPruned):
            LightGBMPruningCallback(trial, "auc")(
                types.SimpleNamespace(iteration=0, begin_iteration=0, evaluation_result_list=[(*name, 0.7, True, 0.1)])
            )
        assert trial.study.trials[0].intermediate_values == {0: 0.7}
    other = types.SimpleNamespace(iteration=0, begin_iteration=0, evaluation_result_list=[("valid", "auc", 0.7, True)])
    with pytest.raises(ValueError, match="does not evaluate"):
        LightGBMPruningCallback(running(direction="maximize"), "auc")(other)


class FakeMLflow(types.ModuleType):
    """The part of MLflow that is used: it notes what is logged."""

    def __init__(self) -> None:
        super().__init__("mlflow")
        self.runs: list[dict[str, Any]] = []
        self.experiment: str | None = None

    def set_tracking_uri(self, uri: str) -> None:
        self.uri = uri

    def set_experiment(self, name: str) -> None:
        self.experiment = name

    @contextlib.contextmanager
    def start_run(self, run_name: str, **options: Any) -> Iterator[None]:
        self.runs.append({"name": run_name, **options})
        yield

    def log_metrics(self, metrics: dict[str, float]) -> None:
        self.runs[-1]["metrics"] = metrics

    def log_params(self, params: dict[str, Any]) -> None:
        self.runs[-1]["params"] = params

    def set_tags(self, tags: dict[str, str]) -> None:
        self.runs[-1]["tags"] = tags


def test_mlflow_gets_a_run_for_each_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    from ravine.integration import MLflowCallback

    mlflow = FakeMLflow()
    monkeypatch.setitem(sys.modules, "mlflow", mlflow)
    study = ravine.create_study(study_name="named")
    study.set_user_attr("who", "me")
    callback = MLflowCallback("file:runs", metric_name="loss", tag_study_user_attrs=True)
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=2, callbacks=[callback])
    assert mlflow.uri == "file:runs" and mlflow.experiment == "named" and [r["name"] for r in mlflow.runs] == ["0", "1"]
    run = mlflow.runs[1]
    assert run["metrics"] == {"loss": study.trials[1].value} and run["params"] == study.trials[1].params
    assert run["tags"]["state"] == "COMPLETE" and run["tags"]["who"] == "me" and "x_distribution" in run["tags"]
    with pytest.raises(TypeError, match="metric_name"):
        MLflowCallback(metric_name=3)  # type: ignore[arg-type]


def test_several_values_need_as_many_names(monkeypatch: pytest.MonkeyPatch) -> None:
    from ravine.integration._common import named_values

    assert named_values("value", [1.0, 2.0]) == {"value_0": 1.0, "value_1": 2.0}
    assert named_values(["a", "b"], [1.0, 2.0]) == {"a": 1.0, "b": 2.0}
    with pytest.raises(ValueError, match="2 objective values and 1 metric"):
        named_values(["a"], [1.0, 2.0])


def test_weights_and_biases_gets_each_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    from ravine.integration import WeightsAndBiasesCallback

    logged: list[Any] = []
    config = types.SimpleNamespace(update=lambda *args, **kwargs: None)
    wandb: Any = types.ModuleType("wandb")
    wandb.run = None

    def finish() -> None:
        wandb.run = None

    def init(**options: Any) -> Any:
        wandb.run = types.SimpleNamespace(
            config=config, log=lambda values, step: logged.append((options.get("name"), step, values)), finish=finish
        )
        return wandb.run

    wandb.init = init
    monkeypatch.setitem(sys.modules, "wandb", wandb)
    for as_multirun, places in ((False, [(None, 0), (None, 1)]), (True, [("trial/0", None), ("trial/1", None)])):
        logged.clear()
        wandb.run = None
        study = ravine.create_study()
        callback = WeightsAndBiasesCallback("loss", as_multirun=as_multirun)
        study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=2, callbacks=[callback])
        assert [(name, step) for name, step, _ in logged] == places
        assert logged[0][2] == {"x": study.trials[0].params["x"], "loss": study.trials[0].value}
