"""Crossovers and mutations of the genetic samplers, and the bases of your own.

A sampler that is given one of them breeds by generations, as in Optuna. Numbers are mixed where they are searched: on a
logarithmic scale where the range has one, half a step beyond the ends of a range with steps.
"""

from __future__ import annotations

import abc
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ravine._notice import experimental

if TYPE_CHECKING:
    from ravine.study import Study

#: Random numbers with the methods that are used of ``numpy.random.RandomState``.
Rng = Any


class BaseCrossover(abc.ABC):
    """How the numbers of parents mix; subclass it for a crossover of your own, which is given numpy arrays."""

    def __str__(self) -> str:
        return type(self).__name__

    @property
    @abc.abstractmethod
    def n_parents(self) -> int:
        """How many parents a child has."""
        raise NotImplementedError

    @abc.abstractmethod
    def crossover(self, parents_params: Any, rng: Rng, study: Study, search_space_bounds: Any) -> Any:
        """The numbers of a child.

        Args:
            parents_params: One row per parent, one column per parameter, where numbers are searched.
            rng: A ``numpy.random.RandomState``.
            study: The study.
            search_space_bounds: One row per parameter: the least and the greatest number.
        """
        raise NotImplementedError


@experimental("5.0.0")
class BaseMutation(abc.ABC):
    """How a number mutates; subclass it for a mutation of your own."""

    def __str__(self) -> str:
        return type(self).__name__

    @abc.abstractmethod
    def mutation(self, param: float, rng: Rng, study: Study, search_space_bounds: Any) -> float:
        """The number in place of ``param``; the bounds are the least and the greatest. See `BaseCrossover.crossover`."""
        raise NotImplementedError


def _like(parents_params: Any, child: list[float]) -> Any:
    """A child in the form that its parents have: a numpy array, or a list."""
    if not hasattr(parents_params, "dtype"):
        return child
    import numpy

    return numpy.array(child)


def _columns(parents_params: Any) -> list[tuple[float, ...]]:
    """For each parameter the parents' numbers."""
    return [tuple(float(x) for x in column) for column in zip(*parents_params)]


class UniformCrossover(BaseCrossover):
    """Each value from one of two parents.

    Args:
        swapping_prob: How often it is the first's.
    """

    n_parents = 2

    def __init__(self, swapping_prob: float = 0.5) -> None:
        if not 0.0 <= swapping_prob <= 1.0:
            raise ValueError("`swapping_prob` must be a float value within the range [0.0, 1.0].")
        self._swapping_prob = swapping_prob

    def crossover(self, parents_params: Any, rng: Rng, study: Study, search_space_bounds: Any) -> Any:
        draws = rng.rand(len(search_space_bounds))
        pairs = zip(draws, _columns(parents_params))
        return _like(parents_params, [pair[int(u >= self._swapping_prob)] for u, pair in pairs])


@experimental("3.0.0")
class BLXAlphaCrossover(BaseCrossover):
    """Evenly within the parents' box, made wider by a share (Eshelman and Schaffer 1992).

    Args:
        alpha: The share, on each side.
    """

    n_parents = 2

    def __init__(self, alpha: float = 0.5) -> None:
        self._alpha = alpha

    def crossover(self, parents_params: Any, rng: Rng, study: Study, search_space_bounds: Any) -> Any:
        child = []
        for u, pair in zip(rng.rand(len(search_space_bounds)), _columns(parents_params)):
            margin = self._alpha * (max(pair) - min(pair))
            low, high = min(pair) - margin, max(pair) + margin
            child.append(low + (high - low) * u)
        return _like(parents_params, child)


class _TwoChildren(BaseCrossover):
    """A crossover that makes two children, of which one is taken, some of its values being its parents'."""

    n_parents = 2

    def __init__(
        self, eta: float | None = None, uniform_crossover_prob: float = 0.5, use_child_gene_prob: float = 0.5
    ) -> None:
        if eta is not None and eta < 0.0:
            raise ValueError("The value of `eta` must be greater than or equal to 0.0.")
        if not 0.0 <= uniform_crossover_prob <= 1.0:
            raise ValueError("The value of `uniform_crossover_prob` must be in the range [0.0, 1.0].")
        if not 0.0 < use_child_gene_prob <= 1.0:
            raise ValueError("The value of `use_child_gene_prob` must be in the range (0.0, 1.0].")
        self._eta = eta
        self._uniform_crossover_prob = uniform_crossover_prob
        self._use_child_gene_prob = use_child_gene_prob

    def _index(self, study: Study) -> float:
        """How near to their parents children are."""
        if self._eta is not None:
            return self._eta
        return 20.0 if len(study.directions) > 1 else 2.0

    def _one(self, genes: list[tuple[tuple[float, float], tuple[float, ...]]], rng: Rng) -> list[float]:
        """One of two children; each gene is the children's pair and the parents' pair."""
        both = []
        for children, parents in genes:
            pair = children if rng.rand() < self._use_child_gene_prob else parents
            both.append(pair if rng.rand() >= self._uniform_crossover_prob else (pair[1], pair[0]))
        which = 0 if rng.rand() < 0.5 else 1
        return [pair[which] for pair in both]


@experimental("3.0.0")
class SBXCrossover(_TwoChildren):
    """Simulated binary crossover within the range (Deb and Agrawal 1995).

    Args:
        eta: How near to their parents children are; 20 with several objectives, else 2, where absent.
        uniform_crossover_prob: How often the two children swap a value.
        use_child_gene_prob: How often a value is a child's, and not a parent's.
    """

    def crossover(self, parents_params: Any, rng: Rng, study: Study, search_space_bounds: Any) -> Any:
        power = self._index(study) + 1.0
        draws = rng.rand(len(search_space_bounds))
        genes: list[Any] = []
        for u, pair, (least, most) in zip(draws, _columns(parents_params), search_space_bounds):
            low, high = min(pair), max(pair)
            apart = max(high - low, 1e-10)
            down = _spread(u, 1.0 + 2.0 * (low - least) / apart, power)
            up = _spread(u, 1.0 + 2.0 * (most - high) / apart, power)
            middle = low + high
            genes.append(((0.5 * (middle - down * apart), 0.5 * (middle + up * apart)), pair))
        return _like(parents_params, self._one(genes, rng))


def _spread(u: float, beta: float, power: float) -> float:
    """How far a child is from its parents' middle, in halves of their distance; `beta` is where the range ends."""
    alpha = 2.0 - beta**-power
    base = u * alpha if u <= 1.0 / alpha else 1.0 / (2.0 - u * alpha)
    return float(base ** (1.0 / power))


@experimental("3.0.0")
class VSBXCrossover(_TwoChildren):
    """Simulated binary crossover that leaves out no region (Ballester and Carter 2003). Arguments: see `SBXCrossover`."""

    def crossover(self, parents_params: Any, rng: Rng, study: Study, search_space_bounds: Any) -> Any:
        power = 1.0 / (self._index(study) + 1.0)
        draws = rng.rand(len(search_space_bounds))
        first, second = rng.rand() <= 0.5, rng.rand() <= 0.5
        genes: list[Any] = []
        for u, (a, b) in zip(draws, _columns(parents_params)):
            low = (1.0 / max(2.0 * u, 1e-10)) ** power
            high = (1.0 / max(2.0 * (1.0 - u), 1e-10)) ** power
            one = (1 + low) * a + (1 - high) * b if first else (1 - low) * a + (1 + high) * b
            other = (3 - low) * a - (1 - high) * b if second else (3 - high) * b - (1 - low) * a
            genes.append(((0.5 * one, 0.5 * other), (a, b)))
        return _like(parents_params, self._one(genes, rng))


@experimental("3.0.0")
class SPXCrossover(BaseCrossover):
    """Evenly within the simplex of three parents, made larger (Tsutsui, Goldberg and Sastry 2000).

    Args:
        epsilon: How much larger; √(parameters + 2) where absent.
    """

    n_parents = 3

    def __init__(self, epsilon: float | None = None) -> None:
        self._epsilon = epsilon

    def crossover(self, parents_params: Any, rng: Rng, study: Study, search_space_bounds: Any) -> Any:
        larger = math.sqrt(len(search_space_bounds) + 2) if self._epsilon is None else self._epsilon
        shares = [u ** (1.0 / (k + 1)) for k, u in enumerate(rng.rand(self.n_parents - 1))]
        child = []
        for parents in _columns(parents_params):
            middle = sum(parents) / len(parents)
            corners = [middle + larger * (x - middle) for x in parents]
            offset = 0.0
            for share, corner, following in zip(shares, corners, corners[1:]):
                offset = share * (corner - following + offset)
            child.append(corners[-1] + offset)
        return _like(parents_params, child)


@experimental("3.0.0")
class UNDXCrossover(BaseCrossover):
    """Normally around the middle of two parents, as wide across their line as the third is far from it (Kita, Ono and
    Kobayashi 1999).

    Args:
        sigma_xi, sigma_eta: Their squares are the deviations along the parents' line, and across; ``sigma_eta`` is
            0.35 / √parameters where absent.
    """

    n_parents = 3

    def __init__(self, sigma_xi: float = 0.5, sigma_eta: float | None = None) -> None:
        self._sigma_xi, self._sigma_eta = sigma_xi, sigma_eta

    def crossover(self, parents_params: Any, rng: Rng, study: Study, search_space_bounds: Any) -> Any:
        first, second, third = ([float(x) for x in row] for row in parents_params)
        n = len(first)
        sigma_eta = 0.35 / math.sqrt(n) if self._sigma_eta is None else self._sigma_eta
        across = rng.normal(0.0, sigma_eta**2, size=n)
        along = rng.normal(0.0, self._sigma_xi**2)
        child = [0.5 * (a + b) + along * (a - b) for a, b in zip(first, second)]
        line = _unit([b - a for a, b in zip(first, second)])
        beside = [c - a for a, c in zip(first, third)]
        distance = math.hypot(*_without(beside, line))
        for share, axis in zip(across, _others(line)):
            child = [x + distance * share * y for x, y in zip(child, axis)]
        return _like(parents_params, child)


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return math.fsum(a * b for a, b in zip(one, other))


def _unit(vector: list[float]) -> list[float]:
    """The vector at length 1; what is shorter than 10⁻¹⁰ stays shorter."""
    length = max(math.hypot(*vector), 1e-10)
    return [x / length for x in vector]


def _without(vector: list[float], axis: Sequence[float]) -> list[float]:
    """What of a vector is across an axis of length 1 or 0."""
    share = _dot(vector, axis)
    return [x - share * y for x, y in zip(vector, axis)]


def _others(line: list[float]) -> list[list[float]]:
    """Axes of length 1 across each other and a line, as many as there are beside it (Gram and Schmidt's)."""
    n = len(line)
    axes = [line] if any(line) else [[1.0] + [0.0] * (n - 1)]
    for place in [*range(1, n), 0]:
        if len(axes) == n:
            break
        axis = [float(i == place) for i in range(n)]
        for other in axes:
            axis = _without(axis, other)
        if math.hypot(*axis) > 1e-6:
            axes.append(_unit(axis))
    return axes[1:]


@experimental("5.0.0")
class PolynomialMutation(BaseMutation):
    """Deb's polynomial mutation (Deb and Goyal 1996).

    Args:
        eta: How near the value stays.
    """

    def __init__(self, eta: float = 20.0) -> None:
        if eta < 0:
            raise ValueError("`eta` must be a non-negative float value.")
        self._eta = eta

    def mutation(self, param: float, rng: Rng, study: Study, search_space_bounds: Any) -> float:
        u = float(rng.rand())
        low, high = (float(bound) for bound in search_space_bounds)
        if high <= low:
            return param
        power = self._eta + 1.0
        if u <= 0.5:
            far = (high - param) / (high - low)
            step = (2.0 * u + (1.0 - 2.0 * u) * far**power) ** (1.0 / power) - 1.0
        else:
            far = (param - low) / (high - low)
            step = 1.0 - (2.0 * (1.0 - u) + 2.0 * (u - 0.5) * far**power) ** (1.0 / power)
        return param + step * (high - low)


__all__ = [
    "BLXAlphaCrossover",
    "BaseCrossover",
    "BaseMutation",
    "PolynomialMutation",
    "SBXCrossover",
    "SPXCrossover",
    "UNDXCrossover",
    "UniformCrossover",
    "VSBXCrossover",
]
