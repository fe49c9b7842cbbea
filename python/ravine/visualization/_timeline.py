"""When each trial ran."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ravine.trial import TrialState
from ravine.visualization._chart import Axis, Chart, Panel, Spans
from ravine.visualization._trials import hover_text, is_feasible, logger

if TYPE_CHECKING:
    from ravine.study import Study
    from ravine.trial import FrozenTrial

# A running trial whose time exceeds the longest one so many times is taken for dead.
_GIVEN_UP = 5
_SHORT = timedelta(seconds=1)


def timeline(study: Study, n_recent_trials: int | None) -> Chart:
    """The chart; see :func:`ravine.visualization.plot_timeline`."""
    if n_recent_trials is not None and n_recent_trials <= 0:
        raise ValueError("n_recent_trials must be a positive integer or None.")
    chart = Chart("Timeline Plot", x=Axis("Datetime", "date"), y=Axis("Trial"))
    trials = study.get_trials(deepcopy=False)
    end = _end(trials)
    shown = trials if n_recent_trials is None else trials[-n_recent_trials:]
    if not shown:
        logger.warning("Your study does not have any trials.")
        return chart
    rows: dict[str, list[tuple[FrozenTrial, datetime, datetime]]] = {}
    for trial in shown:
        name = trial.state.name
        if trial.state == TrialState.COMPLETE and not is_feasible(trial):
            name = "INFEASIBLE"
        rows.setdefault(name, []).append((trial, *_times(trial, end)))
    # States by name, the infeasible among the complete ones first.
    order = sorted(rows, key=lambda name: ("COMPLETE", 0) if name == "INFEASIBLE" else (name, 1))
    chart.panels = [[Panel(chart.x, chart.y, [_spans(name, rows[name]) for name in order])]]
    return chart


def _spans(name: str, rows: list[tuple[FrozenTrial, datetime, datetime]]) -> Spans:
    return Spans(
        [start for _, start, _ in rows],
        [stop for _, _, stop in rows],
        [trial.number for trial, _, _ in rows],
        name,
        name.lower(),
        [hover_text(trial) for trial, _, _ in rows],
    )


def _times(trial: FrozenTrial, end: datetime) -> tuple[datetime, datetime]:
    start = trial.datetime_start or end
    stop = end + _SHORT if trial.state == TrialState.RUNNING else trial.datetime_complete or start + _SHORT
    if stop < start:
        logger.warning(f"the end of trial {trial.number} ({stop}) lies before its start ({start})")
    return start, stop


def _end(trials: list[FrozenTrial]) -> datetime:
    """Now, while some trial runs; else when the last one ended."""
    now = datetime.now()
    ended = [(t.datetime_start, t.datetime_complete) for t in trials if t.datetime_start and t.datetime_complete]
    started = [t.datetime_start for t in trials if t.state == TrialState.RUNNING and t.datetime_start]
    longest = max((stop - start for start, stop in ended), default=None)
    if any(longest is None or now - start < _GIVEN_UP * longest for start in started):
        return now
    return max((t.datetime_complete for t in trials if t.datetime_complete), default=now)
