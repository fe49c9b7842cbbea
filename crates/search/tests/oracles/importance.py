#!/usr/bin/env python3
"""Records what Optuna's importance evaluators say of studies, for tests/importance.rs to compare with.

    python -m venv venv && venv/bin/pip install optuna==5.0.0 scikit-learn
    venv/bin/python crates/search/tests/oracles/importance.py crates/search/tests/data

Each case is a study: its axes, the trials' columns (null where a parameter was not active) and values, and PED-ANOVA's
weights, as they are. Where every parameter is always there and none is log (Optuna's fANOVA takes ranges as they are,
not by factors, and options as corners of a cube), fANOVA's shares too: the mean and the spread over 24 forests: between two of its
forests of 64 trees a share differs by up to .1.
"""

import json
import math
import pathlib
import sys
import warnings

import numpy as np
import optuna
from optuna.importance import FanovaImportanceEvaluator, PedAnovaImportanceEvaluator

warnings.simplefilter("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)


def floats(trial):
    x = [trial.suggest_float(f"x{i}", -2.0, 3.0) for i in range(5)]
    return (x[0] - 1) ** 2 + 2 * x[1] + 1.5 * x[2] * x[3] + 0 * x[4]


def separable(trial):
    a = trial.suggest_float("a", 0.0, 1.0)
    b = trial.suggest_float("b", 0.0, 1.0)
    c = trial.suggest_int("c", 1, 9)
    return 8 * (a - 0.4) ** 2 + b + 0.05 * c


def mixed(trial):
    lr = trial.suggest_float("lr", 1e-5, 1e-1, log=True)
    step = trial.suggest_float("step", 0.0, 0.5, step=0.1)
    units = trial.suggest_int("units", 16, 512, log=True)
    depth = trial.suggest_int("depth", 1, 200)
    kind = trial.suggest_categorical("kind", ["a", "b", "c", "d"])
    good = (math.log10(lr) + 3) ** 2 + step + abs(math.log2(units) - 7) / 4
    return good + {"a": 0.0, "b": 0.2, "c": 1.0, "d": 1.5}[kind] + 0.001 * depth


def conditional(trial):
    kind = trial.suggest_categorical("kind", ["sgd", "adam", "plain"])
    lr = trial.suggest_float("lr", 1e-5, 1e-1, log=True)
    value = (math.log10(lr) + 3) ** 2
    if kind == "sgd":
        value += trial.suggest_float("sgd.momentum", 0.0, 0.99)
    if kind == "adam":
        value += 3 * abs(trial.suggest_float("adam.beta", 0.8, 0.999) - 0.9) - 0.2
        if trial.suggest_categorical("adam.deep", [False, True]):
            value += 0.3 * trial.suggest_int("adam.deep.width", 1, 8)
    return value


SAMPLERS = {
    "random": lambda seed: optuna.samplers.RandomSampler(seed=seed),
    "tpe": lambda seed: optuna.samplers.TPESampler(seed=seed),
}


def axis(dist):
    if isinstance(dist, optuna.distributions.CategoricalDistribution):
        return {"options": len(dist.choices)}
    return {"low": dist.low, "high": dist.high, "log": dist.log, "step": dist.step}


def record(name, objective, sampler, trials, seed, fanova):
    study = optuna.create_study(sampler=SAMPLERS[sampler](seed))
    study.optimize(objective, n_trials=trials)
    done = study.get_trials(deepcopy=False)
    dists = {}
    for trial in done:
        dists.update(trial.distributions)
    names = sorted(dists)

    def column(name):
        return [
            trial.distributions[name].to_internal_repr(trial.params[name]) if name in trial.params else None
            for trial in done
        ]

    ped = PedAnovaImportanceEvaluator().evaluate(study)
    case = {
        "name": f"{name}, {sampler}, {trials} trials",
        "axes": [axis(dists[name]) for name in names],
        "columns": [column(name) for name in names],
        "values": [trial.value for trial in done],
        "ped": [ped[name] for name in names],
    }
    if fanova:
        found = [FanovaImportanceEvaluator(seed=s).evaluate(study) for s in range(24)]
        shares = np.array([[one[name] for name in names] for one in found])
        case["fanova"] = shares.mean(axis=0).tolist()
        case["fanova_spread"] = shares.std(axis=0).tolist()
    return case


def main():
    cases = [
        record("floats", floats, "random", 100, 1, True),
        record("floats", floats, "tpe", 150, 2, True),
        record("separable", separable, "random", 30, 3, True),
        record("separable", separable, "random", 100, 4, True),
        record("mixed", mixed, "random", 120, 5, False),
        record("mixed", mixed, "tpe", 200, 6, False),
        record("conditional", conditional, "random", 200, 7, False),
        record("conditional", conditional, "tpe", 100, 8, False),
    ]
    folder = pathlib.Path(sys.argv[1])
    (folder / "importance.json").write_text(json.dumps(cases) + "\n")


main()
