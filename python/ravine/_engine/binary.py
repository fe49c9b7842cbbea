"""Where the ``ravine`` program is."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from .errors import EngineNotFoundError

_NAME = "ravine"


def find_engine() -> str:
    """The path of the ``ravine`` program.

    In this order: the variable ``RAVINE_BIN``; beside the interpreter and where its package scripts lie, as
    the wheel puts it; the newest build of the clone that the package is imported from; ``PATH``.

    Raises:
        EngineNotFoundError: It is nowhere.
    """
    named = os.environ.get("RAVINE_BIN")
    if named:
        found = shutil.which(named)
        if found is None:
            raise EngineNotFoundError(f"RAVINE_BIN is `{named}`, which is no program")
        return os.path.abspath(found)
    for candidate in [*_installed(), *_built()]:
        if os.access(candidate, os.X_OK) and candidate.is_file():
            return str(candidate)
    found = shutil.which(_NAME)
    if found is None:
        raise EngineNotFoundError(
            f"there is no program `{_NAME}` beside {sys.executable}, nor in PATH; install it with `pip install ravine` "
            "or name one by the variable RAVINE_BIN"
        )
    return os.path.abspath(found)


def _installed() -> Iterator[Path]:
    """Where installers put a wheel's programs."""
    yield Path(sys.executable).parent / _NAME
    yield Path(sysconfig.get_path("scripts")) / _NAME
    user = sysconfig.get_preferred_scheme("user")
    yield Path(sysconfig.get_path("scripts", user)) / _NAME


def _built() -> list[Path]:
    """The builds of a clone, the newest first."""
    clone = Path(__file__).resolve().parents[3]
    if not (clone / "Cargo.toml").is_file():
        return []
    builds = [clone / "target" / profile / _NAME for profile in ("release", "debug")]
    return sorted((build for build in builds if build.is_file()), key=lambda build: -build.stat().st_mtime)
