"""The numbers of a search space where genetic samplers mix and mutate them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ravine.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

Bounds = tuple[float, float]


class Gene:
    """One parameter that is a number.

    Attributes:
        bounds: The least and the greatest number: logarithms where the range has a logarithmic scale, and half a step
            beyond its ends where it has steps, so that each value has an equal share.
    """

    __slots__ = ("bounds", "_dist", "_log")

    def __init__(self, dist: FloatDistribution | IntDistribution) -> None:
        self._dist = dist
        self._log = dist.log
        margin = 0.0 if dist.step is None else 0.5 * dist.step
        low, high = dist.low - margin, dist.high + margin
        self.bounds: Bounds = (math.log(low), math.log(high)) if self._log else (float(low), float(high))

    def encode(self, value: float) -> float:
        """Where a value is."""
        return math.log(value) if self._log else float(value)

    def decode(self, place: float) -> float | int:
        """The value at a place; of steps and logarithms the nearest within the range, else the place itself."""
        dist = self._dist
        number = math.exp(min(max(place, self.bounds[0]), self.bounds[1])) if self._log else place
        if dist.step is None:
            return min(max(number, dist.low), dist.high) if self._log else number
        nearest = dist.low + math.floor((number - dist.low) / dist.step + 0.5) * dist.step
        value = min(max(nearest, dist.low), dist.high)
        return int(value) if isinstance(dist, IntDistribution) else float(value)

    def within(self, place: float) -> float | int:
        """The value nearest to a place that may lie beyond the range."""
        return self.decode(min(max(place, self.bounds[0]), self.bounds[1]))


class Genome:
    """The numbers of a search space, and its choices beside them."""

    def __init__(self, space: Mapping[str, BaseDistribution]) -> None:
        self.space = space
        self.choices = [name for name, dist in space.items() if isinstance(dist, CategoricalDistribution)]
        self.genes = {
            name: Gene(dist) for name, dist in space.items() if isinstance(dist, (FloatDistribution, IntDistribution))
        }

    @property
    def bounds(self) -> list[Bounds]:
        """The least and the greatest number of each gene."""
        return [gene.bounds for gene in self.genes.values()]

    def encode(self, params: Mapping[str, Any]) -> list[float]:
        """Where the numbers of a trial are."""
        return [gene.encode(params[name]) for name, gene in self.genes.items()]

    def decode(self, places: Sequence[float]) -> dict[str, Any] | None:
        """The values at these places; None where one is beyond its range."""
        values = {name: gene.decode(float(place)) for (name, gene), place in zip(self.genes.items(), places)}
        held = (self.space[name]._contains(value) for name, value in values.items())
        return values if all(held) else None

    def within(self, places: Sequence[float]) -> dict[str, Any]:
        """The values nearest to these places."""
        return {name: gene.within(float(place)) for (name, gene), place in zip(self.genes.items(), places)}
