"""Directions spread over the objectives, by which NSGA-III chooses who survives (Deb and Jain 2014)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from ravine.samplers._chance import Chance

Point = Sequence[float]

#: Infinite values are put so many times the width of the finite ones beyond these.
_BEYOND = 3.0
#: What the objectives that are not an axis's own weigh in finding its extreme point.
_ASIDE = 1e6


class Niches:
    """The directions; made for the number of objectives when first asked for, where none are given.

    Args:
        points: Points that the directions lead through, one row each.
        divisions: Into how many parts each axis is cut to make them.
    """

    def __init__(self, points: Sequence[Point] | None, divisions: int) -> None:
        self._points = None if points is None else [[float(x) for x in point] for point in points]
        self._divisions = divisions

    def _directions(self, objectives: int) -> list[list[float]]:
        if self._points is None:
            corners = itertools.combinations_with_replacement(range(objectives), self._divisions)
            self._points = [[float(corner.count(i)) for i in range(objectives)] for corner in corners]
        if any(len(point) != objectives for point in self._points):
            raise ValueError(
                "The dimension of reference points vectors must be the same as the number of objectives of the study."
            )
        return self._points

    def fill(self, values: Sequence[Point], settled: int, wanted: int, chance: Chance) -> list[int]:
        """So many of the points after the first ``settled``, which are chosen already: their places among those."""
        directions = self._directions(len(values[0]))
        nearest = [_nearest(point, directions) for point in normalised(values)]
        crowd = [0] * len(directions)
        for niche, _ in nearest[:settled]:
            crowd[niche] += 1
        waiting: dict[int, list[tuple[float, int]]] = {}
        for place, (niche, distance) in enumerate(nearest[settled:]):
            waiting.setdefault(niche, []).append((distance, place))
        chosen: list[int] = []
        while len(chosen) < wanted:
            least = min(crowd[niche] for niche in waiting)
            sparse = [niche for niche in waiting if crowd[niche] == least]
            niche = sparse[chance.choice(len(sparse))]
            # Who is first in a niche is the nearest to its direction; of the others any.
            queue = waiting[niche]
            place = queue.index(min(queue)) if least == 0 else chance.choice(len(queue))
            chosen.append(queue.pop(place)[1])
            crowd[niche] += 1
            if not queue:
                del waiting[niche]
        return chosen


def _nearest(point: Point, directions: Sequence[Point]) -> tuple[int, float]:
    """The direction that a point is nearest to, and how far it is from it."""
    best, least = 0, math.inf
    for place, direction in enumerate(directions):
        length = math.fsum(x * x for x in direction)
        share = math.fsum(x * y for x, y in zip(point, direction)) / length
        distance = math.hypot(*(x - share * y for x, y in zip(point, direction)))
        if distance < least:
            best, least = place, distance
    return best, least


def normalised(values: Sequence[Point]) -> list[list[float]]:
    """The points with the best of each objective at 0 and, where that can be told, the front's ends at 1."""
    columns = [_bounded(column) for column in zip(*values)]
    columns = [[x - min(column) for x in column] for column in columns]
    points = [list(point) for point in zip(*columns)]
    scales = _scales(points) or [1.0 / (max(column) or 1.0) for column in columns]
    return [[x * scale for x, scale in zip(point, scales)] for point in points]


def _bounded(column: Sequence[float]) -> list[float]:
    finite = [x for x in column if math.isfinite(x)] or [0.0]
    low, high = min(finite), max(finite)
    margin = _BEYOND * (high - low)
    return [min(max(x, low - margin), high + margin) for x in column]


def _scales(points: Sequence[Point]) -> list[float] | None:
    """One over where the plane through the extreme points meets each axis; None where they make no plane."""
    axes = range(len(points[0]))
    ends = [min(points, key=lambda p: max(x if i == axis else _ASIDE * x for i, x in enumerate(p))) for axis in axes]
    rows = [[*end, 1.0] for end in ends]
    # Gauss and Jordan's elimination.
    for k in axes:
        pivot = max(range(k, len(rows)), key=lambda i: abs(rows[i][k]))
        if abs(rows[pivot][k]) < 1e-12:
            return None
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [x / rows[k][k] for x in rows[k]]
        for i in axes:
            if i != k:
                rows[i] = [x - rows[i][k] * y for x, y in zip(rows[i], rows[k])]
    return [row[-1] for row in rows]
