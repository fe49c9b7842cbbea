"""Stages whose runs are forks of one process that imported the module: as fresh processes, and quicker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import ravine
from engine_support import call_study, environment, write_study

POOL = "pool = true"

COUNTED = """
import os
with open({seen!r}, "a") as seen:
    print("imported by", os.getpid(), file=seen)
"""
"""The beginning of a module that tells how often it was imported."""


def counted(folder: Path, rest: str) -> str:
    return COUNTED.format(seen=str(folder / "seen")) + rest


def imports(folder: Path) -> int:
    return (folder / "seen").read_text().count("imported")


def processes_of(folder: Path) -> dict[int, str]:
    """The command lines of the living processes that work in a study's folder, or name it."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_text().replace("\0", " ")
            cwd = os.readlink(process / "cwd")
        except OSError:
            continue
        if int(process.name) != os.getpid() and (str(folder) in command or cwd.startswith(str(folder))):
            found[int(process.name)] = command
    return found


def is_gone(folder: Path) -> bool:
    deadline = time.monotonic() + 30
    while processes_of(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not processes_of(folder)


def test_the_module_is_imported_once_and_each_run_is_a_process_of_its_own(tmp_path: Path) -> None:
    module = counted(
        tmp_path,
        """
calls = []
def loss(x, trial, run_dir):
    calls.append(x)
    print("trial", trial, "by", os.getpid(), "in session", os.getsid(0), "of", os.environ["RAVINE_TRIAL"])
    return {"loss": len(calls), "folder": os.environ["RAVINE_RUN_DIR"] == str(run_dir)}
""",
    )
    result = call_study(tmp_path, module, POOL, trials=6)
    assert imports(tmp_path) == 1
    assert [trial.value for trial in result.trials] == [1] * 6, "nothing is seen of earlier runs"
    processes = set()
    for trial in result.trials:
        _, number, _, pid, _, _, session, _, said = result.log(trial.number).split()
        assert int(number) == int(said) == trial.number
        assert pid == session
        processes.add(pid)
    assert len(processes) == 6
    assert is_gone(tmp_path)


def test_a_run_of_a_pool_has_its_environment_folder_and_files(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    module = """
import os, sys, ravine
at_import = dict(os.environ)
def loss(x):
    assert "RAVINE_TRIAL" not in at_import and "RAVINE_POOL" not in os.environ
    assert os.path.basename(os.getcwd()) == "elsewhere", os.getcwd()
    assert sys.stdin.read() == ""
    assert set(os.listdir("/proc/self/fd")) <= {"0", "1", "2", "3"}, os.listdir("/proc/self/fd")
    print("to stderr", file=sys.stderr)
    ravine.report(loss=x, step=1)
    return {"loss": int(os.environ["MINE"]) * ravine.config()["x"]}
"""
    stage = f'{POOL}\ncwd = "elsewhere"\nenv = {{ MINE = "2" }}'
    result = call_study(tmp_path, module, stage, trials=3)
    assert all(trial.value == 2 * trial.config["x"] for trial in result.trials)
    assert result.log(1, stderr=True) == "to stderr\n"


def test_numbers_that_nobody_seeded_differ_between_the_runs_of_a_pool(tmp_path: Path) -> None:
    module = "import random\nimport numpy\ndef loss(x): return {'loss': random.random(), 'other': numpy.random.rand()}"
    result = call_study(tmp_path, module, POOL, trials=4)
    assert len({trial.value for trial in result.trials}) == 4
    assert len({trial.metrics["other"] for trial in result.trials}) == 4


def test_generators_that_the_module_seeds_are_in_each_run_as_it_left_them(tmp_path: Path) -> None:
    module = """
import random
import numpy
random.seed(1)
numpy.random.seed(1)
random.random()
def loss(x): return {'loss': random.random(), 'other': numpy.random.rand()}
"""
    result = call_study(tmp_path, module, POOL, trials=3)
    afresh = tmp_path / "afresh"
    afresh.mkdir()
    expected = call_study(afresh, module, "", trials=1).trials[0]
    assert {trial.value for trial in result.trials} == {expected.value}
    assert {trial.metrics["other"] for trial in result.trials} == {expected.metrics["other"]}


def test_what_the_module_keeps_until_its_end_is_there_for_every_run(tmp_path: Path) -> None:
    module = """
import os, sys, tempfile
folder, file = tempfile.TemporaryDirectory(), tempfile.NamedTemporaryFile()
def loss(x):
    assert os.path.exists(folder.name) and os.path.exists(file.name)
    return x
"""
    result = call_study(tmp_path, counted(tmp_path, module), POOL, trials=4)
    assert [trial.state for trial in result.trials] == ["complete"] * 4
    assert imports(tmp_path) == 1


def test_a_run_of_a_pool_ends_as_a_process_does(tmp_path: Path) -> None:
    module = """
import atexit, sys, threading, time
def late(out):
    time.sleep(0.2)
    print("a thread", file=out, flush=True)
def loss(x):
    out = open("said", "a")
    atexit.register(print, "at exit", file=out, flush=True)
    threading.Thread(target=late, args=(out,)).start()
    print("no newline", end="")
    import ravine
    ravine.report(loss=x)
    sys.exit(0)
"""
    result = call_study(tmp_path, counted(tmp_path, module), POOL)
    assert result.trials[0].state == "complete"
    assert (tmp_path / "said").read_text() == "a thread\nat exit\n"
    assert result.log(0) == "no newline"
    assert imports(tmp_path) == 1


@pytest.mark.parametrize(
    "head",
    ["import _thread, time\n_thread.start_new_thread(time.sleep, (1000,))", "open('/dev/null')"],
    ids=["threads of a library", "nothing"],
)
def test_a_module_that_leaves_threads_running_is_imported_by_each_run(tmp_path: Path, head: str) -> None:
    result = call_study(tmp_path, counted(tmp_path, f"{head}\ndef loss(x): return x"), POOL, trials=3)
    assert [trial.state for trial in result.trials] == ["complete"] * 3
    assert imports(tmp_path) == (4 if "thread" in head else 1)


@pytest.mark.parametrize(
    "head",
    [
        "import signal\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)",
        "import multiprocessing\nmanager = multiprocessing.Manager()",
        "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()",
        "import ravine\nravine.config()",
        "import os\nif os.environ.get('RAVINE_TRIAL') is None: raise RuntimeError('nobody is here')",
        "import os, signal\nif os.environ.get('RAVINE_TRIAL') is None: os.kill(os.getpid(), signal.SIGKILL)",
    ],
)
def test_what_cannot_be_forked_runs_afresh(tmp_path: Path, head: str) -> None:
    result = call_study(tmp_path, f"{head}\ndef loss(x): return x", POOL, trials=3)
    assert [trial.state for trial in result.trials] == ["complete"] * 3
    assert is_gone(tmp_path)


def test_mistakes_are_told_as_by_fresh_processes(tmp_path: Path) -> None:
    for number, (module, words) in enumerate(
        {
            "def loss(x): raise RuntimeError('no data')": "RuntimeError: no data",
            "import nowhere_at_all": "No module named 'nowhere_at_all'",
            "import os\ndef loss(x): os._exit(3)": "exit code 3",
            "import os, signal\ndef loss(x): os.kill(os.getpid(), signal.SIGSEGV)": "SIGSEGV",
        }.items()
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        with pytest.raises(ravine.NoSuccessfulTrialError) as caught:
            call_study(folder, module, POOL)
        assert words in str(caught.value), module


def test_a_run_that_does_ill_takes_nobody_with_it(tmp_path: Path) -> None:
    module = counted(
        tmp_path,
        """
import threading, subprocess, time
def loss(x, trial):
    if trial == 0: os._exit(7)
    if trial == 1: os.kill(os.getpid(), 9)
    if trial == 2: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    if trial == 3: subprocess.Popen(["sleep", "64.5"], start_new_session=True)
    if trial == 4: time.sleep(60)
    if trial == 5: hoard = bytearray(700 << 20); time.sleep(60)
    return x
""",
    )
    stage = f'{POOL}\ntimeout = "4s"\ngrace = "1s"\nmemory = "512MiB"'
    begin = time.monotonic()
    result = call_study(tmp_path, module, stage, trials=8)
    assert time.monotonic() - begin < 50
    states = [trial.state for trial in result.trials]
    assert states == ["failed", "failed", "complete", "complete", "failed", "failed", "complete", "complete"]
    assert imports(tmp_path) == 1
    assert is_gone(tmp_path)


def test_a_time_limit_holds_while_the_module_is_imported(tmp_path: Path) -> None:
    begin = time.monotonic()
    with pytest.raises(ravine.NoSuccessfulTrialError, match="time limit"):
        call_study(tmp_path, "import time\ntime.sleep(60)", f'{POOL}\ntimeout = "2s"\ngrace = "1s"')
    assert time.monotonic() - begin < 40
    assert is_gone(tmp_path)


def test_a_killed_pool_is_replaced(tmp_path: Path) -> None:
    module = counted(
        tmp_path,
        """
import signal, time
pool = os.getpid()
def loss(x, trial):
    if trial == 1:
        os.kill(pool, signal.SIGKILL)
        time.sleep(0.3)
    return x
""",
    )
    path = write_study(tmp_path, f'call = "quadratic:loss"\n{POOL}', 6, module)
    result = ravine.run(path, parallel=1, quiet=True)
    assert [trial.state for trial in result.trials] == ["complete"] * 6
    assert imports(tmp_path) == 2


@pytest.mark.parametrize("victim", ["run", "supervise"])
def test_nothing_is_left_of_a_pool_whose_masters_are_killed(tmp_path: Path, victim: str) -> None:
    module = "import time\ndef loss(x): time.sleep(1 if x != 0.5 else 0); return x"
    write_study(tmp_path, f'call = "quadratic:loss"\n{POOL}', 20, module)
    command = [sys.executable, "-c", "import ravine; ravine.run('study.toml', quiet=True)"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    program = subprocess.Popen(command, cwd=tmp_path, env=environment(), start_new_session=True, **quiet)
    deadline = time.monotonic() + 60
    runs = tmp_path / "runs"
    while len(list(runs.glob("*/trials/*/*"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid, command in processes_of(tmp_path).items():
        if f" {victim} " in f" {command} ":
            os.kill(pid, signal.SIGKILL)
    program.wait(120)
    assert is_gone(tmp_path)
