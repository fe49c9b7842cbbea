"""A surface between the places where it is known: for drawings without plotly's own contours."""

from __future__ import annotations

import math
from collections.abc import Callable

# Weights fall with distance to this power (Shepard 1968), the nearest places count.
_POWER = 3.0
_NEAREST = 12
_SMOOTH = 1e-4


def interpolate(
    x: list[float], y: list[float], z: list[float], across: list[float], up: list[float]
) -> list[list[float]]:
    """Values on a grid, by inverse distances to the nearest known places.

    Args:
        x, y: Where values are known, in 0…1; n numbers each.
        z: The values there.
        across, up: The grid's coordinates, in 0…1.

    Returns:
        For each number of `up` a list with a value for each number of `across`.
    """
    value = _interpolator(x, y, z)
    return [[value(at_x, at_y) for at_x in across] for at_y in up]


def _interpolator(x: list[float], y: list[float], z: list[float]) -> Callable[[float, float], float]:
    places = list(zip(x, y, z))

    def value(at_x: float, at_y: float) -> float:
        near = [((at_x - px) ** 2 + (at_y - py) ** 2, pz) for px, py, pz in places]
        if len(near) > _NEAREST:
            near.sort()
            del near[_NEAREST:]
        weights = [1.0 / (distance + _SMOOTH) ** (_POWER / 2) for distance, _ in near]
        # Shares of large numbers have a sum where their multiples have none.
        total = math.fsum(weights)
        return math.fsum(w / total * pz for w, (_, pz) in zip(weights, near))

    return value
