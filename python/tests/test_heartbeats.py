"""Signs of life: trials whose process died are failed, and may be tried again."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
import time

import pytest
import ravine
from ravine.samplers import RandomSampler
from ravine.storages import RDBStorage, RetryHeartbeatStaleTrialCallback, fail_stale_trials
from ravine.trial import TrialState

pytestmark = pytest.mark.filterwarnings("ignore::ravine.exceptions.ExperimentalWarning")

DYING = """
import os, signal, sys, warnings, ravine
warnings.simplefilter("ignore")
storage = ravine.storages.RDBStorage(sys.argv[1], heartbeat_interval=60)
study = ravine.load_study(study_name="s", storage=storage, sampler=ravine.samplers.RandomSampler(seed=1))
def objective(trial):
    trial.suggest_float("x", 0, 1)
    os.kill(os.getpid(), signal.SIGKILL)
study.optimize(objective, n_trials=1)
"""


def stored(url, callback=None, grace=1):
    return RDBStorage(url, heartbeat_interval=1, grace_period=grace, heartbeat_stale_trial_callback=callback)


@pytest.fixture
def killed(url):
    """A database with a study whose only trial runs in a process that was killed."""
    ravine.create_study(study_name="s", storage=url)
    subprocess.run([sys.executable, "-c", DYING, url])
    return url


def test_a_trial_whose_process_was_killed_is_failed_and_tried_again(killed):
    storage = stored(killed, RetryHeartbeatStaleTrialCallback(max_retry=1))
    study = ravine.load_study(study_name="s", storage=storage, sampler=RandomSampler(seed=2))
    assert study.trials[0].state == TrialState.RUNNING
    fail_stale_trials(study)
    assert study.trials[0].state == TrialState.RUNNING, "within the grace period nothing happens"
    time.sleep(1.2)
    study.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=1)
    first, second = study.trials
    assert (first.state, second.state) == (TrialState.FAIL, TrialState.COMPLETE)
    assert second.params == first.params
    assert RetryHeartbeatStaleTrialCallback.retried_trial_number(second) == 0


def test_of_several_who_find_a_trial_dead_one_tells_of_it(killed):
    time.sleep(1.2)
    told = []

    def find():
        storage = stored(killed, lambda study, trial: told.append(trial.number))
        fail_stale_trials(ravine.load_study(study_name="s", storage=storage))

    finders = [threading.Thread(target=find) for _ in range(6)]
    [finder.start() for finder in finders]
    [finder.join() for finder in finders]
    assert told == [0]


def test_a_trial_that_lives_is_left_alone(url):
    study = ravine.create_study(study_name="s", storage=stored(url, grace=2))
    other = ravine.load_study(study_name="s", storage=stored(url, grace=2))

    def objective(trial):
        for _ in range(7):
            time.sleep(0.5)
            fail_stale_trials(other)
        return 1.0

    study.optimize(objective, n_trials=1)
    assert study.trials[0].state == TrialState.COMPLETE


def test_without_an_interval_nothing_is_failed(killed):
    study = ravine.load_study(study_name="s", storage=killed)
    fail_stale_trials(study)
    assert study.trials[0].state == TrialState.RUNNING
    assert study._storage.get_heartbeat_interval() is None


def test_trials_that_are_asked_for_give_no_sign_and_are_never_stale(url):
    study = ravine.create_study(storage=stored(url))
    with pytest.warns(UserWarning, match="supposed to be used with Study.optimize"):
        study.ask()
    time.sleep(1.2)
    fail_stale_trials(study)
    assert study.trials[0].state == TrialState.RUNNING


def test_the_options_are_checked_and_survive_pickling(url):
    for options in ({"heartbeat_interval": 0}, {"grace_period": -1}):
        with pytest.raises(ValueError, match="should be a positive integer"):
            RDBStorage(url, **options)
    with pytest.raises(ValueError, match="Specify only one"):
        RDBStorage(url, heartbeat_stale_trial_callback=print, failed_trial_callback=print)
    with pytest.warns(FutureWarning, match="failed_trial_callback"):
        storage = RDBStorage(url, heartbeat_interval=7, failed_trial_callback=print)
    again = pickle.loads(pickle.dumps(storage))
    assert (again.heartbeat_interval, again.get_heartbeat_stale_trial_callback()) == (7, print)


def test_signs_of_life_may_be_asked_for_after_the_storage_was_opened(url):
    storage = RDBStorage(url)
    storage.heartbeat_interval = 1
    study = ravine.create_study(storage=storage)
    with pytest.warns(UserWarning, match="supposed to be used with Study.optimize"):
        trial = study.ask()
    storage.record_heartbeat(trial._trial_id)
    time.sleep(2.2)
    fail_stale_trials(study)
    assert study.trials[0].state == TrialState.FAIL
