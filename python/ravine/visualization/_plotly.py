"""Charts as plotly figures."""

from __future__ import annotations

import math
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ravine.visualization._chart import (
    Axis,
    Bars,
    Chart,
    ColorScale,
    Dimension,
    Line,
    Mark,
    Panel,
    Points,
    Spans,
    Surface,
    Threads,
)
from ravine.visualization._colors import PALETTES, color_of, colors_of, mixed

# Wider than the page, panels in a row keep this width in pixels.
_PANEL_WIDTH = 300


def to_plotly(chart: Chart) -> go.Figure:
    """The chart as a plotly figure: one trace for each mark, more for bands and legends."""
    if not chart.panels:
        figure = go.Figure(layout=go.Layout(title=chart.title))
        _set_axis(figure, "x", chart.x)
        _set_axis(figure, "y", chart.y)
        return figure
    rows, columns = len(chart.panels), len(chart.panels[0])
    if rows == columns == 1:
        return _single(chart, chart.panels[0][0])
    figure = make_subplots(
        rows=rows, cols=columns, shared_xaxes=rows > 1, shared_yaxes=True,
        horizontal_spacing=0.08 / columns, vertical_spacing=0.08 / rows,
    )  # fmt: skip
    figure.update_layout(title=chart.title)
    shown_scale = False
    for row, panels in enumerate(chart.panels, start=1):
        for column, panel in enumerate(panels, start=1):
            traces = [trace for mark in panel.marks for trace in _traces(mark)] or [go.Scatter()]
            for trace in traces:
                if _has_scale(trace):
                    _show_scale(trace, not shown_scale)
                    shown_scale = True
                figure.add_trace(trace, row=row, col=column)
            _set_axis(figure, "x", panel.x, titled=row == rows, row=row, col=column)
            _set_axis(figure, "y", panel.y, titled=column == 1, row=row, col=column)
    if rows == 1 and columns > 3:
        figure.update_layout(width=_PANEL_WIDTH * columns)
    _add_tick_scale(figure, chart)
    return figure


def _single(chart: Chart, panel: Panel) -> go.Figure:
    figure = go.Figure(layout=go.Layout(title=chart.title))
    for mark in panel.marks:
        if isinstance(mark, Threads):
            _add_threads(figure, mark)
            return figure
        figure.add_traces(_traces(mark))
    if panel.z is not None:
        titles = {f"{name}axis_title": axis.title for name, axis in zip("xyz", (panel.x, panel.y, panel.z))}
        figure.update_layout(scene=titles)
    else:
        _set_axis(figure, "x", panel.x)
        _set_axis(figure, "y", panel.y)
    if not chart.legend:
        figure.update_layout(showlegend=False)
    elif any(isinstance(mark, Spans) for mark in panel.marks):
        figure.update_layout(showlegend=True)
    _add_tick_scale(figure, chart)
    return figure


def _set_axis(figure: go.Figure, name: str, axis: Axis, *, titled: bool = True, **where: int) -> None:
    options: dict[str, Any] = {}
    if titled and axis.title:
        options["title_text"] = axis.title
    if axis.kind != "linear":
        options["type"] = axis.kind
    if axis.kind == "category" and axis.categories is not None:
        options.update(categoryorder="array", categoryarray=axis.categories)
    if axis.range is not None:
        options["range"] = [math.log10(end) for end in axis.range] if axis.kind == "log" else list(axis.range)
    if options:
        (figure.update_xaxes if name == "x" else figure.update_yaxes)(**options, **where)


def _traces(mark: Mark) -> list[Any]:
    if isinstance(mark, Points):
        return [_points(mark)]
    if isinstance(mark, Line):
        return _line(mark)
    if isinstance(mark, Bars):
        return [_bars(mark)]
    if isinstance(mark, Spans):
        return [_spans(mark)]
    if isinstance(mark, Surface):
        return [_surface(mark)]
    raise TypeError(f"a {type(mark).__name__} stands alone in its figure")


def _points(mark: Points) -> Any:
    options: dict[str, Any] = {
        "x": list(mark.x), "y": list(mark.y), "name": mark.name, "mode": "markers", "showlegend": _listed(mark.legend),
        "marker": _marker(mark),
    }  # fmt: skip
    if mark.error is not None:
        options["error_y"] = {"type": "data", "array": list(mark.error), "visible": True}
    if mark.hover is not None:
        options["text"] = [_html(text) for text in mark.hover]
        options["hovertemplate"] = f"%{{text}}<extra>{mark.name}</extra>"
    if mark.z is not None:
        return go.Scatter3d(z=list(mark.z), **options)
    return go.Scatter(**options)


def _marker(mark: Points) -> dict[str, Any]:
    if mark.scale is None:
        return {"color": color_of(str(mark.color))}
    outline = {"width": 0.5, "color": "grey"}
    if mark.scale.ticks is not None:
        return {"color": colors_of(mark), "line": outline}
    beside = 1.1 if mark.scale.palette == "reds" else 1.0
    bar = {"title": mark.scale.title, "x": beside, "xpad": 40}
    return {
        "color": list(mark.color), "colorscale": PALETTES[mark.scale.palette], "line": outline, "colorbar": bar,
        "cmin": mark.scale.low, "cmax": mark.scale.high, "showscale": True, "reversescale": mark.scale.reverse,
    }  # fmt: skip


def _line(mark: Line) -> list[Any]:
    color = color_of(mark.color)
    main = go.Scatter(
        x=list(mark.x), y=list(mark.y), name=mark.name, mode="lines+markers" if mark.markers else "lines",
        line={"color": color}, marker={"color": color, "maxdisplayed": 10}, opacity=0.35 if mark.faint else 1.0,
        showlegend=_listed(mark.legend),
    )  # fmt: skip
    if mark.lower is None or mark.upper is None:
        return [main]
    edge = {"mode": "lines", "line": {"width": 0.01, "color": color}, "showlegend": False, "hoverinfo": "skip"}
    upper = go.Scatter(x=list(mark.x), y=list(mark.upper), **edge)
    lower = go.Scatter(x=list(mark.x), y=list(mark.lower), fill="tonexty", fillcolor=_transparent(color), **edge)
    return [main, upper, lower]


def _bars(mark: Bars) -> Any:
    return go.Bar(
        x=list(mark.values), y=list(mark.labels), name=mark.name, text=list(mark.texts), textposition="outside",
        cliponaxis=False, orientation="h", marker={"color": color_of(mark.color)},
        hovertemplate=[f"{text}<extra></extra>" for text in mark.hover or mark.texts],
    )  # fmt: skip


def _spans(mark: Spans) -> Any:
    return go.Bar(
        name=mark.name, orientation="h", y=list(mark.y), base=[start.isoformat() for start in mark.starts],
        x=[(end - start).total_seconds() * 1000 for start, end in zip(mark.starts, mark.ends)],
        text=[_html(text) for text in mark.hover], textposition="none", marker={"color": color_of(mark.color)},
        hovertemplate=f"%{{text}}<extra>{mark.name}</extra>",
    )  # fmt: skip


def _surface(mark: Surface) -> Any:
    column = {value: place for place, value in enumerate(mark.x_grid)}
    row = {value: place for place, value in enumerate(mark.y_grid)}
    grid: list[list[float | None]] = [[None] * len(column) for _ in row]
    for x, y, z in zip(mark.x, mark.y, mark.z):
        grid[row[y]][column[x]] = z
    return go.Contour(
        x=mark.x_grid, y=mark.y_grid, z=grid, colorbar={"title": mark.scale.title},
        colorscale=PALETTES[mark.scale.palette], connectgaps=True, contours_coloring="heatmap", hoverinfo="none",
        line_smoothing=1.3, zmin=mark.scale.low, zmax=mark.scale.high, reversescale=mark.scale.reverse,
    )  # fmt: skip


def _add_threads(figure: go.Figure, mark: Threads) -> None:
    """A line for each trial, an upright axis for each dimension, ticks as texts beside it."""
    dimensions = mark.dimensions
    places = list(range(len(dimensions)))
    for trial in mark.order:
        dotted = mark.feasible is not None and not mark.feasible[trial]
        color = mixed(mark.scale.palette, mark.scale.place(mark.color[trial]))
        figure.add_trace(go.Scatter(
            x=places, y=[one.place(one.values[trial]) for one in dimensions], mode="lines", opacity=0.5,
            line={"color": color, "width": 1.2, "dash": "dot" if dotted else "solid"}, showlegend=False,
            customdata=[[one.label, _shown(one, one.values[trial])] for one in dimensions],
            hovertemplate="%{customdata[0]}: %{customdata[1]}<extra></extra>",
        ))  # fmt: skip
    if mark.feasible is not None:
        for name, dash in (("Feasible", "solid"), ("Infeasible", "dot")):
            key = {"color": color_of("dot"), "dash": dash, "width": 2}
            figure.add_trace(go.Scatter(x=[None], y=[None], mode="lines", line=key, name=name, hoverinfo="skip"))
    figure.add_trace(_scale_trace(mark.scale))
    rule = {"type": "line", "y0": 0, "y1": 1, "line": {"color": "#888", "width": 1}, "layer": "below"}
    figure.update_layout(
        xaxis={"tickmode": "array", "tickvals": places, "ticktext": [one.label for one in dimensions],
               "range": [-0.2, len(dimensions) - 0.8], "showgrid": False, "zeroline": False},
        yaxis={"range": [-0.08, 1.08], "visible": False, "fixedrange": True},
        shapes=[{**rule, "x0": place, "x1": place} for place in places],
        annotations=[note for place, one in enumerate(dimensions) for note in _tick_notes(place, one)],
        hovermode="closest", plot_bgcolor="white",
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom"},
    )  # fmt: skip


def _tick_notes(place: int, dimension: Dimension) -> list[dict[str, Any]]:
    look = {"showarrow": False, "xanchor": "right", "xshift": -4, "font": {"size": 10, "color": "#555"}}
    return [{"x": place, "y": dimension.place(value), "text": text, **look} for value, text in dimension.ticks]


def _shown(dimension: Dimension, value: float) -> str:
    return next((text for at, text in dimension.ticks if math.isclose(at, value)), f"{value:.3g}")


def _add_tick_scale(figure: go.Figure, chart: Chart) -> None:
    """A colour bar with texts, which plotly shows only for a trace that has numbers."""
    if chart.scale is not None and chart.scale.ticks is not None:
        figure.add_trace(_scale_trace(chart.scale))


def _scale_trace(scale: ColorScale) -> Any:
    bar: dict[str, Any] = {"title": scale.title}
    if scale.ticks is not None:
        bar.update(tickvals=[at for at, _ in scale.ticks], ticktext=[text for _, text in scale.ticks], thickness=10)
    marker = {
        "color": [scale.low, scale.high], "cmin": scale.low, "cmax": scale.high, "showscale": True, "colorbar": bar,
        "colorscale": PALETTES[scale.palette], "reversescale": scale.reverse,
    }  # fmt: skip
    return go.Scatter(x=[None, None], y=[None, None], mode="markers", marker=marker, showlegend=False, hoverinfo="skip")


def _has_scale(trace: Any) -> bool:
    return trace.type == "contour" or (trace.type == "scatter" and bool(trace.marker.showscale))


def _show_scale(trace: Any, shown: bool) -> None:
    if trace.type == "contour":
        trace.showscale = shown
    else:
        trace.marker.showscale = shown


def _listed(legend: bool) -> bool | None:
    """Whether a trace is in the legend: where it may be, plotly decides, which hides a legend of one entry."""
    return None if legend else False


def _html(text: str) -> str:
    return text.replace("\n", "<br>")


def _transparent(color: str) -> str:
    return f"rgba({','.join(str(int(color[i : i + 2], 16)) for i in (1, 3, 5))},0.2)"
