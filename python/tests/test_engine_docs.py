"""The pages about the engine say what is true: their programs and commands run, in order, in one folder for
each page."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from engine_support import environment

DOCS = Path(__file__).resolve().parents[2] / "docs" / "python"
PAGES = [
    "studies",
    "functions",
    "programs",
    "experiments",
    "searches",
    "from-experiment-runner",
    "from-clearml",
]
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_every_example_of_a_page_runs(page: str, tmp_path: Path) -> None:
    path = DOCS / f"{page}.md"
    # `python` and `python3` of the pages are the interpreter of the tests.
    (tmp_path / ".bin").mkdir()
    for name in ("python", "python3"):
        program = tmp_path / ".bin" / name
        program.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        program.chmod(0o755)
    variables = environment(PATH=os.pathsep.join([str(tmp_path / ".bin"), os.environ["PATH"]]))
    commands = 0
    for language, name, text in BLOCK.findall(path.read_text(encoding="utf-8")):
        if name:
            (tmp_path / name).write_text(text)
        for command in re.findall(r"^\$ (.*)$", text, re.MULTILINE) if language == "console" else []:
            done = subprocess.run(
                ["bash", "-c", command],
                cwd=tmp_path,
                env=variables,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
            assert done.returncode == 0, f"{page}: {command}\n{done.stdout}{done.stderr}"
            commands += 1
    assert commands > 0


def test_the_first_example_of_the_readme_runs() -> None:
    readme = DOCS.parents[1] / "README.md"
    programs = [text for language, _, text in BLOCK.findall(readme.read_text(encoding="utf-8")) if language == "python"]
    assert programs
    for program in programs:
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
        assert "{'x': " in done.stdout
