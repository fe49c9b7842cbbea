"""`fmin` and its trials: limits, documents, saved files, failures, algorithms."""

from __future__ import annotations

import json
import logging
import math
import pickle
import random
from functools import partial
from pathlib import Path

import pytest

from ravine.hyperopt import (
    JOB_STATE_DONE,
    JOB_STATE_ERROR,
    STATUS_FAIL,
    STATUS_OK,
    Ctrl,
    Domain,
    FMinIter,
    Trials,
    anneal,
    atpe,
    early_stop,
    fmin,
    fmin_pass_expr_memo_ctrl,
    hp,
    mix,
    rand,
    space_eval,
    tpe,
    trials_from_docs,
)
from ravine.hyperopt.exceptions import (
    AllTrialsFailed,
    InvalidAnnotatedParameter,
    InvalidLoss,
    InvalidResultStatus,
    InvalidTrial,
)
from ravine.logging import get_logger
from ravine.hyperopt.pyll import rec_eval
from ravine.trial import TrialState

search = partial(fmin, verbose=False)
ALGORITHMS = {
    "tpe": tpe.suggest,
    "tpe with options": partial(tpe.suggest, n_startup_jobs=5, gamma=0.25, n_EI_candidates=10),
    "rand": rand.suggest,
    "atpe": atpe.suggest,
    "anneal": anneal.suggest,
    "mix": partial(mix.suggest, p_suggest=[(0.5, rand.suggest), (0.5, tpe.suggest)]),
}


def nested() -> dict:
    return {
        "optimizer": hp.choice("optimizer", [
            {"name": "sgd", "lr": hp.loguniform("sgd_lr", -7, 0), "momentum": hp.uniform("momentum", 0, 1)},
            {"name": "adam", "lr": hp.loguniform("adam_lr", -9, -2)},
        ]),
        "layers": hp.choice("layers", [[hp.quniform(f"units_{n}_{i}", 8, 64, 8) for i in range(n)] for n in (1, 2, 3)]),
        "dropout": hp.normal("dropout", 0.3, 0.1),
    }  # fmt: skip


def nested_loss(config: dict) -> float:
    best = 0.01 if config["optimizer"]["name"] == "sgd" else 0.001
    return (
        abs(math.log(config["optimizer"]["lr"] / best)) + abs(sum(config["layers"]) - 64) / 16 + config["dropout"] ** 2
    )


@pytest.mark.parametrize("name", ALGORITHMS)
def test_each_algorithm_searches_a_nested_space(name: str) -> None:
    trials = Trials()
    best = search(nested_loss, nested(), ALGORITHMS[name], max_evals=40, trials=trials, rstate=1)
    assert len(trials) == 40 and trials.statuses() == [STATUS_OK] * 40
    assert nested_loss(space_eval(nested(), best)) == pytest.approx(min(trials.losses()))
    inactive = {"sgd_lr", "momentum"} if best["optimizer"] == 1 else {"adam_lr"}
    assert not inactive & best.keys()


@pytest.mark.parametrize("name", ALGORITHMS)
def test_the_same_seed_gives_the_same_search(name: str) -> None:
    runs = [search(nested_loss, nested(), ALGORITHMS[name], 12, rstate=random.Random(3)) for _ in range(2)]
    assert runs[0] == runs[1]


def test_nothing_is_said_of_the_study_behind_the_search() -> None:
    said: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    logger = get_logger("ravine")
    logger.addHandler(handler)
    try:
        fmin(lambda x: x, hp.uniform("x", 0, 1), algo=tpe.suggest, max_evals=3, show_progressbar=False)
    finally:
        logger.removeHandler(handler)
    assert said == []


def test_tpe_beats_random_search() -> None:
    space = {name: hp.uniform(name, -5, 5) for name in "abcd"}

    def sphere(config: dict) -> float:
        return sum((value - 1) ** 2 for value in config.values())

    def mean_best(algorithm: object) -> float:
        bests = []
        for seed in range(3):
            trials = Trials()
            search(sphere, space, algorithm, 80, trials=trials, rstate=seed)
            bests.append(min(trials.losses()))
        return sum(bests) / len(bests)

    assert mean_best(tpe.suggest) < mean_best(rand.suggest)
    assert mean_best(anneal.suggest) < mean_best(rand.suggest)


def test_documents_have_hyperopts_form() -> None:
    trials = Trials()
    space = {"kind": hp.choice("kind", ["a", hp.uniform("x", 0, 1)])}

    def objective(config: dict) -> dict:
        return {"loss": 1.0, "status": STATUS_OK, "extra": config["kind"]}

    search(objective, space, rand.suggest, 8, trials=trials, rstate=0)
    for tid, doc in enumerate(trials.trials):
        assert doc["tid"] == doc["misc"]["tid"] == tid and doc["state"] == JOB_STATE_DONE
        assert doc["result"]["loss"] == 1.0 and "extra" in doc["result"]
        assert doc["misc"]["vals"]["kind"] in ([0], [1]) and doc["misc"]["idxs"]["kind"] == [tid]
        active = doc["misc"]["vals"]["kind"] == [1]
        assert doc["misc"]["idxs"]["x"] == ([tid] if active else [])
        assert len(doc["misc"]["vals"]["x"]) == active
        assert doc["book_time"] <= doc["refresh_time"]
    assert trials.idxs["kind"] == list(range(8)) == trials.tids
    assert trials.vals["kind"] == [doc["misc"]["vals"]["kind"][0] for doc in trials]
    assert len(trials.vals["x"]) == sum(trials.vals["kind"])


def test_a_loss_may_be_a_bare_number() -> None:
    trials = Trials()
    search(lambda x: 3, hp.uniform("x", 0, 1), rand.suggest, 2, trials=trials)
    assert trials.results == [{"loss": 3.0, "status": "ok"}] * 2


def test_failed_trials_are_not_the_best() -> None:
    trials = Trials()

    def objective(x: float) -> dict:
        return {"status": STATUS_FAIL, "why": "low"} if x < 0.5 else {"status": STATUS_OK, "loss": -x}

    search(objective, hp.uniform("x", 0, 1), tpe.suggest, 30, trials=trials, rstate=1)
    assert trials.best_trial["result"]["loss"] == min(loss for loss in trials.losses() if loss is not None)
    assert STATUS_FAIL in trials.statuses() and trials.argmin["x"] >= 0.5


def test_without_a_good_trial_there_is_no_best() -> None:
    for best in ({}, {"return_argmin": False}):
        with pytest.raises(AllTrialsFailed):
            search(lambda x: {"status": STATUS_FAIL}, hp.uniform("x", 0, 1), rand.suggest, 3, **best)
    with pytest.raises(ValueError, match="no evaluation tasks"):
        search(lambda x: x, hp.uniform("x", 0, 1), rand.suggest, 0)
    assert search(lambda x: x, hp.uniform("x", 0, 1), rand.suggest, 0, return_argmin=False) is None


def test_nan_losses_do_not_count() -> None:
    trials = Trials()
    search(lambda x: math.nan if x < 0.5 else x, hp.uniform("x", 0, 1), tpe.suggest, 25, trials=trials, rstate=0)
    assert trials.best_trial["result"]["loss"] >= 0.5


def test_the_best_value_of_the_space_can_be_returned() -> None:
    best = search(lambda c: 0.0, hp.choice("c", [{"name": "only"}]), rand.suggest, 1, return_argmin=False)
    assert best == {"name": "only"}


@pytest.mark.parametrize("result, error", [
    ({"loss": 1.0}, InvalidResultStatus),
    ({"status": "good", "loss": 1.0}, InvalidResultStatus),
    ({"status": STATUS_OK}, InvalidLoss),
    ({"status": STATUS_OK, "loss": None}, InvalidLoss),
    (None, TypeError),
])  # fmt: skip
def test_what_is_no_result_is_refused(result: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        search(lambda x: result, hp.uniform("x", 0, 1), rand.suggest, 1)


def test_an_exception_ends_the_search() -> None:
    trials = Trials()
    with pytest.raises(ZeroDivisionError):
        search(lambda x: 1 / 0, hp.uniform("x", 0, 1), rand.suggest, 5, trials=trials)
    assert len(trials) == 0 and trials._dynamic_trials[0]["state"] == JOB_STATE_ERROR


def test_or_only_its_trial_when_asked_to() -> None:
    trials = Trials()

    def objective(x: float) -> float:
        if x < 0.5:
            raise ValueError("too low")
        return x

    best = search(
        objective, hp.uniform("x", 0, 1), tpe.suggest, 20, trials=trials, rstate=0, catch_eval_exceptions=True
    )
    errors = [doc for doc in trials._dynamic_trials if doc["state"] == JOB_STATE_ERROR]
    assert best["x"] >= 0.5 and errors and errors[0]["misc"]["error"] == ("<class 'ValueError'>", "too low")


def test_points_are_evaluated_first_and_on_top() -> None:
    seen = []
    points = [{"x": 0.5, "c": 1}, {"x": 0.25, "c": 0}]
    space = {"x": hp.uniform("x", 0, 1), "c": hp.choice("c", ["a", "b"])}
    search(lambda c: seen.append(c) or c["x"], space, tpe.suggest, 6, points_to_evaluate=points, rstate=0)
    assert seen[:2] == [{"x": 0.5, "c": "b"}, {"x": 0.25, "c": "a"}] and len(seen) == 8


def test_given_points_are_learned_from() -> None:
    seen = []
    points = [{"x": float(x)} for x in range(-96, 97, 6)]
    search(lambda x: seen.append(x) or abs(x - 40), hp.uniform("x", -100, 100), tpe.suggest, 20,
           points_to_evaluate=points, rstate=0)  # fmt: skip
    assert sum(abs(x - 40) < 20 for x in seen[len(points) :]) >= 12


def test_a_search_goes_on_where_its_trials_end() -> None:
    trials = Trials()
    search(lambda x: x, hp.uniform("x", 0, 1), tpe.suggest, 10, trials=trials, rstate=0)
    search(lambda x: x, hp.uniform("x", 0, 1), tpe.suggest, 25, trials=trials, rstate=1)
    assert trials.tids == list(range(25))


def test_a_low_enough_loss_ends_the_search() -> None:
    trials = Trials()
    search(lambda x: x, hp.uniform("x", 0, 1), rand.suggest, 1000, trials=trials, loss_threshold=0.2, rstate=0)
    assert min(trials.losses()) < 0.2 and len(trials) < 1000
    assert all(loss >= 0.2 for loss in trials.losses()[:-1])


def test_time_ends_the_search() -> None:
    trials = Trials()
    search(lambda x: x, hp.uniform("x", 0, 1), rand.suggest, trials=trials, timeout=0.2)
    assert len(trials) > 0


@pytest.mark.parametrize("limits", [{"timeout": 0}, {"timeout": "1"}, {"loss_threshold": True}, {"timeout": -1}])
def test_limits_that_make_no_sense_are_refused(limits: dict) -> None:
    with pytest.raises(ValueError, match="argument should be None or a .* value. Given value: "):
        search(lambda x: x, hp.uniform("x", 0, 1), rand.suggest, 1, **limits)


def test_no_progress_ends_the_search() -> None:
    trials = Trials()
    rule = early_stop.no_progress_loss(5)
    search(lambda x: 1.0, hp.uniform("x", 0, 1), rand.suggest, 100, trials=trials, early_stop_fn=rule)
    assert len(trials) < 10


def test_an_own_rule_gets_back_what_it_returned() -> None:
    told = []

    def rule(trials: Trials, count: int = 0) -> tuple[bool, list]:
        told.append(count)
        return count == 3, [count + 1]

    search(lambda x: x, hp.uniform("x", 0, 1), rand.suggest, 100, early_stop_fn=rule)
    assert told == [0, 1, 2, 3]


def test_a_queue_suggests_several_trials_at_once() -> None:
    sizes = []

    def algorithm(new_ids: list, domain: Domain, trials: Trials, seed: int) -> list:
        sizes.append(len(new_ids))
        return tpe.suggest(new_ids, domain, trials, seed)

    trials = Trials()
    search(lambda x: x, hp.uniform("x", 0, 1), algorithm, 10, trials=trials, max_queue_len=4, rstate=0)
    assert sizes == [4, 4, 2] and trials.tids == list(range(10))


def test_an_algorithm_that_has_no_more_ends_the_search() -> None:
    trials = Trials()
    algorithm = lambda ids, domain, seen, seed: rand.suggest(ids, domain, seen, seed) if len(seen) < 3 else []  # noqa: E731
    search(lambda x: x, hp.uniform("x", 0, 1), algorithm, 10, trials=trials)
    assert len(trials) == 3


def test_the_variance_of_a_loss_is_its_standard_error_in_the_study(monkeypatch: pytest.MonkeyPatch) -> None:
    from ravine.study import Study

    told = []
    tell = Study.tell
    monkeypatch.setattr(Study, "tell", lambda self, *args, **kwargs: told.append(kwargs) or tell(self, *args, **kwargs))
    objective = lambda x: {"loss": x, "loss_variance": 0.25 if x < 0.5 else 0.0, "status": STATUS_OK}  # noqa: E731
    search(objective, hp.uniform("x", 0, 1), tpe.suggest, 12, rstate=0)
    assert {"std": 0.5} in told and {"std": None} in told


def test_attachments_leave_the_result() -> None:
    trials = Trials()
    search(lambda x: {"loss": x, "status": STATUS_OK, "attachments": {"blob": b"bytes"}},
           hp.uniform("x", 0, 1), rand.suggest, 2, trials=trials)  # fmt: skip
    attached = trials.trial_attachments(trials.trials[1])
    assert attached["blob"] == b"bytes" and "blob" in attached and "attachments" not in trials.results[1]
    del attached["blob"]
    assert "blob" not in attached and len(trials.attachments) == 1


def test_saved_trials_are_json_and_come_back(tmp_path: Path) -> None:
    file = tmp_path / "trials.json"
    trials = Trials()
    search(lambda x: {"loss": x, "status": STATUS_OK, "pair": (1, 2), "attachments": {"a": b"\x00\xff"}},
           hp.uniform("x", 0, 1), tpe.suggest, 5, trials=trials, trials_save_file=str(file), rstate=0)  # fmt: skip
    json.loads(file.read_text())
    loaded = Trials.load(file)
    assert loaded.trials == trials.trials and loaded.attachments == trials.attachments
    search(lambda x: x, hp.uniform("x", 0, 1), tpe.suggest, 9, trials_save_file=str(file), rstate=0)
    assert len(Trials.load(file)) == 9


def test_a_pickle_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "trials.pkl"
    file.write_bytes(pickle.dumps({"trials": []}))
    with pytest.raises(ValueError, match="pickle"):
        search(lambda x: x, hp.uniform("x", 0, 1), rand.suggest, 1, trials_save_file=str(file))


def test_what_json_cannot_hold_is_named(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="trial 0.*'model'"):
        search(lambda x: {"loss": x, "status": STATUS_OK, "model": object()}, hp.uniform("x", 0, 1), rand.suggest, 1,
               trials_save_file=str(tmp_path / "trials.json"))  # fmt: skip


def test_trials_can_be_pickled_by_whoever_wants_to() -> None:
    trials = Trials()
    search(lambda x: x, hp.uniform("x", 0, 1), tpe.suggest, 3, trials=trials)
    assert pickle.loads(pickle.dumps(trials)).trials == trials.trials


def test_documents_are_checked() -> None:
    trials = Trials()
    search(lambda x: x, hp.uniform("x", 0, 1), rand.suggest, 2, trials=trials)
    assert trials_from_docs(trials.trials).losses() == trials.losses()
    with pytest.raises(InvalidTrial, match="lacks"):
        Trials().insert_trial_doc({"tid": 0})
    with pytest.raises(InvalidTrial, match="exp_key"):
        Trials(exp_key="other").insert_trial_docs(trials.trials)


def test_an_annotated_function_is_its_own_space() -> None:
    def objective(x: hp.uniform("x", -1, 1), y: hp.choice("y", [1, 2])) -> float:  # type: ignore[valid-type]
        return x**2 + y

    objective.__annotations__ = {"x": hp.uniform("x", -1, 1), "y": hp.choice("y", [1, 2])}
    assert set(search(objective, "annotated", tpe.suggest, 5)) == {"x", "y"}
    objective.__annotations__ = {"x": float}
    with pytest.raises(InvalidAnnotatedParameter):
        search(objective, "annotated", tpe.suggest, 5)


def test_an_objective_may_want_expression_memo_and_control() -> None:
    @fmin_pass_expr_memo_ctrl
    def objective(expr: object, memo: dict, ctrl: Ctrl) -> float:
        ctrl.attachments["seen"] = True
        assert ctrl.current_trial["tid"] in ctrl.trials.tids
        return rec_eval(expr, memo=memo)["x"] ** 2

    trials = Trials()
    search(objective, {"x": hp.uniform("x", -1, 1)}, tpe.suggest, 5, trials=trials)
    assert len(trials.attachments) == 5


def test_a_search_can_be_walked() -> None:
    trials = Trials()
    steps = FMinIter(rand.suggest, Domain(lambda x: x, hp.uniform("x", 0, 1)), trials, rstate=0, max_evals=4)
    assert [len(seen) for seen in steps] == [1, 2, 3, 4]


def test_own_trials_may_have_their_own_fmin() -> None:
    class Remote(Trials):
        def fmin(self, fn: object, space: object, **options: object) -> str:  # type: ignore[override]
            return f"remote {options['max_evals']}"

    assert search(lambda x: x, hp.uniform("x", 0, 1), rand.suggest, 3, trials=Remote()) == "remote 3"


def test_seeds_come_from_numpys_generators_too() -> None:
    import numpy

    for make in (numpy.random.default_rng, numpy.random.RandomState):
        runs = [search(lambda x: x, hp.uniform("x", 0, 1), tpe.suggest, 5, rstate=make(7)) for _ in range(2)]
        assert runs[0] == runs[1]
    with pytest.raises(TypeError, match="rstate"):
        search(lambda x: x, hp.uniform("x", 0, 1), tpe.suggest, 5, rstate="seed")


def test_the_environment_may_hold_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYPEROPT_FMIN_SEED", "11")
    assert search(lambda x: x, hp.uniform("x", 0, 1), rand.suggest, 3) == search(
        lambda x: x, hp.uniform("x", 0, 1), rand.suggest, 3
    )


def test_progress_can_be_ones_own() -> None:
    from contextlib import contextmanager

    told = []

    class Reporter:
        postfix = ""

        def update(self, n: int) -> None:
            told.append((n, self.postfix))

    @contextmanager
    def reporter(initial: int, total: int):  # type: ignore[no-untyped-def]
        told.append((initial, total))
        yield Reporter()

    fmin(lambda x: 0.5, hp.uniform("x", 0, 1), rand.suggest, 2, show_progressbar=reporter)
    assert told == [(0, 2), (1, "best loss: 0.5"), (1, "best loss: 0.5")]


def test_an_own_algorithm_may_fill_documents_by_label() -> None:
    from ravine.hyperopt.base import miscs_to_idxs_vals, miscs_update_idxs_vals

    def halves(new_ids: list, domain: Domain, trials: Trials, seed: int) -> list:
        miscs = [{"tid": tid, "cmd": domain.cmd, "workdir": domain.workdir} for tid in new_ids]
        miscs_update_idxs_vals(miscs, {"x": new_ids}, {"x": [0.5] * len(new_ids)})
        assert miscs_to_idxs_vals(miscs) == ({"x": new_ids}, {"x": [0.5] * len(new_ids)})
        return trials.new_trial_docs(new_ids, [None] * len(new_ids), [domain.new_result() for _ in new_ids], miscs)

    assert search(lambda x: x, hp.uniform("x", 0, 1), halves, 3) == {"x": 0.5}


def test_names_are_where_programs_look_for_them() -> None:
    import ravine.hyperopt as hyperopt
    from ravine.hyperopt.early_stop import no_progress_loss
    from ravine.hyperopt.fmin import generate_trials_to_calculate
    from ravine.hyperopt.pyll.base import Apply, scope
    from ravine.hyperopt.pyll.stochastic import sample

    assert isinstance(scope.int(1), Apply) and 0 <= sample(hyperopt.hp.uniform("x", 0, 1)) <= 1
    assert callable(no_progress_loss()) and len(generate_trials_to_calculate([{"x": 1}])._dynamic_trials) == 1


def test_thousands_of_trials_take_seconds() -> None:
    import time

    start = time.process_time()
    search(lambda x: x, hp.uniform("x", 0, 1), rand.suggest, 3000)
    assert time.process_time() - start < 10


def test_numbers_are_not_given_twice() -> None:
    some = fmin_trials(6).trials[3:]
    trials = trials_from_docs(some)
    assert trials.new_trial_ids(4) == [6, 7, 8, 9]
    trials = trials_from_docs(some)
    fmin(lambda x: x, hp.uniform("x", 0, 1), rand.suggest, 8, trials=trials, rstate=1, show_progressbar=False)
    assert len(set(trials.tids)) == 8


def fmin_trials(count: int) -> Trials:
    trials = Trials()
    fmin(lambda x: x, hp.uniform("x", 0, 1), rand.suggest, count, trials=trials, rstate=1, show_progressbar=False)
    return trials


def test_annealing_takes_trials_that_are_alike() -> None:
    trials = fmin_trials(4)
    for doc in trials.trials:
        doc["tid"] = doc["misc"]["tid"] = 0
        doc["result"]["loss"] = 1.0
    domain = Domain(lambda x: x, hp.uniform("x", 0, 1))
    assert len(anneal.suggest([9], domain, trials, 1)) == 1


@pytest.mark.parametrize("bar", [None, 0, False])
def test_no_bar_may_be_said_in_several_ways(bar: object) -> None:
    assert fmin(lambda x: x, hp.uniform("x", 0, 1), rand.suggest, 2, rstate=1, show_progressbar=bar)


@pytest.mark.parametrize("variance", [0.0, -1.0, math.nan, math.inf])
def test_a_variance_that_is_none_is_passed_over(variance: float) -> None:
    fmin(
        lambda x: {"loss": x, "status": STATUS_OK, "loss_variance": variance},
        hp.uniform("x", 0, 1),
        tpe.suggest,
        3,
        rstate=1,
        show_progressbar=False,
    )


def test_algorithms_keep_the_trials_of_a_domain_apart() -> None:
    domain = Domain(lambda x: x, hp.uniform("x", 0, 1))
    for _ in range(20):
        trials = fmin_trials(3)
        assert len(tpe.suggest([3], domain, trials, 1)) == 1
        (search,) = domain.kept.values()
        assert len(search._study.get_trials(states=(TrialState.COMPLETE,))) == 3


def test_limits_and_seeds_may_be_numpys() -> None:
    import numpy

    space = hp.uniform("x", 0, 1)
    options = {"timeout": numpy.int64(9), "loss_threshold": numpy.float32(-1), "show_progressbar": False}
    first, again = (fmin(lambda x: x, space, rand.suggest, 3, rstate=numpy.int64(7), **options) for _ in range(2))
    assert first == again
