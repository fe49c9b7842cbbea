"""Studies built in Python: the same tree as a study file, key by key, and validated by the engine.

>>> space = Space(
...     lr=Float(1e-5, 1e-1, log=True, default=1e-3),
...     layers=Int(1, 4),
...     units=Int(16, 256, log=True, length="layers"),
...     optimizer=Choice([Option("sgd", momentum=Float(0.0, 0.99)), Option("adam", beta1=Float(0.8, 0.999))]),
... ).constrain("units[0] * layers <= 512")
>>> study = StudySpec("digits", space, Objective("val_loss", "minimize"), Stage(call="train:fit"), stop={"trials": 60})

What a key means is said in docs/guide/study-file.md; here only names, shapes and types are checked, and
:meth:`StudySpec.check` asks the engine about everything else. Durations are seconds or texts such as
``"30m"``, sizes bytes or texts such as ``"4GiB"``.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

__all__ = [
    "Bool",
    "Choice",
    "Expr",
    "Float",
    "Int",
    "Objective",
    "Option",
    "Permutation",
    "Point",
    "Repeat",
    "Space",
    "Stage",
    "StudySpec",
    "Value",
]

Scalar = bool | int | float | str
Duration = int | float | str


class _Table:
    """A table of the study file: a dataclass whose fields are its keys, those that are None left out."""

    def to_dict(self) -> dict[str, Any]:
        """The table as the study file has it."""
        found = ((item.name, getattr(self, item.name)) for item in fields(self))  # type: ignore[arg-type]
        return {name: _plain(value) for name, value in found if value is not None}


def _plain(value: Any) -> Any:
    """Builders as tables, all the way down; NumPy's scalars and arrays as Python's."""
    if isinstance(value, (_Table, Option)):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple, range)):
        return [_plain(item) for item in value]
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return value.tolist() if type(value).__module__ == "numpy" else value


@dataclass
class Float(_Table):
    """A real number between two ends, both inclusive; ``float`` in the file."""

    low: float
    high: float
    log: bool = False
    """Search evenly in the logarithm; the range lies above 0."""
    step: float | None = None
    """Only every so far, counted from ``low``, or from 0 with ``anchor="zero"``."""
    points: int | None = None
    """So many values at even distances, both ends among them."""
    anchor: Literal["low", "zero"] | None = None
    default: float | Sequence[float] | None = None
    """The value in the first trial; for a list, one for all elements or one for each."""
    prior: Mapping[str, Any] | None = None
    """A belief, ``{"at": 1e-4, "confidence": "low"}``, that fades as results come in."""
    length: str | int | None = None
    """A list of such values: as many as the named int says, or a fixed number."""
    when: str | None = None
    """The parameter is there only where this expression holds."""

    def to_dict(self) -> dict[str, Any]:
        return _range("float", super().to_dict())


@dataclass
class Int(_Table):
    """A whole number between two ends, both inclusive; ``int`` in the file. Fields are those of
    :class:`Float`."""

    low: int
    high: int
    log: bool = False
    step: int | None = None
    points: int | None = None
    anchor: Literal["low", "zero"] | None = None
    default: int | Sequence[int] | None = None
    prior: Mapping[str, Any] | None = None
    length: str | int | None = None
    when: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return _range("int", super().to_dict())


def _range(kind: str, table: dict[str, Any]) -> dict[str, Any]:
    low, high = table.pop("low"), table.pop("high")
    return {kind: [low, high], **_without_false(table, "log")}


def _without_false(table: dict[str, Any], *flags: str) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key not in flags or value}


class Option:
    """An option of a choice that holds more than a literal: ``Option("adam", beta1=Float(0.8, 0.999))``."""

    def __init__(
        self, name: str, parameters: Mapping[str, Any] | None = None, /, *, value: Any = None, **named: Any
    ) -> None:
        """An option that the study calls ``name``.

        Args:
            parameters: What is there only where this option is taken, for names such as ``value``.
            value: What the program gets for it, where that is not the name. It excludes parameters.
            named: More of the parameters, by name.

        Raises:
            ValueError: It has a value and parameters.
        """
        self.name = name
        self.value = value
        self.parameters = {**(parameters or {}), **named}
        if self.value is not None and self.parameters:
            raise ValueError(f"the option `{name}` has a value or parameters, not both")

    def to_dict(self) -> dict[str, Any]:
        """The option's table as the study file has it."""
        value = {} if self.value is None else {"value": _plain(self.value)}
        return {"name": self.name, **value, **_plain(self.parameters)}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Option):
            return NotImplemented
        return self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        rest = [f"value={self.value!r}"] if self.value is not None else []
        rest += [f"{name}={parameter!r}" for name, parameter in self.parameters.items()]
        return f"Option({', '.join([repr(self.name), *rest])})"


@dataclass
class Choice(_Table):
    """One of several options: literals, or :class:`Option` with a value or parameters of its own."""

    options: Sequence[Any]
    ordered: bool = False
    """Neighbours are alike."""
    weights: Sequence[float] | None = None
    """How often each option is drawn, relative to the others."""
    default: Any = None
    prior: Mapping[str, Any] | None = None
    length: str | int | None = None
    when: str | None = None

    def to_dict(self) -> dict[str, Any]:
        table = super().to_dict()
        return {"choice": table.pop("options"), **_without_false(table, "ordered")}


@dataclass
class Bool(_Table):
    """False or true."""

    weights: Sequence[float] | None = None
    """How often false and true are drawn, relative to each other."""
    default: bool | Sequence[bool] | None = None
    prior: Mapping[str, Any] | None = None
    length: str | int | None = None
    when: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return {"bool": True, **super().to_dict()}


@dataclass
class Permutation(_Table):
    """An order of these items."""

    items: Sequence[Scalar]
    default: Sequence[Any] | None = None
    prior: Mapping[str, Any] | None = None
    length: str | int | None = None
    when: str | None = None

    def to_dict(self) -> dict[str, Any]:
        table = super().to_dict()
        return {"permutation": table.pop("items"), **table}


@dataclass
class Expr(_Table):
    """Computed from other parameters, not searched: ``Expr("2 * units[0]", int=True)``."""

    expr: str
    int: bool = False
    """Rounded to a whole number."""
    when: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return _without_false(super().to_dict(), "int")


@dataclass
class Value(_Table):
    """A constant of any shape; a plain literal needs no such table."""

    value: Any
    when: str | None = None


class Space:
    """What can be tried: parameters by name, and expressions that every proposal keeps."""

    def __init__(self, parameters: Mapping[str, Any] | None = None, /, **named: Any) -> None:
        """A space of these parameters, in this order.

        Args:
            parameters: Builders of this module, tables as in the study file, or literals for constants.
            named: More of them, by name.
        """
        self.parameters: dict[str, Any] = {**(parameters or {}), **named}
        self.constraints: list[str] = []

    def constrain(self, *expressions: str) -> Space:
        """Adds expressions over parameters that every proposal keeps, such as ``"batch * units[0] <=
        16384"``; gives the space itself."""
        self.constraints.extend(expressions)
        return self

    def to_dict(self) -> dict[str, Any]:
        """The table ``[space]``; the constraints stand beside it in the study file.

        Raises:
            StudyFileError: It is too deep.
        """
        from ._engine.errors import shallow

        with shallow():
            return {name: _plain(parameter) for name, parameter in self.parameters.items()}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Space):
            return NotImplemented
        return self.constraints == other.constraints and self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        inner = ", ".join(f"{name}={parameter!r}" for name, parameter in self.parameters.items())
        constraints = f".constrain({', '.join(map(repr, self.constraints))})" if self.constraints else ""
        return f"Space({inner}){constraints}"


@dataclass
class Objective(_Table):
    """One thing to make small or large."""

    metric: str | None
    """A reported name, or an expression over such names; None: the one metric that is reported."""
    direction: Literal["minimize", "maximize"]
    at: Literal["last", "best"] | None = None
    """Which of the reported values counts; the last where absent."""
    noise: str | None = None
    """``auto``, ``none``, or the name of a metric that holds the standard error."""


@dataclass
class Stage(_Table):
    """A program that a trial runs: a command (``run``) or a Python function (``call``), one of the two."""

    run: str | Sequence[Any] | None = None
    """A list of arguments with placeholders, or a line for the shell."""
    call: str | Callable[..., Any] | None = None
    """``"package.module:function"``, or a function that can be imported."""
    name: str | None = None
    python: str | os.PathLike[str] | None = None
    """The interpreter that calls the function; that of :func:`ravine.run` where absent."""
    pool: bool | None = None
    """Runs of the function are forks of one process that has imported its module."""
    shell: bool | None = None
    once: bool | None = None
    """Once for a trial, before the stages that run for every repetition."""
    cpus: int | Mapping[str, int] | None = None
    gpus: float | None = None
    memory: int | str | None = None
    resources: Mapping[str, int] | None = None
    pin: bool | None = None
    priority: int | None = None
    retries: int | None = None
    backoff: Duration | None = None
    step_limit: int | None = None
    timeout: Duration | None = None
    on_timeout: Literal["fail", "keep"] | None = None
    ok: Sequence[int] | None = None
    grace: Duration | None = None
    cwd: str | os.PathLike[str] | None = None
    env: Mapping[str, str] | None = None
    file: Sequence[Mapping[str, Any]] | None = None
    capture: Mapping[str, str] | None = None
    log_limit: int | str | None = None

    def to_dict(self) -> dict[str, Any]:
        table = super().to_dict()
        name = {"name": table.pop("name")} if "name" in table else {}
        return {**name, **table}

    def __post_init__(self) -> None:
        if (self.run is None) == (self.call is None):
            raise ValueError("a stage has a command (`run`) or a function (`call`), one of the two")
        if callable(self.call):
            self.call = target_of(self.call)


def target_of(function: Callable[..., Any]) -> str:
    """A function as a study file names it: ``package.module:function``.

    One of the program that runs (``__main__``) is named by its file, so that program needs an ``if __name__
    == "__main__":`` before what it does.

    Raises:
        ValueError: It cannot be imported: a lambda, a function within a function, one of an interactive
            session.
    """
    module = getattr(function, "__module__", None)
    path = getattr(function, "__qualname__", None)
    if module is None or path is None:
        raise ValueError(f"{function!r} has no name by which another process could import it")
    if "<" in path:
        raise ValueError(f"`{path}` cannot be imported by another process: define it at the top of a module")
    if module == "__main__":
        module = _main_module(path)
    return f"{module}:{path}"


def _main_module(path: str) -> str:
    main = sys.modules["__main__"]
    if main.__spec__ is not None:  # python -m package.module
        return main.__spec__.name
    name = Path(getattr(main, "__file__", None) or "").stem
    if not name.isidentifier():
        raise ValueError(f"`{path}` belongs to a session or a file that cannot be imported: put it into a module")
    return name


@dataclass
class Repeat(_Table):
    """An axis that each configuration is repeated over: folds of the data, replicas with other seeds."""

    name: str
    count: int | None = None
    """How many repetitions, numbered from 0; or ``values``."""
    values: Sequence[Scalar] | None = None
    statistic: Literal["mean", "median", "best", "worst", "std", "sum"] | None = None
    weights: Sequence[float] | None = None
    keep: float | None = None
    by: str | None = None
    stop_above: float | None = None


@dataclass
class Point(_Table):
    """A configuration to start with; with a ``result`` it is known already, and not run."""

    params: Mapping[str, Any]
    result: Mapping[str, float] | None = None


@dataclass
class StudySpec:
    """A whole study, as a study file has it. Tables without a builder of their own are dicts with the file's
    keys."""

    name: str
    """What the study is called; results lie in ``runs/NAME``."""
    space: Space | Mapping[str, Any]
    objective: Objective | Mapping[str, Any] | Sequence[Objective | Mapping[str, Any]]
    stage: Stage | Mapping[str, Any] | Sequence[Stage | Mapping[str, Any]]
    constraint: str | Sequence[str] = ()
    """Expressions that a result must satisfy to be feasible: ``"latency_ms <= 20"``."""
    sampler: str | Mapping[str, Any] | None = None
    """A name, or a table: ``{"name": "tpe", "n_startup_trials": 20}``."""
    pruner: str | Mapping[str, Any] | None = None
    stop: Mapping[str, Any] | None = None
    """``{"trials": 200, "time": "2h"}``."""
    repeat: Repeat | Mapping[str, Any] | Sequence[Repeat | Mapping[str, Any]] = ()
    point: Sequence[Point | Mapping[str, Any]] = ()
    seed: int | None = None
    lag: int | None = None
    reproducible: bool | None = None
    keep: int | None = None
    duplicates: Literal["skip", "repeat", "reuse"] | None = None
    cost: str | None = None
    setup: Mapping[str, Any] | None = None
    limits: Mapping[str, Any] | None = None
    executor: Mapping[str, Any] | None = None
    transfer: Sequence[str | os.PathLike[str]] = ()
    """Folders of earlier studies that shape the start."""
    store: Mapping[str, Any] | None = None
    on: Sequence[Mapping[str, Any]] = ()
    metrics: Mapping[str, Any] | None = None
    record: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The tree of the study file.

        Raises:
            StudyFileError: It is too deep: choices within choices without end, or a table that holds itself.
        """
        from ._engine.errors import shallow

        with shallow():
            return self._tree()

    def _tree(self) -> dict[str, Any]:
        space = self.space if isinstance(self.space, Space) else Space(self.space)
        tree: dict[str, Any] = {key: getattr(self, key) for key in _TOP}
        tree |= {
            "objective": _list(self.objective),
            "constraint": [{"expr": expression} for expression in _list(self.constraint)],
            "space": space.to_dict(),
            "space_constraint": [{"expr": expression} for expression in space.constraints],
            "point": _list(self.point),
            "transfer": {"from": list(self.transfer)} if self.transfer else None,
            "sampler": _named(self.sampler),
            "pruner": _named(self.pruner),
            "setup": self.setup,
            "stage": _list(self.stage),
            "repeat": _list(self.repeat),
        }
        tree |= {key: getattr(self, key) for key in _TABLES}
        return {key: _plain(value) for key, value in tree.items() if value is not None and value != []}

    def to_toml(self) -> str:
        """The study file as TOML.

        Raises:
            ValueError: The study holds None, such as an option of a choice, which TOML lacks: write it as
                JSON.
        """
        from ._engine import toml

        return toml.dumps(self.to_dict())

    def to_json(self) -> str:
        """The study file as JSON."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n"

    def write(self, path: str | os.PathLike[str]) -> Path:
        """Writes the study file: TOML or JSON, by the name's ending. Relative paths in it start at its
        folder.

        Raises:
            ValueError: The ending is another one, or TOML lacks a word for something.
            OSError: It cannot be written.
        """
        path = Path(path)
        writers = {".toml": self.to_toml, ".json": self.to_json}
        if path.suffix not in writers:
            raise ValueError(f"a study file is written as *.toml or *.json, not as {path.name}")
        path.write_text(writers[path.suffix](), encoding="utf-8")
        return path

    def check(self, folder: str | os.PathLike[str] = ".") -> dict[str, Any]:
        """What ``ravine check`` finds: the parameters, the size of the space, warnings, sample configurations
        and commands.

        Args:
            folder: Where relative paths of the study start. A file is written there for as long as this
                takes.

        Raises:
            StudyFileError: Something is wrong; the message shows it with its line in the file that the study
                makes.
            EngineError: The engine cannot be asked.
        """
        from ._engine import files, process

        with files.passing(self.to_dict(), Path(folder)) as path:
            found: dict[str, Any] = process.ask("check", str(path))
        return found


_TOP = ("name", "seed", "lag", "reproducible", "keep", "duplicates", "cost")
_TABLES = ("stop", "limits", "executor", "store", "on", "metrics", "record")


def _list(value: Any) -> list[Any]:
    """One or several, as several."""
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _named(value: str | Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """A table that has only a name may be written as its name."""
    return {"name": value} if isinstance(value, str) else value
