"""Dominance and hypervolume."""

from __future__ import annotations

import random

import pytest

from ravine._hypervolume import hypervolume, largest_subset
from ravine._pareto import dominates, pareto_ranks


def test_ranks_peel_front_by_front() -> None:
    assert pareto_ranks([(1, 1), (2, 2), (0, 3), (3, 3), (1, 1)]) == [0, 1, 0, 2, 0]
    assert pareto_ranks([]) == []


def test_none_of_a_rank_dominates_another_of_it() -> None:
    rng = random.Random(0)
    points = [tuple(rng.random() for _ in range(3)) for _ in range(60)]
    ranks = pareto_ranks(points)
    for first, rank in zip(points, ranks):
        above = [other for other, its in zip(points, ranks) if its == rank - 1]
        assert not any(dominates(other, first) for other, its in zip(points, ranks) if its == rank)
        assert rank == 0 or any(dominates(other, first) for other in above)


def test_hypervolume_of_boxes() -> None:
    assert hypervolume([], [1.0, 1.0]) == 0.0
    assert hypervolume([(0.5,)], [2.0]) == 1.5
    assert hypervolume([(0, 0.5), (0.5, 0)], [1, 1]) == pytest.approx(0.75)
    assert hypervolume([(0, 0, 0.5), (0.5, 0.5, 0)], [1, 1, 1]) == pytest.approx(0.5 + 0.25 * 0.5)
    assert hypervolume([(2.0, 0.0)], [1.0, 1.0]) == 0.0


def test_hypervolume_agrees_with_counting() -> None:
    rng = random.Random(1)
    points = [tuple(rng.random() for _ in range(3)) for _ in range(12)]
    draws = [tuple(rng.random() for _ in range(3)) for _ in range(20000)]
    share = sum(any(all(p <= d for p, d in zip(point, draw)) for point in points) for draw in draws) / len(draws)
    assert hypervolume(points, [1.0, 1.0, 1.0]) == pytest.approx(share, abs=0.02)


def test_a_subset_takes_the_points_that_add_most() -> None:
    points = [(0.0, 1.0), (0.5, 0.5), (0.51, 0.49), (1.0, 0.0)]
    assert sorted(largest_subset(points, 3)) == [0, 1, 3] or sorted(largest_subset(points, 3)) == [0, 2, 3]
