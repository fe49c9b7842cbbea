"""Charts as matplotlib axes."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
from matplotlib.colors import LinearSegmentedColormap, Normalize

from ravine.visualization._chart import (
    Axis,
    Bars,
    Chart,
    ColorScale,
    Line,
    Mark,
    Panel,
    Points,
    Spans,
    Surface,
    Threads,
)
from ravine.visualization._colors import PALETTES, color_of, colors_of, mixed
from ravine.visualization._field import interpolate
from ravine.visualization._svg.scale import Scale

_INCHES = 2.4
_FIELD = 60
_LEVELS = 12
_BAR = 0.7


def to_matplotlib(chart: Chart) -> Any:
    """The chart as `Axes`, or as an array of them when it has several panels."""
    if not chart.panels:
        _, axes = plt.subplots()
        axes.set_title(chart.title)
        _set_axis(axes, "x", chart.x)
        _set_axis(axes, "y", chart.y)
        return axes
    rows, columns = len(chart.panels), len(chart.panels[0])
    if rows == columns == 1:
        return _single(chart, chart.panels[0][0])
    size = (max(_INCHES * columns, 6.4), max(_INCHES * rows, 3.6))
    figure, grid = plt.subplots(rows, columns, figsize=size, squeeze=False, sharey="row" if rows == 1 else False)
    figure.suptitle(chart.title)
    for row, panels in enumerate(chart.panels):
        for column, panel in enumerate(panels):
            axes = grid[row][column]
            _draw_panel(axes, panel, chart, titled=(row == rows - 1, column == 0))
    _add_scale(figure, list(grid.flat), chart.scale)
    return grid[0] if rows == 1 else grid


def _single(chart: Chart, panel: Panel) -> Any:
    figure = plt.figure(layout="constrained")
    axes = figure.add_subplot(projection="3d") if panel.z is not None else figure.add_subplot()
    axes.set_title(chart.title)
    threads = [mark for mark in panel.marks if isinstance(mark, Threads)]
    for mark in threads:
        _draw_threads(axes, mark)
    if not threads:
        _draw_panel(axes, panel, chart, titled=(True, True))
    if panel.x.kind == "date":
        axes.tick_params(axis="x", rotation=25)
    _add_scale(figure, [axes], chart.scale)
    if len(axes.get_legend_handles_labels()[1]) > 1:
        axes.legend()
    return axes


def _draw_panel(axes: Any, panel: Panel, chart: Chart, titled: tuple[bool, bool]) -> None:
    bars = [mark for mark in panel.marks if isinstance(mark, Bars)]
    _draw_bars(axes, bars, panel)
    for mark in panel.marks:
        label = getattr(mark, "name", None) if chart.lists(mark) else None
        _draw(axes, mark, panel, label)
    _set_axis(axes, "x", panel.x, titled[0])
    _set_axis(axes, "y", panel.y, titled[1])
    if panel.z is not None:
        axes.set_zlabel(panel.z.title)


def _set_axis(axes: Any, name: str, axis: Axis, titled: bool = True) -> None:
    if titled and axis.title:
        getattr(axes, f"set_{name}label")(axis.title)
    if axis.kind == "log":
        getattr(axes, f"set_{name}scale")("log")
    if axis.kind == "category" and axis.categories is not None:
        getattr(axes, f"set_{name}ticks")(range(len(axis.categories)), axis.categories)
    if axis.range is not None and axis.range[0] < axis.range[1]:
        getattr(axes, f"set_{name}lim")(*axis.range)


def _draw(axes: Any, mark: Mark, panel: Panel, label: str | None) -> None:
    if isinstance(mark, Points):
        _draw_points(axes, mark, panel, label)
    elif isinstance(mark, Line):
        _draw_line(axes, mark, label)
    elif isinstance(mark, Spans):
        widths = [end - start for start, end in zip(mark.starts, mark.ends)]
        axes.barh(list(mark.y), widths, left=list(mark.starts), color=color_of(mark.color), label=label)
    elif isinstance(mark, Surface):
        _draw_surface(axes, mark, panel)


def _draw_bars(axes: Any, marks: list[Bars], panel: Panel) -> None:
    """Bars of several series stand side by side on each label's row."""
    for place, mark in enumerate(marks):
        height = _BAR / len(marks)
        rows = [(panel.y.categories or []).index(label) for label in mark.labels]
        middles = [row + (place - (len(marks) - 1) / 2) * height for row in rows]
        label = mark.name if mark.legend else None
        bars = axes.barh(middles, list(mark.values), height, color=color_of(mark.color), label=label)
        axes.bar_label(bars, labels=list(mark.texts), padding=3)


def _draw_points(axes: Any, mark: Points, panel: Panel, label: str | None) -> None:
    coordinates = [_placed(mark.x, panel.x), _placed(mark.y, panel.y)]
    if mark.z is not None:
        coordinates.append(list(mark.z))
    colors: Any = color_of(str(mark.color)) if mark.scale is None else colors_of(mark)
    if mark.error is not None:
        axes.errorbar(*coordinates, yerr=list(mark.error), fmt="none", ecolor=colors, capsize=3)
    look: dict[str, Any] = {"s": 18, "edgecolors": "grey" if mark.scale else None, "linewidths": 0.4, "zorder": 3}
    axes.scatter(*coordinates, c=colors or None, **look)
    if label is not None:
        # The legend's dot is strong, whatever the first trial's is.
        key = color_of(str(mark.color)) if mark.scale is None else mixed(mark.scale.palette, 0.7)
        axes.scatter(*([] for _ in coordinates), c=key, label=label, **look)


def _draw_line(axes: Any, mark: Line, label: str | None) -> None:
    color = color_of(mark.color)
    axes.plot(list(mark.x), list(mark.y), color=color, label=label, alpha=0.35 if mark.faint else 0.9,
              marker="o" if mark.markers else None, markersize=3)  # fmt: skip
    if mark.lower is not None and mark.upper is not None:
        axes.fill_between(list(mark.x), list(mark.lower), list(mark.upper), color=color, alpha=0.2)


def _draw_surface(axes: Any, mark: Surface, panel: Panel) -> None:
    x_scale, y_scale = Scale(panel.x), Scale(panel.y)
    units = [x_scale.place(x) for x in mark.x], [y_scale.place(y) for y in mark.y]
    places = [place / _FIELD for place in range(_FIELD + 1)]
    field = interpolate(*units, mark.z, places, places)
    axes.contourf(
        [x_scale.value(place) for place in places], [y_scale.value(place) for place in places], field,
        levels=_LEVELS, cmap=_colormap(mark.scale), norm=Normalize(mark.scale.low, mark.scale.high),
    )  # fmt: skip


def _draw_threads(axes: Any, mark: Threads) -> None:
    places = list(range(len(mark.dimensions)))
    for trial in mark.order:
        dotted = mark.feasible is not None and not mark.feasible[trial]
        heights = [one.place(one.values[trial]) for one in mark.dimensions]
        color = mixed(mark.scale.palette, mark.scale.place(mark.color[trial]))
        axes.plot(places, heights, color=color, alpha=0.6, linewidth=1.0, linestyle=":" if dotted else "-")
    for place, one in zip(places, mark.dimensions):
        axes.axvline(place, color="#888888", linewidth=0.8, zorder=0)
        for value, text in one.ticks:
            axes.annotate(text, (place, one.place(value)), xytext=(-4, 0), textcoords="offset points", fontsize=7,
                          ha="right", va="center", color="#555555")  # fmt: skip
    axes.set_xticks(places, [one.label for one in mark.dimensions], rotation=20 if len(places) > 5 else 0)
    axes.set_yticks([])
    axes.set_xlim(-0.5, len(places) - 0.8)


def _placed(values: Any, axis: Axis) -> list[Any]:
    """The values, those of a category axis as their places."""
    if axis.kind != "category" or axis.categories is None:
        return list(values)
    place_of = {category: place for place, category in enumerate(axis.categories)}
    return [place_of[value] for value in values]


def _add_scale(figure: Any, axes: list[Any], scale: ColorScale | None) -> None:
    if scale is None:
        return
    colors = plt.cm.ScalarMappable(Normalize(scale.low, scale.high), _colormap(scale))
    bar = figure.colorbar(colors, ax=axes, label=scale.title)
    if scale.ticks is not None:
        bar.set_ticks([at for at, _ in scale.ticks], labels=[text for _, text in scale.ticks])


def _colormap(scale: ColorScale) -> Any:
    stops = PALETTES[scale.palette]
    return LinearSegmentedColormap.from_list(scale.palette, stops[::-1] if scale.reverse else stops)
