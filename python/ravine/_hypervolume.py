"""The volume that points dominate, by slicing along the last objective (While et al. 2006, HSO)."""

from __future__ import annotations

from collections.abc import Sequence


def hypervolume(points: Sequence[Sequence[float]], reference: Sequence[float]) -> float:
    """The volume between the points and the reference point.

    Args:
        points: Minimised objectives, n rows of d numbers; those that are not below the reference in each objective add
            nothing.
        reference: d numbers.

    Returns:
        The volume; 0 without points. It costs about n^(d-1) steps.
    """
    inside = [tuple(point) for point in points if all(a < b for a, b in zip(point, reference))]
    return _sliced(inside, tuple(reference))


def _sliced(points: list[tuple[float, ...]], reference: tuple[float, ...]) -> float:
    if not points:
        return 0.0
    if len(reference) == 1:
        return reference[0] - min(point[0] for point in points)
    if len(reference) == 2:
        return _staircase(points, reference)
    total = 0.0
    ordered = sorted(points, key=lambda point: point[-1])
    for place, point in enumerate(ordered):
        upper = ordered[place + 1][-1] if place + 1 < len(ordered) else reference[-1]
        if upper > point[-1]:
            slab = [other[:-1] for other in ordered[: place + 1]]
            total += (upper - point[-1]) * _sliced(slab, reference[:-1])
    return total


def _staircase(points: list[tuple[float, ...]], reference: tuple[float, ...]) -> float:
    area, lowest = 0.0, reference[1]
    for x, y in sorted(points):
        if y < lowest:
            area += (reference[0] - x) * (lowest - y)
            lowest = y
    return area


def largest_subset(points: Sequence[Sequence[float]], count: int) -> list[int]:
    """The places of `count` points that dominate much together: greedily the one that adds most, again and again.

    The volume so found is at least 63 % of the largest (Guerreiro, Fonseca and Paquete 2016). The reference point is a
    tenth worse than the worst of all.
    """
    worst = [max(column) for column in zip(*points)]
    reference = [max(1.1 * value, 0.9 * value) or 1e-12 for value in worst]
    chosen: list[int] = []
    left = set(range(len(points)))
    while left and len(chosen) < count:
        kept = [points[place] for place in chosen]
        best = max(sorted(left), key=lambda place: hypervolume([*kept, points[place]], reference))
        chosen.append(best)
        left.remove(best)
    return chosen
