"""`ravine.run`: studies from files, specs and dicts; results, errors, Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
import ravine
from engine_support import environment, python_command, run_program, write_study
from ravine._engine.binary import find_engine


def test_a_file_is_run_and_gone_on_with(tmp_path: Path) -> None:
    path = write_study(tmp_path)
    result = ravine.run(path, quiet=True)
    assert (result.name, result.seed, result.counts["complete"]) == ("quadratic", 1, 3)
    assert result.folder == tmp_path / "runs" / "quadratic"
    assert [trial.number for trial in result.trials] == [0, 1, 2]
    assert result.best.value == min(trial.value for trial in result.trials) == result.best_value
    assert result.best_config == result.best_params == result.best.config
    assert result.limits[0]["rule"] == "trials" and result.limits[0]["reached"]
    assert "3 complete" in repr(result)
    again = ravine.run(str(path), trials=5, quiet=True)
    assert again.counts["complete"] == 5
    assert [trial.config for trial in again.trials[:3]] == [trial.config for trial in result.trials]
    result.refresh()
    assert len(result.trials) == 5
    assert ravine.StudyResult(result.folder).best == again.best


def test_studies_live_where_dir_says_and_start_anew(tmp_path: Path) -> None:
    path = write_study(tmp_path)
    first = ravine.run(path, dir=tmp_path / "elsewhere", seed=1, trials=1, quiet=True)
    assert first.folder == tmp_path / "elsewhere" / "quadratic"
    second = ravine.run(path, dir=tmp_path / "elsewhere", new=True, trials=2, parallel=1, quiet=True)
    assert second.counts["complete"] == 2


def test_a_spec_is_run_and_its_file_written_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_study(tmp_path)
    monkeypatch.chdir(tmp_path)
    spec = ravine.StudySpec(
        "built",
        ravine.Space(x=ravine.Float(0, 1), depth=ravine.Choice([None, 3])),
        ravine.Objective("loss", "minimize"),
        ravine.Stage(call="quadratic:loss"),
        stop={"trials": 2},
        seed=3,
    )
    assert ravine.run(spec, quiet=True).counts["complete"] == 2
    assert (tmp_path / "built.study.yaml").is_file(), "TOML has no word for None"
    spec.space = ravine.Space(x=ravine.Float(0, 1))
    spec.name = "plain"
    assert ravine.run(spec, quiet=True).folder == tmp_path / "runs" / "plain"
    spec.stop = {"trials": 3}
    assert ravine.run(spec, quiet=True).counts["complete"] == 3
    spec.space = ravine.Space(x=ravine.Float(0, 2))
    with pytest.raises(ravine.StudyRefusedError, match="space"):
        ravine.run(spec, quiet=True)
    (tmp_path / "plain.study.toml").write_text('name = "mine"')
    with pytest.raises(FileExistsError, match="not written by ravine.run"):
        ravine.run(spec, quiet=True)


def test_a_dict_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tree = {
        "name": "shell",
        "objective": [{"metric": "loss", "direction": "maximize"}],
        "space": {"x": {"int": [1, 3]}},
        "sampler": {"name": "grid"},
        "stage": [{"run": 'echo {{\\"loss\\": {x}}}'}],
    }
    result = ravine.run(tree, quiet=True)
    assert (len(result.trials), result.best_params) == (3, {"x": 3})
    with pytest.raises(ValueError, match="name"):
        ravine.run({**tree, "name": ""}, quiet=True)


def test_what_is_no_study_is_refused() -> None:
    for study in (None, 5, b"x"):
        with pytest.raises(TypeError, match="a path, a StudySpec or a dict"):
            ravine.run(study)


def test_events_are_told_as_they_happen(tmp_path: Path) -> None:
    events: list[dict] = []
    ravine.run(write_study(tmp_path), on_event=events.append)
    ended = [event for event in events if event["event"] == "trial-ended"]
    assert [event["state"] for event in ended] == ["complete"] * 3
    assert (events[0]["event"], events[-1]["event"]) == ("opened", "concluded")


def test_what_a_callback_raises_ends_the_run_and_is_raised(tmp_path: Path) -> None:
    def stop(event: dict) -> None:
        if event["event"] == "trial-ended":
            raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        ravine.run(write_study(tmp_path, trials=1000), on_event=stop)
    assert 1 <= len(ravine.StudyResult(tmp_path / "runs" / "quadratic").trials) < 1000


def test_the_display_goes_to_the_output_unless_quiet(tmp_path: Path) -> None:
    write_study(tmp_path)
    code = "import ravine, sys\nprint(ravine.run('study.toml', quiet='-q' in sys.argv).counts['complete'])"
    loud = run_program(tmp_path, code)
    assert "trial 0" in loud.stdout and loud.stdout.endswith("3\n"), loud.stderr
    quiet = run_program(tmp_path, code, "-q")
    assert (quiet.stdout, quiet.stderr) == ("3\n", "")


def test_the_display_goes_where_the_output_was_redirected(tmp_path: Path) -> None:
    import contextlib
    import io

    with contextlib.redirect_stdout(io.StringIO()) as shown:
        ravine.run(write_study(tmp_path))
    assert "trial 0" in shown.getvalue()


def test_errors_have_the_engines_words(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = write_study(tmp_path)
    path.write_text(path.read_text().replace("quadratic:loss", "quadratic.loss"))
    with pytest.raises(ravine.StudyFileError) as caught:
        ravine.run(path, quiet=True)
    assert "`quadratic:loss`" in str(caught.value) and "^^^" in str(caught.value)
    assert caught.value.exit_code == 3 and isinstance(caught.value, (ravine.EngineError, ValueError))
    with pytest.raises(ravine.EngineError, match="nowhere"):
        ravine.run(tmp_path / "nowhere.toml", quiet=True)
    with pytest.raises(ravine.StudyRefusedError):
        ravine.StudyResult(tmp_path / "runs" / "nothing")
    assert capfd.readouterr() == ("", "")


def test_a_program_that_always_fails_is_told(tmp_path: Path) -> None:
    path = write_study(tmp_path, 'run = "echo broken >&2; exit 5"', trials=20)
    with pytest.raises(ravine.TooManyFailuresError):
        ravine.run(path, quiet=True)


def test_without_an_engine_the_error_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAVINE_BIN", str(tmp_path / "ravine"))
    with pytest.raises(ravine.EngineNotFoundError, match="RAVINE_BIN"):
        ravine.run(write_study(tmp_path))


SLEEPER = """
import pathlib, time
def loss(x):
    pathlib.Path("begun").touch()
    time.sleep({seconds})
    return x
"""

INTERRUPTED = """
import ravine
try:
    ravine.run("study.toml", quiet=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def _started(folder: Path) -> subprocess.Popen[str]:
    """A program that runs the study, whose first trial has begun."""
    (folder / "program.py").write_text(INTERRUPTED)
    process = subprocess.Popen(
        python_command("program.py"), cwd=folder, env=environment(), stdout=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not (folder / "begun").exists():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    return process


def test_ctrl_c_lets_running_trials_finish(tmp_path: Path) -> None:
    write_study(tmp_path, trials=50, module=SLEEPER.format(seconds=2))
    process = _started(tmp_path)
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert output == "interrupted\n"
    states = [trial.state for trial in ravine.StudyResult(tmp_path / "runs" / "quadratic").trials]
    assert states and set(states) == {"complete"} and len(states) < 50


def test_a_second_ctrl_c_ends_them(tmp_path: Path) -> None:
    write_study(tmp_path, trials=50, module=SLEEPER.format(seconds=300))
    process = _started(tmp_path)
    begin = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(1)
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=90)
    assert output == "interrupted\n" and time.monotonic() - begin < 90


def test_a_study_that_somebody_stopped_returns_what_it_has(tmp_path: Path) -> None:
    module = "def loss(x): return x"
    path = write_study(tmp_path, trials=100_000, module=module)
    stopped = []

    def stop(event: dict) -> None:
        if event["event"] == "trial-ended" and not stopped:
            stopped.append(event)
            subprocess.run(
                [find_engine(), "stop", str(tmp_path / "runs" / "quadratic")], check=True, capture_output=True
            )

    result = ravine.run(path, on_event=stop)
    assert 1 <= result.counts["complete"] < 100_000


def test_results_are_a_table(tmp_path: Path) -> None:
    import pandas

    table = ravine.run(write_study(tmp_path), quiet=True).to_dataframe()
    assert isinstance(table, pandas.DataFrame)
    assert {"number", "state", "values.loss", "params.x", "metrics.loss"} <= set(table.columns)
    assert list(table["number"]) == [0, 1, 2]
