"""What the engine tells a search, and what a search answers: the lines of the protocol as objects."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Point = Mapping[str, Any]
"""Values by the paths of parameters."""

_NON_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


@dataclass(frozen=True)
class Parameter:
    """One parameter of the space."""

    path: str
    """Its name in points: ``lr``, ``optimizer.adam.beta1``, ``units[0]``."""
    kind: str
    """``float``, ``int``, ``choice`` or ``permutation``."""
    low: float | None = None
    """The lower end of a float or an int, inclusive."""
    high: float | None = None
    """The upper end, inclusive."""
    log: bool = False
    step: float | None = None
    points: int | None = None
    options: Sequence[Any] = ()
    """The options of a choice."""
    weights: Sequence[float] = ()
    """How often each of them is drawn, relative to the others."""
    ordered: bool = False
    items: Sequence[Any] = ()
    """What a permutation orders."""
    default: Any = None
    when: Mapping[str, Any] | None = None
    """The option of a choice that it hangs on, where that is its whole condition: ``{"optimizer": "adam"}``.
    """
    conditional: bool = False
    """Whether it is not there in every configuration."""

    def place(self, share: float) -> Any:
        """The value that lies ``share`` (0 … 1) of the way, of a logarithm where ``log`` says so, on the grid
        where there is one. Of a choice the option by its weight, of a permutation one of the orders."""
        share = min(1.0, max(0.0, share))
        if self.kind == "choice":
            return _weighted(self.options, self.weights, share)
        if self.kind == "permutation":
            return _order(self.items, share)
        return self._number(share)

    @property
    def middle(self) -> Any:
        """The value half of the way."""
        return self.place(0.5)

    def draw(self, rng: random.Random) -> Any:
        """Any value of it."""
        return self.place(rng.random())

    def _number(self, share: float) -> int | float:
        low, high = self.low or 0, self.high or 0
        if self.points is not None and self.points > 1:
            share = round(share * (self.points - 1)) / (self.points - 1)
        value = math.exp(_between(math.log(low), math.log(high), share)) if self.log else _between(low, high, share)
        if self.step:
            steps = math.floor((high - low) / self.step + 1e-9)
            value = low + self.step * min(steps, round((value - low) / self.step))
        value = min(high, max(low, value))
        return round(value) if self.kind == "int" else value


def _between(low: float, high: float, share: float) -> float:
    return low + share * (high - low)


def _weighted(options: Sequence[Any], weights: Sequence[float], share: float) -> Any:
    left = share * sum(weights)
    for option, weight in zip(options, weights):
        left -= weight
        if left < 0:
            return option
    return options[-1]


def _order(items: Sequence[Any], share: float) -> list[Any]:
    """The order whose number is that share of all orders."""
    number = min(math.factorial(len(items)) - 1, int(share * math.factorial(len(items))))
    left, order = list(items), []
    while left:
        index, number = divmod(number, math.factorial(len(left) - 1))
        order.append(left.pop(index))
    return order


@dataclass(frozen=True)
class Told:
    """What became of a trial: that it runs, or how it ended."""

    trial: int
    """Its number, from 0."""
    state: str
    """``running``, ``complete``, ``pruned`` or ``failed``."""
    point: Point
    """Its configuration, active parameters only."""
    values: tuple[float, ...] = ()
    """Of a complete one: the objectives, to be made small whatever the study file's direction."""
    violations: tuple[float, ...] = ()
    """Of a complete one, where the study has constraints: 0 or less is feasible."""
    step: int | None = None
    """Of a pruned one: where it was stopped."""
    value: float | None = None
    """Of a pruned one: what it reported last."""
    level: int | None = None
    """Of a running one: how far it is to run; None is to the end."""
    memo: Any = None
    """Of a running one: what was noted when it was proposed."""

    @property
    def is_feasible(self) -> bool:
        """Whether it is complete and breaks no constraint."""
        return self.state == "complete" and all(violation <= 0 for violation in self.violations)


@dataclass(frozen=True)
class Ask:
    """A question for the next point."""

    decision: int
    """The decision's number, from 0. The same number may come again: it asks for the same answer."""
    budget: int | None
    """How many trials the study may have, where that is limited."""
    refused: tuple[Mapping[str, Any], ...] = ()
    """Earlier answers to this question that would not do: ``point`` and ``why``."""
    seed: int = 0
    """The study's seed."""

    @property
    def rng(self) -> random.Random:
        """Random numbers for this decision: the same ones when it is asked for again, so that a study that is
        resumed goes on as it would have."""
        return random.Random(f"{self.seed} {self.decision} {len(self.refused)}")


@dataclass(frozen=True)
class Proposal:
    """A point, and what is to come back with its trial."""

    point: Point
    memo: Any = None
    """Anything that JSON has."""
    parent: int | None = None
    """A trial that has ended: the new one starts from its checkpoint and artifacts."""


@dataclass(frozen=True)
class Again:
    """More runs of a trial that has ended, with seeds of their own; its values are folded anew over all of
    its runs."""

    trial: int
    runs: int = 1
    """How many, 1 or more."""
    memo: Any = None
    """What is to come back when it is told of. Anything that JSON has."""


def parameters(start: Mapping[str, Any]) -> list[Parameter]:
    """The space that the first line of the engine describes."""
    known = Parameter.__dataclass_fields__
    return [Parameter(**{key: value for key, value in table.items() if key in known}) for table in start["parameters"]]


def told(table: Mapping[str, Any]) -> Told:
    """A line that tells."""
    known = {key: value for key, value in table.items() if key in Told.__dataclass_fields__}
    for key in ("values", "violations"):
        if key in known:
            known[key] = numbers(known[key])
    if known.get("value") is not None:
        known["value"] = _number(known["value"])
    return Told(**known)


def numbers(values: Sequence[Any]) -> tuple[float, ...]:
    """Numbers as the protocol has them, the infinite ones as texts."""
    return tuple(_number(value) for value in values)


def _number(value: Any) -> float:
    return _NON_FINITE[value] if isinstance(value, str) else float(value)
