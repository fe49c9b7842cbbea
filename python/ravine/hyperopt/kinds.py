"""The kinds of hyperparameters, each as a change of variable.

A kind says which plain quantity the search moves (its *latent*: a float or an integer of a range, or an option) and how
a latent becomes the value that the program sees. A log-uniform parameter is a uniform exponent, a normal one is a
uniform probability; so every sampler of the engine searches every kind, and a uniform latent has exactly the kind's
prior.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ravine.distributions import BaseDistribution

# Normal kinds stop short of the probabilities 0 and 1, whose values are infinite: at 6 standard deviations.
_TAIL = 1e-9
# Less than so much of a multiple is a rounding error.
_SLIVER = 1e-9


class Kind(ABC):
    """A hyperparameter's prior and its change of variable."""

    @property
    @abstractmethod
    def distribution(self) -> BaseDistribution:
        """Where the latent lies."""

    @abstractmethod
    def value(self, latent: Any) -> Any:
        """The value the program sees."""

    @abstractmethod
    def latent(self, value: Any) -> Any:
        """The latent of a value (of the nearest possible one)."""

    @abstractmethod
    def at(self, position: float) -> Any:
        """The latent at a position in [0, 1) of its range; equal lengths are equally likely."""

    @abstractmethod
    def position(self, latent: Any) -> float:
        """Where in [0, 1] of its range a latent lies: the middle of what :meth:`at` maps to it."""

    def draw(self, position: float) -> Any:
        """The value at a position in [0, 1): of a uniform number it is a draw from the prior."""
        return self.value(self.at(position))


class _Continuous(Kind):
    """A latent in the closed interval [low, high]."""

    low: float
    high: float

    @property
    def distribution(self) -> BaseDistribution:
        from ravine.distributions import FloatDistribution

        return FloatDistribution(self.low, self.high)

    def at(self, position: float) -> float:
        return min(self.low + position * (self.high - self.low), self.high)

    def position(self, latent: float) -> float:
        return 0.5 if self.high == self.low else (latent - self.low) / (self.high - self.low)

    def _inside(self, latent: float) -> float:
        return min(max(float(latent), self.low), self.high)


class _Discrete(Kind):
    """A latent among the integers first … last, both included."""

    first: int
    last: int

    @property
    def distribution(self) -> BaseDistribution:
        from ravine.distributions import IntDistribution

        return IntDistribution(self.first, self.last)

    def at(self, position: float) -> int:
        return min(self.first + int(position * (self.last - self.first + 1)), self.last)

    def position(self, latent: int) -> float:
        return (latent - self.first + 0.5) / (self.last - self.first + 1)

    def _inside(self, latent: float) -> int:
        return min(max(round(latent), self.first), self.last)


class Uniform(_Continuous):
    """A float in [low, high]."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = _interval(low, high)

    def value(self, latent: float) -> float:
        return float(latent)

    def latent(self, value: float) -> float:
        return self._inside(value)


class LogUniform(Uniform):
    """exp(u), u uniform in [low, high]: the ends are exponents."""

    def value(self, latent: float) -> float:
        return math.exp(latent)

    def latent(self, value: float) -> float:
        return self._inside(math.log(value)) if value > 0 else self.low


class QLogUniform(LogUniform):
    """round(exp(u) / q) · q, u uniform in [low, high]."""

    def __init__(self, low: float, high: float, q: float) -> None:
        super().__init__(low, high)
        self.q = _step(q)

    def value(self, latent: float) -> float:
        return _rounded(super().value(latent), self.q)


class QUniform(_Discrete):
    """round(u / q) · q, u uniform in [low, high]. The latent is the multiple of q.

    The first and the last multiple are likely in proportion to how much of [low, high] is rounded to them; searches
    that learn take all multiples for equally likely before they know more.
    """

    def __init__(self, low: float, high: float, q: float) -> None:
        self.q = _step(q)
        low, high = _interval(low, high)
        self._low, self._high = low / self.q, high / self.q
        # Half way between two multiples an end is rounded to one of them, that nothing else is rounded to.
        self.first = math.floor(self._low - 0.5 + _SLIVER) + 1
        self.last = math.ceil(self._high + 0.5 - _SLIVER) - 1
        if self.first > self.last:
            self.first = self.last = round(self._low)

    def at(self, position: float) -> int:
        return self._inside(self._low + position * (self._high - self._low))

    def position(self, latent: int) -> float:
        if self._high == self._low:
            return 0.5
        middle = (max(latent - 0.5, self._low) + min(latent + 0.5, self._high)) / 2
        return (middle - self._low) / (self._high - self._low)

    def value(self, latent: int) -> float:
        return float(latent * self.q)

    def latent(self, value: float) -> int:
        return self._inside(value / self.q)


class RandInt(_Discrete):
    """An integer in [0, low), or in [low, high) when both are given."""

    def __init__(self, low: int, high: int | None = None) -> None:
        self.first, self.last = (0, int(low) - 1) if high is None else (int(low), int(high) - 1)
        if self.last < self.first:
            raise ValueError(f"no integer lies in [{self.first}, {self.last + 1}); the upper end is excluded")

    def value(self, latent: int) -> int:
        return int(latent)

    def latent(self, value: int) -> int:
        return self._inside(value)


class Option(RandInt):
    """The number of an option, without an order among them: what a choice draws."""

    @property
    def distribution(self) -> BaseDistribution:
        from ravine.distributions import CategoricalDistribution

        return CategoricalDistribution(tuple(range(self.first, self.last + 1)))


class Categorical(_Continuous):
    """The number of an option, option k with probability p[k]. The latent is a probability."""

    low, high = 0.0, 1.0

    def __init__(self, p: Sequence[float]) -> None:
        weights = [float(weight) for weight in p]
        total = sum(weights)
        if not weights or min(weights) < 0 or not math.isclose(total, 1.0, rel_tol=1e-4):
            raise ValueError(f"probabilities must not be negative and must sum to 1, not to {total:g}")
        self.ends = [end / total for end in accumulate(weights)]

    def value(self, latent: float) -> int:
        # A latent at the very end (1.0) belongs to the last option that can happen at all.
        return min(bisect_right(self.ends, latent), bisect_right(self.ends, math.nextafter(self.ends[-1], 0.0)))

    def latent(self, value: int) -> float:
        start = self.ends[value - 1] if value > 0 else 0.0
        return (start + self.ends[value]) / 2


class Normal(_Continuous):
    """A normal number of mean mu and standard deviation sigma. The latent is its probability."""

    low, high = _TAIL, 1.0 - _TAIL

    def __init__(self, mu: float, sigma: float) -> None:
        if not sigma > 0:
            raise ValueError(f"sigma must be positive, not {sigma}")
        self.normal = NormalDist(mu, sigma)

    def value(self, latent: float) -> float:
        return self.normal.inv_cdf(latent)

    def latent(self, value: float) -> float:
        return self._inside(self.normal.cdf(value))


class QNormal(Normal):
    """round(x / q) · q, x normal."""

    def __init__(self, mu: float, sigma: float, q: float) -> None:
        super().__init__(mu, sigma)
        self.q = _step(q)

    def value(self, latent: float) -> float:
        return _rounded(super().value(latent), self.q)


class LogNormal(Normal):
    """exp(x), x normal."""

    def value(self, latent: float) -> float:
        return math.exp(super().value(latent))

    def latent(self, value: float) -> float:
        return super().latent(math.log(value)) if value > 0 else self.low


class QLogNormal(LogNormal):
    """round(exp(x) / q) · q, x normal."""

    def __init__(self, mu: float, sigma: float, q: float) -> None:
        super().__init__(mu, sigma)
        self.q = _step(q)

    def value(self, latent: float) -> float:
        return _rounded(super().value(latent), self.q)


KINDS: dict[str, type[Kind]] = {
    "categorical": Categorical,
    "lognormal": LogNormal,
    "loguniform": LogUniform,
    "normal": Normal,
    "qlognormal": QLogNormal,
    "qloguniform": QLogUniform,
    "qnormal": QNormal,
    "quniform": QUniform,
    "randint": RandInt,
    "uniform": Uniform,
}


def _interval(low: float, high: float) -> tuple[float, float]:
    if not low <= high or math.isinf(low) or math.isinf(high):
        raise ValueError(f"low must be at most high, and both finite, not {low} and {high}")
    return float(low), float(high)


def _step(q: float) -> float:
    if not q > 0:
        raise ValueError(f"q must be positive, not {q}")
    return q


def _rounded(value: float, q: float) -> float:
    return float(round(value / q) * q)
