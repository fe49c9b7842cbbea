"""A trial to look at: what it had, and what it came to."""

from __future__ import annotations

import copy
import datetime
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ravine.distributions import _convert_old_distribution_to_new_distribution
from ravine.trial._given import GivenTrial
from ravine.trial._state import TrialState

if TYPE_CHECKING:
    from ravine.distributions import BaseDistribution

_SEVERAL = "This attribute is not available during multi-objective optimization."


class FrozenTrial(GivenTrial):
    """The record of a trial. Changing it changes nothing in the study.

    An objective can be called with it to evaluate its values again.

    Attributes:
        number: Its number in the study, from 0.
        state: A `TrialState`.
        value: Its value, with one objective; None where it has none.
        values: Its values, one per objective.
        datetime_start: When it started.
        datetime_complete: When it ended.
        params: The values by name.
        distributions: What they were suggested from.
        user_attrs: What `Trial.set_user_attr` noted.
        intermediate_values: What was reported, by step.
    """

    def __init__(
        self,
        number: int,
        state: TrialState,
        value: float | None,
        datetime_start: datetime.datetime | None,
        datetime_complete: datetime.datetime | None,
        params: dict[str, Any],
        distributions: dict[str, BaseDistribution],
        user_attrs: dict[str, Any],
        system_attrs: dict[str, Any],
        intermediate_values: dict[int, float],
        trial_id: int,
        *,
        values: Sequence[float] | None = None,
    ) -> None:
        if value is not None and values is not None:
            raise ValueError("Specify only one of `value` and `values`.")
        self._number = number
        self.state = state
        self._values: list[float] | None = None
        if value is not None:
            self._values = [value]
        elif values is not None:
            self._values = list(values)
        self._datetime_start = datetime_start
        self.datetime_complete = datetime_complete
        self._params = params
        self._user_attrs = user_attrs
        self._system_attrs = system_attrs
        self.intermediate_values = intermediate_values
        self._distributions = distributions
        self._trial_id = trial_id

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FrozenTrial):
            return NotImplemented
        return self.__dict__ == other.__dict__

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, FrozenTrial):
            return NotImplemented
        return self.number < other.number

    def __le__(self, other: object) -> bool:
        if not isinstance(other, FrozenTrial):
            return NotImplemented
        return self.number <= other.number

    def __hash__(self) -> int:
        return hash(tuple(self.__dict__.values()))

    def __repr__(self) -> str:
        fields = (f"{name.removeprefix('_')}={value!r}" for name, value in self.__dict__.items())
        return f"{type(self).__name__}({', '.join(fields)}, value=None)"

    def _validate(self) -> None:
        """Raises `ValueError` where the record contradicts itself."""
        self._validate_times()
        if self.state == TrialState.FAIL and self._values is not None:
            raise ValueError(f"values should be None for a failed trial, but got {self._values}.")
        if self.state == TrialState.COMPLETE:
            if self._values is None:
                raise ValueError("values should be set for a complete trial.")
            if any(math.isnan(value) for value in self._values):
                raise ValueError("values should not contain NaN.")
        if self.params.keys() != self.distributions.keys():
            raise ValueError(f"Inconsistent parameters {set(self.params)} and distributions {set(self.distributions)}.")
        for name, value in self.params.items():
            distribution = self.distributions[name]
            if not distribution._contains(distribution.to_internal_repr(value)):
                raise ValueError(
                    f"The value {value} of parameter '{name}' isn't contained in the distribution {distribution}."
                )

    def _validate_times(self) -> None:
        if self.state != TrialState.WAITING and self.datetime_start is None:
            raise ValueError("`datetime_start` is supposed to be set when the trial state is not waiting.")
        if self.state.is_finished() and self.datetime_complete is None:
            raise ValueError("`datetime_complete` is supposed to be set for a finished trial.")
        if not self.state.is_finished() and self.datetime_complete is not None:
            raise ValueError("`datetime_complete` is supposed to be None for an unfinished trial.")

    @property
    def number(self) -> int:
        return self._number

    @number.setter
    def number(self, value: int) -> None:
        self._number = value

    @property
    def value(self) -> float | None:
        """Its value, with one objective. Raises `RuntimeError` with several."""
        if self._values is None:
            return None
        if len(self._values) > 1:
            raise RuntimeError(_SEVERAL)
        return self._values[0]

    @value.setter
    def value(self, value: float | None) -> None:
        if self._values is not None and len(self._values) > 1:
            raise RuntimeError(_SEVERAL)
        self._values = None if value is None else [value]

    @property
    def values(self) -> list[float] | None:
        """Its values, one per objective; None where it has none."""
        return self._values

    @values.setter
    def values(self, values: Sequence[float] | None) -> None:
        self._values = None if values is None else list(values)

    @property
    def datetime_start(self) -> datetime.datetime | None:
        return self._datetime_start

    @datetime_start.setter
    def datetime_start(self, value: datetime.datetime | None) -> None:
        self._datetime_start = value

    @property
    def params(self) -> dict[str, Any]:
        return self._params

    @params.setter
    def params(self, params: dict[str, Any]) -> None:
        self._params = params

    @property
    def distributions(self) -> dict[str, BaseDistribution]:
        return self._distributions

    @distributions.setter
    def distributions(self, value: dict[str, BaseDistribution]) -> None:
        self._distributions = value

    @property
    def user_attrs(self) -> dict[str, Any]:
        return self._user_attrs

    @user_attrs.setter
    def user_attrs(self, value: dict[str, Any]) -> None:
        self._user_attrs = value

    @property
    def system_attrs(self) -> dict[str, Any]:
        """What the system noted."""
        return self._system_attrs

    @system_attrs.setter
    def system_attrs(self, value: Mapping[str, Any]) -> None:
        self._system_attrs = value  # type: ignore[assignment]

    @property
    def last_step(self) -> int | None:
        """The greatest step that was reported; None where none was."""
        return max(self.intermediate_values, default=None)

    @property
    def duration(self) -> datetime.timedelta | None:
        """How long it took; None where it is not over."""
        if self.datetime_start is None or self.datetime_complete is None:
            return None
        return self.datetime_complete - self.datetime_start


def create_trial(
    *,
    state: TrialState = TrialState.COMPLETE,
    value: float | None = None,
    values: Sequence[float] | None = None,
    params: dict[str, Any] | None = None,
    distributions: dict[str, BaseDistribution] | None = None,
    user_attrs: dict[str, Any] | None = None,
    system_attrs: dict[str, Any] | None = None,
    intermediate_values: dict[int, float] | None = None,
    constraints: dict[str, float] | None = None,
) -> FrozenTrial:
    """Makes a trial to be added to a study by `Study.add_trial`, started and ended now.

    Raises:
        ValueError: The trial contradicts itself: a complete one without values, parameters without distributions.
    """
    start = None if state == TrialState.WAITING else datetime.datetime.now()
    trial = FrozenTrial(
        number=-1,
        trial_id=-1,
        state=state,
        value=value,
        values=values,
        datetime_start=start,
        datetime_complete=start if state.is_finished() else None,
        params=params or {},
        distributions={
            name: _convert_old_distribution_to_new_distribution(distribution)
            for name, distribution in (distributions or {}).items()
        },
        user_attrs=user_attrs or {},
        system_attrs=system_attrs or {},
        intermediate_values=intermediate_values or {},
    )
    for name, violation in (constraints or {}).items():
        trial.set_constraint(name, violation)
    trial._validate()
    return trial


_STATES = tuple(TrialState)


def _of_row(
    number: int,
    trial_id: int,
    state: int,
    values: list[float] | None,
    start: datetime.datetime | None,
    end: datetime.datetime | None,
    params: dict[str, Any],
    distributions: dict[str, BaseDistribution],
    user_attrs: dict[str, Any] | None,
    system_attrs: dict[str, Any] | None,
    intermediate_values: dict[int, float],
    own: bool,
) -> FrozenTrial:
    """The record of a row of the engine's table; `own` where it may be changed by whoever gets it."""
    trial = FrozenTrial.__new__(FrozenTrial)
    trial.__dict__ = {
        "_number": number,
        "state": _STATES[state],
        "_values": values,
        "_datetime_start": start,
        "datetime_complete": end,
        "_params": params,
        "_user_attrs": (copy.deepcopy(user_attrs) if own else user_attrs.copy()) if user_attrs else {},
        "_system_attrs": (copy.deepcopy(system_attrs) if own else system_attrs.copy()) if system_attrs else {},
        "intermediate_values": intermediate_values,
        "_distributions": distributions,
        "_trial_id": trial_id,
    }
    return trial
