"""A chart laid out: heading, legend, panels with their axes, colour bar."""

from __future__ import annotations

import math
from dataclasses import replace
from html import escape
from typing import Any

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
from ravine.visualization._svg import theme
from ravine.visualization._svg.marks import Area, draw_all, draw_threads, number
from ravine.visualization._svg.scale import Scale, short
from ravine.visualization._svg.surface import draw_surface

_WIDTH = 760.0
_LEFT = 24.0
_HEIGHT = 440.0
_HEAD = 64.0
_LEGEND = 26.0
_FOOT = 52.0
_BAR_ROW = 30.0
_SCALE_ROOM = 92.0
_SLANT = 34.0
_CHARACTER = 6.4
# A legend of more entries names the first ones only.
_MOST_LISTED = 24
_GAP = 14.0


def to_svg(chart: Chart, chosen: theme.Theme) -> str:
    """The chart as one `<svg>` element with its style sheet."""
    body, width, height = _Layout(chart).drawn()
    label = escape(chart.title, quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="rv rv-{chosen}" role="img" aria-label="{label}" '
        f'viewBox="0 0 {number(width)} {number(height)}" width="{number(width)}" height="{number(height)}">'
        f"<style>{theme.style(chosen)}</style>"
        f'<rect class="{theme.fill("ground")}" width="{number(width)}" height="{number(height)}"/>{body}</svg>'
    )


class _Layout:
    """One drawing in the making: elements are added from back to front."""

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.panels = _flat(chart)
        self.parts: list[str] = []
        self.entries = _entries(_listed(chart)[:_MOST_LISTED])
        self.top = max([_HEAD, *(y + _LEGEND + 8 for _, _, y in self.entries)])

    def drawn(self) -> tuple[str, float, float]:
        """The elements, and the size that they need."""
        marks = self.chart.marks
        threads = [mark for mark in marks if isinstance(mark, Threads)]
        if not marks:
            size = self._nothing()
        elif threads:
            size = self._threads(threads[0])
        elif len(self.panels) == len(self.panels[0]) == 1:
            size = self._single(self.panels[0][0])
        else:
            size = self._grid()
        self._text(_LEFT, 34, self.chart.title, f"title {theme.fill('ink')}")
        self._legend()
        return "".join(self.parts), *size

    def _nothing(self) -> tuple[float, float]:
        width, height = _WIDTH, 180.0
        self._text(width / 2, 110, "nothing to show yet", f"mid {theme.fill('muted')}")
        return width, height

    def _threads(self, mark: Threads) -> tuple[float, float]:
        count = len(mark.dimensions)
        width = max(_WIDTH, 110.0 * count + 150)
        left = 30 + max((len(text) for _, text in mark.dimensions[0].ticks), default=0) * _CHARACTER
        height = 320.0
        top = self.top + 16
        across = width - left - 60 - _SCALE_ROOM
        self.parts.append(draw_threads(mark, left, top, across, height))
        self._color_bar(mark.scale, width - _SCALE_ROOM, top, height)
        return width, top + height + 28

    def _single(self, panel: Panel) -> tuple[float, float]:
        bars = [mark for mark in panel.marks if isinstance(mark, Bars)]
        height = _HEIGHT - _HEAD - _FOOT
        if bars:
            height = max(len(panel.y.categories or []) * _BAR_ROW * max(1.0, len(bars) * 0.6), 96.0)
        x_scale, y_scale = _scale_x(panel), _scale_y(panel)
        left = 34.0 + _label_room(y_scale) + (16.0 if panel.y.title else 0.0)
        scale = self.chart.scale
        right = 24.0 + (_SCALE_ROOM if scale is not None else 0.0) + (44.0 if bars else 0.0)
        area = Area(left, self.top, _WIDTH - left - right, height, x_scale, y_scale)
        self._panel(panel, area, x_texts=True, y_texts=True)
        if scale is not None:
            self._color_bar(scale, _WIDTH - _SCALE_ROOM, area.top, height)
        return _WIDTH, self.top + height + _FOOT + (_SLANT if _slanted(x_scale, area.width) else 0.0)

    def _grid(self) -> tuple[float, float]:
        rows, columns = len(self.panels), len(self.panels[0])
        size = min(max(780.0 / columns, 132.0), 300.0)
        height = 260.0 if rows == 1 else size
        shared = _shared_y(self.panels) if self.chart.shared and rows == 1 else None
        left = 50.0 + max(_label_room(shared or _scale_y(row[0])) for row in self.panels)
        for i, row in enumerate(self.panels):
            for j, panel in enumerate(row):
                own_y = not self.chart.shared
                area = Area(
                    left + j * (size + (_GAP if self.chart.shared else left)), self.top + i * (height + _GAP),
                    size, height, _scale_x(panel), shared or _scale_y(panel),
                )  # fmt: skip
                self._panel(panel, area, x_texts=i == rows - 1, y_texts=j == 0 or own_y)
        right = left + columns * (size + (_GAP if self.chart.shared else left)) - _GAP
        bottom = self.top + rows * (height + _GAP) - _GAP
        if self.chart.scale is not None:
            self._color_bar(self.chart.scale, right + 22, self.top, min(bottom - self.top, 300.0))
            right += _SCALE_ROOM + 12
        slanted = any(_slanted(_scale_x(panel), size) for panel in self.panels[-1])
        return max(right + 24, 420.0), bottom + _FOOT + (_SLANT if slanted else 0.0)

    def _panel(self, panel: Panel, area: Area, *, x_texts: bool, y_texts: bool) -> None:
        surfaces = [mark for mark in panel.marks if isinstance(mark, Surface)]
        self.parts += [draw_surface(mark, area) for mark in surfaces]
        self._grid_lines(area, with_lines=not surfaces)
        self.parts += draw_all(panel.marks, area)
        if x_texts:
            self._x_texts(panel.x, area)
        if y_texts:
            self._y_texts(panel.y, area)

    def _grid_lines(self, area: Area, *, with_lines: bool) -> None:
        bottom = area.top + area.height
        path = ""
        if with_lines:
            path += "".join(
                f"M{number(area.left)} {number(bottom - place * area.height)}h{number(area.width)}"
                for place, _ in area.y_scale.ticks(_count(area.height, 52))
                if area.y_scale.kind != "category" and -1e-6 <= place <= 1 + 1e-6
            )
            path += "".join(
                f"M{number(area.left + place * area.width)} {number(area.top)}v{number(area.height)}"
                for place, _ in area.x_scale.ticks(_count(area.width, 84))
                if area.x_scale.kind != "category" and -1e-6 <= place <= 1 + 1e-6
            )
        self.parts.append(f'<path class="thin {theme.stroke("hair")}" d="{path}"/>')
        self.parts.append(
            f'<path class="thin {theme.stroke("rule")}" '
            f'd="M{number(area.left)} {number(bottom)}h{number(area.width)}"/>'
        )

    def _x_texts(self, axis: Axis, area: Area) -> None:
        bottom = area.top + area.height
        ticks = area.x_scale.ticks(_count(area.width, 84))
        slanted = _slanted(area.x_scale, area.width)
        for place, text in ticks:
            x, y = area.left + place * area.width, bottom + 18
            if slanted:
                look = f"small end number {theme.fill('muted')}"
                turn = f' transform="rotate(-32 {number(x)} {number(y)})"'
                self._text(x + 4, y - 3, _cut(text), look, turn)
            else:
                self._text(x, y, text, f"small mid number {theme.fill('muted')}")
        self._text(
            area.left + area.width / 2, bottom + 40 + (_SLANT if slanted else 0), axis.title, f"mid {theme.fill('ink')}"
        )

    def _y_texts(self, axis: Axis, area: Area) -> None:
        bottom = area.top + area.height
        ticks = area.y_scale.ticks(_count(area.height, 52))
        for place, text in ticks:
            y = bottom - place * area.height + 4
            self._text(area.left - 8, y, _cut(text), f"small end number {theme.fill('muted')}")
        # A title longer than its axis would run into others.
        if axis.title and len(axis.title) * _CHARACTER <= area.height + 20:
            x, y = area.left - 22 - _label_room(area.y_scale), area.top + area.height / 2
            turn = f' transform="rotate(-90 {number(x)} {number(y)})"'
            self._text(x, y, axis.title, f"mid {theme.fill('ink')}", turn)

    def _color_bar(self, scale: ColorScale, left: float, top: float, height: float) -> None:
        step = height / theme.LEVELS
        for i in range(theme.LEVELS):
            value = scale.low + (i + 0.5) / theme.LEVELS * (scale.high - scale.low)
            color = theme.level(scale.palette, scale.place(value))
            self.parts.append(
                f'<rect class="{theme.fill(color)}" x="{number(left)}" y="{number(top + height - (i + 1) * step)}" '
                f'width="10" height="{number(step + 0.4)}"/>'
            )
        for at, text in scale.ticks or _scale_ticks(scale):
            place = 0.5 if scale.high == scale.low else (at - scale.low) / (scale.high - scale.low)
            y = top + height - place * height + 4
            self._text(left + 16, y, text, f"small number {theme.fill('muted')}")
        if scale.title:
            self._text(left, top - 10, _cut(scale.title), f"small {theme.fill('ink')}")

    def _legend(self) -> None:
        for mark, x, y in self.entries:
            color = _legend_color(mark)
            if isinstance(mark, Line):
                key = f'<path class="line {theme.stroke(color)}" stroke-width="2" d="M{number(x)} {number(y)}h16"/>'
            elif isinstance(mark, Points):
                key = f'<circle class="{theme.fill(color)}" cx="{number(x + 8)}" cy="{number(y)}" r="4"/>'
            else:
                place = f'x="{number(x + 2)}" y="{number(y - 6)}"'
                key = f'<rect class="{theme.fill(color)}" {place} width="12" height="12" rx="2"/>'
            self.parts.append(key)
            self._text(x + 22, y + 4, _cut(mark.name), theme.fill("muted"))

    def _text(self, x: float, y: float, text: str, classes: str, more: str = "") -> None:
        if text:
            self.parts.append(f'<text class="{classes}" x="{number(x)}" y="{number(y)}"{more}>{escape(text)}</text>')


def _flat(chart: Chart) -> list[list[Panel]]:
    """The panels; one of three dimensions becomes three, of each pair of them."""
    if len(chart.panels) != 1 or len(chart.panels[0]) != 1 or chart.panels[0][0].z is None:
        return chart.panels
    panel = chart.panels[0][0]
    clouds = [mark for mark in panel.marks if isinstance(mark, Points)]
    axes: list[Any] = [panel.x, panel.y, panel.z]

    def pair(i: int, j: int) -> Panel:
        marks: list[Any] = []
        for cloud in clouds:
            columns: list[Any] = [cloud.x, cloud.y, cloud.z]
            marks.append(replace(cloud, x=columns[i], y=columns[j], z=None))
        return Panel(axes[i], axes[j], marks)

    return [[pair(0, 1), pair(0, 2), pair(1, 2)]]


def _listed(chart: Chart) -> list[Any]:
    """The marks that the legend names, each name once; none when there is nothing to tell apart."""
    marks: list[Any] = [mark for mark in chart.marks if chart.lists(mark)]
    unique = list({mark.name: mark for mark in marks}.values())
    return unique if len(unique) > 1 else []


def _entries(marks: list[Any]) -> list[tuple[Any, float, float]]:
    """Where the entries of the legend stand, row by row."""
    entries = []
    x, y = _LEFT, 56.0
    for mark in marks:
        width = 44 + len(_cut(mark.name)) * _CHARACTER
        if x + width > _WIDTH and x > _LEFT:
            x, y = _LEFT, y + 20.0
        entries.append((mark, x, y))
        x += width
    return entries


def _legend_color(mark: Any) -> str:
    if isinstance(mark, Points) and mark.scale is not None:
        return theme.level(mark.scale.palette, 0.6)
    return str(mark.color)


def _scale_x(panel: Panel) -> Scale:
    values: list[Any] = []
    for mark in panel.marks:
        if isinstance(mark, Spans):
            values += [*mark.starts, *mark.ends]
        elif isinstance(mark, Bars):
            values += [0.0, *mark.values]
        elif not isinstance(mark, Threads):
            values += mark.x
    scale = Scale(panel.x, values)
    if any(isinstance(mark, Bars) for mark in panel.marks):
        scale.low = 0.0
    return scale


def _scale_y(panel: Panel) -> Scale:
    values: list[Any] = []
    for mark in panel.marks:
        values += _heights(mark)
    return Scale(panel.y, values)


def _heights(mark: Mark) -> list[Any]:
    if isinstance(mark, Bars):
        return list(mark.labels)
    if isinstance(mark, Threads):
        return []
    heights = list(mark.y)
    if isinstance(mark, Line):
        heights += [*(mark.lower or []), *(mark.upper or [])]
    if isinstance(mark, Points) and mark.error is not None:
        heights += [y + e for y, e in zip(mark.y, mark.error)] + [y - e for y, e in zip(mark.y, mark.error)]
    return heights


def _shared_y(panels: list[list[Panel]]) -> Scale:
    row = panels[0]
    return Scale(row[0].y, [height for panel in row for mark in panel.marks for height in _heights(mark)])


def _label_room(scale: Scale) -> float:
    longest = max((len(_cut(text)) for _, text in scale.ticks(6)), default=1)
    return longest * _CHARACTER


def _slanted(scale: Scale, width: float) -> bool:
    """Whether the texts below an axis have no room side by side."""
    texts = [_cut(text) for _, text in scale.ticks(_count(width, 84))]
    return sum(len(text) + 2 for text in texts) * _CHARACTER > width


def _count(length: float, each: float) -> int:
    return max(2, math.floor(length / each))


def _cut(text: str) -> str:
    return text if len(text) <= 22 else f"{text[:20]}…"


def _scale_ticks(scale: ColorScale) -> list[tuple[float, str]]:
    if scale.low == scale.high:
        return [(scale.low, short(scale.low))]
    axis = Scale(Axis(range=(scale.low, scale.high)))
    axis.whole = float(scale.low).is_integer() and float(scale.high).is_integer() and scale.high - scale.low >= 4
    return [(axis.value(place), text) for place, text in axis.ticks(5)]
