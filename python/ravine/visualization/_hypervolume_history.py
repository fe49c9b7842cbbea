"""How much of the objective space the trials so far dominate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ravine._hypervolume import hypervolume
from ravine._pareto import covers, minimised
from ravine.visualization._chart import Axis, Chart, Line, Panel
from ravine.visualization._trials import completed, is_feasible, is_multi_objective, logger

if TYPE_CHECKING:
    from ravine.study import Study


def hypervolume_history(study: Study, reference_point: Sequence[float]) -> Chart:
    """The chart; see :func:`ravine.visualization.plot_hypervolume_history`."""
    if not is_multi_objective(study):
        raise ValueError("the study has one objective; `plot_optimization_history` shows how that went")
    if len(reference_point) != len(study.directions):
        raise ValueError(
            f"the reference point has {len(reference_point)} coordinates, the study {len(study.directions)} objectives"
        )
    chart = Chart("Hypervolume History Plot", x=Axis("Trial"), y=Axis("Hypervolume"))
    numbers, volumes = _volumes(study, [float(value) for value in reference_point])
    if numbers:
        line = Line(numbers, volumes, "Hypervolume", "accent", markers=True, legend=False)
        chart.panels = [[Panel(chart.x, chart.y, [line])]]
    return chart


def _volumes(study: Study, reference: list[float]) -> tuple[list[int], list[float]]:
    corner = minimised(study.directions, reference)
    trials = completed(study)
    if not trials:
        logger.warning("Your study does not have any completed trials.")
    front: list[tuple[float, ...]] = []
    volumes: list[float] = []
    for trial in trials:
        point = minimised(study.directions, trial.values)
        if is_feasible(trial) and _adds(point, front, corner):
            front = [other for other in front if not covers(point, other)] + [point]
            volumes.append(hypervolume(front, corner))
        else:
            volumes.append(volumes[-1] if volumes else 0.0)
    if trials and not front:
        logger.warning("Your study does not have any feasible trials within the reference point.")
    return [trial.number for trial in trials], volumes


def _adds(point: tuple[float, ...], front: list[tuple[float, ...]], corner: tuple[float, ...]) -> bool:
    return covers(point, corner) and not any(covers(other, point) for other in front)
