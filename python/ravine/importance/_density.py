"""Densities of one parameter's values on a grid, by kernels of Scott's width.

The same estimate as in the engine (`search::importance::ped`): the values fall into at most 50 cells; each cell has a
normal kernel, cut off at the grid's ends, and one wide kernel is the prior.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from ravine.distributions import CategoricalDistribution, IntDistribution

if TYPE_CHECKING:
    from ravine.distributions import BaseDistribution

_CELLS = 50
# The weight of the prior's kernel, beside 1 for each value.
_PRIOR = 1.0
# Nothing is less dense.
_TINY = 1e-12
# At least so wide that nine tenths of a kernel fill a cell.
_NARROWEST = 0.5 / 1.64
_cdf = NormalDist().cdf


class Grid:
    """How a parameter's range is cut into cells.

    Args:
        domain: The parameter's distribution, of more than one value.
    """

    def __init__(self, domain: BaseDistribution) -> None:
        self._domain: Any = domain
        self._is_choice = isinstance(domain, CategoricalDistribution)
        self.cells = self._count()

    def _count(self) -> int:
        domain = self._domain
        if self._is_choice:
            return len(domain.choices)
        if isinstance(domain, IntDistribution) and domain.log:
            return min(math.ceil(math.log2(domain.high - domain.low + 1)) + 1, _CELLS)
        if domain.step is not None:
            return min(round((domain.high - domain.low) / domain.step) + 1, _CELLS)
        return _CELLS

    def density(self, values: Sequence[Any]) -> list[float]:
        """The share of each cell, estimated from values. They sum to 1, nearly."""
        counts = [0] * self.cells
        for value in values:
            counts[self._cell(value)] += 1
        return _of_options(counts) if self._is_choice else _of_numbers(counts)

    def _cell(self, value: Any) -> int:
        if self._is_choice:
            return int(self._domain.to_internal_repr(value))
        domain = self._domain
        low, high = (math.log(domain.low), math.log(domain.high)) if domain.log else (domain.low, domain.high)
        width = (high - low) / (self.cells - 1)
        place = (math.log(value) if domain.log else value) - low
        # Halfway between two the lower one.
        return min(max(math.ceil(place / width - 0.5), 0), self.cells - 1)


def _of_options(counts: list[int]) -> list[float]:
    """A kernel for each option that was taken: its own, and a little of every other; and an even one."""
    total = sum(counts)
    kernels = sum(count > 0 for count in counts) + 1
    floor = _PRIOR / kernels
    row = 1.0 + len(counts) * floor
    even = _PRIOR / len(counts) + total * floor / row
    return [(even + count / row) / (total + _PRIOR) + _TINY for count in counts]


def _of_numbers(counts: list[int]) -> list[float]:
    last = len(counts) - 1
    total = sum(counts)
    width = _scott(counts, total)
    density = [_TINY] * len(counts)
    kernels = [(float(cell), width, count) for cell, count in enumerate(counts) if count]
    for centre, spread, weight in [*kernels, (last / 2.0, last + 1.0, _PRIOR)]:
        edges = [_cdf((cell - 0.5 - centre) / spread) for cell in range(len(counts) + 1)]
        scale = weight / (total + _PRIOR) / (edges[-1] - edges[0])
        for cell in range(len(counts)):
            density[cell] += scale * (edges[cell + 1] - edges[cell])
    return density


def _scott(counts: list[int], total: int) -> float:
    """Scott's rule, by the smaller of the standard deviation and the quartiles' distance."""
    taken = [(cell, count) for cell, count in enumerate(counts) if count]
    mean = sum(cell * count for cell, count in taken) / total
    squares = sum((cell - mean) ** 2 * count for cell, count in taken)
    deviation = math.sqrt(squares / max(1, total - 1))
    sums = list(accumulate(count for _, count in taken))
    first = bisect_left(sums, total // 4)
    third = min(bisect_right(sums, total * 3 // 4), len(taken) - 1)
    quartiles = taken[third][0] - taken[first][0]
    return max(1.059 * min(deviation, quartiles / 1.34) * total**-0.2, _NARROWEST)
