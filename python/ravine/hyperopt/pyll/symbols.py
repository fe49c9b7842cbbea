"""The scope: functions that an expression may call."""

from __future__ import annotations

import math
import numbers
import operator
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from ravine.hyperopt.pyll.nodes import Apply, as_apply, call, clone, implementations, result_lengths

Function = TypeVar("Function", bound=Callable[..., Any])


class PyllImportError(ImportError):
    """The scope has no function of that name."""


class SymbolTableEntry:
    """A function of the scope: called with nodes or values, it makes a node.

    Args:
        apply_name: Its name.
    """

    def __init__(self, apply_name: str) -> None:
        self.apply_name = self.__name__ = apply_name

    def __call__(self, *args: Any, **kwargs: Any) -> Apply:
        return call(self.apply_name, *args, **kwargs)


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

        return SymbolTableEntry(name)

    @property
    def _impls(self) -> dict[str, Callable[..., Any]]:
        return implementations

    def define(self, f: Function, o_len: int | None = None, pure: bool = False) -> Function:
        """Adds a function under its own name, and returns it (so this is a decorator).

        Args:
            f: The function.
            o_len: How many items its results have, which allows ``a, b = node``.
            pure: Not needed here.

        Raises:
            ValueError: When the scope has a function of that name.
        """
        name = f.__name__
        if name in implementations:
            raise ValueError(f"the scope has a function `{name}` already; `undefine` it, or take another name")
        implementations[name] = f
        if o_len is not None:
            result_lengths[name] = o_len
        return f

    define_pure = define

    def define_if_new(self, f: Function, o_len: int | None = None, pure: bool = False) -> Function:
        """Like :meth:`define`; nothing happens where the scope has this very function."""
        return f if implementations.get(f.__name__) is f else self.define(f, o_len, pure)

    def define_info(self, o_len: int | None = None, pure: bool = False) -> Callable[[Function], Function]:
        """:meth:`define` with hints: ``@scope.define_info(o_len=2)``."""
        return lambda f: self.define(f, o_len, pure)

    def inject(self, *args: str, **kwargs: str) -> dict[str, Callable[..., Apply]]:
        """Functions of the scope by name; those given by keyword are named by the keyword.

        Raises:
            PyllImportError: When the scope lacks one.
        """
        try:
            return {key: getattr(self, name) for key, name in [*zip(args, args), *kwargs.items()]}
        except AttributeError as error:
            raise PyllImportError(str(error)) from None

    def import_(self, _globals: dict[str, Any], *args: str, **kwargs: str) -> None:
        """Puts functions of the scope into a module's names: ``scope.import_(globals(), "switch")``."""
        _globals.update(self.inject(*args, **kwargs))

    def undefine(self, function: Callable[..., Any] | str) -> None:
        """Takes a function (or the one of that name) out of the scope.

        Raises:
            KeyError: When there is none.
        """
        name = function if isinstance(function, str) else function.__name__
        del implementations[name]
        result_lengths.pop(name, None)


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


def _raise(etype: type[BaseException], *args: Any, **kwargs: Any) -> Any:
    raise etype(*args, **kwargs)


def _array_union(*arrays: Iterable[Any]) -> Any:
    import numpy

    return numpy.asarray(sorted(set().union(*arrays)))


def bincount(x: Any, offset: int = 0, weights: Any = None, minlength: int = 0) -> Any:
    """How often each whole number from `offset` on occurs, as an array."""
    import numpy

    return numpy.bincount(numpy.asarray(x, dtype=int) - offset, weights, minlength)


def _rng_from_seed(seed: Any) -> Any:
    import numpy

    return numpy.random.default_rng(seed)


class Lambda:
    """A function of the scope that is an expression: ``scope.define(Lambda("half", [("x", p0)], p0 / 2))``.

    Args:
        name: Its name.
        params: Pairs of an argument's name and the node that stands for it in `expr`.
        expr: The expression.
    """

    def __init__(self, name: str, params: list[tuple[str, Apply]], expr: Apply) -> None:
        self.__name__ = name
        self.params = params
        self.expr = expr

    def __call__(self, *args: Any, **kwargs: Any) -> Apply:
        if len(args) > len(self.params):
            raise TypeError(f"`{self.__name__}` takes {len(self.params)} arguments, {len(args)} are given")
        if kwargs or len(args) < len(self.params):
            raise NotImplementedError(f"`{self.__name__}` needs all its arguments, by position")
        return clone(self.expr, {symbol: as_apply(arg) for (_, symbol), arg in zip(self.params, args)})


#: Nodes that stand for a lambda's arguments.
p0, p1, p2, p3, p4 = (Apply("argument") for _ in range(5))


def _partial(name: Any, *args: Any, **kwargs: Any) -> SymbolTableEntry:
    """A function of the scope with its first arguments given: a new one, of the one argument that is left."""
    name = getattr(name, "apply_name", name)
    new = f"partial_{name}_{len(implementations)}"
    scope.define(Lambda(new, [("x", p0)], call(name, *args, p0, **kwargs)))
    return SymbolTableEntry(new)


def _call_pipe(functions: Iterable[Callable[[Any], Any]], arg: Any) -> Any:
    for function in functions:
        arg = function(arg)
    return arg


def _keyword_switch(kw: Any, **kwargs: Any) -> Apply:
    """A `switch` whose options have names."""
    names = sorted(kwargs)
    return call("switch", call("call_method_pure", names, "index", kw), *(kwargs[name] for name in names))


implementations.update(
    {
        "Raise": _raise,
        "array_union": _array_union,
        "array_union1": lambda arrays: _array_union(*arrays),
        "asarray": _asarray,
        "bincount": bincount,
        "call": _call,
        "call_method": _call_method,
        "call_method_pure": _call_method,
        "callpipe1": _call_pipe,
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
        "partial": _partial,
        "pos_args": _pos_args,
        "range": range,
        "repeat": _repeat,
        "rng_from_seed": _rng_from_seed,
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
# It makes a node of another function, so it is none of its own.
vars(scope)["kwswitch"] = _keyword_switch
