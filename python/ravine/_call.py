"""The process of a stage with ``call = "package.module:function"``: calls it and reports what it returns.

Ravine runs it as ``python -m ravine._call MODULE:FUNCTION [METRIC…]``; the metrics are those of the study's
objectives, in their order. How the function gets the configuration is said at :func:`bind`, what it may
return at :func:`metrics_of`.
"""

from __future__ import annotations

import importlib
import inspect
import os
import re
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ravine.program import config, given, number, report

_FAILED = 1
_UNUSABLE = 2
"""Exit code of a function that is not there, or does not take the configuration."""


class Unusable(Exception):
    """The function cannot be called: a mistake in the study file or the signature, told without a traceback."""


def main(arguments: Sequence[str]) -> int:
    """Reads the command line, and does what it says; gives the process's exit code."""
    target, *metrics = arguments
    folder = os.environ.get("RAVINE_BASE_DIR") or os.getcwd()
    if os.environ.pop("RAVINE_POOL", None):
        from ravine import _pool

        _pool.serve(lambda: find(target, folder))
        _pool.leave(lambda: call(target, folder, metrics))
    return call(target, folder, metrics)


def call(target: str, folder: str, metrics: Sequence[str]) -> int:
    """Calls the function with the run's configuration, and reports its metrics; gives the exit code."""
    try:
        function = find(target, folder)
        positional, named = bind(function, config())
        result = function(*positional, **named)
        reported = metrics_of(result, metrics, target)
        if reported:
            report(reported)
    except Unusable as error:
        print(error, file=sys.stderr, flush=True)
        return _UNUSABLE
    except Exception as error:
        # Without the frame of this function: nobody looks for a mistake there.
        frames = error.__traceback__.tb_next if error.__traceback__ else None
        traceback.print_exception(type(error), error, frames)
        return _FAILED
    return 0


def find(target: str, folder: str) -> Callable[..., Any]:
    """The function that ``package.module:path.of.function`` names. Modules are looked up in ``folder`` first, and
    last where the program of :func:`ravine.run` looks.

    Raises:
        Unusable: There is no such module or function. What the module itself raises is passed on.
    """
    module_name, _, path = target.partition(":")
    if sys.path[:1] != [folder]:
        sys.path.insert(0, folder)
    elsewhere = os.environ.get("RAVINE_IMPORT_PATH", "").split(os.pathsep)
    sys.path.extend(path for path in elsewhere if path and path not in sys.path)
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        # A module that is there, and imports one that is not, tells it itself.
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise
        raise Unusable(
            f"there is no module `{error.name}` for `{target}`, neither in {folder} nor where {sys.executable} looks"
        ) from None
    for name in path.split("."):
        if not hasattr(found, name):
            raise Unusable(f"`{target}`: {found!r} has no `{name}`")
        found = getattr(found, name)
    if not callable(found):
        raise Unusable(f"`{target}` is no function: {found!r}")
    function: Callable[..., Any] = found
    return function


def bind(function: Callable[..., Any], settings: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """The arguments that a function gets: positional ones, and named ones.

    A function whose first parameter is called ``config``, or which needs exactly one parameter of a name that
    means nothing else, gets the whole configuration as a dict. Any other gets each value by its name, and
    ``**rest`` what is left. In both cases further parameters may ask for what ravine gives: ``seed``,
    ``trial``, ``repetition``, ``level``, ``cpus``, ``run_dir``, ``checkpoint_dir``, ``artifacts_dir``, an
    axis of repetition, the pruner's resource.

    Raises:
        Unusable: The function needs what is not there, or has no place for a value.
    """
    try:
        parameters = dict(inspect.signature(function).parameters)
    except ValueError:  # Some built-in functions tell nothing of themselves.
        return [dict(settings)], {}
    positional: list[Any] = []
    named: dict[str, Any] = {}
    left = dict(settings)
    whole = _whole(parameters, settings)
    if whole is not None:
        del parameters[whole]
        positional.append(dict(settings))
        left.clear()
    for name, parameter in parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            named.update(left)
            left.clear()
            continue
        if parameter.kind is parameter.VAR_POSITIONAL:
            continue
        if name in left:
            value = left.pop(name)
        elif (value := given(name)) is None:
            if parameter.default is not parameter.empty:
                continue
            raise Unusable(_missing(function, name))
        if parameter.kind is parameter.POSITIONAL_ONLY:
            positional.append(value)
        else:
            named[name] = value
    if left:
        raise Unusable(_unwanted(function, left))
    return positional, named


def _whole(parameters: Mapping[str, inspect.Parameter], settings: Mapping[str, Any]) -> str | None:
    """The parameter that gets the whole configuration."""
    placed = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    first = next((name for name, parameter in parameters.items() if parameter.kind in placed), None)
    if first is None or first in settings:
        return None
    if first == "config":
        return first
    variadic = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    needed = [
        name
        for name, parameter in parameters.items()
        if parameter.default is parameter.empty and parameter.kind not in variadic
    ]
    is_alone = needed == [first] and not any(name in settings for name in parameters)
    return first if is_alone and given(first) is None else None


def _missing(function: Callable[..., Any], name: str) -> str:
    return (
        f"{_shown(function)} needs `{name}`, which this configuration does not have; "
        "a parameter that is not always active needs a default"
    )


def _unwanted(function: Callable[..., Any], left: Mapping[str, Any]) -> str:
    names = ", ".join(f"`{name}`" for name in left)
    return (
        f"{_shown(function)} has no parameter for {names}; add it, or `**rest`, "
        "or take the whole configuration as `config`"
    )


def _shown(function: Callable[..., Any]) -> str:
    name = getattr(function, "__qualname__", repr(function))
    return f"{name}{inspect.signature(function)}"


def metrics_of(result: Any, objectives: Sequence[str], target: str) -> dict[str, int | float]:
    """What is to be reported of a function's result, by metric.

    None is nothing: the function reported by itself. A dict has metrics and their values. A number is the
    objective; a tuple or a list has one number for each objective.

    Raises:
        Unusable: The objectives are not as many, or one of them is an expression and has no name.
        TypeError: It is none of these.
    """
    if result is None:
        return {}
    if isinstance(result, Mapping):
        return {
            str(name): number(value, f"the metric `{name}` that `{target}` returned") for name, value in result.items()
        }
    values = list(result) if isinstance(result, (tuple, list)) else [result]
    if len(values) != len(objectives):
        raise Unusable(
            f"`{target}` returned {_count(len(values), 'value')}, and the study has "
            f"{_count(len(objectives), 'objective')}; return a dict of metrics, or one value for each objective"
        )
    names = [_name(objective, target) for objective in objectives]
    return {name: number(value, f"what `{target}` returned") for name, value in zip(names, values)}


def _count(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


_PLAIN = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_QUOTED = re.compile(r"""metric\[\s*(?P<quote>['"])(?P<name>[^'"\\]+)(?P=quote)\s*\]""")


def _name(objective: str, target: str) -> str:
    """The metric that an objective is, where it is one and no expression over several."""
    if _PLAIN.fullmatch(objective):
        return objective
    if quoted := _QUOTED.fullmatch(objective.strip()):
        return quoted["name"]
    raise Unusable(
        f"the objective `{objective}` is an expression: `{target}` returns a dict of the metrics in it, not a number"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
