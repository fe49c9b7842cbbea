"""What trials reported, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ravine.trial import TrialState
from ravine.visualization._chart import Axis, Chart, Line, Panel
from ravine.visualization._trials import is_feasible, logger

if TYPE_CHECKING:
    from ravine.study import Study

_STATES = (TrialState.PRUNED, TrialState.COMPLETE, TrialState.RUNNING)


def intermediate_values(study: Study) -> Chart:
    """The chart; see :func:`ravine.visualization.plot_intermediate_values`."""
    chart = Chart("Intermediate Values Plot", x=Axis("Step"), y=Axis("Intermediate Value"), legend=False)
    trials = study.get_trials(deepcopy=False, states=_STATES)
    told = [trial for trial in trials if trial.intermediate_values]
    if not trials:
        logger.warning("Study instance does not contain trials.")
    elif not told:
        logger.warning("No trial has intermediate values; they come from `trial.report(value, step)`.")
    lines = []
    for trial in told:
        steps, values = zip(*sorted(trial.intermediate_values.items()))
        color = "infeasible" if not is_feasible(trial) else f"series{trial.number}"
        faint = trial.state == TrialState.PRUNED
        lines.append(Line(steps, values, f"Trial{trial.number}", color, markers=True, faint=faint))
    if lines:
        chart.panels = [[Panel(chart.x, chart.y, list(lines))]]
    return chart
