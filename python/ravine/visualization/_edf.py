"""How many trials are at most so good: the empirical distribution function."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ravine.visualization._chart import Axis, Chart, Line, Panel
from ravine.visualization._trials import Target, as_studies, check_target, completed, finite, logger, reader

if TYPE_CHECKING:
    from ravine.study import Study

_SAMPLES = 100


def edf(study: Study | Sequence[Study], target: Target | None, target_name: str) -> Chart:
    """The chart; see :func:`ravine.visualization.plot_edf`."""
    studies = as_studies(study)
    check_target(studies, target, target_name)
    chart = Chart(
        "Empirical Distribution Function Plot",
        x=Axis(target_name),
        y=Axis("Cumulative Probability", range=(0.0, 1.0)),
    )
    if not studies:
        logger.warning("There are no studies.")
        return chart
    read = reader(target)
    columns = [sorted(read(trial) for trial in finite(completed(one), target)) for one in studies]
    values = [value for column in columns for value in column]
    if not values:
        logger.warning("There are no complete trials.")
        return chart
    low, high = min(values), max(values)
    x = [low + (high - low) * i / (_SAMPLES - 1) for i in range(_SAMPLES - 1)] + [high]
    lines = [
        Line(x, [bisect_right(column, at) / len(column) for at in x], one.study_name, f"series{place}")
        for place, (one, column) in enumerate(zip(studies, columns))
        if column
    ]
    chart.panels = [[Panel(chart.x, chart.y, list(lines))]]
    return chart
