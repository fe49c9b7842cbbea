"""Surfaces as bands of colour between lines of equal value."""

from __future__ import annotations

from itertools import groupby

from ravine.visualization._chart import Surface
from ravine.visualization._field import interpolate
from ravine.visualization._svg import theme
from ravine.visualization._svg.marks import Area, number

# The grid on which values are worked out is about so many pixels wide; between its lines they change evenly.
_CELL = 9.0

Corner = tuple[float, float, float]


def draw_surface(mark: Surface, area: Area) -> str:
    """A surface; its values between the known ones are interpolated."""
    columns, rows = max(round(area.width / _CELL), 8), max(round(area.height / _CELL), 8)
    xs, ys = [area.x_scale.place(x) for x in mark.x], [area.y_scale.place(y) for y in mark.y]
    across, up = [i / columns for i in range(columns + 1)], [j / rows for j in range(rows + 1)]
    field = interpolate(xs, ys, mark.z, across, up)
    strengths = [[mark.scale.place(value) for value in line] for line in field]
    lowest = min(map(min, strengths))
    parts = []
    # From back to front: what is at least so strong covers what is weaker.
    for step in range(theme.LEVELS):
        threshold = step / theme.LEVELS
        if step + 1 < theme.LEVELS and (step + 1) / theme.LEVELS <= lowest:
            continue
        path = _region(strengths, threshold, area)
        if path:
            color = theme.level(mark.scale.palette, (step + 0.5) / theme.LEVELS)
            parts.append(f'<path class="{theme.fill(color)}" d="{path}"/>')
    return "".join(parts)


def _region(strengths: list[list[float]], threshold: float, area: Area) -> str:
    """Where the surface is at least so strong, cell by cell (marching squares); whole cells in a row are one shape."""
    rows, columns = len(strengths) - 1, len(strengths[0]) - 1
    wide, high = area.width / columns, area.height / rows
    shapes = []
    for j in range(rows):
        top, bottom = area.top + area.height - (j + 1) * high, area.top + area.height - j * high
        below, above = strengths[j], strengths[j + 1]
        kinds = [_kind(threshold, below[i], below[i + 1], above[i], above[i + 1]) for i in range(columns)]
        first = 0
        for kind, run in groupby(kinds):
            count = len(list(run))
            if kind == "whole":
                left, right = area.left + first * wide, area.left + (first + count) * wide
                shapes.append(f"M{number(left)} {number(bottom)}V{number(top)}H{number(right)}V{number(bottom)}z")
            for i in range(first, first + count) if kind == "part" else ():
                left, right = area.left + i * wide, area.left + (i + 1) * wide
                corners = [
                    (left, bottom, below[i]),
                    (left, top, above[i]),
                    (right, top, above[i + 1]),
                    (right, bottom, below[i + 1]),
                ]
                shapes.append(_part(corners, threshold))
            first += count
    return "".join(shapes)


def _kind(threshold: float, *corners: float) -> str:
    inside = sum(corner >= threshold for corner in corners)
    return "whole" if inside == len(corners) else "part" if inside else "none"


def _part(corners: list[Corner], threshold: float) -> str:
    """The part of a cell that is at least so strong: its corners there, and where the edges cross the threshold."""
    points = []
    for here, after in zip(corners, corners[1:] + corners[:1]):
        if here[2] >= threshold:
            points.append(here[:2])
        if (here[2] >= threshold) != (after[2] >= threshold):
            share = (threshold - here[2]) / (after[2] - here[2])
            points.append((here[0] + share * (after[0] - here[0]), here[1] + share * (after[1] - here[1])))
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points) + "z"
