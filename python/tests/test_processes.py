"""`optimize(backend="process")`: objectives in child processes."""

from __future__ import annotations

import importlib
import signal
import sys
import threading
import time

import pytest
import ravine
from ravine.samplers import RandomSampler
from ravine.trial import TrialState, create_trial


def seeded():
    return ravine.create_study(sampler=RandomSampler(seed=1))


def test_processes_run_an_objective_of_a_module(tmp_path, monkeypatch):
    source = "def objective(trial):\n    return trial.suggest_float('x', -1, 1) ** 2\n"
    (tmp_path / "objective_of_a_test.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    study = seeded()
    objective = importlib.import_module("objective_of_a_test").objective
    study.optimize(objective, n_trials=4, n_jobs=2, backend="process")
    assert len(study.get_trials(states=(TrialState.COMPLETE,))) == 4


ELSEWHERE = """
import os
import sys
import time

class Odd(Exception):
    def __init__(self, one, other):
        super().__init__(f"{one} and {other}")

def fails(trial):
    errors = {"eof": EOFError("the file is short"), "odd": Odd("this", "that")}
    raise errors[trial.suggest_categorical("kind", ["eof", "odd"])]

def notes(trial):
    try:
        trial.user_attrs
    except TypeError:
        return 1.0
    return 2.0

def dies(trial):
    os._exit(3) if trial.number == 0 else None
    return 2.0

def sleeps(trial):
    trial.report(1.0, 0)
    time.sleep(60)

def exits(trial):
    sys.exit(3)
"""


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A module whose functions children import."""
    (tmp_path / "objectives_elsewhere.py").write_text(ELSEWHERE)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("objectives_elsewhere")
    del sys.modules["objectives_elsewhere"]


def test_errors_of_a_child_process_come_here_with_their_traceback(elsewhere):
    study = seeded()
    study.enqueue_trial({"kind": "eof"})
    with pytest.raises(EOFError, match="the file is short") as caught:
        study.optimize(elsewhere.fails, n_trials=1, backend="process")
    assert "in fails" in str(caught.value.__cause__)
    study.enqueue_trial({"kind": "odd"})
    with pytest.raises(RuntimeError, match="Odd: this and that"):
        study.optimize(elsewhere.fails, n_trials=1, backend="process")


def test_a_child_process_is_told_what_cannot_be_sent_to_it(elsewhere):
    class Unsendable:
        def __deepcopy__(self, memo):
            return self

        def __reduce__(self):
            raise TypeError("not me")

    study = seeded()
    study.add_trial(create_trial(state=TrialState.WAITING, user_attrs={"note": Unsendable()}))
    study.optimize(elsewhere.notes, n_trials=2, backend="process")
    assert [t.value for t in study.trials] == [1.0, 2.0]


def test_a_child_process_that_dies_fails_its_trial_only(elsewhere):
    study = seeded()
    study.optimize(elsewhere.dies, n_trials=3, backend="process", catch=RuntimeError)
    assert [t.state.name for t in study.trials] == ["FAIL", "COMPLETE", "COMPLETE"]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_interrupt_fails_the_trials_that_child_processes_run(elsewhere, n_jobs):
    study = seeded()

    def interrupt():
        while sum(bool(t.intermediate_values) for t in study.get_trials(deepcopy=False)) < n_jobs:
            time.sleep(0.05)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        study.optimize(elsewhere.sleeps, n_trials=5, n_jobs=n_jobs, backend="process")
    assert [t.state for t in study.trials] == [TrialState.FAIL] * n_jobs


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_objective_that_ends_its_child_process_fails_its_trial(elsewhere, n_jobs):
    study = seeded()
    with pytest.raises(SystemExit):
        study.optimize(elsewhere.exits, n_trials=1, n_jobs=n_jobs, backend="process")
    assert [t.state for t in study.trials] == [TrialState.FAIL]


def test_an_objective_that_cannot_be_sent_is_refused_with_the_way_out():
    with pytest.raises(ValueError, match="top of a module"):
        seeded().optimize(lambda t: 1.0, n_trials=1, backend="process")
