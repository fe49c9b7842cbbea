"""What is believed of trials whose values are measured with noise."""

from __future__ import annotations

import math
import statistics
from numbers import Integral
from typing import TYPE_CHECKING, cast

from ravine.study._multi_objective import loss_of
from ravine.study._tell import STD
from ravine.trial import FrozenTrial, TrialState

if TYPE_CHECKING:
    from ravine.study import Study


def best(study: Study, k: int) -> list[FrozenTrial]:
    """The k best trials by the posterior mean of their values; of the same values the one that was first."""
    if isinstance(k, bool) or not isinstance(k, Integral):
        raise TypeError(f"`k` is a whole number, not {k!r}.")
    if k < 1:
        raise ValueError(f"`k` is 1 or more, not {k}.")
    if study._is_multi_objective():
        raise RuntimeError("`best` is for one objective; see `best_trials`.")
    groups: dict[tuple[object, ...], list[FrozenTrial]] = {}
    for trial in study.get_trials(states=(TrialState.COMPLETE,)):
        if all(violation <= 0.0 for violation in trial.constraints.values()):
            groups.setdefault(tuple(sorted((n, repr(v)) for n, v in trial.params.items())), []).append(trial)
    measured = [_combined(group, study) for group in groups.values()]
    if not measured:
        return []
    # Infinite values tell nothing of where the others lie, and are believed as they are.
    finite = [pair for pair in measured if math.isfinite(pair[0])] or [(0.0, 0.0)]
    centre = statistics.fmean(value for value, _ in finite)
    spread = statistics.pvariance([value for value, _ in finite])
    noise = statistics.fmean(variance for _, variance in finite)
    prior = max(spread - noise, 1e-12 * max(spread, 1e-300))

    def believed(value: float, variance: float) -> float:
        return (value * prior + centre * variance) / (prior + variance) if math.isfinite(value) else value

    order = sorted(zip(measured, groups.values()), key=lambda pair: believed(*pair[0]))
    return [group[0] for _, group in order[:k]]


def _combined(group: list[FrozenTrial], study: Study) -> tuple[float, float]:
    """Several measurements of one configuration as one: value (less is better) and variance."""
    values = [loss_of(trial, study.directions)[0] for trial in group]
    if not all(map(math.isfinite, values)):
        return max(values), 0.0
    errors = [cast("list[float]", trial.system_attrs.get(STD) or [0.0])[0] for trial in group]
    if all(error > 0.0 for error in errors):
        weights = [error**-2 for error in errors]
        total = sum(weights)
        return sum(w * v for w, v in zip(weights, values)) / total, 1.0 / total
    scatter = statistics.variance(values) / len(values) if len(values) > 1 else 0.0
    return statistics.fmean(values), max(scatter, sum(e * e for e in errors) / len(errors) ** 2)
