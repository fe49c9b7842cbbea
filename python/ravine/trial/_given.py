"""What frozen and fixed trials share: they suggest values that are there already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ravine._notice import warn
from ravine.distributions import (
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    check_distribution_compatibility,
)
from ravine.trial import _constraints
from ravine.trial._base import BaseTrial

if TYPE_CHECKING:
    from ravine.distributions import BaseDistribution, CategoricalChoiceType


class GivenTrial(BaseTrial):
    """A trial whose values are given. Reports are not kept, and it is never to be pruned."""

    _params: dict[str, Any]
    _distributions: dict[str, BaseDistribution]
    _user_attrs: dict[str, Any]
    _system_attrs: dict[str, Any]

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        return self._suggest(name, FloatDistribution(low, high, log=log, step=step))

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        return int(self._suggest(name, IntDistribution(low, high, log=log, step=step)))

    def suggest_categorical(self, name: str, choices: Sequence[CategoricalChoiceType]) -> CategoricalChoiceType:
        return self._suggest(name, CategoricalDistribution(choices=choices))

    def _suggest(self, name: str, distribution: BaseDistribution) -> Any:
        if name not in self._params:
            raise ValueError(
                f"The value of the parameter '{name}' is not found. Please set it at the construction of the "
                f"{type(self).__name__} object."
            )
        value = self._params[name]
        if not distribution._contains(distribution.to_internal_repr(value)):
            warn(f"The value {value} of the parameter '{name}' is out of the range of the distribution {distribution}.")
        if name in self._distributions:
            check_distribution_compatibility(self._distributions[name], distribution)
        self._distributions[name] = distribution
        return value

    def report(self, value: float, step: int) -> None:
        """Does nothing."""

    def should_prune(self) -> bool:
        """False."""
        return False

    def set_user_attr(self, key: str, value: Any) -> None:
        self._user_attrs[key] = value

    def set_constraint(self, key: str, value: float) -> None:
        found = _constraints.checked(self._system_attrs, key, value)
        if found is not None:
            self._system_attrs[found[0]] = found[1]

    @property
    def constraints(self) -> dict[str, float]:
        return _constraints.read(self._system_attrs)
