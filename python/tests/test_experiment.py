"""`ravine.Experiment`: repetitions, scores, failures, time-outs, processes, files."""

from __future__ import annotations

import functools
import json
import math
import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from engine_support import environment, python_command
from experiment_functions import double, fit, score
from ravine import Experiment
from ravine.experiment import read_results, run_experiments


def both(test):
    """In this process, and in others."""
    return pytest.mark.parametrize("processes", [None, 2])(test)


def lines(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "results.jsonl").read_text().splitlines()]


@both
def test_each_experiment_has_lists_means_and_deviations(tmp_path: Path, processes: int | None) -> None:
    out = tmp_path / "out"
    results = Experiment(double, fit, score, repetitions=3, processes=processes).run([{"x": 1}, {"x": 5}], out)
    assert [result.experiment_id for result in results] == [0, 1]
    scores = results[1].scores
    assert scores is not None
    assert (scores["accuracy"], scores["mean_accuracy"]) == ([10, 11, 12], 11)
    assert scores["std_accuracy"] == pytest.approx(math.sqrt(2 / 3)), "of the population"
    assert len(scores["fit_time"]) == 3 and scores["mean_fit_time"] >= 0
    found = {line["experiment_id"]: line for line in lines(out)}
    assert found[1]["scores"] == scores and found[1]["x"] == 5
    assert list(found[1]) == sorted(found[1])
    assert json.loads((out / "1" / "config.json").read_text()) == {
        "x": 5,
        "experiment_id": 1,
        "out_path": str(out / "1"),
    }


@both
def test_what_fails_has_no_line_and_the_others_go_on(
    tmp_path: Path, processes: int | None, capfd: pytest.CaptureFixture[str]
) -> None:
    configs = [{"x": 1, "fails": True}, {"x": 2}]
    results = Experiment(double, fit, score, processes=processes).run(configs, tmp_path / "out")
    assert [result.is_ok for result in results] == [False, True]
    assert "RuntimeError: no result for 1" in results[0].error and "scores.py" not in results[0].error
    assert [line["experiment_id"] for line in lines(tmp_path / "out")] == [1]
    assert "RuntimeError: no result for 1" in capfd.readouterr().err


def test_a_time_out_within_this_process_needs_its_main_thread(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as other, pytest.raises(ValueError, match="main thread"):
        other.submit(Experiment(fit=double, timeout=5).run, [{"x": 1}], tmp_path / "out").result()
    assert not (tmp_path / "out").exists()


@both
def test_a_time_out_covers_all_repetitions(tmp_path: Path, processes: int | None) -> None:
    configs = [{"x": 1, "seconds": 1.5}, {"x": 2}]
    begin = time.monotonic()
    results = Experiment(double, fit, score, repetitions=20, timeout=4, processes=processes).run(
        configs, tmp_path / "out"
    )
    assert [result.is_ok for result in results] == [False, True]
    assert "ran out of time after 4 s" in results[0].error
    assert time.monotonic() - begin < 20


def test_failed_experiments_are_tried_again(tmp_path: Path) -> None:
    for processes in (None, 1):
        experiment = Experiment(double, fit, score, retries=2, processes=processes)
        results = experiment.run([{"x": 1, "fails": True}, {"x": 2}], tmp_path / str(processes))
        assert [result.attempts for result in results] == [3, 1]


def test_nothing_is_left_of_a_process_that_has_ended(tmp_path: Path) -> None:
    ended, late, escaped = (tmp_path / name for name in ("ended", "late", "escaped"))
    configs = [
        {"x": 1, "starts": str(ended)},
        {"x": 1, "starts": str(late), "escapes": str(escaped), "seconds": 300},
        {"x": 3, "dies": True},
    ]
    results = Experiment(double, fit, score, timeout=4, processes=3).run(configs, tmp_path / "out")
    assert [result.is_ok for result in results] == [True, False, False]
    assert "exit code 9" in results[2].error
    for file in (ended, late, escaped):
        # What is killed is gone a moment later.
        _until(lambda pid=int(file.read_text()): not _is_alive(pid), seconds=5)


@pytest.mark.parametrize("end", [{}, {"dies": True}, {"seconds": 300}])
def test_daemons_end_with_the_process_that_left_them_alone(tmp_path: Path, end: dict) -> None:
    escaped, alone = tmp_path / "escaped", tmp_path / "alone"
    config = {"x": 1, "escapes": str(escaped), "daemonises": str(alone), **end}
    Experiment(double, fit, score, timeout=4 if "seconds" in end else None, processes=1).run([config], tmp_path / "out")
    for file in (escaped, alone):
        assert not _is_alive(int(file.read_text()))


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


SLEEPING = """
from experiment_functions import double, fit, score
from ravine import Experiment

if __name__ == "__main__":
    config = {"x": 1, "seconds": 300, "daemonises": "alone", "starts": "started"}
    try:
        Experiment(double, fit, score, processes=1).run([config], "out")
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_processes_end_with_the_program_however_it_ends(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "program.py").write_text(SLEEPING)
    path = os.pathsep.join([str(Path(__file__).parent), environment()["PYTHONPATH"]])
    program = subprocess.Popen(
        python_command("program.py"),
        cwd=tmp_path,
        env=environment(PYTHONPATH=path),
        stdout=subprocess.PIPE,
        text=True,
    )
    started = tmp_path / "started"
    alone = tmp_path / "alone"
    _until(lambda: alone.exists() and alone.read_text() != "")
    program.send_signal(number)
    output, _ = program.communicate(timeout=30)
    assert output == ("interrupted\n" if number == signal.SIGINT else "")
    for file in (started, alone):
        _until(lambda pid=int(file.read_text()): not _is_alive(pid))


def _until(holds, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_cannot_be_sent_to_another_process_is_explained(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="top of a module"):
        Experiment(fit=lambda config: {}, processes=1).run([{}], tmp_path / "out")


def test_functions_of_a_session_are_told_apart(tmp_path: Path) -> None:
    code = f"""
from ravine import Experiment
def fit(config): return {{}}
Experiment(fit=fit, processes=1).run([{{}}], {str(tmp_path / "out")!r})
"""
    done = subprocess.run(python_command("-c", code), env=environment(), capture_output=True, text=True, check=False)
    assert "`fit` belongs to a session" in done.stderr
    assert not (tmp_path / "out").exists()


def test_folders_are_those_of_experiment_and_repetition(tmp_path: Path) -> None:
    seen: list[str] = []
    experiment = Experiment(fit=lambda config: seen.append(config["out_path"]) or {"a": 1})
    experiment.run([{}, {"repetitions": 2}], tmp_path / "out")
    assert [os.path.relpath(path, tmp_path / "out") for path in seen] == ["0", "1/0", "1/1"]
    assert all(Path(path).is_dir() for path in seen)


def test_a_folder_with_something_in_it_is_refused_unless_forced(tmp_path: Path) -> None:
    experiment = Experiment(fit=lambda config: {"a": 1}, verbose=False)
    experiment.run([{}, {}], tmp_path)
    with pytest.raises(ValueError, match="is not empty"):
        experiment.run([{}], tmp_path)
    experiment.run([{}], tmp_path, force=True)
    assert len(lines(tmp_path)) == 1 and (tmp_path / "1").is_dir()


def test_what_is_there_is_not_run_again(tmp_path: Path) -> None:
    begun: list[int] = []

    def note(config: dict) -> dict:
        begun.append(config["x"])
        return {"y": math.nan if config["x"] == 1 else config["x"]}

    experiment = Experiment(fit=note)
    first = experiment.run([{"x": 1}, {"x": 2}, {"x": 3}], tmp_path)
    with open(tmp_path / "results.jsonl", "a") as file:
        file.write('{"experiment_id": 3, "half')
    begun.clear()
    again = experiment.run([{"x": 1}, {"x": 2}, {"x": 4}, {"x": 5}], tmp_path, resume=True)
    assert begun == [4, 5]
    assert [result.attempts for result in again] == [0, 0, 1, 1]
    assert [line["x"] for line in lines(tmp_path)] == [1, 2, 4, 5]
    assert math.isnan(again[0].scores["y"][0]) and again[1].scores == first[1].scores
    begun.clear()
    experiment.repetitions = 2
    experiment.run([{"x": 2}], tmp_path, resume=True)
    assert begun == [2, 2]
    (tmp_path / "results.jsonl").write_text("nonsense\n")
    with pytest.raises(ValueError, match="line 1, is no result"):
        experiment.run([{"x": 2}], tmp_path, resume=True)


def test_seeds_are_each_repetitions_own_and_the_same_again(tmp_path: Path) -> None:
    def seeds(folder: str, seed: int) -> list:
        found = Experiment(double, fit, score, repetitions=2, seed=seed).run([{"x": 1}, {"x": 2}], tmp_path / folder)
        return [result.scores["seed"] for result in found]

    assert seeds("a", 1) == seeds("b", 1) != seeds("c", 2)
    assert len({seed for pair in seeds("d", 1) for seed in pair}) == 4
    kept = Experiment(double, fit, score, seed=1).run([{"x": 1, "seed": 5}], tmp_path / "e")
    assert kept[0].scores["seed"] == [5]


def test_what_json_lacks_is_written_as_text(tmp_path: Path) -> None:
    import numpy

    config = {
        "f": double,
        "p": functools.partial(double, 1, a=2),
        "c": dict,
        "n": numpy.int64(3),
        "a": numpy.ones(3),
        "o": Path("/x"),
        "v": math.inf,
    }
    fit = lambda config: {"nan": math.nan, "f": numpy.float32(0.5), "text": "a"}
    Experiment(fit=fit).run([config], tmp_path / "out")
    line = lines(tmp_path / "out")[0]
    assert (line["f"], line["c"], line["n"], line["a"], line["o"], line["v"]) == (
        "double",
        "dict",
        3,
        "numpy-array",
        "/x",
        "inf",
    )
    assert line["p"] == "double_(1,){'a': 2}"
    assert (line["scores"]["nan"], line["scores"]["mean_nan"], line["scores"]["f"]) == (["nan"], "nan", [0.5])
    assert line["scores"]["text"] == ["a"] and "mean_text" not in line["scores"]
    row = read_results(tmp_path / "out")[0]
    assert math.isnan(row["scores.mean_nan"]) and row["scores.f"] == [0.5]


def test_repetitions_have_the_same_scores(tmp_path: Path) -> None:
    experiment = Experiment(fit=lambda config: {"a": 1} if config["run_id"] == 0 else {"b": 1}, repetitions=2)
    [result] = experiment.run([{}], tmp_path / "out")
    assert "repetition 1 lacks `a`" in result.error


def test_wrong_numbers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="fit"):
        Experiment()
    for wrong in ({"repetitions": 0}, {"retries": -1}, {"processes": 0}, {"timeout": -1}, {"timeout": 0}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Experiment(fit=dict, **wrong)
    for wrong in ({"repetitions": "a"}, {"retries": 1.5}, {"processes": "2"}, {"timeout": "1m"}):
        with pytest.raises(TypeError, match=next(iter(wrong))):
            Experiment(fit=dict, **wrong)
    with pytest.raises(TypeError, match="configuration 1 is a dict, not 5"):
        Experiment(fit=dict).run([{}, 5], tmp_path / "none")
    with pytest.raises(TypeError, match="repetitions"):
        Experiment(fit=dict).run([{"repetitions": "a"}], tmp_path / "none")
    with pytest.raises(ValueError, match="one of the two"):
        Experiment(fit=dict).run([{}], tmp_path / "none", force=True, resume=True)
    assert not (tmp_path / "none").exists()
    [result] = Experiment(fit=lambda config: 3).run([{}], tmp_path / "out")
    assert "returns a dict of scores, not 3" in result.error


def test_programs_of_experiment_runner_go_on(tmp_path: Path) -> None:
    base = {"pre": double, "fit": fit, "post": score, "out_path": str(tmp_path / "out"), "backend": "multiprocessing",
            "num_cpus": 2, "repetitions": 2, "timeout": 60, "fs_force": True, "verbose": False}  # fmt: skip
    results = run_experiments(base, [{"x": 1}, {"x": 2, "repetitions": 1}])
    assert [result.scores["accuracy"] for result in results] == [[2, 3], [4]]
    for wrong, words in (
        ({"backend": "ray"}, "executor"),
        ({"colour": 1}, "colour"),
        ({"backend": "threads"}, "one of"),
    ):
        with pytest.raises(ValueError, match=words):
            run_experiments({**base, **wrong}, [])
    with pytest.raises(ValueError, match="lacks `fit`"):
        run_experiments({"out_path": "x"}, [])
