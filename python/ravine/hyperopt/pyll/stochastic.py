"""Draws: the random nodes of a space, and samples of a whole space."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from ravine.hyperopt.kinds import KINDS
from ravine.hyperopt.pyll.nodes import Apply, Evaluation, Literal, as_apply, dfs, implementations, random_names
from ravine.hyperopt.pyll.symbols import scope

__all__ = ["recursive_set_rng_kwarg", "sample", "scope"]


def _draw_of(name: str) -> Callable[..., Any]:
    def draw(*args: Any, rng: Any = None, **kwargs: Any) -> Any:
        return KINDS[name](*args, **kwargs).draw((rng or random).random())

    draw.__name__ = name
    return draw


implementations.update({name: _draw_of(name) for name in KINDS})
random_names.update(KINDS)


def _one_of(*options: Any) -> Apply:
    """A node that takes one of the options, all equally likely."""
    return scope.switch(scope.randint(len(options)), *options)


def _choice(options: Any) -> Apply:
    """Like ``one_of``, the options as a sequence."""
    return _one_of(*options)


# These two make nodes of other functions, so they are no functions of their own.
vars(scope).update(one_of=_one_of, choice=_choice)


def recursive_set_rng_kwarg(expr: Apply, rng: Any = None) -> Apply:
    """The expression, its random nodes changed so that they draw from `rng` (absent: a fresh one) when evaluated."""
    source = Literal(random.Random() if rng is None else rng)
    for node in dfs(expr):
        if node.name in random_names:
            node.named_args = [pair for pair in node.named_args if pair[0] != "rng"] + [("rng", source)]
    return expr


def sample(expr: Any, rng: Any = None) -> Any:
    """A value of the space, drawn from its priors.

    Args:
        expr: The space: a node, or containers with nodes.
        rng: Anything with a method ``random()`` that gives numbers in [0, 1): numpy's generators, ``random.Random``.
            Absent: a fresh one.
    """
    source = random.Random() if rng is None else rng
    return Evaluation(rng=source).value(as_apply(expr))
