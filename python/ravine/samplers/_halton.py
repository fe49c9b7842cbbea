"""Halton's sequence: evenly spread points, each coordinate in a prime base of its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import lru_cache

from ravine._ravine import Draws

#: Digits of a base are scrambled down to this share of the range, beyond which a float holds nothing.
_FINEST = 2.0**-54


def _primes() -> Iterator[int]:
    found: list[int] = []
    for number in itertools.count(2):
        if all(number % prime for prime in itertools.takewhile(lambda p: p * p <= number, found)):
            found.append(number)
            yield number


@lru_cache(maxsize=8)
def _permutations(width: int, seed: int) -> list[list[list[int]]]:
    """For each coordinate, and each of its digits, where each digit goes (Owen 2017, arXiv:1706.02808)."""
    draws = Draws(seed)
    tables = []
    for base in itertools.islice(_primes(), width):
        table, place = [], 1.0
        while place > _FINEST:
            digits: list[int] = list(range(base))
            draws.shuffle(digits)
            table.append(digits)
            place /= base
        tables.append(table)
    return tables


def point(index: int, width: int, seed: int | None) -> list[float]:
    """A point of the sequence, in [0, 1) in each of so many coordinates.

    Args:
        index: From 0, which is the corner where nothing is scrambled.
        seed: Of the scrambling; None for none.
    """
    if seed is not None:
        return [_scrambled(index, table) for table in _permutations(width, seed)]
    return [_reflected(index, base) for base in itertools.islice(_primes(), width)]


def _reflected(index: int, base: int) -> float:
    """The digits of a number after the point, in reverse order."""
    value, place = 0.0, 1.0
    while index:
        index, digit = divmod(index, base)
        place /= base
        value += digit * place
    return value


def _scrambled(index: int, table: list[list[int]]) -> float:
    """The same with each digit permuted, those after the last one too."""
    value, place, base = 0.0, 1.0, len(table[0])
    for digits in table:
        index, digit = divmod(index, base)
        place /= base
        value += digits[digit] * place
    return min(value, 1.0 - 2.0**-53)
