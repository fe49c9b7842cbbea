"""Objectives against each other, the Pareto front marked."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ravine._pareto import minimised, pareto_ranks
from ravine.visualization._chart import Axis, Chart, ColorScale, Panel, Points
from ravine.visualization._trials import completed, hover_text, is_feasible, logger, values_of

if TYPE_CHECKING:
    from ravine.study import Study, StudyDirection
    from ravine.trial import FrozenTrial

Targets = Callable[["FrozenTrial"], Sequence[float]]


def pareto_front(
    study: Study,
    target_names: list[str] | None,
    include_dominated_trials: bool,
    constraints_func: Callable[[FrozenTrial], Sequence[float]] | None,
    targets: Targets | None,
) -> Chart:
    """The chart; see :func:`ravine.visualization.plot_pareto_front`."""
    if constraints_func is not None:
        warnings.warn("`constraints_func` is deprecated; trials carry their constraints.", FutureWarning, stacklevel=3)
    if targets is None and len(study.directions) not in (2, 3):
        raise ValueError(
            "`plot_pareto_front` function only supports 2 or 3 objective studies when using `targets` is `None`; "
            "choose 2 or 3 numbers with `targets`"
        )
    groups = _Groups(study, include_dominated_trials, constraints_func, targets or values_of)
    count = _count(study, groups, target_names, targets)
    names = _names(study, target_names, count)
    chart = Chart("Pareto-front Plot", legend=True)
    panel = Panel(Axis(names[0]), Axis(names[1]), list(groups.marks(count)), Axis(names[2]) if count == 3 else None)
    chart.panels = [[panel]]
    return chart


class _Groups:
    """The trials apart by what they are, each with the numbers that are plotted."""

    def __init__(self, study: Study, include_dominated: bool, constraints_func: Any, targets: Targets) -> None:
        trials = completed(study)
        if constraints_func is None:
            fine = {trial.number: is_feasible(trial) for trial in trials}
        else:
            fine = {trial.number: all(value <= 0.0 for value in constraints_func(trial)) for trial in trials}
        self.constrained = constraints_func is not None or any(trial.constraints for trial in trials)
        self.include_dominated = include_dominated
        feasible = [trial for trial in trials if fine[trial.number]]
        best = _front(feasible, study.directions)
        if not best:
            what = "completed and feasible" if self.constrained else "completed"
            logger.warning(f"Your study does not have any {what} trials.")
        numbers = {trial.number for trial in best}
        dominated = [trial for trial in feasible if include_dominated and trial.number not in numbers]
        infeasible = [trial for trial in trials if not fine[trial.number]]
        self.best = [(trial, _read(targets, trial)) for trial in best]
        self.dominated = [(trial, _read(targets, trial)) for trial in dominated]
        self.infeasible = [(trial, _read(targets, trial)) for trial in infeasible]

    def marks(self, count: int) -> list[Points]:
        """Dots of each group; those that matter most are drawn last."""
        ordinary = "Feasible Trial" if self.constrained else "Trial"
        dominated = _points(self.dominated, count, ordinary, "blues", "Trial")
        best = _points(self.best, count, "Best Trial", "reds", "Best Trial")
        if not self.constrained:
            return [dominated, best]
        infeasible = _points(self.infeasible, count, "Infeasible Trial", None, "")
        return [infeasible, dominated, best]


def _points(rows: list[tuple[FrozenTrial, list[float]]], count: int, name: str, palette: Any, title: str) -> Points:
    numbers = [trial.number for trial, _ in rows]
    columns = [[values[place] for _, values in rows] for place in range(count)]
    points = Points(columns[0], columns[1], name, "infeasible", hover=[hover_text(trial) for trial, _ in rows])
    points.z = columns[2] if count == 3 else None
    if palette is not None:
        points.color = [float(number) for number in numbers]
        points.scale = ColorScale(title, min(numbers, default=0), max(numbers, default=1), palette=palette)
    return points


def _read(targets: Targets, trial: FrozenTrial) -> list[float]:
    values = targets(trial)
    if not isinstance(values, Sequence):
        raise ValueError(f"`targets` should return a sequence of target values. your `targets` returns {type(values)}")
    return list(values)


def _front(trials: list[FrozenTrial], directions: Sequence[StudyDirection]) -> list[FrozenTrial]:
    """The trials that none dominates, in their order."""
    ranks = pareto_ranks([minimised(directions, trial.values) for trial in trials])
    return [trial for trial, rank in zip(trials, ranks) if rank == 0]


def _count(study: Study, groups: _Groups, target_names: list[str] | None, targets: Targets | None) -> int:
    rows = groups.best or groups.infeasible
    if rows:
        count = len(rows[0][1])
    elif target_names is not None:
        count = len(target_names)
    elif targets is None:
        count = len(study.directions)
    else:
        raise ValueError("If `targets` is specified for empty studies, `target_names` must be specified.")
    if count not in (2, 3):
        raise ValueError(f"`plot_pareto_front` function only supports 2 or 3 targets. you used {count} targets now.")
    return count


def _names(study: Study, target_names: list[str] | None, count: int) -> list[str]:
    if target_names is None:
        return study.metric_names or [f"Objective {place}" for place in range(count)]
    if len(target_names) != count:
        raise ValueError(f"The length of `target_names` is supposed to be {count}.")
    return target_names
