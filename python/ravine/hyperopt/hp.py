"""Hyperparameters of a space: ``hp.uniform("x", -1, 1)``, ``hp.choice("kind", [...])``.

Each function takes a label, unique in the space, and gives a node to put anywhere in nested dicts, lists and choices.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ravine.hyperopt.pyll import Apply, Literal, scope

__all__ = [
    "choice", "lognormal", "loguniform", "normal", "pchoice", "qlognormal", "qloguniform", "qnormal", "quniform",
    "randint", "uniform", "uniformint",
]  # fmt: skip


def choice(label: str, options: Sequence[Any]) -> Apply:
    """One of the options, which may hold hyperparameters of their own: they are active when their option is chosen.

    A trial's document holds the option's number; :func:`ravine.hyperopt.space_eval` turns it into the option.
    """
    return scope.switch(_labelled(label, scope.randint(len(options))), *options)


def pchoice(label: str, p_options: Sequence[tuple[float, Any]]) -> Apply:
    """One of the options, each given as a pair (probability, option). The probabilities sum to 1."""
    probabilities = [probability for probability, _ in p_options]
    options = [option for _, option in p_options]
    return scope.switch(_labelled(label, scope.categorical(Literal(probabilities))), *options)


def randint(label: str, low: int, high: int | None = None) -> Apply:
    """An integer in [0, low), or in [low, high)."""
    return scope.int(_labelled(label, scope.randint(low) if high is None else scope.randint(low, high)))


def uniform(label: str, low: float, high: float) -> Apply:
    """A float in [low, high]."""
    return _ranged(label, "uniform", low, high)


def quniform(label: str, low: float, high: float, q: float) -> Apply:
    """The multiple of q nearest to a uniform number in [low, high], as a float."""
    return _ranged(label, "quniform", low, high, q)


def uniformint(label: str, low: float, high: float, q: float = 1.0) -> Apply:
    """An integer in [low, high], both ends possible.

    Raises:
        ValueError: When q is not 1.
    """
    if q != 1.0:
        raise ValueError(f"uniformint steps by 1, not by {q}; use `scope.int(hp.quniform(...))`")
    return scope.int(quniform(label, low, high, 1.0))


def loguniform(label: str, low: float, high: float) -> Apply:
    """exp of a uniform number in [low, high]: ``hp.loguniform("lr", math.log(1e-5), math.log(1e-1))``."""
    return _ranged(label, "loguniform", low, high)


def qloguniform(label: str, low: float, high: float, q: float) -> Apply:
    """The multiple of q nearest to exp of a uniform number in [low, high]."""
    return _ranged(label, "qloguniform", low, high, q)


def normal(label: str, mu: float, sigma: float) -> Apply:
    """A normal number of mean mu and standard deviation sigma."""
    return scope.float(_labelled(label, scope.normal(mu, sigma)))


def qnormal(label: str, mu: float, sigma: float, q: float) -> Apply:
    """The multiple of q nearest to a normal number."""
    return scope.float(_labelled(label, scope.qnormal(mu, sigma, q)))


def lognormal(label: str, mu: float, sigma: float) -> Apply:
    """exp of a normal number: mu and sigma are those of its logarithm."""
    return scope.float(_labelled(label, scope.lognormal(mu, sigma)))


def qlognormal(label: str, mu: float, sigma: float, q: float) -> Apply:
    """The multiple of q nearest to exp of a normal number."""
    return scope.float(_labelled(label, scope.qlognormal(mu, sigma, q)))


def _ranged(label: str, kind: str, low: float, high: float, *more: float) -> Apply:
    if not isinstance(low, Apply) and not isinstance(high, Apply) and not low < high:
        raise ValueError(f"{label}: low must be less than high, not {low} and {high}")
    return scope.float(_labelled(label, getattr(scope, kind)(low, high, *more)))


def _labelled(label: str, draw: Apply) -> Apply:
    if isinstance(label, Literal):
        label = label.obj
    if not isinstance(label, str):
        raise TypeError(f"a label is a string, not {label!r}; it comes first: `hp.uniform('x', 0, 1)`")
    return scope.hyperopt_param(label, draw)
