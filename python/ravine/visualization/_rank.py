"""Pairs of parameters, each trial coloured by its rank."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ravine.visualization._chart import Chart, ColorScale, Panel, Points
from ravine.visualization._parameter_axis import parameter_axis, parameter_values
from ravine.visualization._trials import Target, check_target, completed, is_feasible, logger, reader, values_of

if TYPE_CHECKING:
    from ravine.study import Study
    from ravine.trial import FrozenTrial


def rank(study: Study, params: Sequence[str] | None, target: Target | None, target_name: str) -> Chart:
    """The chart; see :func:`ravine.visualization.plot_rank`."""
    check_target(study, target, target_name)
    chart = Chart(f"Rank ({target_name})", shared=True)
    trials = completed(study)
    if not trials:
        logger.warning("Your study does not have any completed trials.")
    names = _names(trials, params)
    if not names:
        logger.warning("params is an empty list.")
        return chart
    read = reader(target)
    values = [read(trial) for trial in trials]
    scale = ColorScale("", 0.0, 1.0, palette="rank", ticks=_ticks(sorted(values)))
    ranks = _ranks(values)
    hover = [_hover(trial, value, target_name, target is not None) for trial, value in zip(trials, values)]
    pairs = [[(names[0], names[1])]] if len(names) == 2 else [[(x, y) for x in names] for y in names]
    chart.panels = [[_panel(trials, x, y, ranks, hover, scale) for x, y in row] for row in pairs]
    chart.scale = scale
    return chart


def _names(trials: list[FrozenTrial], params: Sequence[str] | None) -> list[str]:
    known = {name for trial in trials for name in trial.params}
    if params is None or not trials:
        return sorted(known)
    for name in params:
        if name not in known:
            raise ValueError(f"Parameter {name} does not exist in your study.")
    return list(params)


def _panel(
    trials: list[FrozenTrial], x_name: str, y_name: str, ranks: list[float], hover: list[str], scale: ColorScale
) -> Panel:
    xs, ys = parameter_values(trials, x_name), parameter_values(trials, y_name)
    shown = [i for i, (x, y) in enumerate(zip(xs, ys)) if x is not None and y is not None]
    points = Points(
        [xs[i] for i in shown],
        [ys[i] for i in shown],
        "Trial",
        [ranks[i] for i in shown],
        scale,
        greyed=[not is_feasible(trials[i]) for i in shown],
        hover=[hover[i] for i in shown],
    )
    return Panel(parameter_axis(trials, x_name), parameter_axis(trials, y_name), [points])


def _ranks(values: list[float]) -> list[float]:
    """Each value's rank as a number in 0…1; equal values share the mean of theirs."""
    ordered = sorted(values)
    last = max(len(values) - 1, 1)
    return [(bisect_left(ordered, value) + bisect_right(ordered, value) - 1) / 2 / last for value in values]


def _ticks(ordered: list[float]) -> list[tuple[float, str]]:
    labels = {0.0: "min.", 0.25: "25%", 0.5: "50%", 0.75: "75%", 1.0: "max."}
    return [(share, f"{label} ({_quantile(ordered, share):.3g})") for share, label in labels.items()]


def _quantile(ordered: list[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def _hover(trial: FrozenTrial, value: float, target_name: str, with_objectives: bool) -> str:
    lines = [f"Trial #{trial.number}", *(f"{name}: {value}" for name, value in trial.params.items())]
    lines.append(f"{target_name}: {value}")
    if with_objectives:
        lines += [f"Objective #{place}: {value}" for place, value in enumerate(values_of(trial))]
    return "\n".join(lines)
