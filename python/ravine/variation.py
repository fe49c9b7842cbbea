"""Configurations to try, drawn from one that says where it varies.

>>> base = {"model": {"depth": Variation([2, 4, 8]), "kind": "tree"}, "lr": Variation([0.1, 0.01])}
>>> configs = generate_configs(base, 3, seed=1)
>>> len(configs), configs[0]["model"]["kind"]
(3, 'tree')
"""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

__all__ = ["Variation", "generate_configs"]


class Variation:
    """The values that stand at one place of a configuration: :func:`generate_configs` takes one of them."""

    def __init__(self, values: Iterable[Any]) -> None:
        """Of these values; one that comes twice counts once.

        Raises:
            ValueError: There is none.
        """
        self.values: list[Any] = []
        for value in values:
            if not any(_same(value, known) for known in self.values):
                self.values.append(value)
        if not self.values:
            raise ValueError("a variation has at least one value")

    def __repr__(self) -> str:
        return f"Variation({self.values!r})"


def generate_configs(config: Mapping[str, Any], n_configs: int, *, seed: int | None = None) -> list[dict[str, Any]]:
    """Different configurations, drawn at random: in each, one value stands for every :class:`Variation`.

    Variations are looked for in tables, lists and tuples, however deep; a value of a variation may itself hold
    further ones. Values that do not vary are shared, not copied.

    Args:
        config: Where it varies, and what is the same in all.
        n_configs: How many, 0 or more; all there are, where there are fewer.
        seed: For the same configurations again; None draws others each time.

    Raises:
        ValueError: ``n_configs`` is negative.
        TypeError: The configuration is no table.
    """
    if not isinstance(config, Mapping):
        raise TypeError(f"a configuration is a dict, not {config!r}")
    if n_configs < 0:
        raise ValueError(f"`n_configs` is 0 or more, not {n_configs}")
    total = _count(config)
    # Numbers of configurations, without replacement: no two are alike, and nothing is drawn in vain.
    chosen = _sample(random.Random(seed), total, min(n_configs, total))
    return [_nth(config, number) for number in chosen]


def _same(left: Any, right: Any) -> bool:
    """Equality that takes 1, 1.0 and True for three values, and arrays as they are."""
    if type(left) is not type(right):
        return False
    try:
        return bool(left == right)
    except (TypeError, ValueError):  # An array's == is an array.
        return left is right


def _sample(draw: random.Random, total: int, count: int) -> list[int]:
    """``count`` different numbers below ``total``, which may be larger than any list."""
    try:
        return draw.sample(range(total), count)
    except OverflowError:  # More than a machine word has: to draw one twice is as good as impossible.
        chosen: dict[int, None] = {}
        while len(chosen) < count:
            chosen[draw.randrange(total)] = None
        return list(chosen)


def _count(value: Any) -> int:
    """How many values there are at one place."""
    if isinstance(value, Variation):
        return sum(_count(option) for option in value.values)
    if isinstance(value, Mapping):
        return math.prod(map(_count, value.values()))
    if type(value) in (list, tuple):
        return math.prod(map(_count, value))
    return 1


def _nth(value: Any, number: int) -> Any:
    """The ``number``-th of them: the digits of a number in mixed radix, the last place counting fastest."""
    if isinstance(value, Variation):
        for option in value.values:
            size = _count(option)
            if number < size:
                return _nth(option, number)
            number -= size
    if isinstance(value, Mapping):
        return dict(zip(value, _digits(value.values(), number)))
    if type(value) in (list, tuple) and _count(value) > 1:
        return type(value)(_digits(value, number))
    return value


def _digits(parts: Collection[Any], number: int) -> Iterator[Any]:
    rest = math.prod(map(_count, parts))
    for part in parts:
        rest //= _count(part)
        digit, number = divmod(number, rest)
        yield _nth(part, digit)
