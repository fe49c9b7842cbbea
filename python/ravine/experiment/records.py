"""What experiments leave on the disk: ``config.json`` of each, and ``results.jsonl``, one line for each that
ended well."""

from __future__ import annotations

import functools
import json
import math
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

RESULTS = "results.jsonl"
CONFIG = "config.json"
_NON_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def prepare(folder: Path, force: bool, resume: bool) -> None:
    """Makes the folder that experiments write to.

    Args:
        force: In a folder that is not empty the old results are deleted, all else is kept.
        resume: All is kept.

    Raises:
        ValueError: It is not empty, and neither of these is said.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if resume:
        return
    if not force and any(folder.iterdir()):
        raise ValueError(
            f"{folder} is not empty: name another folder, or say resume=True to run what is missing in it, or "
            "force=True to begin anew"
        )
    (folder / RESULTS).unlink(missing_ok=True)


def recorded(folder: Path) -> dict[int, dict[str, Any]]:
    """The lines of ``results.jsonl``, by experiment. The half line that a killed program may leave is none.

    Raises:
        ValueError: A line is no result.
    """
    path = folder / RESULTS
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    found = {}
    for number, line in enumerate(text[: text.rfind("\n") + 1].splitlines(), 1):
        try:
            record = json.loads(line)
            record["scores"] = {name: _finite(value) for name, value in record["scores"].items()}
            found[record["experiment_id"]] = record
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise ValueError(f"{path}, line {number}, is no result: {error}") from error
    return found


def rewrite(folder: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    """Writes ``results.jsonl`` with these lines alone."""
    passing = folder / f".{RESULTS}"
    passing.write_text("".join(_line(record) for record in lines), encoding="utf-8")
    os.replace(passing, folder / RESULTS)


def write_config(folder: Path, record: Mapping[str, Any]) -> None:
    """Writes ``config.json`` into an experiment's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONFIG).write_text(json.dumps(jsonable(record), indent=4) + "\n", encoding="utf-8")


def append_result(folder: Path, record: Mapping[str, Any]) -> None:
    """Appends a line to ``results.jsonl``: keys in order, all of it in one write."""
    with open(folder / RESULTS, "a", encoding="utf-8") as file:
        file.write(_line(record))


def _line(record: Mapping[str, Any]) -> str:
    return json.dumps(jsonable(record), sort_keys=True) + "\n"


def read_results(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """The lines of ``results.jsonl``, flat: ``experiment_id``, ``model.depth``, ``scores.mean_accuracy``.

    ``pandas.DataFrame(read_results(folder))`` is a table of them.

    Args:
        path: The file, or the folder that it lies in.

    Raises:
        OSError: It cannot be read.
        ValueError: A line is no JSON object.
    """
    path = Path(path)
    path = path / RESULTS if path.is_dir() else path
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            rows.append(_flat(json.loads(line)))
        except (ValueError, AttributeError) as error:
            raise ValueError(f"{path}, line {number}, is no result: {error}") from error
    return rows


def _flat(table: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            flat.update(_flat(value, f"{path}{key}."))
        else:
            flat[f"{path}{key}"] = _finite(value) if path.startswith("scores.") else value
    return flat


def _finite(value: Any) -> Any:
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return _NON_FINITE.get(value, value) if isinstance(value, str) else value


def jsonable(value: Any) -> Any:
    """A configuration or scores as JSON has them.

    NumPy scalars are numbers, arrays ``"numpy-array"``; functions and classes their names; a partial function
    its name and what is bound to it; numbers that JSON lacks ``"nan"``, ``"inf"``, ``"-inf"``; anything else
    its text.
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(float(value))
    if isinstance(value, Mapping):
        return {str(key): jsonable(part) for key, part in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [jsonable(item) for item in value]
    if isinstance(value, functools.partial):
        return f"{jsonable(value.func)}_{value.args}{value.keywords}"
    if callable(value):
        return getattr(value, "__name__", str(value))
    if type(value).__module__.partition(".")[0] == "numpy":
        return "numpy-array" if getattr(value, "ndim", 0) else jsonable(value.item())
    return str(value)
