"""Pruners that look at the trial alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ravine._notice import experimental
from ravine.pruners._base import BasePruner, check, is_first_in_interval
from ravine.study._study_direction import StudyDirection

if TYPE_CHECKING:
    from ravine.study import Study
    from ravine.trial import FrozenTrial


class NopPruner(BasePruner):
    """Never stops a trial."""

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        return False


def _limit(value: Any, absent: float) -> float:
    if value is None:
        return absent
    try:
        return float(value)
    except (TypeError, ValueError):
        raise TypeError(
            f"The `value` argument is of type '{type(value).__name__}' but supposed to be a float."
        ) from None


class ThresholdPruner(BasePruner):
    """Stops a trial that reports a value outside of limits, or NaN.

    Args:
        lower, upper: The limits; one of them at least.
        n_warmup_steps: No trial is stopped before this step.
        interval_steps: A trial is judged at its first report in each interval of so many steps.
    """

    def __init__(
        self,
        lower: float | None = None,
        upper: float | None = None,
        n_warmup_steps: int = 0,
        interval_steps: int = 1,
    ) -> None:
        if lower is None and upper is None:
            raise TypeError("Either lower or upper must be specified.")
        self._lower = _limit(lower, -math.inf)
        self._upper = _limit(upper, math.inf)
        check(self._lower <= self._upper, "lower should be smaller than upper.")
        check(n_warmup_steps >= 0, f"Number of warmup steps cannot be negative but got {n_warmup_steps}.")
        check(interval_steps >= 1, f"Pruning interval steps must be at least 1 but got {interval_steps}.")
        self._n_warmup_steps = n_warmup_steps
        self._interval_steps = interval_steps

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        step = trial.last_step
        if step is None or step < self._n_warmup_steps:
            return False
        if not is_first_in_interval(step, list(trial.intermediate_values), self._n_warmup_steps, self._interval_steps):
            return False
        value = trial.intermediate_values[step]
        return not self._lower <= value <= self._upper


@experimental("2.8.0")
class PatientPruner(BasePruner):
    """Stops a trial that has not improved for a number of reports; or lets another pruner stop only those.

    Args:
        wrapped_pruner: The other pruner, or None.
        patience: A trial goes on while one of its last ``patience + 1`` reports is as good as those before.
        min_delta: By how much they may be worse.
    """

    def __init__(self, wrapped_pruner: BasePruner | None, patience: int, min_delta: float = 0.0) -> None:
        check(patience >= 0, f"patience cannot be negative but got {patience}.")
        check(min_delta >= 0, f"min_delta cannot be negative but got {min_delta}.")
        self._wrapped_pruner = wrapped_pruner
        self._patience = patience
        self._min_delta = min_delta

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        scores = [value for _, value in sorted(trial.intermediate_values.items())]
        if len(scores) <= self._patience + 1:
            return False
        sign = -1.0 if study.direction == StudyDirection.MAXIMIZE else 1.0
        before, after = scores[: -self._patience - 1], scores[-self._patience - 1 :]
        if not _least(before, sign) + self._min_delta < _least(after, sign):
            return False
        return self._wrapped_pruner is None or self._wrapped_pruner.prune(study, trial)


def _least(scores: list[float], sign: float) -> float:
    """The best one in the minimised sense; NaN where all are."""
    return min((sign * score for score in scores if not math.isnan(score)), default=math.nan)
