"""Programs as people write them for Optuna and hyperopt run, with their imports changed."""

from __future__ import annotations

import math


import ravine as optuna


def test_a_first_study() -> None:
    def objective(trial):  # type: ignore[no-untyped-def]
        x = trial.suggest_float("x", -10, 10)
        return (x - 2) ** 2

    study = optuna.create_study()
    study.optimize(objective, n_trials=60)
    assert abs(study.best_params["x"] - 2) < 1.5 and study.best_value == study.best_trial.value


def test_layers_that_hang_on_their_number() -> None:
    def objective(trial: optuna.Trial) -> float:
        layers = [trial.suggest_int(f"units_{i}", 4, 128, log=True) for i in range(trial.suggest_int("layers", 1, 3))]
        name = trial.suggest_categorical("optimizer", ["Adam", "SGD"])
        rate = trial.suggest_float("momentum" if name == "SGD" else "beta", 0.0, 0.999)
        return sum(abs(math.log2(units) - 5) for units in layers) + rate

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(multivariate=True, group=True, seed=0))
    study.optimize(objective, n_trials=40)
    assert len([name for name in study.best_params if name.startswith("units")]) == study.best_params["layers"]


def test_pruning_of_learning_curves() -> None:
    def objective(trial: optuna.Trial) -> float:
        rate = trial.suggest_float("rate", 1e-4, 1.0, log=True)
        loss = 1.0
        for step in range(20):
            loss *= 1.0 - min(rate, 2 * 0.3 - rate if rate > 0.3 else rate)
            trial.report(loss, step)
            if trial.should_prune():
                raise optuna.TrialPruned()
        return loss

    study = optuna.create_study(
        pruner=optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=3),
        sampler=optuna.samplers.TPESampler(seed=0),
    )
    study.optimize(objective, n_trials=40)
    pruned = study.get_trials(deepcopy=False, states=[optuna.trial.TrialState.PRUNED])
    assert pruned and len(study.trials) == 40


def test_ask_and_tell() -> None:
    study = optuna.create_study(direction="maximize")
    for _ in range(10):
        trial = study.ask({"x": optuna.distributions.FloatDistribution(-1.0, 1.0)})
        study.tell(trial, 1 - trial.params["x"] ** 2)
    trial = study.ask()
    study.tell(trial, state=optuna.trial.TrialState.FAIL)
    assert len(study.trials) == 11 and study.best_value <= 1.0


def test_two_objectives_and_their_front() -> None:
    def objective(trial: optuna.Trial) -> tuple[float, float]:
        x, y = trial.suggest_float("x", 0, 5), trial.suggest_float("y", 0, 3)
        return 4 * x**2 + 4 * y**2, (x - 5) ** 2 + (y - 5) ** 2

    study = optuna.create_study(directions=["minimize", "minimize"])
    study.optimize(objective, n_trials=40, timeout=60)
    best = study.best_trials
    lowest = min(best, key=lambda trial: trial.values[1])
    assert best and lowest.values[1] <= min(trial.values[1] for trial in study.trials)
    optuna.visualization.plot_pareto_front(study, target_names=["FLOPS", "accuracy"], backend="svg").to_svg()


def test_attributes_callbacks_and_first_points() -> None:
    def objective(trial: optuna.Trial) -> float:
        value = trial.suggest_int("x", 0, 100)
        trial.set_user_attr("doubled", 2 * value)
        return value

    def stop_when_low(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        if trial.value == 0:
            study.stop()

    study = optuna.create_study()
    study.set_user_attr("author", "me")
    study.enqueue_trial({"x": 40})
    study.enqueue_trial({"x": 0})
    study.optimize(objective, n_trials=50, callbacks=[stop_when_low])
    assert [trial.params["x"] for trial in study.trials] == [40, 0] and study.best_trial.user_attrs == {"doubled": 0}


def test_a_study_in_a_file_goes_on(tmp_path) -> None:  # type: ignore[no-untyped-def]
    url = f"sqlite:///{tmp_path / 'example.db'}"
    for total in (5, 10):
        study = optuna.create_study(study_name="kept", storage=url, load_if_exists=True)
        study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=5)
        assert len(study.trials) == total
    assert optuna.load_study(study_name="kept", storage=url).best_value == study.best_value


def test_constraints_keep_the_best_feasible() -> None:
    def objective(trial: optuna.Trial) -> float:
        x = trial.suggest_float("x", -5, 5)
        trial.set_constraint("positive", -x)
        return x

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=1))
    study.optimize(objective, n_trials=30)
    assert study.best_value >= 0


def test_models_to_choose_from_the_hyperopt_way() -> None:
    """The classifiers' space of hyperopt's page, on real data."""
    from sklearn import datasets
    from sklearn.model_selection import cross_val_score
    from sklearn.naive_bayes import GaussianNB
    from sklearn.svm import SVC
    from sklearn.tree import DecisionTreeClassifier

    from ravine import hyperopt
    from ravine.hyperopt import STATUS_OK, Trials, fmin, hp, tpe

    features, target = datasets.load_iris(return_X_y=True)
    space = hp.choice("classifier_type", [
        {"type": "naive_bayes"},
        {"type": "svm", "C": hp.lognormal("svm_C", 0, 1), "kernel": hp.choice("svm_kernel", [
            {"ktype": "linear"},
            {"ktype": "rbf", "gamma": hp.lognormal("svm_rbf_width", 0, 1)},
        ])},
        {"type": "dtree", "criterion": hp.choice("dtree_criterion", ["gini", "entropy"]),
         "max_depth": hp.choice("dtree_max_depth", [None, hp.qlognormal("dtree_max_depth_int", 3, 1, 1)]),
         "min_samples_split": hp.qlognormal("dtree_min_samples_split", 2, 1, 1)},
    ])  # fmt: skip

    def objective(args):  # type: ignore[no-untyped-def]
        if args["type"] == "naive_bayes":
            model = GaussianNB()
        elif args["type"] == "svm":
            kernel = args["kernel"]
            model = SVC(C=args["C"], kernel=kernel["ktype"], gamma=kernel.get("gamma", "scale"))
        else:
            depth = args["max_depth"]
            model = DecisionTreeClassifier(
                criterion=args["criterion"],
                max_depth=None if depth is None else max(int(depth), 1),
                min_samples_split=max(int(args["min_samples_split"]), 2),
                random_state=0,
            )
        return {"loss": -cross_val_score(model, features, target, cv=3).mean(), "status": STATUS_OK}

    trials = Trials()
    best = fmin(objective, space, algo=tpe.suggest, max_evals=25, trials=trials, rstate=0, verbose=False)
    assert trials.best_trial["result"]["loss"] < -0.95
    assert hyperopt.space_eval(space, best)["type"] in ("naive_bayes", "svm", "dtree")
    assert {len(values) for values in trials.vals.values()} - {0}


def test_spaces_mean_what_they_mean_in_hyperopt() -> None:
    import hyperopt as theirs
    from ravine import hyperopt as ours

    def space(module):  # type: ignore[no-untyped-def]
        hp, scope = module.hp, module.pyll.scope
        return {
            "nested": hp.choice("c", [("a", hp.uniform("u", 0, 1)), {"b": [hp.quniform("q", 0, 10, 2), 3]}]),
            "weighted": hp.pchoice("p", [(0.3, "rare"), (0.7, hp.randint("r", 9))]),
            "number": scope.int(hp.quniform("n", 1, 9, 1)) + 2,
            "whole": hp.uniformint("w", 1, 5),
            "power": hp.loguniform("l", -2, 2) ** 2,
        }

    for c in (0, 1):
        for p in (0, 1):
            values = {"c": c, "u": 0.25, "q": 4.0, "p": p, "r": 5, "n": 7.0, "w": 3.0, "l": 1.5}
            assert ours.space_eval(space(ours), values) == theirs.space_eval(space(theirs), values)
