"""Configurations to try, drawn from one that says where it varies.

>>> base = {"model": {"depth": Variation([2, 4, 8]), "kind": "tree"}, "lr": Variation([0.1, 0.01])}
>>> configs = generate_configs(base, 3, seed=1)
>>> len(configs), configs[0]["model"]["kind"]
(3, 'tree')
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
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

    Variations are looked for in tables within tables, and in no lists; a value of a variation that is itself
    a table may hold further ones. Values that do not vary are shared, not copied.

    Args:
        config: Where it varies, and what is the same in all.
        n_configs: How many, 0 or more; all there are, where there are fewer.
        seed: For the same configurations again; None draws others each time.

    Raises:
        ValueError: ``n_configs`` is negative.
    """
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
        product = 1
        for part in value.values():
            product *= _count(part)
        return product
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
        return dict(_digits(value, number))
    return value


def _digits(table: Mapping[str, Any], number: int) -> Iterator[tuple[str, Any]]:
    rest = _count(table)
    for key, part in table.items():
        rest //= _count(part)
        digit, number = divmod(number, rest)
        yield key, _nth(part, digit)
