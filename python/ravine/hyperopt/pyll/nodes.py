"""Nodes of an expression, how Python values become nodes, and how nodes become values."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TextIO

# What a name in a node means. The public face of this table is `symbols.scope`.
implementations: dict[str, Callable[..., Any]] = {}
# Those of them that draw, and take a source `rng`.
random_names: set[str] = set()
# How many items the results of some of them have.
result_lengths: dict[str, int] = {}


class Apply:
    """A function of :data:`~ravine.hyperopt.pyll.scope`, applied to other nodes.

    Args:
        name: The function's name in the scope.
        pos_args: Nodes for the positional arguments.
        named_args: Pairs of a keyword and its node.
        o_len: How many items the result has, when that is known; it allows ``a, b = node``.
    """

    def __init__(
        self,
        name: str,
        pos_args: Iterable[Apply] = (),
        named_args: Iterable[tuple[str, Apply]] = (),
        o_len: int | None = None,
    ) -> None:
        self.name = name
        self.pos_args = list(pos_args)
        self.named_args = [(keyword, node) for keyword, node in named_args]
        self.o_len = o_len

    def inputs(self) -> list[Apply]:
        """All argument nodes: the positional ones, then the named ones."""
        return self.pos_args + [node for _, node in self.named_args]

    @property
    def arg(self) -> dict[str, Apply]:
        """The argument nodes by the names of the function's parameters (absent ones left out)."""
        import inspect

        named = dict(self.named_args)
        return dict(inspect.signature(implementations[self.name]).bind_partial(*self.pos_args, **named).arguments)

    def eval(self, memo: dict[Apply, Any] | None = None) -> Any:
        """The value of this expression; nodes found in `memo` are not computed."""
        return rec_eval(self, memo=memo)

    def clone_from_inputs(self, inputs: list[Apply]) -> Apply:
        """The same call on other argument nodes, given in the order of :meth:`inputs`.

        Raises:
            TypeError: When their number differs.
        """
        if len(inputs) != len(self.inputs()):
            raise TypeError(f"`{self.name}` has {len(self.inputs())} inputs, {len(inputs)} are given")
        count = len(self.pos_args)
        keywords = [keyword for keyword, _ in self.named_args]
        return Apply(self.name, inputs[:count], zip(keywords, inputs[count:]), self.o_len)

    def __str__(self) -> str:
        return "\n".join(_lines(self))

    def pprint(self, ofile: TextIO) -> None:
        """Writes the expression as `str` shows it: numbered lines, a node's arguments below it."""
        print(self, file=ofile)

    def _title(self) -> str:
        return self.name

    def __len__(self) -> int:
        if self.o_len is None:
            raise TypeError(f"the length of `{self.name}` is known only when it is evaluated")
        return self.o_len

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Any:
        return (self[position] for position in range(len(self)))

    def __getitem__(self, index: Any) -> Apply:
        if self.o_len is not None and isinstance(index, int) and index >= self.o_len:
            raise IndexError(f"`{self.name}` has {self.o_len} items")
        return call("getitem", self, index)

    def __call__(self, *args: Any, **kwargs: Any) -> Apply:
        return call("call", self, args, kwargs)

    def __neg__(self) -> Apply:
        return call("neg", self)


def _add_operator(name: str, *, reflected: bool) -> None:
    def forward(self: Apply, other: Any) -> Apply:
        return call(name, self, other)

    def backward(self: Apply, other: Any) -> Apply:
        return call(name, other, self)

    setattr(Apply, f"__{name}__", forward)
    if reflected:
        setattr(Apply, f"__r{name}__", backward)


# `==` stays identity: nodes are keys of memos.
for _name in ("add", "sub", "mul", "truediv", "floordiv", "pow", "mod"):
    _add_operator(_name, reflected=True)
    implementations[_name] = getattr(operator, _name)
for _name in ("lt", "le", "gt", "ge"):
    _add_operator(_name, reflected=False)
    implementations[_name] = getattr(operator, _name)


class Literal(Apply):
    """A leaf that holds any Python object."""

    def __init__(self, obj: Any = None) -> None:
        try:
            o_len = len(obj)
        except (AttributeError, TypeError):  # Some estimators of scikit-learn have a length only once they are fitted.
            o_len = None
        super().__init__("literal", o_len=o_len)
        self._obj = obj

    @property
    def obj(self) -> Any:
        """The object held."""
        return self._obj

    @property
    def arg(self) -> dict[str, Apply]:
        return {}

    def clone_from_inputs(self, inputs: list[Apply]) -> Apply:
        return Literal(self._obj)

    def _title(self) -> str:
        return f"Literal{{{self._obj}}}"


def _lines(expr: Apply) -> list[str]:
    """The expression as numbered lines; a node that was shown is named by its line."""
    lines: list[str] = []
    shown: dict[Apply, int] = {}

    def write(text: str, indent: int) -> None:
        lines.append(f"{len(lines)} {' ' * indent}{text}")

    def enter(node: Apply, indent: int) -> None:
        if node in shown:
            return write(f"{node._title()}  [line:{shown[node]}]", indent)
        shown[node] = len(lines)
        write(node._title(), indent)
        for child in node.pos_args:
            enter(child, indent + 2)
        for keyword, child in node.named_args:
            write(f" {keyword} =", indent)
            enter(child, indent + 2)

    enter(expr, 0)
    return lines


def call(name: str, *args: Any, **kwargs: Any) -> Apply:
    """A node that calls the scope's function `name` on the arguments, which become nodes too."""
    named = [(key, as_apply(arg)) for key, arg in kwargs.items()]
    return Apply(name, [as_apply(arg) for arg in args], named, result_lengths.get(name))


def as_apply(obj: Any) -> Apply:
    """The node of a Python object: lists, tuples and dicts are entered, nodes are kept, the rest becomes a literal.

    A list and a tuple both evaluate to a tuple.
    """
    if isinstance(obj, Apply):
        return obj
    if isinstance(obj, (list, tuple)):
        return Apply("pos_args", [as_apply(item) for item in obj], o_len=len(obj))
    if isinstance(obj, Mapping) and type(obj).__module__ in ("builtins", "collections"):
        if all(isinstance(key, str) for key in obj):
            return Apply("dict", [], [(key, as_apply(value)) for key, value in obj.items()], o_len=len(obj))
        return Apply("dict", [as_apply(list(obj.items()))])
    return Literal(obj)


def dfs(expr: Apply) -> list[Apply]:
    """Every node of the expression once, inputs before those who use them."""
    order: list[Apply] = []
    seen: set[Apply] = set()
    stack = [(expr, False)]
    while stack:
        node, entered = stack.pop()
        if entered:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(node.inputs()) if child not in seen)
    return order


toposort = dfs


def clone(expr: Apply, memo: dict[Apply, Apply] | None = None) -> Apply:
    """A copy of the expression; nodes found in `memo` are replaced by what it says."""
    copies = {} if memo is None else memo
    for node in dfs(expr):
        if node not in copies:
            copies[node] = node.clone_from_inputs([copies[child] for child in node.inputs()])
    return copies[expr]


def rec_eval(expr: Any, memo: dict[Apply, Any] | None = None, **_unused: Any) -> Any:
    """The value of an expression.

    Args:
        expr: A node, or anything :func:`as_apply` takes.
        memo: Values of nodes that are known already: those of hyperparameters, above all. It is not changed.

    Raises:
        KeyError: When a hyperparameter that is needed has no value in `memo`.
        NameError: When the expression calls a function that the scope does not have.
    """
    return Evaluation(memo).value(as_apply(expr))


class Evaluation:
    """One pass over an expression: each node that is needed is computed once.

    Args:
        memo: Values of nodes that are known already.
        rng: Where random nodes draw from. Without it a hyperparameter that is not in `memo` is an error.
    """

    def __init__(self, memo: dict[Apply, Any] | None = None, rng: Any = None) -> None:
        self.known = dict(memo) if memo else {}
        self.rng = rng

    def value(self, node: Apply) -> Any:
        """The node's value."""
        if node not in self.known:
            self.known[node] = self._computed(node)
        return self.known[node]

    def chosen(self, switch: Apply) -> Apply:
        """The option that a `switch` takes.

        Raises:
            IndexError: When its index names no option.
        """
        index = int(self.value(switch.pos_args[0]))
        options = switch.pos_args[1:]
        if not 0 <= index < len(options):
            raise IndexError(f"option {index} is asked for, the choice has {len(options)}")
        return options[index]

    def _computed(self, node: Apply) -> Any:
        if isinstance(node, Literal):
            return node.obj
        if node.name == "switch":
            return self.value(self.chosen(node))
        if node.name == "hyperopt_param" and self.rng is None:
            raise KeyError(f"no value is given for the hyperparameter {node.arg['label'].eval()!r}")
        function = implementations.get(node.name)
        if function is None:
            raise NameError(f"`{node.name}` is not defined in the scope; define it with `@scope.define`")
        args = [self.value(child) for child in node.pos_args]
        kwargs = {key: self.value(child) for key, child in node.named_args}
        if node.name in random_names and self.rng is not None:
            kwargs["rng"] = self.rng
        result = function(*args, **kwargs)
        # A function may answer with an expression, which is evaluated in turn: so do `Raise` and lambdas.
        return self.value(result) if isinstance(result, Apply) else result
