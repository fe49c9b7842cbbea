"""A parameter as an axis: for plots of one parameter against another."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ravine.visualization._chart import Axis
from ravine.visualization._trials import is_log, is_numerical

if TYPE_CHECKING:
    from ravine.trial import FrozenTrial

# Beyond the outermost values an axis goes on for this share of their distance.
_PADDING = 0.05


def parameter_values(trials: list[FrozenTrial], name: str) -> list[Any]:
    """A parameter's value in each trial: numbers, or texts of options; None where it was not active."""
    if is_numerical(trials, name):
        return [trial.params.get(name) for trial in trials]
    return [str(trial.params[name]) if name in trial.params else None for trial in trials]


def parameter_axis(trials: list[FrozenTrial], name: str) -> Axis:
    """The axis of a parameter, a little longer than its values reach."""
    values = [value for value in parameter_values(trials, name) if value is not None]
    if not is_numerical(trials, name):
        categories = sorted(set(values))
        padding = (len(categories) - 1) * _PADDING
        return Axis(name, "category", (-padding, len(categories) - 1 + padding), categories)
    low, high = float(min(values)), float(max(values))
    if is_log(trials, name):
        padding = (math.log10(high) - math.log10(low)) * _PADDING
        return Axis(name, "log", (10 ** (math.log10(low) - padding), 10 ** (math.log10(high) + padding)))
    padding = (high - low) * _PADDING
    return Axis(name, "linear", (low - padding, high + padding))
