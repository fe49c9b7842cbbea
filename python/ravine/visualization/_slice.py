"""The objective over each parameter alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ravine.visualization._chart import Axis, Chart, ColorScale, Panel, Points
from ravine.visualization._trials import (
    Target,
    check_target,
    completed,
    distribution_of,
    finite,
    is_categorical,
    is_feasible,
    is_log,
    logger,
    parameter_names,
    reader,
)

if TYPE_CHECKING:
    from ravine.study import Study
    from ravine.trial import FrozenTrial


def slices(study: Study, params: Sequence[str] | None, target: Target | None, target_name: str) -> Chart:
    """The chart; see :func:`ravine.visualization.plot_slice`."""
    check_target(study, target, target_name)
    chart = Chart("Slice Plot", shared=True)
    trials = finite(completed(study), target)
    if not trials:
        logger.warning("Your study does not have any completed trials.")
        return chart
    names = parameter_names(trials, params)
    numbers = [trial.number for trial in trials]
    scale = ColorScale("Trial", min(numbers), max(numbers))
    chart.panels = [[_panel(trials, name, target, target_name, scale) for name in names]] if names else []
    chart.scale = scale
    return chart


def _panel(trials: list[FrozenTrial], name: str, target: Target | None, target_name: str, scale: ColorScale) -> Panel:
    read = reader(target)
    having = [trial for trial in trials if name in trial.params]
    axis = Axis(name, "log" if is_log(trials, name) else "linear")
    if is_categorical(trials, name):
        domain = distribution_of(trials, name)
        axis = Axis(name, "category", categories=[repr(choice) for choice in domain.choices])
        having.sort(key=lambda trial: domain.to_internal_repr(trial.params[name]))

    def points(wanted: bool, label: str) -> Points:
        chosen = [trial for trial in having if is_feasible(trial) == wanted]
        x: list[Any] = [trial.params[name] for trial in chosen]
        if axis.kind == "category":
            x = [repr(value) for value in x]
        y = [read(trial) for trial in chosen]
        if wanted:
            return Points(x, y, label, [trial.number for trial in chosen], scale)
        return Points(x, y, label, "infeasible")

    panel = Panel(axis, Axis(target_name), [points(True, "Feasible Trial")])
    infeasible = points(False, "Infeasible Trial")
    if infeasible.x:
        panel.marks.append(infeasible)
    return panel
