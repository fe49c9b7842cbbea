"""Terminators: when a study ends."""

from __future__ import annotations

import math
import sys

import pytest

import ravine
from ravine.study import StudyDirection
from ravine.terminator import (
    BaseErrorEvaluator,
    BaseImprovementEvaluator,
    BaseTerminator,
    BestValueStagnationEvaluator,
    CrossValidationErrorEvaluator,
    EMMREvaluator,
    MedianErrorEvaluator,
    RegretBoundEvaluator,
    StaticErrorEvaluator,
    Terminator,
    TerminatorCallback,
    report_cross_validation_scores,
)
from ravine.trial import FrozenTrial, Trial, TrialState, create_trial

pytestmark = [
    pytest.mark.filterwarnings("ignore::ravine.exceptions.ExperimentalWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]
MINIMIZE, MAXIMIZE = StudyDirection.MINIMIZE, StudyDirection.MAXIMIZE


def of_values(*values: float) -> list[FrozenTrial]:
    return [create_trial(value=value) for value in values]


def sphere(trial: Trial) -> float:
    x, y = trial.suggest_float("x", -5, 5), trial.suggest_int("y", 1, 100, log=True)
    return x**2 + y / 100 + (trial.suggest_categorical("kind", ["a", "b"]) == "a")


def test_stagnation_counts_trials_without_a_better_value() -> None:
    judge = BestValueStagnationEvaluator(max_stagnation_trials=3)
    assert judge.evaluate(of_values(3, 2, 2, 5), MINIMIZE) == 1
    assert judge.evaluate(of_values(3, 2, 2, 5), MAXIMIZE) == 3
    assert judge.evaluate([*of_values(1, 2), create_trial(state=TrialState.FAIL)], MINIMIZE) == 2
    with pytest.raises(ValueError, match="no trial has been completed"):
        judge.evaluate([], MINIMIZE)
    with pytest.raises(ValueError, match="not be negative"):
        BestValueStagnationEvaluator(-1)


def test_a_known_error_is_told() -> None:
    assert StaticErrorEvaluator(0.5).evaluate([], MINIMIZE) == 0.5


def test_cross_validation_scores_give_the_error_of_the_best_trial() -> None:
    study = ravine.create_study()

    def objective(trial: Trial) -> float:
        report_cross_validation_scores(trial, [1.0, 2.0, 3.0] if trial.number == 1 else [0.0, 9.0])
        return -float(trial.number == 1)

    study.optimize(objective, n_trials=3)
    expected = math.sqrt((1 / 3 + 1 / 2) * 2 / 3)
    assert CrossValidationErrorEvaluator().evaluate(study.trials, MINIMIZE) == pytest.approx(expected)


def test_scores_must_have_been_reported() -> None:
    with pytest.raises(ValueError, match="have not been reported"):
        CrossValidationErrorEvaluator().evaluate(of_values(1.0), MINIMIZE)
    with pytest.raises(ValueError, match="greater than one"):
        report_cross_validation_scores(ravine.create_study().ask(), [1.0])


class Falling(BaseImprovementEvaluator):
    """A gain that is one over the number of trials."""

    def evaluate(self, trials: list[FrozenTrial], study_direction: StudyDirection) -> float:
        return 1.0 / len(trials)


def test_the_median_error_is_a_share_of_the_first_gains() -> None:
    judge = MedianErrorEvaluator(Falling(), warm_up_trials=1, n_initial_trials=3, threshold_ratio=0.1)
    study = ravine.create_study()
    for count in range(6):
        before = judge.evaluate(study.trials, MINIMIZE)
        assert before == (-sys.float_info.min if count < 4 else pytest.approx(0.05))
        study.add_trial(create_trial(value=1.0))


@pytest.mark.parametrize(
    "options",
    [{"warm_up_trials": -1}, {"n_initial_trials": 0}, {"threshold_ratio": 0.0}, {"threshold_ratio": math.inf}],
)
def test_numbers_of_the_median_error_must_make_sense(options: dict) -> None:
    with pytest.raises(ValueError, match="positive|non-negative"):
        MedianErrorEvaluator(Falling(), **options)


def test_a_terminator_compares_gain_and_error() -> None:
    terminator = Terminator(Falling(), StaticErrorEvaluator(0.3), min_n_trials=2)
    study = ravine.create_study()
    judged = []
    for _ in range(5):
        study.add_trial(create_trial(value=1.0))
        judged.append(terminator.should_terminate(study))
    assert judged == [False, False, False, True, True]
    with pytest.raises(ValueError, match="positive"):
        Terminator(min_n_trials=0)


def test_a_callback_ends_the_study() -> None:
    study = ravine.create_study()
    rule = Terminator(BestValueStagnationEvaluator(4), min_n_trials=1)
    study.optimize(lambda trial: 1.0, n_trials=50, callbacks=[TerminatorCallback(rule)])
    assert len(study.trials) == 6


def test_own_rules_are_taken() -> None:
    class Third(BaseTerminator):
        def should_terminate(self, study: ravine.Study) -> bool:
            return len(study.trials) == 3

    study = ravine.create_study()
    study.optimize(lambda trial: 1.0, n_trials=50, callbacks=[TerminatorCallback(Third())])
    assert len(study.trials) == 3
    for base in (BaseErrorEvaluator, BaseImprovementEvaluator, BaseTerminator):
        with pytest.raises(TypeError):
            base()


def test_the_module_says_that_it_is_deprecated() -> None:
    with pytest.warns(FutureWarning, match="terminator"):
        Terminator()


@pytest.fixture(scope="module")
def searched() -> ravine.Study:
    study = ravine.create_study(sampler=ravine.samplers.TPESampler(seed=0))
    study.optimize(sphere, n_trials=60)
    return study


@pytest.mark.parametrize("make", [RegretBoundEvaluator, EMMREvaluator])
def test_what_is_left_to_gain_falls(make: type, searched: ravine.Study) -> None:
    judge = make(seed=0)
    early, late = (judge.evaluate(searched.trials[:count], MINIMIZE) for count in (10, 60))
    assert 0 <= late < early / 3
    assert late == judge.evaluate(searched.trials, MINIMIZE)


def test_a_regret_bound_holds_for_what_is_known(searched: ravine.Study) -> None:
    best = searched.best_value
    assert (
        RegretBoundEvaluator(seed=1).evaluate(searched.trials[:30], MINIMIZE)
        >= min(trial.value for trial in searched.trials[:30]) - best
    )


def test_regret_needs_trials_and_parameters() -> None:
    with pytest.raises(ValueError, match="no trial has been completed"):
        RegretBoundEvaluator().evaluate([], MINIMIZE)
    with pytest.raises(ValueError, match="search space is empty"):
        RegretBoundEvaluator().evaluate(of_values(1.0, 2.0), MINIMIZE)
    assert EMMREvaluator().evaluate(of_values(1.0), MINIMIZE) > 1e300
    with pytest.warns(UserWarning, match="never occur"):
        assert EMMREvaluator().evaluate(of_values(1.0, 2.0), MINIMIZE) > 1e300
    with pytest.raises(ValueError, match="more than one"):
        EMMREvaluator(min_n_trials=1)


def test_a_small_gaussian_process_goes_through_its_points() -> None:
    import numpy
    from ravine.terminator._gp import GaussianProcess

    points = numpy.linspace(0, 1, 9)[:, None]
    values = numpy.sin(6 * points[:, 0])
    process = GaussianProcess(points, (values - values.mean()) / values.std(), numpy.array([False]), noiseless=True)
    mean, covariance = process.posterior(points)
    assert numpy.allclose(mean, (values - values.mean()) / values.std(), atol=1e-2)
    assert numpy.all(numpy.diag(covariance) < 1e-3)
    lower, upper = process.bounds(points, 4.0)
    assert numpy.all(lower <= mean) and numpy.all(mean <= upper)


def test_slopes_of_the_posterior_density_are_right() -> None:
    import numpy
    from ravine.terminator._gp import GaussianProcess

    rng = numpy.random.default_rng(0)
    process = GaussianProcess(rng.random((12, 2)), rng.standard_normal(12), numpy.array([False, False]))
    logs = numpy.array([0.3, 1.1, -0.2, -3.0])
    _, slope = process._density(logs)
    for place in range(4):
        step = numpy.zeros(4)
        step[place] = 1e-5
        difference = process._density(logs + step)[0] - process._density(logs - step)[0]
        assert slope[place] == pytest.approx(difference / 2e-5, rel=1e-4, abs=1e-6)
