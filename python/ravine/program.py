"""For programs that ravine runs as commands: what they were given, and how they report.

>>> settings = config({"lr": 1e-3, "epochs": 10})
>>> report(loss=0.5, step=1)
{"step": 1, "loss": 0.5}

Outside of ravine the same program runs as well: :func:`config` gives the defaults, :func:`report` prints its
line, and :func:`current_run` says that there is no run. The module needs nothing but the standard library,
and nothing else of the package: it may be copied beside a program.
"""

from __future__ import annotations

import json
import operator
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, SupportsFloat, SupportsIndex

if TYPE_CHECKING:
    # Each run of a function imports this module: what is rarely needed is imported where it is.
    from pathlib import Path

__all__ = ["Run", "config", "current_run", "report"]


def config(defaults: Mapping[str, Any] | None = None, /, **more: Any) -> dict[str, Any]:
    """The configuration of this run, as ``config.json`` has it: nested tables, lists, numbers, texts, truth
    values.

    Args:
        defaults: What stands for keys that the configuration lacks, and for all of them outside of ravine. A
            table is taken or left whole: nothing is merged below the top.
        more: The same, by name.

    Raises:
        OSError: ``config.json`` cannot be read.
    """
    settings = {**(defaults or {}), **more}
    path = os.environ.get("RAVINE_CONFIG")
    if path:
        with open(path, encoding="utf-8") as file:
            settings.update(json.load(file))
    return settings


def report(
    metrics: Mapping[str, SupportsFloat] | None = None,
    /,
    *,
    step: SupportsIndex | None = None,
    **named: SupportsFloat,
) -> None:
    """Reports metrics to ravine; outside of it, prints them as a line of JSON.

    A report of a step feeds the rules that stop hopeless runs; the last value of a metric is the one that
    counts, unless the study file says ``at = "best"``. NaN and the infinities may be reported.

    Args:
        metrics: Names and numbers, for names that are no Python names: ``report({"val/acc": 0.9})``.
        step: How far the program is (epoch, iteration), 0 or more; absent: the newest values, of no step.
        named: More of them, by name: ``report(loss=0.1)``.

    Raises:
        TypeError: A value is no number, or the step no whole number.
        ValueError: Nothing is reported, or the step is negative.
    """
    line = report_line({**(metrics or {}), **named}, step)
    path = os.environ.get("RAVINE_REPORT")
    if not path:
        print(line, flush=True)
        return
    # One write to a file opened for appending: lines of several processes do not mix.
    inbox = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)
    try:
        os.write(inbox, line.encode() + b"\n")
    finally:
        os.close(inbox)


def report_line(metrics: Mapping[str, SupportsFloat], step: SupportsIndex | None = None) -> str:
    """What a program prints to report: a JSON object. Errors are those of :func:`report`."""
    if not metrics:
        raise ValueError("a report names a metric: report(loss=0.1)")
    line: dict[str, int | float] = {}
    if step is not None:
        line["step"] = operator.index(step)
        if line["step"] < 0:
            raise ValueError(f"a step is 0 or more, not {line['step']}")
    for name, value in metrics.items():
        if not isinstance(name, str):
            raise TypeError(f"a metric's name is a text, not {name!r}")
        line[name] = number(value, f"the metric `{name}`")
    return json.dumps(line)


def number(value: Any, what: str) -> int | float:
    """A value as a plain number: also a NumPy scalar, or a tensor of one element.

    Raises:
        TypeError: It is none; the message begins with ``what``.
    """
    if isinstance(value, (int, float)):
        return +value
    if isinstance(value, (str, bytes, bytearray)) or not hasattr(value, "__float__"):
        raise TypeError(f"{what} is a number, not {value!r}")
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{what} is a number, not {value!r} ({error})") from error


@dataclass(frozen=True)
class Run:
    """What ravine says of the run that this process is, beside its configuration. Outside of ravine: the
    defaults."""

    study: str | None = None
    """The study's name."""
    trial: int | None = None
    """The trial's number, from 0."""
    repetition: int = 0
    """The repetition's number over all axes, from 0."""
    seed: int | None = None
    """For the program's random numbers, below 2³¹: another one for each trial and repetition, the same in
    each attempt."""
    level: int | None = None
    """How far the run is to go, in the pruner's resource; None is to the end."""
    cpus: int = 1
    """How many processors the run was given."""
    run_dir: Path | None = None
    """The attempt's folder: config, logs, reports."""
    checkpoint_dir: Path | None = None
    """What the run saves to go on from; the next attempt finds it here. Made by ``mkdir`` where it is needed.
    """
    artifacts_dir: Path | None = None
    """What the run wishes to keep. Made by ``mkdir`` where it is needed."""

    @property
    def is_inside(self) -> bool:
        """Whether ravine started this process."""
        return self.trial is not None

    def axis(self, name: str) -> Any:
        """Where the run stands on an axis of ``[[repeat]]``, such as ``"fold"``.

        Raises:
            KeyError: There is no such axis.
        """
        return _value(os.environ[_variable(name)])

    def stage_dir(self, stage: str) -> Path:
        """The folder of the attempt of an earlier stage that ended well.

        Raises:
            KeyError: There is no such stage, or it has not run.
        """
        from pathlib import Path

        return Path(os.environ[_variable(f"stage_{stage}_dir")])


def current_run() -> Run:
    """The run that this process is."""
    named = {name: given(name) for name in Run.__dataclass_fields__}
    return Run(**{name: value for name, value in named.items() if value is not None})


def given(name: str) -> Any:
    """What ravine gives under a placeholder's name: ``seed``, ``checkpoint_dir``, ``fold``; None where it
    gives nothing."""
    # These two are whole files, and `config` the configuration itself.
    text = None if name in ("config", "report") else os.environ.get(_variable(name))
    if text is None:
        return None
    if name.endswith("_dir"):
        from pathlib import Path

        return Path(text)
    return text if name == "study" else _value(text)


def _variable(name: str) -> str:
    return "RAVINE_" + "".join(c.upper() if c.isascii() and c.isalnum() else "_" for c in name)


def _value(text: str) -> Any:
    """A variable's text as what it says: a number, a truth value, or else the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text
