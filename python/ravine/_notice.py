"""Warnings, and the marks of what is deprecated or experimental."""

from __future__ import annotations

import functools
import inspect
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


def deprecated(since: str, until: str, instead: str = "", name: str | None = None) -> Callable[[Function], Function]:
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
            return _warning_class(marked, message + "The interface can change in the future.", ExperimentalWarning)
        message = f"{name or marked.__qualname__} is experimental (supported from v{since}). "

        @functools.wraps(marked)
        def warned(*args: Any, **kwargs: Any) -> Any:
            warnings.warn(message + "The interface can change in the future.", ExperimentalWarning, stacklevel=2)
            return marked(*args, **kwargs)

        return warned

    return mark


def experimental_argument(name: str) -> None:
    """Warns that an argument may change."""
    warn(
        f"Argument ``{name}`` is an experimental feature. The interface can change in the future.",
        ExperimentalWarning,
    )


def once_positional(*names: str, since: str) -> Callable[[Function], Function]:
    """Lets a function whose arguments are keywords take them by place as before Optuna's version, with a warning."""

    def mark(function: Any) -> Any:
        parameters = inspect.signature(function).parameters.values()
        # Such as ``self``.
        placed = sum(p.kind == p.POSITIONAL_OR_KEYWORD for p in parameters)

        @functools.wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            if len(args) <= placed:
                return function(*args, **kwargs)
            args, named = args[:placed], args[placed:]
            if len(named) > len(names):
                raise TypeError(
                    f"{function.__name__}() takes {len(names)} positional arguments but {len(named)} were given."
                )
            given = dict(zip(names, named))
            warn(
                f"{function.__name__}() got {set(given)} as positional arguments but they were expected to be given as "
                f"keyword arguments. Positional arguments have been deprecated since v{since}.",
                FutureWarning,
            )
            if twice := given.keys() & kwargs.keys():
                raise TypeError(f"{function.__name__}() got multiple values for arguments {twice}.")
            return function(*args, **given, **kwargs)

        return called

    return mark


def _warning_class(cls: Any, message: str, category: type[Warning]) -> Any:
    make = cls.__init__

    @functools.wraps(make)
    def warned(self: Any, *args: Any, **kwargs: Any) -> None:
        warnings.warn(message, category, stacklevel=2)
        make(self, *args, **kwargs)

    cls.__init__ = warned
    return cls
