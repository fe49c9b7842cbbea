"""A study knows the process that it was opened in, and a handle the study that it was opened for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import ravine
from ravine.exceptions import ForkedStudyError
from ravine.samplers import RandomSampler

IN_A_CHILD: dict[str, Callable[[ravine.Study, ravine.Trial], object]] = {
    "ask": lambda study, trial: study.ask(),
    "enqueue": lambda study, trial: study.enqueue_trial({"x": 0.5}),
    "add": lambda study, trial: study.add_trial(ravine.create_trial(value=1.0)),
    "tell": lambda study, trial: study.tell(trial, 1.0),
    "suggest": lambda study, trial: trial.suggest_float("x", 0, 1),
    "suggest anew": lambda study, trial: trial.suggest_float("y", 0, 1),
    "report": lambda study, trial: trial.report(1.0, 1),
    "note": lambda study, trial: trial.set_user_attr("k", 1),
    "note on the study": lambda study, trial: study.set_user_attr("k", 1),
    "name": lambda study, trial: study.set_metric_names(["a"]),
    "optimize": lambda study, trial: study.optimize(lambda t: 1.0, n_trials=1),
}


@pytest.mark.parametrize("name", IN_A_CHILD)
@pytest.mark.parametrize("kept", [False, True], ids=["memory", "sqlite"])
def test_what_a_forked_child_would_lose_is_refused_and_changes_nothing(name: str, kept: bool, tmp_path: Path) -> None:
    storage = f"sqlite:///{tmp_path}/a.db" if kept else None
    study = ravine.create_study(storage=storage, sampler=RandomSampler(seed=1))
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=2)
    trial = study.ask()
    child = os.fork()
    if child == 0:
        try:
            IN_A_CHILD[name](study, trial)
        except ForkedStudyError:
            os._exit(7)
        except BaseException:
            os._exit(3)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert [len(study.trials), study.user_attrs, study.metric_names] == [3, {}, None]
    if storage is not None:
        again = ravine.load_study(study_name=study.study_name, storage=storage)
        assert [len(again.trials), again.user_attrs, again.metric_names] == [3, {}, None]


def test_a_child_that_opens_the_study_anew_has_it(tmp_path: Path) -> None:
    storage = f"sqlite:///{tmp_path}/a.db"
    study = ravine.create_study(study_name="s", storage=storage)
    child = os.fork()
    if child == 0:
        ravine.load_study(study_name="s", storage=storage).optimize(lambda trial: 1.0, n_trials=2)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(study.trials) == 2


def test_a_handle_of_a_deleted_study_says_so_and_touches_no_other(tmp_path: Path) -> None:
    storage = f"sqlite:///{tmp_path}/a.db"
    old = ravine.create_study(study_name="exp", storage=storage)
    old.optimize(lambda trial: 1.0, n_trials=3)
    ravine.delete_study(study_name="exp", storage=storage)
    new = ravine.create_study(study_name="exp", storage=storage)
    for use in (old.ask, lambda: old.set_user_attr("k", 1), lambda: old.enqueue_trial({"x": 1})):
        with pytest.raises(KeyError):
            use()
    assert (len(new.trials), new.user_attrs) == (0, {})
