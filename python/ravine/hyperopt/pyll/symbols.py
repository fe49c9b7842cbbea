"""The scope: functions that an expression may call."""

from __future__ import annotations

import math
import numbers
import operator
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from ravine.hyperopt.pyll.nodes import Apply, call, implementations

Function = TypeVar("Function", bound=Callable[..., Any])


class SymbolTable:
    """Functions by name. ``scope.f(a, b)`` is a node that calls `f` when the space is evaluated.

    Own functions are added with :meth:`define`::

        @scope.define
        def square(x):
            return x * x

        space = scope.square(hp.uniform("x", 0, 1))
    """

    def __getattr__(self, name: str) -> Callable[..., Apply]:
        if name.startswith("__") or name not in implementations:
            raise AttributeError(f"the scope has no function `{name}`; define it with `@scope.define`")

        def node(*args: Any, **kwargs: Any) -> Apply:
            return call(name, *args, **kwargs)

        node.__name__ = name
        return node

    @property
    def _impls(self) -> dict[str, Callable[..., Any]]:
        return implementations

    def define(self, function: Function, **_hints: Any) -> Function:
        """Adds a function under its own name, and returns it (so this is a decorator).

        Raises:
            ValueError: When the scope has another function of that name.
        """
        name = function.__name__
        if implementations.get(name, function) is not function:
            raise ValueError(f"the scope has a function `{name}` already; `undefine` it, or take another name")
        implementations[name] = function
        return function

    define_pure = define
    define_if_new = define

    def define_info(self, **_hints: Any) -> Callable[[Function], Function]:
        """Like :meth:`define`, with hints that are not needed here: ``@scope.define_info(o_len=2)``."""
        return self.define

    def undefine(self, function: Callable[..., Any] | str) -> None:
        """Takes a function (or the one of that name) out of the scope.

        Raises:
            KeyError: When there is none.
        """
        del implementations[function if isinstance(function, str) else function.__name__]


scope = SymbolTable()


def _elementwise(name: str) -> Callable[[Any], Any]:
    """A function of the `math` module that takes arrays too, where numpy is there."""
    of_number = getattr(math, name)

    def function(value: Any) -> Any:
        if isinstance(value, numbers.Real):
            return of_number(value)
        import numpy

        return getattr(numpy, name)(value)

    function.__name__ = name
    return function


def _extreme(name: str, of_two: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def function(first: Any, second: Any) -> Any:
        if isinstance(first, numbers.Real) and isinstance(second, numbers.Real):
            return of_two(first, second)
        import numpy

        return getattr(numpy, name)(first, second)

    function.__name__ = name
    return function


def _pos_args(*args: Any) -> tuple[Any, ...]:
    return args


def _switch(index: int, *options: Any) -> Any:
    return options[index]


def _call(function: Callable[..., Any], args: Iterable[Any] = (), kwargs: dict[str, Any] | None = None) -> Any:
    return function(*args, **(kwargs or {}))


def _call_method(obj: Any, methodname: str, *args: Any, **kwargs: Any) -> Any:
    return getattr(obj, methodname)(*args, **kwargs)


def _hyperopt_param(label: str, obj: Any) -> Any:
    """Marks `obj`, a draw, as the hyperparameter `label`."""
    return obj


def _asarray(value: Any, dtype: Any = None) -> Any:
    import numpy

    return numpy.asarray(value, dtype=dtype)


def _repeat(n_times: int, obj: Any) -> list[Any]:
    return [obj] * n_times


def _str_join(separator: str, parts: Iterable[str]) -> str:
    return separator.join(parts)


def _identity(obj: Any) -> Any:
    return obj


implementations.update(
    {
        "asarray": _asarray,
        "call": _call,
        "call_method": _call_method,
        "call_method_pure": _call_method,
        "dict": dict,
        "eq": operator.eq,
        "float": float,
        "getattr": getattr,
        "getitem": operator.getitem,
        "hyperopt_param": _hyperopt_param,
        "identity": _identity,
        "int": int,
        "len": len,
        "list": list,
        "map": lambda function, items: [function(i) for i in items],
        "max": max,
        "maximum": _extreme("maximum", max),
        "min": min,
        "minimum": _extreme("minimum", min),
        "neg": operator.neg,
        "pos_args": _pos_args,
        "range": range,
        "repeat": _repeat,
        "round": round,
        "set": set,
        "str": str,
        "str_join": _str_join,
        "sum": sum,
        "switch": _switch,
        "tuple": tuple,
    }
)
implementations.update({name: _elementwise(name) for name in ("exp", "log", "sqrt", "sin", "cos", "tan")})
