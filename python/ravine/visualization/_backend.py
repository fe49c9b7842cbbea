"""Which library draws a chart."""

from __future__ import annotations

import importlib.util
from typing import Any, Literal

from ravine.visualization._chart import Chart

Backend = Literal["plotly", "svg", "matplotlib"]


def is_available() -> bool:
    """Whether plotly is installed, so that plots are plotly figures.

    Without it they are :class:`~ravine.visualization.Figure` objects: SVG, shown by notebooks and browsers.
    """
    return importlib.util.find_spec("plotly") is not None


def draw(chart: Chart, backend: Backend | None) -> Any:
    """The chart as a figure.

    Args:
        chart: What to show.
        backend: "plotly", "svg" or "matplotlib"; None: plotly when it is installed, else SVG.

    Raises:
        ImportError: When the library asked for is not installed.
        ValueError: When there is no such backend.
    """
    chosen = backend or ("plotly" if is_available() else "svg")
    if chosen == "svg":
        from ravine.visualization._svg.figure import Figure

        return Figure(chart)
    if chosen not in ("plotly", "matplotlib"):
        raise ValueError(f"backend must be 'plotly', 'svg' or 'matplotlib', not {backend!r}")
    if importlib.util.find_spec(chosen) is None:
        raise ImportError(f"{chosen} is not installed: `pip install ravine[{chosen}]`, or use backend='svg'")
    if chosen == "plotly":
        from ravine.visualization._plotly import to_plotly

        return to_plotly(chart)
    from ravine.visualization._matplotlib import to_matplotlib

    return to_matplotlib(chart)
