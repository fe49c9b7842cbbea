"""What a study may still gain."""

from __future__ import annotations

import abc
import math
import sys
from typing import TYPE_CHECKING

from ravine import _notice
from ravine.study import StudyDirection
from ravine.trial import TrialState

if TYPE_CHECKING:
    from ravine.trial import FrozenTrial

# What stands for "more than anything": a tenth of the largest number, so that sums do not overflow.
_ENDLESS = sys.float_info.max * 0.1


@_notice.experimental("3.2.0")
class BaseImprovementEvaluator(abc.ABC):
    """Judges what is left to gain. Own ones implement :meth:`evaluate`."""

    @abc.abstractmethod
    def evaluate(self, trials: list[FrozenTrial], study_direction: StudyDirection) -> float:
        """What is left to gain, in units of the objective.

        Args:
            trials: Trials of the study.
            study_direction: Of its objective.
        """


@_notice.experimental("3.4.0")
class BestValueStagnationEvaluator(BaseImprovementEvaluator):
    """How many more trials may pass without a better value.

    Args:
        max_stagnation_trials: How many may in all.

    Raises:
        ValueError: When that is negative.
    """

    def __init__(self, max_stagnation_trials: int = 30) -> None:
        if max_stagnation_trials < 0:
            raise ValueError("The maximum number of stagnant trials must not be negative.")
        self._max_stagnation_trials = max_stagnation_trials

    def evaluate(self, trials: list[FrozenTrial], study_direction: StudyDirection) -> float:
        """The number of trials left; 0 or less when none is.

        Raises:
            ValueError: When no trial ended well.
        """
        losses = _losses(trials, study_direction)
        if not losses:
            raise ValueError("Because no trial has been completed yet, the improvement cannot be evaluated.")
        stagnant = len(losses) - 1 - losses.index(min(losses))
        return self._max_stagnation_trials - stagnant


@_notice.experimental("3.2.0")
class RegretBoundEvaluator(BaseImprovementEvaluator):
    """How much worse the best trial is than the optimum, at most, with high probability.

    The bound is that of Makarova et al., "Automatic Termination for Hyperparameter Optimization" (AutoML 2022): a
    Gaussian process is fitted to the best trials; the bound is the highest upper confidence bound over the space less
    the highest lower one over the trials. It needs numpy.

    Args:
        top_trials_ratio: The share of trials that the process is fitted to.
        min_n_trials: It is fitted to so many at least.
        seed: Of the places where the upper bound is looked for.
    """

    def __init__(self, top_trials_ratio: float = 0.5, min_n_trials: int = 20, seed: int | None = None) -> None:
        self._top_trials_ratio = top_trials_ratio
        self._min_n_trials = min_n_trials
        self._seed = seed

    def evaluate(self, trials: list[FrozenTrial], study_direction: StudyDirection) -> float:
        """See :meth:`BaseImprovementEvaluator.evaluate`.

        Raises:
            ImportError: When numpy is not installed.
            ValueError: When no trial ended well, or no parameter is in all trials.
        """
        from ravine.terminator._regret import TrialTable, regret_bound

        table = TrialTable.of(trials, study_direction)
        if table is None:
            raise ValueError("Because no trial has been completed yet, the regret bound cannot be evaluated.")
        if table.points.shape[1] == 0:
            raise ValueError(
                f"The intersection search space is empty. This condition is not supported by {type(self).__name__}."
            )
        count = len(table.scores)
        kept = min(max(int(count * self._top_trials_ratio), self._min_n_trials), count)
        return regret_bound(table.best(kept), delta=0.1, seed=self._seed)


@_notice.experimental("4.0.0")
class EMMREvaluator(BaseImprovementEvaluator):
    """How much the last trial has changed what a Gaussian process takes for the least regret: the EMMR bound.

    Ishibashi et al., "A stopping criterion for Bayesian optimization by the gap of expected minimum simple regrets"
    (AISTATS 2023). It needs numpy.

    Args:
        deterministic_objective: Whether the same point has always the same value.
        delta: The bound holds with probability 1 - delta.
        min_n_trials: Before so many trials ended well nothing ends, 2 at least.
        seed: Of the places where bounds are looked for.

    Raises:
        ValueError: When `min_n_trials` is below 2 or not finite.
    """

    def __init__(
        self,
        deterministic_objective: bool = False,
        delta: float = 0.1,
        min_n_trials: int = 2,
        seed: int | None = None,
    ) -> None:
        if min_n_trials <= 1 or not math.isfinite(min_n_trials):
            raise ValueError("`min_n_trials` is expected to be a finite integer more than one.")
        self._deterministic = deterministic_objective
        self._delta = delta
        self.min_n_trials = min_n_trials
        self._seed = seed

    def evaluate(self, trials: list[FrozenTrial], study_direction: StudyDirection) -> float:
        """See :meth:`BaseImprovementEvaluator.evaluate`; huge as long as nothing can be said.

        The result is in standard deviations of the trials' values.

        Raises:
            ImportError: When numpy is not installed.
        """
        if sum(trial.state == TrialState.COMPLETE for trial in trials) < self.min_n_trials:
            return _ENDLESS
        from ravine.terminator._regret import TrialTable, expected_minimum_regret

        table = TrialTable.of(trials, study_direction)
        if table is None or table.points.shape[1] == 0:
            _notice.warn(
                f"{type(self).__name__} cannot consider any search space. Termination will never occur in this study."
            )
            return _ENDLESS
        return min(expected_minimum_regret(table, self._delta, self._deterministic, self._seed), _ENDLESS)


def _losses(trials: list[FrozenTrial], direction: StudyDirection) -> list[float]:
    """The values of trials that ended well, to be made small."""
    sign = -1.0 if direction == StudyDirection.MAXIMIZE else 1.0
    return [sign * trial.value for trial in trials if trial.state == TrialState.COMPLETE]  # type: ignore[operator]
