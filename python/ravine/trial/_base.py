"""The interface of all trials."""

from __future__ import annotations

import abc
import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ravine._notice import deprecated

if TYPE_CHECKING:
    from ravine.distributions import BaseDistribution, CategoricalChoiceType

_INSTEAD = "Use suggest_float{} instead."


class BaseTrial(abc.ABC):
    """What objectives may call: suggestions, reports and notes."""

    @abc.abstractmethod
    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Suggests a real number.

        Args:
            name: The parameter's name, one in the study.
            low: The least value, inclusive; above 0 with ``log``.
            high: The greatest value, inclusive.
            step: The distance of neighbours; not together with ``log``.
            log: Whether the logarithm is searched evenly.

        Raises:
            ValueError: The range is none, or the parameter has another kind or scale in this study.
        """
        raise NotImplementedError

    @abc.abstractmethod
    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """Suggests a whole number; the arguments are those of `suggest_float`, and ``step`` is 1 with ``log``."""
        raise NotImplementedError

    @abc.abstractmethod
    def suggest_categorical(self, name: str, choices: Sequence[CategoricalChoiceType]) -> CategoricalChoiceType:
        """Suggests one of ``choices``, which are the same for the whole study."""
        raise NotImplementedError

    @deprecated("3.0.0", "6.0.0", _INSTEAD.format(""))
    def suggest_uniform(self, name: str, low: float, high: float) -> float:
        """``suggest_float(name, low, high)``; deprecated."""
        return self.suggest_float(name, low, high)

    @deprecated("3.0.0", "6.0.0", _INSTEAD.format("(..., log=True)"))
    def suggest_loguniform(self, name: str, low: float, high: float) -> float:
        """``suggest_float(name, low, high, log=True)``; deprecated."""
        return self.suggest_float(name, low, high, log=True)

    @deprecated("3.0.0", "6.0.0", _INSTEAD.format("(..., step=...)"))
    def suggest_discrete_uniform(self, name: str, low: float, high: float, q: float) -> float:
        """``suggest_float(name, low, high, step=q)``; deprecated."""
        return self.suggest_float(name, low, high, step=q)

    @abc.abstractmethod
    def report(self, value: float, step: int) -> None:
        """Reports an intermediate value at a step (epoch, iteration), which is at least 0 and reported once."""
        raise NotImplementedError

    @abc.abstractmethod
    def should_prune(self) -> bool:
        """Whether the study's pruner says that the trial should stop: then raise `ravine.TrialPruned`."""
        raise NotImplementedError

    @abc.abstractmethod
    def set_user_attr(self, key: str, value: Any) -> None:
        """Notes something on the trial; JSON for storages that outlast the process."""
        raise NotImplementedError

    @abc.abstractmethod
    def set_constraint(self, key: str, value: float) -> None:
        """Tells how far the trial is from keeping a constraint: it is kept where ``value`` is 0 or less."""
        raise NotImplementedError

    @property
    @abc.abstractmethod
    def params(self) -> dict[str, Any]:
        """The values suggested so far, by name."""
        raise NotImplementedError

    @property
    @abc.abstractmethod
    def distributions(self) -> dict[str, BaseDistribution]:
        """What they were suggested from, by name."""
        raise NotImplementedError

    @property
    @abc.abstractmethod
    def user_attrs(self) -> dict[str, Any]:
        """What was noted by `set_user_attr`."""
        raise NotImplementedError

    @property
    @abc.abstractmethod
    def datetime_start(self) -> datetime.datetime | None:
        """When the trial started; None where it waits."""
        raise NotImplementedError

    @property
    def number(self) -> int:
        """The trial's number in its study, from 0 in the order of creation."""
        raise NotImplementedError

    @property
    def constraints(self) -> dict[str, float]:
        """What was told by `set_constraint`."""
        raise NotImplementedError
