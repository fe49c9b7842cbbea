"""How much of a trial's value is error: below that, more search gains nothing that can be told from chance."""

from __future__ import annotations

import abc
import math
import statistics
import sys
from typing import TYPE_CHECKING

from ravine import _notice
from ravine.study import StudyDirection
from ravine.trial import TrialState

if TYPE_CHECKING:
    from ravine.terminator._improvement import BaseImprovementEvaluator
    from ravine.trial import FrozenTrial, Trial

_SCORES = "terminator:cv_scores"
DEPRECATED = (
    "the `terminator` module has been deprecated in v4.9.0. This feature will be removed in v6.0.0. "
    "Use a stop rule or a callback that calls `study.stop()`."
)


class BaseErrorEvaluator(abc.ABC):
    """Judges the error of the best value. Own ones implement :meth:`evaluate`."""

    @abc.abstractmethod
    def evaluate(self, trials: list[FrozenTrial], study_direction: StudyDirection) -> float:
        """The error, in units of the objective.

        Args:
            trials: All trials of the study.
            study_direction: Of its objective.
        """


@_notice.experimental("3.2.0")
class CrossValidationErrorEvaluator(BaseErrorEvaluator):
    """The standard error of the best trial's cross-validation scores.

    With k folds the variance of the scores counts 1/k + 1/(k - 1) times (Makarova et al., "Automatic Termination for
    Hyperparameter Optimization", AutoML 2022). Objectives tell their scores by :func:`report_cross_validation_scores`.
    """

    def evaluate(self, trials: list[FrozenTrial], study_direction: StudyDirection) -> float:
        """See :meth:`BaseErrorEvaluator.evaluate`.

        Raises:
            AssertionError: When no trial ended well.
            ValueError: When the best one has no scores.
        """
        ended = [trial for trial in trials if trial.state == TrialState.COMPLETE]
        assert ended, "some trial must have ended well"
        pick = max if study_direction == StudyDirection.MAXIMIZE else min
        best = pick(ended, key=lambda trial: trial.value or 0.0)
        scores = best.system_attrs.get(_SCORES)
        if scores is None:
            raise ValueError(
                "Cross-validation scores have not been reported. Please call `report_cross_validation_scores(trial, "
                "scores)` during a trial and pass the list of scores as `scores`."
            )
        k = len(scores)
        return math.sqrt((1 / k + 1 / (k - 1)) * statistics.pvariance(scores))


def report_cross_validation_scores(trial: Trial, scores: list[float]) -> None:
    """Tells the scores of a trial's folds, for :class:`CrossValidationErrorEvaluator`.

    Args:
        trial: The running trial.
        scores: One number for each fold, two at least.

    Raises:
        ValueError: When there are fewer.
    """
    _notice.warn(DEPRECATED, FutureWarning)
    if len(scores) <= 1:
        raise ValueError("The length of `scores` is expected to be greater than one.")
    trial.storage.set_trial_system_attr(trial._trial_id, _SCORES, [float(score) for score in scores])


@_notice.experimental("3.2.0")
class StaticErrorEvaluator(BaseErrorEvaluator):
    """An error that is known.

    Args:
        constant: The error.
    """

    def __init__(self, constant: float) -> None:
        self._constant = constant

    def evaluate(self, trials: list[FrozenTrial], study_direction: StudyDirection) -> float:
        """The constant."""
        return self._constant


@_notice.experimental("4.0.0")
class MedianErrorEvaluator(BaseErrorEvaluator):
    """A share of what an improvement evaluator saw in the first trials: the median of that.

    Args:
        paired_improvement_evaluator: The one that the terminator uses.
        warm_up_trials: So many first trials are left out.
        n_initial_trials: Of so many trials after those the median is taken.
        threshold_ratio: The share of the median.

    Raises:
        ValueError: When a number is negative, or one of the last two is not positive.
    """

    def __init__(
        self,
        paired_improvement_evaluator: BaseImprovementEvaluator,
        warm_up_trials: int = 10,
        n_initial_trials: int = 20,
        threshold_ratio: float = 0.01,
    ) -> None:
        if warm_up_trials < 0:
            raise ValueError("`warm_up_trials` is expected to be a non-negative integer.")
        if n_initial_trials <= 0:
            raise ValueError("`n_initial_trials` is expected to be a positive integer.")
        if not (threshold_ratio > 0.0 and math.isfinite(threshold_ratio)):
            raise ValueError("`threshold_ratio` is expected to be a positive number.")
        self._improvement = paired_improvement_evaluator
        self._warm_up_trials = warm_up_trials
        self._n_initial_trials = n_initial_trials
        self._threshold_ratio = threshold_ratio
        self._threshold: float | None = None

    def evaluate(self, trials: list[FrozenTrial], study_direction: StudyDirection) -> float:
        """See :meth:`BaseErrorEvaluator.evaluate`; below 0 while there are too few trials, so that nothing ends."""
        if self._threshold is not None:
            return self._threshold
        ended = sorted((t for t in trials if t.state == TrialState.COMPLETE), key=lambda trial: trial.number)
        if len(ended) < self._warm_up_trials + self._n_initial_trials:
            return -sys.float_info.min
        judged = ended[self._warm_up_trials :]
        seen = sorted(
            self._improvement.evaluate(judged[:count], study_direction)
            for count in range(1, self._n_initial_trials + 1)
        )
        self._threshold = min(sys.float_info.max, seen[len(seen) // 2] * self._threshold_ratio)
        return self._threshold
