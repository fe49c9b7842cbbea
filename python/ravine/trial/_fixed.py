"""A trial with fixed values, to try an objective without a study."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from ravine.trial._given import GivenTrial

if TYPE_CHECKING:
    from ravine.distributions import BaseDistribution


class FixedTrial(GivenTrial):
    """A trial that suggests what it is given.

    Args:
        params: The values by name.
        number: Its number.

    Example::

        objective(ravine.trial.FixedTrial({"x": 1.0, "y": "a"}))
    """

    def __init__(self, params: dict[str, Any], number: int = 0) -> None:
        self._params = params
        self._suggested_params: dict[str, Any] = {}
        self._distributions: dict[str, BaseDistribution] = {}
        self._user_attrs: dict[str, Any] = {}
        self._system_attrs: dict[str, Any] = {}
        self._datetime_start = datetime.datetime.now()
        self._number = number

    def _suggest(self, name: str, distribution: BaseDistribution) -> Any:
        value = super()._suggest(name, distribution)
        self._suggested_params[name] = value
        return value

    @property
    def params(self) -> dict[str, Any]:
        return self._suggested_params

    @property
    def distributions(self) -> dict[str, BaseDistribution]:
        return self._distributions

    @property
    def user_attrs(self) -> dict[str, Any]:
        return self._user_attrs

    @property
    def system_attrs(self) -> dict[str, Any]:
        """What the system noted: constraints."""
        return self._system_attrs

    @property
    def datetime_start(self) -> datetime.datetime | None:
        return self._datetime_start

    @property
    def number(self) -> int:
        return self._number
