"""Marks of a panel as SVG elements."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby
from typing import Any

from ravine.visualization._chart import Bars, Line, Mark, Points, Spans, Surface, Threads
from ravine.visualization._svg import theme
from ravine.visualization._svg.scale import Scale

# The width of dots, in pixels, and as a share of the panel's shorter side.
_DOT, _SMALL_DOT, _DOT_SHARE = 6.4, 4.2, 1 / 32
# More lines than this are drawn thin, without marks.
_MANY_LINES = 12
_SPAN_HEIGHT = 14.0


class Area:
    """The rectangle of a panel, in pixels, and its scales.

    Args:
        left, top: Its corner.
        width, height: Its size.
        x, y: The scales along it.
    """

    def __init__(self, left: float, top: float, width: float, height: float, x: Scale, y: Scale) -> None:
        self.left, self.top, self.width, self.height = left, top, width, height
        self.x_scale, self.y_scale = x, y
        self.dot = min(max(min(width, height) * _DOT_SHARE, _SMALL_DOT), _DOT)
        self.crowded = False

    def x(self, value: Any) -> float:
        """Where a value lies across."""
        return self.left + self.x_scale.place(value) * self.width

    def y(self, value: Any) -> float:
        """Where a value lies upright; the low end is at the bottom."""
        return self.top + (1.0 - self.y_scale.place(value)) * self.height

    def points(self, xs: Iterable[Any], ys: Iterable[Any]) -> list[tuple[float, float]]:
        """Pixels of points; NaN where one lies nowhere."""
        return [(self.x(x), self.y(y)) for x, y in zip(xs, ys)]


def draw_all(marks: Sequence[Mark], area: Area) -> list[str]:
    """Marks from back to front: surfaces are left to :func:`draw_surface`, bars stand side by side."""
    area.crowded = sum(isinstance(mark, Line) for mark in marks) > _MANY_LINES
    bars = [mark for mark in marks if isinstance(mark, Bars)]
    parts = [draw_bars(bars, area)] if bars else []
    return parts + [_draw(mark, area) for mark in marks if not isinstance(mark, (Bars, Surface))]


def _draw(mark: Mark, area: Area) -> str:
    if isinstance(mark, Points):
        return _points(mark, area)
    if isinstance(mark, Line):
        return _line(mark, area)
    if isinstance(mark, Spans):
        return _spans(mark, area)
    raise TypeError(f"a {type(mark).__name__} stands alone in its figure")


def number(value: float) -> str:
    """A coordinate, to a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")


def _points(mark: Points, area: Area) -> str:
    places = area.points(mark.x, mark.y)
    colors = _colors(mark)
    parts = []
    if mark.error is not None:
        parts.append(_error_bars(mark, area, str(mark.color)))
    shown = [i for i, (x, y) in enumerate(places) if math.isfinite(x) and math.isfinite(y)]
    if mark.hover is not None:
        for i in shown:
            x, y = places[i]
            parts.append(
                f'<circle class="{theme.fill(colors[i])} {theme.stroke("ground")}" cx="{number(x)}" cy="{number(y)}" '
                f'r="{number(area.dot * 0.6)}"><title>{escape(mark.hover[i])}</title></circle>'
            )
        return "".join(parts)
    # Without texts the dots of one colour are one path: of lines of no length, with round ends.
    for color, chosen in groupby(sorted(shown, key=lambda i: colors[i]), key=lambda i: colors[i]):
        path = "".join(f"M{number(places[i][0])} {number(places[i][1])}h0" for i in chosen)
        ring = f'class="dots {theme.stroke("ground")}" stroke-width="{number(area.dot + 1.8)}"'
        parts.append(f'<path {ring} d="{path}"/>')
        parts.append(f'<path class="dots {theme.stroke(color)}" stroke-width="{number(area.dot)}" d="{path}"/>')
    return "".join(parts)


def _colors(mark: Points) -> list[str]:
    if mark.scale is None:
        return [str(mark.color)] * len(mark.x)
    palette = mark.scale.palette
    return ["infeasible" if place is None else theme.level(palette, place) for place in mark.strengths()]


def _error_bars(mark: Points, area: Area, color: str) -> str:
    path = "".join(
        f"M{number(area.x(x))} {number(area.y(y - e))}V{number(area.y(y + e))}"
        for x, y, e in zip(mark.x, mark.y, mark.error or [])
        if math.isfinite(y) and math.isfinite(e)
    )
    return f'<path class="thin {theme.stroke(color)}" d="{path}"/>'


def _line(mark: Line, area: Area) -> str:
    faint = ' class="faint"' if mark.faint else ""
    places = area.points(mark.x, mark.y)
    parts = [f"<g{faint}><title>{escape(mark.name)}</title>"]
    if mark.lower is not None and mark.upper is not None:
        around = area.points(mark.x, mark.upper) + area.points(mark.x, mark.lower)[::-1]
        parts.append(f'<path class="band {theme.fill(mark.color)}" d="{_path(around)}Z"/>')
    weight = 1.1 if area.crowded else 2
    parts.append(f'<path class="line {theme.stroke(mark.color)}" stroke-width="{weight}" d="{_path(places)}"/>')
    if mark.markers and not area.crowded:
        dots = "".join(f"M{number(x)} {number(y)}h0" for x, y in places if math.isfinite(y))
        parts.append(f'<path class="dots {theme.stroke(mark.color)}" stroke-width="5" d="{dots}"/>')
    return "".join(parts) + "</g>"


def _path(places: Sequence[tuple[float, float]]) -> str:
    """A line through the places, broken where one lies nowhere."""
    steps = []
    down = False
    for x, y in places:
        if math.isfinite(x) and math.isfinite(y):
            steps.append(f"{'L' if down else 'M'}{number(x)} {number(y)}")
        down = math.isfinite(x) and math.isfinite(y)
    return "".join(steps)


def draw_bars(marks: list[Bars], area: Area) -> str:
    """Horizontal bars; those of several series stand side by side on each label's row."""
    row = area.height / max(len(area.y_scale.categories), 1)
    height = min(row * 0.64, 26.0) / len(marks)
    parts = []
    for place, mark in enumerate(marks):
        for i, (label, value) in enumerate(zip(mark.labels, mark.values)):
            top = area.y(label) + (len(marks) / 2 - place - 1) * height
            width = max(area.x(value) - area.x(0), 1.0)
            hover = escape((mark.hover or mark.texts)[i])
            parts.append(
                f'<rect class="{theme.fill(mark.color)}" x="{number(area.x(0))}" y="{number(top)}" rx="2" '
                f'width="{number(width)}" height="{number(max(height - 1, 1))}"><title>{hover}</title></rect>'
                f'<text class="number {theme.fill("muted")}" x="{number(area.x(0) + width + 6)}" '
                f'y="{number(top + height / 2 + 3.5)}">{escape(mark.texts[i])}</text>'
            )
    return "".join(parts)


def _spans(mark: Spans, area: Area) -> str:
    rows = area.y_scale.high - area.y_scale.low
    height = max(min(area.height / rows * 0.8, _SPAN_HEIGHT), 1.0)
    parts = []
    for start, end, y, hover in zip(mark.starts, mark.ends, mark.y, mark.hover):
        left = area.x(start)
        parts.append(
            f'<rect class="{theme.fill(mark.color)}" x="{number(left)}" y="{number(area.y(y) - height / 2)}" '
            f'width="{number(max(area.x(end) - left, 1.5))}" height="{number(height)}" rx="1.5">'
            f"<title>{escape(mark.name)}\n{escape(hover)}</title></rect>"
        )
    return "".join(parts)


def draw_threads(mark: Threads, left: float, top: float, width: float, height: float) -> str:
    """Trials as lines over upright axes."""
    gap = width / max(len(mark.dimensions) - 1, 1)
    bottom = top + height
    parts = []
    for trial in mark.order:
        places = [(left + i * gap, bottom - d.place(d.values[trial]) * height) for i, d in enumerate(mark.dimensions)]
        color = theme.level(mark.scale.palette, mark.scale.place(mark.color[trial]))
        dash = ' stroke-dasharray="2 3"' if mark.feasible is not None and not mark.feasible[trial] else ""
        parts.append(f'<path class="thread {theme.stroke(color)}"{dash} d="{_path(places)}"/>')
    for i, dimension in enumerate(mark.dimensions):
        x = number(left + i * gap)
        parts.append(f'<path class="thin {theme.stroke("rule")}" d="M{x} {number(top)}V{number(bottom)}"/>')
        parts.append(
            f'<text class="mid {theme.fill("ink")}" x="{x}" y="{number(top - 12)}">{escape(dimension.label)}</text>'
        )
        for value, text in dimension.ticks:
            y = bottom - dimension.place(value) * height + 4
            parts.append(
                f'<text class="small number end halo {theme.fill("muted")} {theme.stroke("ground")}" '
                f'x="{number(left + i * gap - 6)}" y="{number(y)}">{escape(text)}</text>'
            )
    return "".join(parts)
