"""Builds the wheel: the extension by maturin, and beside it the `ravine` command.

The command must be the true binary, not a Python script around a function of the extension: it supervises runs by starting
itself again (`current_exe`). So it is built by cargo first, and put where maturin takes the wheel's scripts from.

WHEEL_PROFILE chooses the cargo profile of both: ``release`` where absent, ``quick`` for tests (no link-time
optimisation).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import maturin
from maturin import (  # noqa: F401
    build_sdist,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
)

ROOT = Path(__file__).resolve().parents[2]


SCRIPTS = ROOT / "target" / "python" / "ravine.data" / "scripts"


def _profile() -> str:
    return os.environ.get("WHEEL_PROFILE", "release")


def _prepare() -> None:
    """Builds the command, and tells maturin the profile."""
    cargo = os.environ.get("CARGO", "cargo")
    subprocess.run(
        [cargo, "build", "--locked", "--profile", _profile(), "-p", "ravine-cli", "--bin", "ravine"],
        cwd=ROOT,
        check=True,
    )
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    name = "ravine.exe" if os.name == "nt" else "ravine"
    SCRIPTS.mkdir(parents=True, exist_ok=True)
    shutil.copy2(target / _profile() / name, SCRIPTS / name)
    os.environ["MATURIN_PEP517_ARGS"] = f"--locked --profile {_profile()}"


def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: Mapping[str, Any] | None = None) -> str:
    """The metadata's folder; nothing is built for it, but maturin wants to see where scripts will be."""
    SCRIPTS.mkdir(parents=True, exist_ok=True)
    return maturin.prepare_metadata_for_build_wheel(metadata_directory, config_settings)


prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


def build_wheel(
    wheel_directory: str,
    config_settings: Mapping[str, Any] | None = None,
    metadata_directory: str | None = None,
) -> str:
    """The wheel's file name."""
    _prepare()
    return maturin.build_wheel(wheel_directory, config_settings, metadata_directory)


def build_editable(
    wheel_directory: str,
    config_settings: Mapping[str, Any] | None = None,
    metadata_directory: str | None = None,
) -> str:
    """The file name of a wheel that points here."""
    _prepare()
    return maturin.build_editable(wheel_directory, config_settings, metadata_directory)
