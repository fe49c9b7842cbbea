"""`report()` and `config()`: inside of ravine and outside."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import ravine
from ravine import program


@pytest.fixture(autouse=True)
def outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RAVINE_CONFIG", "RAVINE_REPORT", "RAVINE_TRIAL"):
        monkeypatch.delenv(name, raising=False)


def test_outside_of_ravine_the_configuration_is_the_defaults() -> None:
    assert ravine.config() == {}
    assert ravine.config({"lr": 0.1}, epochs=3) == {"lr": 0.1, "epochs": 3}


def test_the_configuration_of_the_run_stands_before_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"lr": 0.5, "optimizer": {"name": "adam"}}')
    monkeypatch.setenv("RAVINE_CONFIG", str(path))
    assert ravine.config(lr=0.1, epochs=3) == {"lr": 0.5, "epochs": 3, "optimizer": {"name": "adam"}}


def test_outside_of_ravine_a_report_is_a_line_of_output(capsys: pytest.CaptureFixture[str]) -> None:
    ravine.report(loss=0.5, step=3)
    ravine.report({"val/acc": 1})
    assert capsys.readouterr().out == '{"step": 3, "loss": 0.5}\n{"val/acc": 1}\n'


def test_reports_are_appended_to_the_runs_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = tmp_path / "report.jsonl"
    monkeypatch.setenv("RAVINE_REPORT", str(inbox))
    ravine.report(loss=math.nan)
    ravine.report(loss=True, step=0)
    first, second = map(json.loads, inbox.read_text().splitlines())
    assert math.isnan(first["loss"])
    assert second == {"step": 0, "loss": 1}


def test_numbers_of_other_libraries_are_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    import numpy

    ravine.report(a=numpy.float32(0.5), b=numpy.int64(2), c=numpy.array(0.25), step=numpy.int64(1))
    assert json.loads(capsys.readouterr().out) == {"step": 1, "a": 0.5, "b": 2, "c": 0.25}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"loss": "low"}, TypeError),
        ({"loss": None}, TypeError),
        ({"loss": 1j}, TypeError),
        ({"loss": [1.0]}, TypeError),
        ({"loss": 0.1, "step": 1.5}, TypeError),
        ({"loss": 0.1, "step": -1}, ValueError),
        ({}, ValueError),
    ],
)
def test_what_is_no_report_is_refused(arguments: dict, error: type[Exception]) -> None:
    with pytest.raises(error):
        ravine.report(**arguments)


def test_outside_of_ravine_there_is_no_run() -> None:
    run = ravine.current_run()
    assert (run.is_inside, run.trial, run.seed, run.repetition, run.cpus) == (False, None, None, 0, 1)


def test_a_run_knows_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "STUDY": "7",
        "TRIAL": "12",
        "SEED": "99",
        "REPETITION": "2",
        "LEVEL": "27",
        "CPUS": "4",
        "FOLD": "small",
    }
    for name, value in {**given, "RUN_DIR": "/r", "STAGE_TUNE_DIR": "/t"}.items():
        monkeypatch.setenv(f"RAVINE_{name}", value)
    run = ravine.current_run()
    assert run.is_inside
    assert (run.study, run.trial, run.seed, run.repetition, run.level, run.cpus) == ("7", 12, 99, 2, 27, 4)
    assert (run.run_dir, run.axis("fold"), run.stage_dir("tune")) == (Path("/r"), "small", Path("/t"))
    with pytest.raises(KeyError):
        run.axis("replica")


def test_the_module_works_alone(tmp_path: Path) -> None:
    shutil.copy(program.__file__, tmp_path / "reporting.py")
    code = "import reporting; reporting.report(loss=1, **reporting.config(x=2))"
    done = subprocess.run([sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {code}"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout == '{"x": 2, "loss": 1}\n' or json.loads(done.stdout) == {"loss": 1, "x": 2}
