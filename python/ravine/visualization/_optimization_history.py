"""Values in the order of trials, and the best so far."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from ravine.study import StudyDirection
from ravine.trial import TrialState
from ravine.visualization._chart import Axis, Chart, Line, Mark, Panel, Points
from ravine.visualization._trials import Target, as_studies, check_target, is_feasible, logger, value_of

if TYPE_CHECKING:
    from ravine.study import Study


class _History:
    """One study's values: `values[i]` belongs to the trial `numbers[i]`."""

    def __init__(self, study: Study, target: Target | None) -> None:
        read = target or value_of
        trials = study.get_trials(deepcopy=False)
        ended = [trial for trial in trials if trial.state == TrialState.COMPLETE]
        self.numbers = [trial.number for trial in trials]
        self.feasible = {trial.number: read(trial) for trial in ended if is_feasible(trial)}
        self.infeasible = {trial.number: read(trial) for trial in ended if not is_feasible(trial)}
        self.best: list[float] | None = None
        if target is None:
            worst, better = (math.inf, min) if study.direction == StudyDirection.MINIMIZE else (-math.inf, max)
            self.best = list(accumulate((self.feasible.get(number, worst) for number in self.numbers), better))


def optimization_history(
    study: Study | Sequence[Study], target: Target | None, target_name: str, error_bar: bool
) -> Chart:
    """The chart; see :func:`ravine.visualization.plot_optimization_history`."""
    check_target(study, target, target_name)
    studies = as_studies(study)
    chart = Chart("Optimization History Plot", x=Axis("Trial"), y=Axis(target_name))
    histories = [_History(one, target) for one in studies]
    if not studies:
        logger.warning("There are no studies.")
    elif not any(history.feasible or history.infeasible for history in histories):
        logger.warning("There are no complete trials.")
    elif error_bar and not any(history.feasible for history in histories):
        logger.warning("There are no feasible trials.")
    elif error_bar:
        chart.panels = [[Panel(chart.x, chart.y, _averaged(histories, target_name))]]
    else:
        marks = [
            mark
            for place, (one, history) in enumerate(zip(studies, histories))
            for mark in _of_one(history, target_name, f" of {one.study_name}" if len(studies) > 1 else "", place)
        ]
        chart.panels = [[Panel(chart.x, chart.y, marks)]]
    return chart


def _of_one(history: _History, target_name: str, suffix: str, place: int) -> list[Mark]:
    one_of_many = bool(suffix)
    color = f"series{place}" if one_of_many else "accent"
    marks: list[Mark] = [
        Points(list(history.feasible), list(history.feasible.values()), target_name + suffix, color, legend=True)
    ]
    if history.best is not None:
        best_color = color if one_of_many else "best"
        marks.append(Line(history.numbers, history.best, "Best Value" + suffix, best_color))
    infeasible = history.infeasible
    marks.append(Points(list(infeasible), list(infeasible.values()), "Infeasible Trial", "infeasible"))
    return marks


def _averaged(histories: list[_History], target_name: str) -> list[Mark]:
    if any(history.infeasible for history in histories):
        logger.warning("Some trials are infeasible; error bars are of the feasible ones only.")
    numbers = sorted({number for history in histories for number in history.feasible})
    means, deviations = _moments([[h.feasible[n] for h in histories if n in h.feasible] for n in numbers])
    marks: list[Mark] = [Points(numbers, means, target_name, "accent", error=deviations, legend=True)]
    if all(history.best is not None for history in histories):
        best = [dict(zip(history.numbers, history.best or [])) for history in histories]
        columns = [[b[n] for b in best if n in b and math.isfinite(b[n])] for n in numbers]
        means, deviations = _moments(columns)
        lower = [mean - deviation for mean, deviation in zip(means, deviations)]
        upper = [mean + deviation for mean, deviation in zip(means, deviations)]
        marks.append(Line(numbers, means, "Best Value", "best", lower=lower, upper=upper))
    return marks


def _moments(columns: list[list[float]]) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of each column; NaN where there is nothing, or what is not finite."""
    means = [sum(column) / len(column) if column else math.nan for column in columns]
    squares = [[(value - mean) * (value - mean) for value in column] for column, mean in zip(columns, means)]
    return means, [math.sqrt(sum(column) / len(column)) if column else math.nan for column in squares]
