"""Dominance between points whose objectives are all minimised."""

from __future__ import annotations

from collections.abc import Sequence

from ravine.study._study_direction import StudyDirection

Point = Sequence[float]


def minimised(directions: Sequence[StudyDirection], values: Sequence[float] | None) -> tuple[float, ...]:
    """The values, those of maximised objectives with their sign turned; none of a trial that has none."""
    return tuple(-v if d == StudyDirection.MAXIMIZE else v for d, v in zip(directions, values or ()))


def covers(first: Point, second: Point) -> bool:
    """Whether `first` is nowhere worse than `second`."""
    return all(a <= b for a, b in zip(first, second))


def dominates(first: Point, second: Point) -> bool:
    """Whether `first` is nowhere worse than `second`, and somewhere better."""
    return covers(first, second) and tuple(first) != tuple(second)


def pareto_ranks(points: Sequence[Point]) -> list[int]:
    """For each point 0 when none dominates it, 1 when only such do, and so on."""
    ranks = [0] * len(points)
    fronts: list[list[Point]] = []
    # In lexicographic order those who dominate a point come before it.
    for place in sorted(range(len(points)), key=lambda place: tuple(points[place])):
        point = points[place]
        rank = 0
        while rank < len(fronts) and any(dominates(other, point) for other in fronts[rank]):
            rank += 1
        if rank == len(fronts):
            fronts.append([])
        fronts[rank].append(point)
        ranks[place] = rank
    return ranks
