"""What is searched, in a form that every method's adapter can translate."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

Value = float | int | str
Config = dict[str, Value]
# A choice and its option, on which a parameter hangs.
Parent = tuple[str, str] | None


@dataclass(frozen=True)
class Float:
    """Real numbers from `low` to `high`, searched in the logarithm with `log`."""

    name: str
    low: float
    high: float
    log: bool = False
    parent: Parent = None


@dataclass(frozen=True)
class Int:
    """Whole numbers from `low` to `high`, both inclusive."""

    name: str
    low: int
    high: int
    log: bool = False
    parent: Parent = None


@dataclass(frozen=True)
class Choice:
    """One of the options, which have no order."""

    name: str
    options: tuple[str, ...]
    parent: Parent = None


Param = Float | Int | Choice
# Parents stand before what hangs on them. A parameter with a parent is named `parent.option.leaf`.
Space = tuple[Param, ...]


def walk(space: Space, suggest: Callable[[Param], Value]) -> Config:
    """A configuration, asking `suggest` for each active parameter in turn."""
    config: Config = {}
    for param in space:
        if param.parent is None or config.get(param.parent[0]) == param.parent[1]:
            config[param.name] = suggest(param)
    return config


def draw(param: Param, rng: random.Random) -> Value:
    """A value from the parameter's own range."""
    if isinstance(param, Choice):
        return rng.choice(param.options)
    if isinstance(param, Int) and not param.log:
        return rng.randint(param.low, param.high)
    if not param.log:
        return rng.uniform(param.low, param.high)
    half = 0.5 if isinstance(param, Int) else 0.0
    value = math.exp(rng.uniform(math.log(param.low - half), math.log(param.high + half)))
    value = min(max(value, param.low), param.high)
    return round(value) if isinstance(param, Int) else value


def declarations(space: Space, parent: Parent = None) -> dict:
    """The `[space]` table of a study file: what hangs on an option stands inside it."""
    table = {}
    for param in space:
        if param.parent != parent:
            continue
        leaf = param.name.removeprefix(f"{parent[0]}.{parent[1]}.") if parent else param.name
        if isinstance(param, Choice):
            inside = {option: declarations(space, (param.name, option)) for option in param.options}
            options = [{"name": option, **inside[option]} if inside[option] else option for option in param.options]
            table[leaf] = {"choice": options}
            continue
        kind = "int" if isinstance(param, Int) else "float"
        table[leaf] = {kind: [param.low, param.high], **({"log": True} if param.log else {})}
    return table
