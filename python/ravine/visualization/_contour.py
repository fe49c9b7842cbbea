"""The objective over pairs of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ravine.study import StudyDirection
from ravine.visualization._chart import Axis, Chart, ColorScale, Panel, Points, Surface
from ravine.visualization._parameter_axis import parameter_axis, parameter_values
from ravine.visualization._trials import (
    Target,
    check_target,
    completed,
    finite,
    is_feasible,
    logger,
    lower_is_strong,
    parameter_names,
    reader,
)

if TYPE_CHECKING:
    from ravine.study import Study
    from ravine.trial import FrozenTrial


def contour(study: Study, params: Sequence[str] | None, target: Target | None, target_name: str) -> Chart:
    """The chart; see :func:`ravine.visualization.plot_contour`."""
    check_target(study, target, target_name)
    chart = Chart("Contour Plot", shared=True)
    trials = finite(completed(study), target)
    if not trials:
        logger.warning("Your study does not have any completed trials.")
        return chart
    if params is not None and len(params) <= 1:
        logger.warning("The length of params must be greater than 1.")
    names = parameter_names(trials, params)
    if len(names) < 2:
        return chart
    plane = _Planes(study, trials, target, target_name)
    if len(names) == 2:
        chart.panels = [[plane.panel(names[0], names[1])]]
    else:
        chart.panels = [[plane.panel(x, y) for x in names] for y in names]
    chart.scale = plane.scale
    return chart


class _Planes:
    """Panels of parameter pairs, for the same trials."""

    def __init__(self, study: Study, trials: list[FrozenTrial], target: Target | None, target_name: str) -> None:
        read = reader(target)
        self.trials = trials
        self.values = [read(trial) for trial in trials]
        self.feasible = [is_feasible(trial) for trial in trials]
        reverse = lower_is_strong(study, target)
        self.scale = ColorScale(target_name, min(self.values), max(self.values), reverse=reverse)
        # Of trials at one place the best is shown; of a target of one's own nobody knows which is, so the last.
        self.better: Any = None
        if target is None:
            self.better = min if study.direction == StudyDirection.MINIMIZE else max

    def panel(self, x_name: str, y_name: str) -> Panel:
        x_axis, y_axis = parameter_axis(self.trials, x_name), parameter_axis(self.trials, y_name)
        panel = Panel(x_axis, y_axis)
        if x_name == y_name:
            return panel
        columns = [parameter_values(self.trials, name) for name in (x_name, y_name)]
        for name, column in zip((x_name, y_name), columns):
            if len({value for value in column if value is not None}) < 2:
                logger.warning(f"Param {name} unique value length is less than 2.")
                return panel
        rows = [
            (x, y, value, feasible)
            for x, y, value, feasible in zip(*columns, self.values, self.feasible)
            if x is not None and y is not None
        ]
        if not rows:
            logger.warning(f"{x_name} and {y_name} are in no trial together, so there is no contour of them.")
            return panel
        grids = [_grid(column, axis) for column, axis in zip(columns, (x_axis, y_axis))]
        panel.marks.append(self._surface(rows, *grids))
        for wanted, label, color in ((True, "Feasible Trial", "dot"), (False, "Infeasible Trial", "infeasible")):
            chosen = [(x, y) for x, y, _, feasible in rows if feasible == wanted]
            panel.marks.append(Points([x for x, _ in chosen], [y for _, y in chosen], label, color))
        return panel

    def _surface(self, rows: list[tuple[Any, Any, float, bool]], x_grid: list[Any], y_grid: list[Any]) -> Surface:
        known: dict[tuple[Any, Any], float] = {}
        for x, y, value, _ in rows:
            here = (x, y)
            known[here] = self.better(known[here], value) if self.better and here in known else value
        xs, ys = [x for x, _ in known], [y for _, y in known]
        return Surface(xs, ys, list(known.values()), self.scale, x_grid, y_grid)


def _grid(values: list[Any], axis: Axis) -> list[Any]:
    """The values in order, and for numbers the axis's ends; at least two, or there is no plane."""
    inner = sorted({value for value in values if value is not None})
    if axis.kind == "category" or axis.range is None:
        return inner
    return [axis.range[0], *inner, axis.range[1]]
