"""The examples of the engine in examples/python run, and find what they should."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from engine_support import environment, python_command

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "python"


def run(folder: Path, *command: str) -> str:
    program = EXAMPLES / command[0]
    done = subprocess.run(
        python_command(str(program), *command[1:]), cwd=folder, env=environment(), capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_an_experiment_compares_settings(tmp_path: Path) -> None:
    errors = [float(line.split()[0]) for line in run(tmp_path, "experiment.py", str(tmp_path / "results")).splitlines()]
    assert len(errors) == 6 and errors == sorted(errors) and errors[0] < 0.3
    assert len((tmp_path / "results" / "results.jsonl").read_text().splitlines()) == 6


def test_a_study_prunes(tmp_path: Path) -> None:
    found = re.search(
        r"12 trials, (\d+) of them pruned; the best has an error of ([0-9.]+)",
        run(tmp_path, "pruning.py", "12"),
    )
    assert found is not None and float(found[2]) < 0.2


def test_a_study_calls_a_function_of_the_program(tmp_path: Path) -> None:
    output = run(tmp_path, "tune.py", "3")
    assert "an error of 0." in output and "over 2 folds" in output
    assert (tmp_path / "runs" / "lvq" / "study.db").is_file()
