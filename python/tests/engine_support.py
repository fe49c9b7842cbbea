"""What the tests of the engine share: a folder with a study that takes a moment, and programs of somebody's
own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import ravine

QUADRATIC = """
def loss(config):
    return (config["x"] - 0.3) ** 2
"""

STUDY = """
name = "quadratic"
seed = 1

[[objective]]
metric = "loss"
direction = "minimize"

[space]
x = {{ float = [0.0, 1.0], default = 0.5 }}

[sampler]
name = "random"

[[stage]]
{stage}

[stop]
trials = {trials}

[executor]
parallel = 2
"""


def write_study(folder: Path, stage: str = 'call = "quadratic:loss"', trials: int = 3, module: str = QUADRATIC) -> Path:
    """A study of ``x`` between 0 and 1, and the module that its stage calls."""
    (folder / "quadratic.py").write_text(module)
    path = folder / "study.toml"
    path.write_text(STUDY.format(stage=stage, trials=trials))
    return path


def call_study(folder: Path, module: str, stage: str = "", trials: int = 1) -> ravine.StudyResult:
    """Runs the study whose stage calls ``loss`` of this module; ``stage`` has further keys of it."""
    path = write_study(folder, f'call = "quadratic:loss"\n{stage}', trials, module)
    return ravine.run(path, quiet=True)


def python_command(*arguments: str) -> list[str]:
    """This interpreter, with these arguments."""
    return [sys.executable, *arguments]


def environment(**more: str) -> dict[str, str]:
    """The environment of a program that finds the package where this process found it."""
    package = str(Path(ravine.__file__).parents[1])
    path = os.pathsep.join(part for part in (package, os.environ.get("PYTHONPATH")) if part)
    return {**os.environ, "PYTHONPATH": path, **more}


def run_program(folder: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a program of somebody's own in a folder."""
    (folder / "program.py").write_text(code)
    return subprocess.run(
        python_command("program.py", *arguments),
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
