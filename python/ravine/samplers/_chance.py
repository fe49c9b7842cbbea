"""Random numbers for genetic samplers: the engine's, under the names that numpy has for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ravine._ravine import Draws

if TYPE_CHECKING:
    import numpy as np


class Chance:
    """Draws with the methods of ``numpy.random.RandomState`` that crossovers and mutations of this package use."""

    def __init__(self, seed: int) -> None:
        self._draws = Draws(seed)

    def rand(self, n: int | None = None) -> Any:
        """A number of [0, 1), or a list of so many."""
        return self._draws.uniform() if n is None else [self._draws.uniform() for _ in range(n)]

    def normal(self, loc: float = 0.0, scale: float = 1.0, size: int | None = None) -> Any:
        """A number of a normal distribution, or a list of so many."""
        if size is None:
            return loc + scale * self._draws.normal()
        return [loc + scale * self._draws.normal() for _ in range(size)]

    def choice(self, n: int) -> int:
        """One of 0 to n - 1."""
        return self._draws.below(n)

    def shuffle(self, items: list[Any]) -> None:
        """Puts a list in random order."""
        self._draws.shuffle(items)

    def numpy(self) -> np.random.RandomState:
        """A source of numpy's own, for code that is not this package's."""
        import numpy

        return numpy.random.RandomState(self._draws.below(1 << 32))
