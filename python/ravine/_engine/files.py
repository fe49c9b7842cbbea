"""Study files that are made from Python."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import toml
from .errors import shallow

_HEADER = "# Written by ravine.run; the next call writes it anew.\n"


def rendered(tree: Mapping[str, Any]) -> tuple[str, str]:
    """The study file's text and the ending that says its format: TOML where it has a word for everything.

    Raises:
        TypeError: The tree holds what no study file can.
        StudyFileError: It is too deep.
    """
    with shallow():
        try:
            return toml.dumps(tree), ".toml"
        except ValueError:
            # JSON is YAML, too, and as YAML it may have a comment.
            return json.dumps(tree, indent=2, ensure_ascii=False) + "\n", ".yaml"


def write(tree: Mapping[str, Any], folder: Path) -> Path:
    """Writes ``NAME.study.toml`` (or ``.yaml``) into a folder, unless it is there as it should be.

    Raises:
        FileExistsError: There is such a file that was not written so.
        ValueError: The study has no name.
        OSError: It cannot be written.
    """
    name = tree.get("name")
    if not isinstance(name, str) or not name:
        raise ValueError("a study that is made in Python needs a `name`: its folder is called so")
    text, ending = rendered(tree)
    path = folder / f"{name}.study{ending}"
    text = _HEADER + text
    try:
        there = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        there = None
    if there is not None and not there.startswith(_HEADER):
        raise FileExistsError(
            f"{path} was not written by ravine.run: rename it, or run it as it is: ravine.run({str(path)!r})"
        )
    if there != text:
        path.write_text(text, encoding="utf-8")
    return path


@contextmanager
def passing(tree: Mapping[str, Any], folder: Path) -> Iterator[Path]:
    """A study file that is gone afterwards. Errors are those of :func:`rendered` and of writing."""
    text, ending = rendered(tree)
    handle, path = tempfile.mkstemp(suffix=ending, prefix=".study-", dir=folder, text=True)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        yield Path(path)
    finally:
        os.unlink(path)
