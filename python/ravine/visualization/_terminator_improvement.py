"""What a terminator would still have expected, trial by trial."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ravine.trial import TrialState
from ravine.visualization._chart import Axis, Chart, Line, Panel
from ravine.visualization._trials import is_multi_objective, logger

if TYPE_CHECKING:
    from ravine.study import Study
    from ravine.terminator import BaseErrorEvaluator, BaseImprovementEvaluator
    from ravine.trial import FrozenTrial

_PADDING = 0.05


def terminator_improvement(
    study: Study,
    plot_error: bool,
    improvement_evaluator: BaseImprovementEvaluator | None,
    error_evaluator: BaseErrorEvaluator | None,
    min_n_trials: int,
) -> Chart:
    """The chart; see :func:`ravine.visualization.plot_terminator_improvement`."""
    if is_multi_objective(study):
        raise ValueError("This function does not support multi-objective optimization study.")
    from ravine.terminator import default_error_evaluator, default_improvement_evaluator

    improvement = improvement_evaluator or default_improvement_evaluator()
    error = error_evaluator or default_error_evaluator(improvement)
    chart = Chart("Terminator Improvement Plot", x=Axis("Trial"), y=Axis("Terminator Improvement"))
    numbers: list[int] = []
    improvements: list[float] = []
    errors: list[float] = []
    ended: list[FrozenTrial] = []
    for trial in study.get_trials(deepcopy=False):
        if trial.state == TrialState.COMPLETE:
            ended.append(trial)
        if not ended:
            continue
        numbers.append(trial.number)
        improvements.append(improvement.evaluate(trials=ended, study_direction=study.direction))
        if plot_error:
            errors.append(error.evaluate(trials=ended, study_direction=study.direction))
    if not numbers:
        logger.warning("There are no complete trials.")
        return chart
    chart.y.range = _range(improvements, errors, min_n_trials)
    chart.panels = [[Panel(chart.x, chart.y, list(_lines(numbers, improvements, errors, min_n_trials)))]]
    return chart


def _lines(numbers: list[int], improvements: list[float], errors: list[float], min_n_trials: int) -> list[Line]:
    """The improvement, faint as long as the terminator does not judge; and the error."""
    name = "Terminator Improvement"
    cut = min_n_trials + 1
    judged = len(numbers) > min_n_trials
    lines = [Line(numbers[:cut], improvements[:cut], name, "accent", markers=True, faint=True, legend=not judged)]
    if judged:
        lines.append(Line(numbers[min_n_trials:], improvements[min_n_trials:], name, "accent", markers=True))
    if errors:
        lines.append(Line(numbers, errors, "Error", "best", markers=True))
    return lines


def _range(improvements: list[float], errors: list[float], min_n_trials: int) -> tuple[float, float] | None:
    judged = improvements[min_n_trials:] or improvements
    values = [value for value in improvements + errors if math.isfinite(value)]
    highs = [value for value in judged + errors if math.isfinite(value)]
    if not values or not highs or min(values) == max(highs):
        return None
    padding = (max(highs) - min(values)) * _PADDING
    return min(values) - padding, max(highs) + padding
