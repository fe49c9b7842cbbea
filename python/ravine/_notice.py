"""Warnings, and the marks of what is deprecated or experimental."""

from __future__ import annotations

import functools
import os
import sys
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from ravine.exceptions import ExperimentalWarning

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep

Function = TypeVar("Function", bound=Callable[..., Any])
Class = TypeVar("Class", bound=type)


def warn(message: str, category: type[Warning] = UserWarning, stacklevel: int = 1) -> None:
    """Warns at the line of the program that called into this package."""
    if sys.version_info >= (3, 12):
        warnings.warn(message, category, stacklevel=stacklevel, skip_file_prefixes=(_HERE,))
    else:
        warnings.warn(message, category, stacklevel=stacklevel + 1)


def _deprecation(name: str, since: str, until: str, instead: str) -> str:
    text = f"{name} has been deprecated in v{since}. This feature will be removed in v{until}."
    return f"{text} {instead}" if instead else text


def deprecated(
    since: str, until: str, instead: str = "", name: str | None = None
) -> Callable[[Function], Function]:
    """Marks a function or class whose every use warns; versions are Optuna's."""

    def mark(marked: Any) -> Any:
        message = _deprecation(name or marked.__name__, since, until, instead)
        if isinstance(marked, type):
            return _warning_class(marked, message, FutureWarning)

        @functools.wraps(marked)
        def warned(*args: Any, **kwargs: Any) -> Any:
            warnings.warn(message, FutureWarning, stacklevel=2)
            return marked(*args, **kwargs)

        return warned

    return mark


def experimental(since: str, name: str | None = None) -> Callable[[Function], Function]:
    """Marks a function or class whose interface may change; using it warns."""

    def mark(marked: Any) -> Any:
        if isinstance(marked, type):
            message = f"{name or marked.__name__} is experimental (supported from v{since}). "
            return _warning_class(
                marked, message + "The interface can change in the future.", ExperimentalWarning
            )
        message = f"{name or marked.__qualname__} is experimental (supported from v{since}). "

        @functools.wraps(marked)
        def warned(*args: Any, **kwargs: Any) -> Any:
            warnings.warn(
                message + "The interface can change in the future.", ExperimentalWarning, stacklevel=2
            )
            return marked(*args, **kwargs)

        return warned

    return mark


def experimental_argument(name: str) -> None:
    """Warns that an argument may change."""
    warn(
        f"Argument ``{name}`` is an experimental feature. The interface can change in the future.",
        ExperimentalWarning,
    )


def _warning_class(cls: Any, message: str, category: type[Warning]) -> Any:
    make = cls.__init__

    @functools.wraps(make)
    def warned(self: Any, *args: Any, **kwargs: Any) -> None:
        warnings.warn(message, category, stacklevel=2)
        make(self, *args, **kwargs)

    cls.__init__ = warned
    return cls
