"""Stages that call Python functions: arguments, results, mistakes, limits."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
import ravine
from engine_support import call_study, write_study
from ravine import _call


def bound(function, settings):
    positional, named = _call.bind(function, settings)
    return function(*positional, **named)


@pytest.fixture(autouse=True)
def given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"SEED": "7", "FOLD": "3", "CHECKPOINT_DIR": "/c", "CONFIG": "/config.json"}.items():
        monkeypatch.setenv(f"RAVINE_{name}", value)


def test_a_parameter_called_config_gets_the_whole_configuration() -> None:
    assert bound(lambda config: config, {"lr": 1}) == {"lr": 1}
    assert bound(lambda config, seed, fold=0: (config, seed, fold), {"lr": 1}) == ({"lr": 1}, 7, 3)


def test_a_function_that_needs_one_thing_of_another_name_gets_the_whole_configuration() -> None:
    assert bound(lambda settings: settings, {"lr": 1}) == {"lr": 1}
    assert bound(dict, {"lr": 1}) == {"lr": 1}


def test_values_go_to_the_parameters_of_their_names() -> None:
    assert bound(lambda lr, units=8, **rest: (lr, units, rest), {"lr": 1, "momentum": 2}) == (
        1,
        8,
        {"momentum": 2},
    )
    assert bound(lambda lr, /, *, seed: (lr, seed), {"lr": 1}) == (1, 7)
    assert bound(lambda lr: lr, {"lr": {"name": "adam"}}) == {"name": "adam"}
    assert bound(lambda config, lr: (config, lr), {"config": 1, "lr": 2}) == (1, 2)


def test_ravine_gives_folders_as_paths() -> None:
    assert bound(lambda lr, checkpoint_dir: checkpoint_dir, {"lr": 1}) == Path("/c")


def test_what_does_not_fit_is_explained() -> None:
    with pytest.raises(_call.Unusable, match="needs `units`, which this configuration does not have"):
        bound(lambda lr, units: 0, {"lr": 1})
    with pytest.raises(_call.Unusable, match="has no parameter for `momentum`"):
        bound(lambda lr: 0, {"lr": 1, "momentum": 2})


def test_what_a_function_returns_is_reported_by_name() -> None:
    assert _call.metrics_of(None, ["loss"], "m:f") == {}
    assert _call.metrics_of(0.5, ["loss"], "m:f") == {"loss": 0.5}
    assert _call.metrics_of(0.5, ["metric['val/acc']"], "m:f") == {"val/acc": 0.5}
    assert _call.metrics_of((1, 2.5), ["time", "size"], "m:f") == {"time": 1, "size": 2.5}
    assert _call.metrics_of({"a": 1, "b": True}, ["a + b"], "m:f") == {"a": 1, "b": 1}


def test_what_cannot_be_reported_is_explained() -> None:
    with pytest.raises(_call.Unusable, match="is an expression"):
        _call.metrics_of(1.0, ["a + b"], "m:f")
    with pytest.raises(_call.Unusable, match="returned 1 value, and the study has 2 objectives"):
        _call.metrics_of(1.0, ["a", "b"], "m:f")
    with pytest.raises(TypeError, match="what `m:f` returned is a number, not 'low'"):
        _call.metrics_of("low", ["a"], "m:f")


def test_a_study_calls_a_function(tmp_path: Path) -> None:
    result = call_study(tmp_path, "def loss(x): return (x - 0.3) ** 2", trials=3)
    assert [trial.state for trial in result.trials] == ["complete"] * 3
    assert result.trials[0].config == {"x": 0.5}
    assert result.trials[0].value == pytest.approx(0.04)


def test_the_function_runs_in_this_interpreter_and_reports_while_it_runs(tmp_path: Path) -> None:
    module = """
import os, sys, ravine
def loss(x, seed, trial, run_dir):
    for step in range(3):
        ravine.report(loss=1.0 / (step + 1), step=step)
    print("by", sys.executable, seed == int(os.environ["RAVINE_SEED"]), trial, run_dir.is_dir())
"""
    result = call_study(tmp_path, module)
    assert result.best_value == pytest.approx(1 / 3)
    assert result.log(0).split()[1:] == [os.sys.executable, "True", "0", "True"]


def test_the_module_is_found_from_the_study_files_folder_wherever_the_stage_runs(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    module = "import os\ndef loss(x): return {'loss': os.path.basename(os.getcwd()) == 'elsewhere'}"
    assert call_study(tmp_path, module, 'cwd = "elsewhere"').best_value == 1


def test_modules_are_found_where_the_program_finds_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = tmp_path / "library"
    library.mkdir()
    (library / "scale.py").write_text("FACTOR = 7")
    monkeypatch.syspath_prepend(str(library))
    assert call_study(tmp_path, "import scale\ndef loss(x): return scale.FACTOR").best_value == 7
    (tmp_path / "look.py").write_text(
        "import importlib.util as u, ravine; ravine.report(loss=bool(u.find_spec('scale')))"
    )
    path = write_study(tmp_path, 'run = ["{{python}}", "look.py"]', 1)
    path.write_text(path.read_text().replace('"quadratic"', '"command"').replace("{{", "{").replace("}}", "}"))
    assert ravine.run(path, quiet=True).best_value == 0, "other programs are left alone"


def test_a_study_within_a_run_does_not_take_itself_for_that_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAVINE_RUN", "outer/3/0/0/0@1")
    monkeypatch.setenv("RAVINE_LEVEL", "5")
    assert call_study(tmp_path, "def loss(x, level=0, fold=0): return level + fold").best_value == 0


def test_the_interpreter_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    wrapper = tmp_path / "bin" / "python"
    wrapper.write_text(f'#!/bin/sh\nBY=wrapper exec {os.sys.executable} "$@"\n')
    wrapper.chmod(0o755)
    module = "import os\ndef loss(x): return len(os.environ['BY'])"
    assert call_study(tmp_path, module, 'python = "bin/python"').best_value == len("wrapper")


def test_exceptions_and_mistakes_fail_the_trial_with_their_words(tmp_path: Path) -> None:
    for number, (module, words) in enumerate(
        {
            "def loss(x): raise RuntimeError('no data')": "RuntimeError: no data",
            "def loss(y, z): return 0": "needs `y`",
            "def cost(x): return 0": "has no `loss`",
            "import nowhere_at_all": "No module named 'nowhere_at_all'",
            "def loss(x): return 'low'": "what `quadratic:loss` returned is a number",
            "import sys\ndef loss(x): sys.exit(3)": "exit code 3",
        }.items()
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        with pytest.raises(ravine.NoSuccessfulTrialError) as caught:
            call_study(folder, module)
        assert words in str(caught.value), module


def test_a_missing_module_is_named(tmp_path: Path) -> None:
    path = write_study(tmp_path, 'call = "quadratc:loss"', 1)
    with pytest.raises(ravine.NoSuccessfulTrialError, match="there is no module `quadratc`"):
        ravine.run(path, quiet=True)


def test_a_time_out_ends_the_function_and_what_it_started(tmp_path: Path) -> None:
    module = """
import subprocess, time
def loss(x):
    subprocess.Popen(["sleep", "61.5"], start_new_session=True)
    time.sleep(60)
"""
    begin = time.monotonic()
    with pytest.raises(ravine.NoSuccessfulTrialError, match="time"):
        call_study(tmp_path, module, 'timeout = "2s"\ngrace = "1s"')
    assert time.monotonic() - begin < 40
    assert not _is_running("sleep\x0061.5")


def _is_running(command: str) -> bool:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if command in path.read_text():
                return True
        except OSError:
            continue
    return False


def test_a_function_may_take_its_level_and_go_on_from_its_checkpoint(tmp_path: Path) -> None:
    module = """
import ravine
def loss(x, epochs, checkpoint_dir):
    checkpoint_dir.mkdir(exist_ok=True)
    state = checkpoint_dir / "epoch"
    begin = int(state.read_text()) if state.exists() else 0
    for epoch in range(begin, epochs):
        ravine.report(loss=x + 1 / (epoch + 1), step=epoch + 1)
    state.write_text(str(epochs))
    print("from", begin, "to", epochs)
"""
    path = write_study(tmp_path, trials=9, module=module)
    pruner = '[pruner]\nname = "asha"\nkind = "promotion"\nresource = "epochs"\nmax_resource = 9\n\n[[stage]]'
    path.write_text(path.read_text().replace("[[stage]]", pruner))
    result = ravine.run(path, parallel=1, quiet=True)
    logs = {result.log(trial.number) for trial in result.trials}
    assert "from 0 to 1\n" in logs and "from 1 to 3\n" in logs


def test_several_objectives_take_a_tuple(tmp_path: Path) -> None:
    path = write_study(tmp_path, 'call = "quadratic:loss"', 4, "def loss(x): return x, 1 - x")
    objective = '[[objective]]\nmetric = "other"\ndirection = "minimize"\n\n[space]'
    path.write_text(path.read_text().replace("[space]", objective))
    result = ravine.run(path, quiet=True)
    assert len(result.front) == 4
    assert all(trial.values["other"] == pytest.approx(1 - trial.values["loss"]) for trial in result.trials)
    with pytest.raises(ValueError, match="front"):
        _ = result.best
