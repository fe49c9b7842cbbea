"""Trials in a JSON file: nothing in it is executed when it is read, unlike a pickle."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ravine.hyperopt.base import Trials

_FORMAT = "ravine.hyperopt.trials/1"


def write(path: str | os.PathLike[str], trials: Trials) -> None:
    """Writes the documents and attachments, whole or not at all.

    Raises:
        TypeError: When one holds something that JSON cannot, with its place.
    """
    content = {
        "format": _FORMAT,
        "exp_key": trials._exp_key,
        "trials": [_plain(doc, f"trial {doc['tid']}") for doc in trials._dynamic_trials],
        "attachments": _plain(trials.attachments, "attachments"),
    }
    target = Path(path)
    partial = target.with_name(f"{target.name}.{os.getpid()}.part")
    partial.write_text(json.dumps(content), encoding="utf-8")
    os.replace(partial, target)


def read(path: str | os.PathLike[str], make: type[Trials]) -> Trials:
    """The trials of a file that :func:`write` wrote.

    Raises:
        ValueError: When it is something else: a pickle of hyperopt's, for example.
    """
    try:
        content = json.loads(Path(path).read_bytes())
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(
            f"{path} holds no trials of ravine.hyperopt; pickles of hyperopt are not read: load it there, "
            "and insert `trials.trials` with `trials_from_docs`"
        ) from error
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise ValueError(f"{path} holds no trials of ravine.hyperopt (`format` is not {_FORMAT!r})")
    trials = make(content["exp_key"], refresh=False)
    trials._dynamic_trials.extend(_restored(doc) for doc in content["trials"])
    trials.attachments.update(_restored(content["attachments"]))
    trials._ids.update(doc["tid"] for doc in trials._dynamic_trials)
    trials.refresh()
    return trials


def _plain(value: Any, place: str) -> Any:
    """The value as JSON has it; what JSON lacks becomes a tagged list."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, datetime):
        return {"$time": value.isoformat()}
    if isinstance(value, (bytes, bytearray)):
        return {"$bytes": base64.b64encode(value).decode("ascii")}
    if isinstance(value, Mapping):
        if all(isinstance(key, str) and not key.startswith("$") for key in value):
            return {key: _plain(item, f"{place}, {key!r}") for key, item in value.items()}
        return {"$pairs": [[_plain(key, place), _plain(item, f"{place}, {key!r}")] for key, item in value.items()]}
    if isinstance(value, tuple):
        return {"$tuple": [_plain(item, place) for item in value]}
    if isinstance(value, (list, set, frozenset)):
        return [_plain(item, place) for item in value]
    if hasattr(value, "tolist"):  # numpy's numbers and arrays
        return _plain(value.tolist(), place)
    raise TypeError(
        f"{place}: a {type(value).__name__} cannot be written to a trials file; return numbers, texts, lists and "
        "dicts, or attach it as bytes"
    )


def _restored(value: Any) -> Any:
    if isinstance(value, list):
        return [_restored(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((tag, content),) = value.items()
        if tag == "$time":
            return datetime.fromisoformat(content)
        if tag == "$bytes":
            return base64.b64decode(content)
        if tag == "$tuple":
            return tuple(_restored(item) for item in content)
        if tag == "$pairs":
            return {_restored(key): _restored(item) for key, item in content}
    return {key: _restored(item) for key, item in value.items()}
