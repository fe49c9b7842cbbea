"""Pruners that compare a trial with what complete ones had at the same step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ravine.pruners._base import BasePruner, check, is_first_in_interval
from ravine.study._study_direction import StudyDirection
from ravine.trial._state import TrialState

if TYPE_CHECKING:
    from ravine.study import Study
    from ravine.trial import FrozenTrial


class PercentilePruner(BasePruner):
    """Stops a trial whose best value so far is not among the best of what complete trials had at the same step.

    Args:
        percentile: How many per cent are kept, 0 to 100: at 25 the best quarter.
        n_startup_trials: So many trials must be complete before any is stopped.
        n_warmup_steps: No trial is stopped before this step.
        interval_steps: A trial is judged at its first report in each interval of so many steps.
        n_min_trials: So many complete trials must have reported at the step.
    """

    def __init__(
        self,
        percentile: float,
        n_startup_trials: int = 5,
        n_warmup_steps: int = 0,
        interval_steps: int = 1,
        *,
        n_min_trials: int = 1,
    ) -> None:
        check(
            0.0 <= percentile <= 100.0,
            f"Percentile must be between 0 and 100 inclusive, but got {percentile=}.",
        )
        check(
            n_startup_trials >= 0,
            f"Number of startup trials cannot be negative, but got {n_startup_trials=}.",
        )
        check(n_warmup_steps >= 0, f"Number of warmup steps cannot be negative, but got {n_warmup_steps=}.")
        check(interval_steps >= 1, f"Pruning interval steps must be at least 1, but got {interval_steps=}.")
        check(n_min_trials >= 1, f"Number of trials for pruning must be at least 1, but got {n_min_trials=}.")
        self._percentile = percentile
        self._n_startup_trials = n_startup_trials
        self._n_warmup_steps = n_warmup_steps
        self._interval_steps = interval_steps
        self._n_min_trials = n_min_trials

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        step = trial.last_step
        if step is None or step < self._n_warmup_steps:
            return False
        n_complete = study._storage.get_n_trials(study._study_id, TrialState.COMPLETE)
        if n_complete == 0 or n_complete < self._n_startup_trials:
            return False
        if not is_first_in_interval(step, list(trial.intermediate_values), self._n_warmup_steps, self._interval_steps):
            return False
        own = [value for value in trial.intermediate_values.values() if not math.isnan(value)]
        if not own:
            return True
        complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        others = [t.intermediate_values[step] for t in complete if step in t.intermediate_values]
        if not others or len(others) < self._n_min_trials:
            return False
        # Where there is no percentile nobody is worse.
        if study.direction == StudyDirection.MAXIMIZE:
            return max(own) < percentile(others, 100 - self._percentile)
        return min(own) > percentile(others, self._percentile)


class MedianPruner(PercentilePruner):
    """Stops a trial whose best value so far is worse than the median of what complete trials had at the same step.

    Args:
        n_startup_trials: So many trials must be complete before any is stopped.
        n_warmup_steps: No trial is stopped before this step.
        interval_steps: A trial is judged at its first report in each interval of so many steps.
        n_min_trials: So many complete trials must have reported at the step.
    """

    def __init__(
        self,
        n_startup_trials: int = 5,
        n_warmup_steps: int = 0,
        interval_steps: int = 1,
        *,
        n_min_trials: int = 1,
    ) -> None:
        super().__init__(50.0, n_startup_trials, n_warmup_steps, interval_steps, n_min_trials=n_min_trials)


def percentile(values: list[float], share: float) -> float:
    """The percentile, between neighbours in proportion, as NumPy has it to the last bit. NaN is passed over; the answer where
    all are NaN, or where it would lie in or beside an infinity."""
    ordered = sorted(value for value in values if not math.isnan(value))
    if not ordered:
        return math.nan
    place = (len(ordered) - 1) * (share / 100)
    at = math.floor(place)
    below, above, part = ordered[at], ordered[min(at + 1, len(ordered) - 1)], place - at
    gap = above - below
    return above - gap * (1 - part) if part >= 0.5 else below + gap * part
