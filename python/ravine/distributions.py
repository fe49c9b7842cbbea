"""What values a parameter can take, as records and samplers know it.

A distribution has two representations of a value: what the objective gets (external), and a float (internal): the
number itself, or the index of a choice.
"""

from __future__ import annotations

import abc
import copy
import decimal
import json
import math
from collections.abc import Sequence
from numbers import Real
from typing import Any, Union, cast

from ravine._notice import deprecated, warn

CategoricalChoiceType = Union[None, bool, int, float, str]

__all__ = [
    "BaseDistribution",
    "CategoricalChoiceType",
    "CategoricalDistribution",
    "DISTRIBUTION_CLASSES",
    "DiscreteUniformDistribution",
    "FloatDistribution",
    "IntDistribution",
    "IntLogUniformDistribution",
    "IntUniformDistribution",
    "LogUniformDistribution",
    "UniformDistribution",
    "check_distribution_compatibility",
    "distribution_to_json",
    "json_to_distribution",
]


class BaseDistribution(abc.ABC):
    """The base of all distributions. Two are equal if they are of one class and have the same attributes."""

    def to_external_repr(self, param_value_in_internal_repr: float) -> Any:
        """What the objective gets for an internal value."""
        return param_value_in_internal_repr

    @abc.abstractmethod
    def to_internal_repr(self, param_value_in_external_repr: Any) -> float:
        """The internal value of what an objective gets. Raises `ValueError` where it cannot be one."""
        raise NotImplementedError

    @abc.abstractmethod
    def single(self) -> bool:
        """Whether there is one value only."""
        raise NotImplementedError

    @abc.abstractmethod
    def _contains(self, param_value_in_internal_repr: float) -> bool:
        raise NotImplementedError

    def _asdict(self) -> dict[str, Any]:
        return self.__dict__

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BaseDistribution):
            return NotImplemented
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((self.__class__, *sorted(self.__dict__.items())))

    def __repr__(self) -> str:
        attributes = ", ".join(f"{name}={value}" for name, value in sorted(self._asdict().items()))
        return f"{type(self).__name__}({attributes})"


def _bounds_error(relation: str, low: float, high: float) -> ValueError:
    return ValueError(f"`{relation}` must hold, but got (low={low!r}, high={high!r}).")


def _number(value: Any, log: bool) -> float:
    """The internal representation of a number."""
    try:
        number = float(value)
    except (ValueError, TypeError) as error:
        raise ValueError(f"'{value}' is not a valid type. float-castable value is expected.") from error
    if math.isnan(number):
        raise ValueError(f"`{value}` is invalid value.")
    if log and number <= 0.0:
        raise ValueError(f"`{value}` is invalid value for the case log=True.")
    return number


def _replaced(low: float, high: float, step: float, new_high: float) -> None:
    warn(
        f"The distribution is specified by [{low}, {high}] and {step=}, but the range is not divisible by `step`. It "
        f"will be replaced with [{low}, {new_high}]."
    )


class FloatDistribution(BaseDistribution):
    """Real numbers from ``low`` to ``high``, both inclusive.

    Args:
        low: The least value; above 0 with ``log``.
        high: The greatest value; the greatest multiple of ``step`` above ``low`` where there is a step.
        log: Whether the logarithm is searched evenly.
        step: The distance of neighbours, above 0; not together with ``log``.
    """

    def __init__(self, low: float, high: float, log: bool = False, step: float | None = None) -> None:
        if log and step is not None:
            raise ValueError("The parameter `step` is not supported when `log` is true.")
        if low > high:
            raise _bounds_error("low <= high", low, high)
        if log and low <= 0.0:
            raise ValueError(f"`low > 0` must hold for `log=True`, but got (low={low!r}, high={high!r}).")
        if step is not None and step <= 0:
            raise ValueError(f"`step > 0` must hold, but got {step=}.")
        self.step = None if step is None else float(step)
        self.low = float(low)
        self.high = float(high if step is None else _adjust_discrete_uniform_high(low, high, step))
        self.log = log

    def single(self) -> bool:
        if self.low == self.high:
            return True
        if self.step is None:
            return False
        low, high, step = (decimal.Decimal(str(number)) for number in (self.low, self.high, self.step))
        return high - low < step

    def to_internal_repr(self, param_value_in_external_repr: float) -> float:
        return _number(param_value_in_external_repr, self.log)

    def _contains(self, param_value_in_internal_repr: float) -> bool:
        value = param_value_in_internal_repr
        if not self.low <= value <= self.high:
            return False
        if self.step is None:
            return True
        steps = (value - self.low) / self.step
        return abs(steps - round(steps)) < 1.0e-8


class IntDistribution(BaseDistribution):
    """Whole numbers from ``low`` to ``high``, both inclusive.

    Args:
        low: The least value; at least 1 with ``log``.
        high: The greatest value; lowered to a multiple of ``step`` above ``low``.
        log: Whether the logarithm is searched evenly.
        step: The distance of neighbours, at least 1; 1 with ``log``.
    """

    def __init__(self, low: int, high: int, log: bool = False, step: int = 1) -> None:
        if log and step != 1:
            raise ValueError("`step` must be 1 when the `log` argument is True.")
        if low > high:
            raise _bounds_error("low <= high", low, high)
        if log and low < 1:
            raise ValueError(f"`low >= 1` must hold for `log=True`, but got (low={low!r}, high={high!r}).")
        if step <= 0:
            raise ValueError(f"`step > 0` must hold, but got {step=}.")
        self.log = log
        self.step = int(step)
        self.low = int(low)
        self.high = _adjust_int_uniform_high(self.low, int(high), self.step)

    def to_external_repr(self, param_value_in_internal_repr: float) -> int:
        return int(param_value_in_internal_repr)

    def to_internal_repr(self, param_value_in_external_repr: int) -> float:
        return _number(param_value_in_external_repr, self.log)

    def single(self) -> bool:
        return self.low == self.high or (not self.log and self.high - self.low < self.step)

    def _contains(self, param_value_in_internal_repr: float) -> bool:
        value = param_value_in_internal_repr
        return self.low <= value <= self.high and (value - self.low) % self.step == 0


_FLOAT_INSTEAD = "Use :class:`~optuna.distributions.FloatDistribution` instead."
_INT_INSTEAD = "Use :class:`~optuna.distributions.IntDistribution` instead."


def _without(attributes: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: copy.deepcopy(value) for name, value in attributes.items() if name not in names}


@deprecated("3.0.0", "6.0.0", _FLOAT_INSTEAD)
class UniformDistribution(FloatDistribution):
    """`FloatDistribution` without ``log`` and ``step``; deprecated."""

    def __init__(self, low: float, high: float) -> None:
        super().__init__(low=low, high=high)

    def _asdict(self) -> dict[str, Any]:
        return _without(self.__dict__, "log", "step")


@deprecated("3.0.0", "6.0.0", _FLOAT_INSTEAD)
class LogUniformDistribution(FloatDistribution):
    """`FloatDistribution` with ``log``; deprecated."""

    def __init__(self, low: float, high: float) -> None:
        super().__init__(low=low, high=high, log=True)

    def _asdict(self) -> dict[str, Any]:
        return _without(self.__dict__, "log", "step")


@deprecated("3.0.0", "6.0.0", _FLOAT_INSTEAD)
class DiscreteUniformDistribution(FloatDistribution):
    """`FloatDistribution` with a step, here called ``q``; deprecated."""

    def __init__(self, low: float, high: float, q: float) -> None:
        super().__init__(low=low, high=high, step=q)

    @property
    def q(self) -> float:
        """The step."""
        return cast(float, self.step)

    @q.setter
    def q(self, value: float) -> None:
        self.step = value

    def _asdict(self) -> dict[str, Any]:
        return {**_without(self.__dict__, "log", "step"), "q": self.step}


@deprecated("3.0.0", "6.0.0", _INT_INSTEAD)
class IntUniformDistribution(IntDistribution):
    """`IntDistribution` without ``log``; deprecated."""

    def __init__(self, low: int, high: int, step: int = 1) -> None:
        super().__init__(low=low, high=high, step=step)

    def _asdict(self) -> dict[str, Any]:
        return _without(self.__dict__, "log")


@deprecated("3.0.0", "6.0.0", _INT_INSTEAD)
class IntLogUniformDistribution(IntDistribution):
    """`IntDistribution` with ``log``; deprecated."""

    def __init__(self, low: int, high: int, step: int = 1) -> None:
        super().__init__(low=low, high=high, log=True, step=step)

    def _asdict(self) -> dict[str, Any]:
        return _without(self.__dict__, "log")


def _is_nan(value: object) -> bool:
    return isinstance(value, Real) and math.isnan(float(value))


def _categorical_choice_equal(one: CategoricalChoiceType, other: CategoricalChoiceType) -> bool:
    """Whether two choices are one; NaN is itself here."""
    return one == other or (_is_nan(one) and _is_nan(other))


class CategoricalDistribution(BaseDistribution):
    """One of several choices, in no order.

    Args:
        choices: At least one. For storages that outlast the process None, bool, int, float or str; in memory anything,
            with a warning.
    """

    def __init__(self, choices: Sequence[CategoricalChoiceType]) -> None:
        if len(choices) == 0:
            raise ValueError("The `choices` must contain one or more elements.")
        for choice in choices:
            if choice is not None and not isinstance(choice, (bool, int, float, str)):
                warn(
                    "Choices for a categorical distribution should be a tuple of None, bool, int, float and str for "
                    f"persistent storage but contains {choice} which is of type {type(choice).__name__}."
                )
        self.choices = tuple(choices)

    def to_external_repr(self, param_value_in_internal_repr: float) -> CategoricalChoiceType:
        return self.choices[int(param_value_in_internal_repr)]

    def to_internal_repr(self, param_value_in_external_repr: CategoricalChoiceType) -> float:
        try:
            return self.choices.index(param_value_in_external_repr)
        except ValueError:
            # NaN is not equal to itself, but is one choice.
            for index, choice in enumerate(self.choices):
                if _categorical_choice_equal(param_value_in_external_repr, choice):
                    return index
        raise ValueError(f"'{param_value_in_external_repr}' not in {self.choices}.")

    def single(self) -> bool:
        return len(self.choices) == 1

    def _contains(self, param_value_in_internal_repr: float) -> bool:
        return 0 <= int(param_value_in_internal_repr) < len(self.choices)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BaseDistribution):
            return NotImplemented
        if not isinstance(other, CategoricalDistribution) or len(self.choices) != len(other.choices):
            return False
        return all(map(_categorical_choice_equal, self.choices, other.choices))

    __hash__ = BaseDistribution.__hash__


DISTRIBUTION_CLASSES = (
    IntDistribution,
    IntLogUniformDistribution,
    IntUniformDistribution,
    FloatDistribution,
    UniformDistribution,
    LogUniformDistribution,
    DiscreteUniformDistribution,
    CategoricalDistribution,
)


def json_to_distribution(json_str: str) -> BaseDistribution:
    """The distribution that `distribution_to_json` wrote, or one in the short form ``{"type": "float", "low": …}``."""
    form = json.loads(json_str)
    if "name" in form:
        attributes = form["attributes"]
        if form["name"] == CategoricalDistribution.__name__:
            attributes["choices"] = tuple(attributes["choices"])
        for cls in DISTRIBUTION_CLASSES:
            if form["name"] == cls.__name__:
                return cls(**attributes)
        raise ValueError(f"Unknown distribution class: {form['name']}")
    kind = form["type"]
    if kind == "categorical":
        return CategoricalDistribution(form["choices"])
    if kind not in ("float", "int"):
        raise ValueError(f"Unknown distribution type: {kind}")
    low, high, step, log = form["low"], form["high"], form.get("step"), form.get("log", False)
    if kind == "float":
        return FloatDistribution(low, high, log=log, step=step)
    return IntDistribution(low, high, log=log, step=1 if step is None else step)


def distribution_to_json(dist: BaseDistribution) -> str:
    """The distribution as JSON."""
    return json.dumps({"name": type(dist).__name__, "attributes": dist._asdict()})


def check_distribution_compatibility(dist_old: BaseDistribution, dist_new: BaseDistribution) -> None:
    """Checks that one parameter of a study may have both: raises `ValueError` where kind, scale or choices differ."""
    if type(dist_old) is not type(dist_new):
        raise ValueError("Cannot set different distribution kind to the same parameter name.")
    if isinstance(dist_old, CategoricalDistribution):
        if dist_old != dist_new:
            raise ValueError("CategoricalDistribution does not support dynamic value space.")
    elif isinstance(dist_old, (FloatDistribution, IntDistribution)):
        if dist_old.log != cast(FloatDistribution, dist_new).log:
            raise ValueError("Cannot set different log configuration to the same parameter name.")


def _adjust_discrete_uniform_high(low: float, high: float, step: float) -> float:
    """The greatest number at a whole number of steps above ``low``; in decimals, as people write them."""
    least, greatest, distance = (decimal.Decimal(str(number)) for number in (low, high, step))
    width = greatest - least
    if width % distance == 0:
        return high
    adjusted = float(width // distance * distance + least)
    _replaced(low, high, step, adjusted)
    return adjusted


def _adjust_int_uniform_high(low: int, high: int, step: int) -> int:
    adjusted = high - (high - low) % step
    if adjusted != high:
        _replaced(low, high, step, adjusted)
    return adjusted


def _get_single_value(distribution: BaseDistribution) -> CategoricalChoiceType:
    """The value of a distribution that has one only."""
    assert distribution.single()
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[0]
    assert isinstance(distribution, (FloatDistribution, IntDistribution))
    return distribution.low


def _convert_old_distribution_to_new_distribution(
    distribution: BaseDistribution, suppress_warning: bool = False
) -> BaseDistribution:
    """One of the deprecated classes as what replaces it; others as they are."""
    new: BaseDistribution
    if isinstance(distribution, (UniformDistribution, LogUniformDistribution, DiscreteUniformDistribution)):
        new = FloatDistribution(distribution.low, distribution.high, log=distribution.log, step=distribution.step)
    elif isinstance(distribution, (IntUniformDistribution, IntLogUniformDistribution)):
        step = 1 if distribution.log else distribution.step
        new = IntDistribution(distribution.low, distribution.high, log=distribution.log, step=step)
    else:
        return distribution
    if not suppress_warning:
        reasons = "https://github.com/optuna/optuna/issues/2941"
        warn(f"{distribution} is deprecated and internally converted to {new}. See {reasons}.", FutureWarning)
    return new


def _is_distribution_log(distribution: BaseDistribution) -> bool:
    return isinstance(distribution, (FloatDistribution, IntDistribution)) and distribution.log
