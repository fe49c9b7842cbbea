"""Crossovers and mutations, by name. The engine breeds with its own; these say what a program asked for."""

from __future__ import annotations

import abc
from typing import Any


class BaseCrossover(abc.ABC):
    """How parents mix."""

    def __str__(self) -> str:
        return type(self).__name__

    @property
    @abc.abstractmethod
    def n_parents(self) -> int:
        """How many parents a child has."""
        raise NotImplementedError


class BaseMutation(abc.ABC):
    """How a value mutates."""

    def __str__(self) -> str:
        return type(self).__name__


class _Pair(BaseCrossover):
    @property
    def n_parents(self) -> int:
        return 2


class _Three(BaseCrossover):
    @property
    def n_parents(self) -> int:
        return 3


class UniformCrossover(_Pair):
    """Each value from one of two parents.

    Args:
        swapping_prob: How often it is the second's.
    """

    def __init__(self, swapping_prob: float = 0.5) -> None:
        if not 0.0 <= swapping_prob <= 1.0:
            raise ValueError("`swapping_prob` must be a float value within the range [0.0, 1.0].")
        self._swapping_prob = swapping_prob


class BLXAlphaCrossover(_Pair):
    """Evenly within the parents' box, made wider by a share.

    Args:
        alpha: The share.
    """

    def __init__(self, alpha: float = 0.5) -> None:
        self._alpha = alpha


class SBXCrossover(_Pair):
    """Simulated binary crossover.

    Args:
        eta: How near to their parents children are; 20 with several objectives, else 2, where absent.
    """

    def __init__(
        self, eta: float | None = None, uniform_crossover_prob: float = 0.5, use_child_gene_prob: float = 0.5
    ) -> None:
        if eta is not None and eta < 0.0:
            raise ValueError("The value of `eta` must be greater than or equal to 0.0.")
        for name, share in (
            ("uniform_crossover_prob", uniform_crossover_prob),
            ("use_child_gene_prob", use_child_gene_prob),
        ):
            if not 0.0 <= share <= 1.0:
                raise ValueError(f"The value of `{name}` must be in the range [0.0, 1.0].")
        self._eta = eta


class VSBXCrossover(SBXCrossover):
    """Simulated binary crossover that may leave the parents' box."""


class SPXCrossover(_Three):
    """Evenly within the simplex of three parents, made larger.

    Args:
        epsilon: How much larger; √(parameters + 2) where absent.
    """

    def __init__(self, epsilon: float | None = None) -> None:
        self._epsilon = epsilon


class UNDXCrossover(_Three):
    """Normally around the middle of two parents, as wide as the third is far.

    Args:
        sigma_xi, sigma_eta: How wide along the parents' line, and across.
    """

    def __init__(self, sigma_xi: float = 0.5, sigma_eta: float | None = None) -> None:
        self._sigma_xi, self._sigma_eta = sigma_xi, sigma_eta


class PolynomialMutation(BaseMutation):
    """Deb's polynomial mutation.

    Args:
        eta: How near the value stays.
    """

    def __init__(self, eta: float = 20.0) -> None:
        self._eta = eta


__all__: list[Any] = [
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
