"""What the tests of hyperopt, plots, importance, artifacts, terminators and bridges share."""

from __future__ import annotations

import pytest

import ravine
from ravine.study import Study
from ravine.trial import Trial


def mixed_objective(trial: Trial) -> float:
    """All kinds of parameters, one of them conditional; intermediate values; some trials pruned."""
    x = trial.suggest_float("x", -5.0, 5.0)
    layers = trial.suggest_int("layers", 1, 64, log=True)
    rate = trial.suggest_float("rate", 1e-5, 1.0, log=True)
    kind = trial.suggest_categorical("kind", ["adam", "sgd"])
    if kind == "sgd":
        trial.suggest_float("momentum", 0.0, 0.99)
    for step in range(3):
        trial.report(x * x + 3 - step, step)
    if x < -4.0:
        raise ravine.TrialPruned
    return x * x + layers / 50 + (kind == "sgd") + abs(rate - 0.01)


@pytest.fixture(scope="session")
def mixed() -> Study:
    """A study of one objective over all kinds of parameters."""
    study = ravine.create_study(study_name="mixed", sampler=ravine.samplers.RandomSampler(seed=1))
    study.optimize(mixed_objective, n_trials=60)
    return study


@pytest.fixture(scope="session")
def pareto() -> Study:
    """A study of two objectives, the second to be made large."""
    study = ravine.create_study(directions=["minimize", "maximize"], sampler=ravine.samplers.RandomSampler(seed=2))
    study.optimize(
        lambda trial: (trial.suggest_float("x", 0.0, 5.0) ** 2, trial.suggest_float("y", 0.0, 3.0) + trial.params["x"]),
        n_trials=40,
    )
    return study


@pytest.fixture
def empty() -> Study:
    """A study without a trial."""
    return ravine.create_study()
