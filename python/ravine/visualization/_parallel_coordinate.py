"""Trials as lines over all parameters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ravine._pareto import minimised, pareto_ranks
from ravine.visualization._chart import Axis, Chart, ColorScale, Dimension, Panel, Threads, drawable
from ravine.visualization._trials import (
    Target,
    check_target,
    completed,
    distribution_of,
    finite,
    is_categorical,
    is_feasible,
    is_log,
    is_multi_objective,
    is_numerical,
    logger,
    lower_is_strong,
    parameter_names,
    values_of,
    reader,
)

if TYPE_CHECKING:
    from ravine.study import Study
    from ravine.trial import FrozenTrial

_TICKS = 5
_LONGEST_LABEL = 20
# Trials without a parameter go below its axis's values, by this share of its length.
_MISSING = 0.12


def parallel_coordinate(study: Study, params: Sequence[str] | None, target: Target | None, target_name: str) -> Chart:
    """The chart; see :func:`ravine.visualization.plot_parallel_coordinate`."""
    several = is_multi_objective(study) and target is None
    if not several:
        check_target(study, target, target_name)
    trials = completed(study)
    if several:
        trials = [trial for trial in trials if all(map(math.isfinite, values_of(trial)))]
    else:
        trials = finite(trials, target)
    names = parameter_names(trials, params)
    chart = Chart("Parallel Coordinate Plot")
    if not trials:
        logger.warning("Your study does not have any completed trials.")
        return chart
    if not names:
        return chart
    if several:
        objectives, color, scale = _of_several(study, trials)
    else:
        objectives, color, scale = _of_one(study, trials, target, target_name)
    order = list(range(len(trials)))
    if several:
        order.sort(key=lambda place: color[place], reverse=True)
    dimensions = objectives + [_dimension(trials, name) for name in names]
    feasible = [is_feasible(trial) for trial in trials] if any(trial.constraints for trial in trials) else None
    chart.panels = [[Panel(Axis(), Axis(), [Threads(dimensions, color, scale, order, feasible)])]]
    chart.scale = scale
    return chart


def _of_one(
    study: Study, trials: list[FrozenTrial], target: Target | None, name: str
) -> tuple[list[Dimension], list[float], ColorScale]:
    read = reader(target)
    values = [read(trial) for trial in trials]
    scale = ColorScale(name, min(values), max(values), reverse=lower_is_strong(study, target))
    return [_numbers(name, values)], values, scale


def _of_several(study: Study, trials: list[FrozenTrial]) -> tuple[list[Dimension], list[float], ColorScale]:
    names = study.metric_names or [f"Objective {place}" for place in range(len(study.directions))]
    dimensions = [_numbers(name, [values_of(trial)[place] for trial in trials]) for place, name in enumerate(names)]
    points = [minimised(study.directions, trial.values) for trial in trials]
    ranks = [float(rank) for rank in pareto_ranks(points)]
    ticks = [(float(rank), str(rank)) for rank in range(int(max(ranks)) + 1)]
    return dimensions, ranks, ColorScale("Pareto Rank", 0.0, max(ranks), reverse=True, ticks=ticks)


def _dimension(trials: list[FrozenTrial], name: str) -> Dimension:
    values = [trial.params.get(name) for trial in trials]
    label = name if len(name) < _LONGEST_LABEL else f"{name[: _LONGEST_LABEL - 3]}..."
    if is_categorical(trials, name):
        return _options(label, trials, name)
    if is_log(trials, name):
        return _logarithms(label, [None if value is None else math.log10(value) for value in values])
    return _numbers(label, [None if value is None else float(value) for value in values])


def _numbers(label: str, values: Sequence[float | None]) -> Dimension:
    values = [None if value is None else drawable(value) for value in values]
    known = [value for value in values if value is not None]
    low, high = min(known), max(known)
    steps = [low] if low == high else [low + (high - low) * place / (_TICKS - 1) for place in range(_TICKS)]
    return _with_missing(label, values, low, high, [(step, f"{step:.3g}") for step in steps])


def _logarithms(label: str, values: Sequence[float | None]) -> Dimension:
    known = [value for value in values if value is not None]
    low, high = min(known), max(known)
    steps = sorted({low, high, *map(float, range(math.ceil(low), math.floor(high) + 1))})
    return _with_missing(label, values, low, high, [(step, f"{10**step:.3g}") for step in steps])


def _options(label: str, trials: list[FrozenTrial], name: str) -> Dimension:
    """Options by their places: sorted when they are numbers, else in the order of the parameter's choices."""
    # One domain for all: choices do not change in a study. They need not be hashable.
    domain = distribution_of(trials, name)
    having = [trial for trial in trials if name in trial.params]
    number_of = {trial.number: int(domain.to_internal_repr(trial.params[name])) for trial in having}
    taken = sorted(set(number_of.values()))
    if is_numerical(trials, name):
        taken.sort(key=lambda number: domain.choices[number])
    vocabulary = [domain.choices[number] for number in taken]
    missing = len(having) < len(trials)
    texts = [f"{value} (value)" if missing and value is None else str(value) for value in vocabulary]
    offset = 1 if missing else 0
    ticks = [(float(place + offset), text) for place, text in enumerate(texts)]
    place_of = {number: float(place + offset) for place, number in enumerate(taken)}
    values = [place_of[number_of[trial.number]] if name in trial.params else 0.0 for trial in trials]
    return Dimension(label, values, (min(values), max(values)), [(0.0, "None"), *ticks] if missing else ticks)


def _with_missing(
    label: str, values: Sequence[float | None], low: float, high: float, ticks: list[tuple[float, str]]
) -> Dimension:
    if None not in values:
        return Dimension(label, [value for value in values if value is not None], (low, high), ticks)
    below = low - (1.0 if low == high else (high - low) * _MISSING / (1.0 - _MISSING))
    filled = [below if value is None else value for value in values]
    return Dimension(label, filled, (below, high), [(below, "None"), *ticks])
