"""``ravine.run``: a study from Python, by the engine."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..spec import StudySpec
from . import files, process
from .errors import error_of
from .result import StudyResult

_NO_SUCCESS = 1
_STOPPED = 130


def run(
    study: str | os.PathLike[str] | StudySpec | Mapping[str, Any],
    *,
    dir: str | os.PathLike[str] | None = None,
    parallel: int | None = None,
    trials: int | None = None,
    seed: int | None = None,
    new: bool = False,
    quiet: bool = False,
    on_event: Callable[[dict[str, Any]], object] | None = None,
) -> StudyResult:
    """Runs a study, or goes on with it: the same call. Stages that ``call`` functions use this interpreter.

    The engine is a process of its own, in which nothing of this one is: the study goes on with ``ravine run``
    as well. On Ctrl-C no new trials begin and the running ones finish, a second one ends them; then
    KeyboardInterrupt is raised.

    Args:
        study: A study file; or a :class:`~ravine.StudySpec` or a dict with a study file's tree, which is
            written as ``NAME.study.toml`` into the current folder, where its relative paths start.
        dir: Where studies live; ``runs`` beside the study file where absent.
        parallel: How many runs at a time, instead of what the file says.
        trials: How many trials in all, instead of what the file says.
        seed: The seed of a study that starts now.
        new: Move the study that is there aside, and start anew.
        quiet: Print nothing.
        on_event: Called with each thing that happens as a dict, such as ``{"event": "trial-ended", "trial":
            3, "state": "complete", "values": [0.12], …}``, instead of the display.

    Returns:
        What was found: the study has reached a limit or tried everything, or somebody ended it with ``ravine
        stop``.

    Raises:
        TypeError: ``study`` is nothing of that.
        StudyFileError: Something is wrong with the study; the message shows where.
        StudyRefusedError: There is a study of this name, and it is another one.
        NoSuccessfulTrialError: The study ended without a result; TooManyFailuresError: its program is broken.
        EngineNotFoundError: There is no ``ravine`` program.
        EngineError: Something else, such as a full disk.
        KeyboardInterrupt: It was interrupted; what is recorded stays.
    """
    path = Path(study) if isinstance(study, (str, os.PathLike)) else files.write(_tree(study), Path.cwd())
    where = [] if dir is None else ["--dir", os.fspath(dir)]
    arguments = [
        "run",
        str(path),
        *where,
        *_numbers({"--parallel": parallel, "--trials": trials, "--seed": seed}),
    ]
    arguments += ["--new"] if new else []
    arguments += ["--json"] if on_event else []
    ended = process.drive(arguments, quiet, on_event)
    if ended.interrupts:
        raise KeyboardInterrupt
    if ended.exit_code not in (0, _NO_SUCCESS, _STOPPED):
        raise error_of(ended.exit_code, ended.message)
    result = StudyResult(process.ask("show", str(path), *where)["folder"])
    if ended.exit_code == _NO_SUCCESS:
        raise error_of(_NO_SUCCESS, _last_failure(result))
    return result


def _numbers(options: Mapping[str, int | None]) -> list[str]:
    """The options that are given, as the command line has them."""
    return [part for name, value in options.items() if value is not None for part in (name, str(int(value)))]


def _tree(study: Any) -> dict[str, Any]:
    if isinstance(study, StudySpec):
        return study.to_dict()
    if isinstance(study, Mapping):
        return dict(study)
    raise TypeError(f"a study is a path, a StudySpec or a dict, not {study!r}")


def _last_failure(result: StudyResult) -> str:
    messages = [trial.message for trial in result.trials if trial.message]
    said = f"; the last one said: {messages[-1]}" if messages else ""
    return f"no trial of `{result.name}` succeeded{said}"
