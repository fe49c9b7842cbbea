"""`ravine.study`, function by function."""

from __future__ import annotations

import io
import logging
import pickle
import sys
import threading
import time

import pytest
import ravine
from ravine.distributions import FloatDistribution, IntDistribution
from ravine.exceptions import DuplicatedStudyError, TrialPruned
from ravine.samplers import RandomSampler, TPESampler
from ravine.study import MaxTrialsCallback, StudyDirection
from ravine.trial import TrialState, create_trial


def square(trial):
    return trial.suggest_float("x", -10, 10) ** 2


def seeded(**options):
    return ravine.create_study(sampler=RandomSampler(seed=1), **options)


def test_a_study_minimises_unless_told_otherwise():
    study = ravine.create_study()
    assert study.direction == StudyDirection.MINIMIZE
    assert ravine.create_study(direction="maximize").direction == StudyDirection.MAXIMIZE
    assert ravine.create_study(direction=StudyDirection.MAXIMIZE).directions == [StudyDirection.MAXIMIZE]


@pytest.mark.parametrize(
    "options",
    [
        {"direction": "up"},
        {"directions": []},
        {"directions": ["minimize", "up"]},
        {"direction": "minimize", "directions": ["minimize"]},
        {"direction": ["minimize", "maximize"]},
    ],
)
def test_directions_that_are_none_are_refused(options):
    with pytest.raises(ValueError):
        ravine.create_study(**options)


def test_optimize_runs_so_many_trials_and_finds_the_best(storage):
    study = seeded(storage=storage)
    study.optimize(square, n_trials=20)
    assert [t.number for t in study.trials] == list(range(20))
    assert all(t.state == TrialState.COMPLETE for t in study.trials)
    assert study.best_value == min(t.value for t in study.trials)
    assert study.best_trial.params == study.best_params
    assert study.best_trial.value == study.best_params["x"] ** 2


def test_the_best_of_a_maximising_study_is_the_greatest(storage):
    study = seeded(storage=storage, direction="maximize")
    study.optimize(square, n_trials=10)
    assert study.best_value == max(t.value for t in study.trials)


def test_a_study_without_complete_trials_has_no_best():
    with pytest.raises(ValueError):
        ravine.create_study().best_trial


def test_several_objectives_have_a_front_and_no_best(storage):
    study = seeded(storage=storage, directions=["minimize", "maximize"])
    study.optimize(lambda t: (t.suggest_float("x", 0, 1), t.suggest_float("y", 0, 1)), n_trials=20)
    for attribute in ("best_trial", "best_value", "best_params", "direction"):
        with pytest.raises(RuntimeError):
            getattr(study, attribute)
    front = study.best_trials
    for trial in front:
        assert not any(
            o.values[0] <= trial.values[0] and o.values[1] >= trial.values[1] and o.values != trial.values
            for o in study.trials
        )
    assert front


def test_constraints_decide_before_values():
    study = ravine.create_study()
    for value, violation in [(1.0, 1.0), (2.0, -1.0), (3.0, 0.0)]:
        trial = study.ask()
        trial.set_constraint("c", violation)
        study.tell(trial, value)
    assert study.best_trial.number == 1
    assert study.best_trial.constraints == {"c": -1.0}


def test_a_study_none_of_whose_trials_keeps_the_constraints_has_no_best():
    study = ravine.create_study()
    trial = study.ask()
    trial.set_constraint("c", 1.0)
    study.tell(trial, 1.0)
    with pytest.raises(ValueError):
        study.best_trial


def test_timeout_ends_the_search():
    study = seeded()
    start = time.monotonic()
    study.optimize(lambda t: time.sleep(0.05) or 1.0, timeout=0.3)
    assert 0.2 < time.monotonic() - start < 2.0
    assert 2 <= len(study.trials) <= 7


def test_threads_share_a_study(storage):
    study = seeded(storage=storage)
    seen = set()

    def objective(trial):
        seen.add(threading.get_ident())
        time.sleep(0.01)
        return square(trial)

    study.optimize(objective, n_trials=12, n_jobs=3)
    assert len(seen) > 1
    assert sorted(t.number for t in study.trials) == list(range(12))


@pytest.mark.parametrize("backend", ["thread", "process"])
def test_a_number_of_jobs_that_is_none_is_refused(backend):
    for n_jobs in (0, -2):
        with pytest.raises(ValueError, match="`n_jobs` is 1 or more, or -1"):
            seeded().optimize(square, n_trials=1, n_jobs=n_jobs, backend=backend)


def test_an_exception_fails_its_trial_and_ends_the_search(storage):
    study = seeded(storage=storage)

    def objective(trial):
        trial.suggest_float("x", 0, 1)
        raise KeyError("no")

    with pytest.raises(KeyError):
        study.optimize(objective, n_trials=3)
    assert [t.state for t in study.trials] == [TrialState.FAIL]
    study.optimize(objective, n_trials=3, catch=KeyError)
    study.optimize(objective, n_trials=1, catch=(KeyError, ValueError))
    assert [t.state for t in study.trials] == [TrialState.FAIL] * 5


@pytest.mark.parametrize("value", [None, float("nan"), "a", (1.0, 2.0), []])
def test_what_is_no_value_fails_its_trial_only(value):
    study = seeded()
    study.optimize(lambda t: value, n_trials=2)
    assert [t.state for t in study.trials] == [TrialState.FAIL] * 2
    assert study.trials[0].value is None


@pytest.mark.parametrize("value", [1, True, float("inf")])
def test_what_can_be_a_float_is_one(value):
    study = seeded()
    study.optimize(lambda t: [value], n_trials=1)
    study.optimize(lambda t: value, n_trials=1)
    assert [t.value for t in study.trials] == [float(value)] * 2


@pytest.mark.parametrize("value", ["2.5", ["2.5"], ("1", "2"), [b"1"]])
def test_a_text_is_no_value_though_it_looks_like_one(value):
    study = seeded()
    trial = study.ask()
    for state in (None, TrialState.COMPLETE):
        with pytest.raises(TypeError, match="must be real number"):
            study.tell(trial, value, state)
    with pytest.raises(TypeError, match="must be real number"):
        study.optimize(lambda t: value, n_trials=1)
    assert not any(t.state.is_finished() for t in study.trials)


def test_the_number_of_trials_may_be_written_as_a_float():
    study = seeded()
    study.optimize(square, n_trials=1e1)
    assert len(study.trials) == 10


def test_a_pruned_trial_has_its_last_report_as_value(storage):
    study = seeded(storage=storage)

    def objective(trial):
        trial.report(3.0, 1)
        trial.report(2.0, 5)
        raise TrialPruned

    study.optimize(objective, n_trials=1)
    assert study.trials[0].state == TrialState.PRUNED
    assert study.trials[0].value == 2.0
    assert study.trials[0].intermediate_values == {1: 3.0, 5: 2.0}


def test_callbacks_get_the_study_and_a_record_of_their_own():
    study = seeded()
    seen = []

    def callback(of, record):
        assert of is study
        record.params["x"] = None
        seen.append(record.number)

    study.optimize(square, n_trials=3, callbacks=[callback])
    assert seen == [0, 1, 2]
    assert study.trials[0].params["x"] is not None


def test_stop_ends_the_search_after_the_trial():
    study = seeded()

    def objective(trial):
        if trial.number == 4:
            trial.study.stop()
        return 1.0

    study.optimize(objective, n_trials=10)
    assert len(study.trials) == 5
    with pytest.raises(RuntimeError):
        study.stop()


def test_max_trials_counts_trials_of_the_given_states():
    study = seeded()
    study.optimize(square, n_trials=10, callbacks=[MaxTrialsCallback(4)])
    assert len(study.trials) == 4
    study.optimize(square, n_trials=10, callbacks=[MaxTrialsCallback(6, states=None)])
    assert len(study.trials) == 6


def test_optimize_within_optimize_is_refused():
    study = seeded()
    with pytest.raises(RuntimeError):
        study.optimize(lambda t: study.optimize(square, n_trials=1) or 1.0, n_trials=1)


def test_ask_and_tell(storage):
    study = seeded(storage=storage)
    trial = study.ask({"x": FloatDistribution(0, 1), "n": IntDistribution(1, 3)})
    assert set(trial.params) == {"x", "n"}
    record = study.tell(trial, 2.0)
    assert (record.state, record.value) == (TrialState.COMPLETE, 2.0)
    with pytest.raises(ValueError):
        study.tell(trial, 3.0)
    assert study.tell(trial, 3.0, skip_if_finished=True).value == 2.0
    number = study.ask().number
    assert study.tell(number, state=TrialState.FAIL).state == TrialState.FAIL


def test_tell_refuses_what_contradicts_itself():
    study = seeded()
    trial = study.ask()
    for values, state in [
        (None, TrialState.COMPLETE),
        (1.0, TrialState.PRUNED),
        (1.0, TrialState.FAIL),
        (1.0, TrialState.RUNNING),
        ("a", TrialState.COMPLETE),
        ([1.0, 2.0], TrialState.COMPLETE),
    ]:
        with pytest.raises(ValueError):
            study.tell(trial, values, state)
    with pytest.raises(ValueError):
        study.tell(7, 1.0)
    with pytest.raises(TypeError):
        study.tell("0", 1.0)
    with pytest.raises(TypeError, match="TrialState"):
        study.tell(trial, 1.0, 1)
    with pytest.warns(UserWarning):
        assert study.tell(trial, None).state == TrialState.FAIL


def test_batches():
    study = seeded()
    trials = study.ask_batch(3, {"x": FloatDistribution(0, 1)})
    records = study.tell_batch(trials, [1.0, None, 2.0])
    assert [r.state for r in records] == [TrialState.COMPLETE, TrialState.FAIL, TrialState.COMPLETE]


def test_a_noisy_best_is_drawn_towards_the_mean():
    study = seeded()
    for value, std in [(1.0, 5.0), (2.0, 0.01), (5.0, 0.01), (6.0, 0.01)]:
        study.tell(study.ask({"x": FloatDistribution(0, 1)}), value, std=std)
    assert [t.number for t in study.best(2)] == [1, 0]


def test_a_standard_error_is_kept_with_an_end_only(storage):
    study = seeded(storage=storage)
    trial = study.ask()
    with pytest.raises(ValueError):
        study.tell(trial, [1.0, 2.0], TrialState.COMPLETE, std=0.1)
    for wrong in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="standard error"):
            study.tell(trial, 1.0, std=wrong)
    assert study.trials[0].system_attrs == {}
    study.tell(trial, 1.0, std=0.5)
    assert study.tell(trial, 2.0, skip_if_finished=True, std=0.1).system_attrs["ravine:std"] == [0.5]
    with pytest.raises(ValueError):
        study.tell(trial, 2.0, std=0.1)


def test_infinite_values_are_the_worst_of_noisy_ones():
    study = seeded()
    for value, std in [(float("inf"), None), (2.0, 0.1), (1.0, 0.1), (float("-inf"), 0.1)]:
        study.tell(study.ask({"x": FloatDistribution(0, 1)}), value, std=std)
    assert [t.number for t in study.best(4)] == [3, 2, 1, 0]


def test_so_many_as_are_none_are_no_best():
    study = seeded()
    study.optimize(square, n_trials=3)
    for k in (0, -1):
        with pytest.raises(ValueError, match="1 or more"):
            study.best(k)
    for k in (None, 1.5, "1", True):
        with pytest.raises(TypeError, match="whole number"):
            study.best(k)


def test_what_is_not_there_cannot_be_explained():
    study = ravine.create_study()
    with pytest.raises(ValueError, match="no trial yet"):
        study.explain()
    study.ask()
    with pytest.raises(ValueError, match="no trial 7"):
        study.explain(7)


def test_enqueued_values_come_first(storage):
    study = seeded(storage=storage)
    study.enqueue_trial({"x": 5.0}, user_attrs={"by": "me"})
    assert study.trials[0].state == TrialState.WAITING
    study.enqueue_trial({"x": 5.0}, skip_if_exists=True)
    assert len(study.trials) == 1
    study.optimize(square, n_trials=2)
    first = study.trials[0]
    assert (first.params, first.value, first.user_attrs) == ({"x": 5.0}, 25.0, {"by": "me"})
    assert study.trials[1].params["x"] != 5.0
    with pytest.raises(TypeError):
        study.enqueue_trial([1])


def test_a_fixed_value_out_of_range_is_used_with_a_warning():
    study = seeded()
    study.enqueue_trial({"x": 50.0})
    with pytest.warns(UserWarning, match="out of range"):
        study.optimize(square, n_trials=1)
    assert study.best_value == 2500.0


def test_of_trials_that_are_added_those_before_one_that_cannot_be_are_there(storage):
    def trial(value, distribution=FloatDistribution(0, 1)):
        return create_trial(value=value, params={"x": 1}, distributions={"x": distribution})

    study = seeded(storage=storage)
    with pytest.raises(ValueError, match="number of objectives"):
        study.add_trials([trial(1.0), trial(2.0), create_trial(values=[1, 2]), trial(3.0)])
    with pytest.raises(ValueError, match="Cannot set different distribution kind"):
        study.add_trials([trial(3.0), trial(4.0, IntDistribution(0, 1))])
    study.add_trials(iter([]))
    assert [(t.number, t.value) for t in study.trials] == [(0, 1.0), (1, 2.0), (2, 3.0)]


def test_very_many_trials_are_added_in_few_commits(url, monkeypatch):
    from ravine.storages import _database

    monkeypatch.setattr(_database, "_PORTION", 7)
    study = seeded(storage=url)
    added = [
        create_trial(state=state, value=value, params={"x": n / 20}, distributions={"x": FloatDistribution(0, 1)})
        for n in range(20)
        for state, value in [(TrialState.COMPLETE, n) if n % 3 else (TrialState.WAITING, None)]
    ]
    study.add_trials(added)
    again = ravine.load_study(study_name=study.study_name, storage=url)
    for found in (study, again):
        assert [t.number for t in found.trials] == list(range(20))
        assert [(t.state, t.value, t.params) for t in found.trials] == [(t.state, t.value, t.params) for t in added]
    assert study.ask().number == 0, "those that wait come first"


def test_added_trials_count(storage):
    study = seeded(storage=storage)
    trial = create_trial(
        value=0.5,
        params={"x": 0.5},
        distributions={"x": FloatDistribution(0, 1)},
        user_attrs={"a": [1, None]},
        intermediate_values={0: 1.0, 3: float("inf")},
    )
    study.add_trials([trial, trial])
    for number, added in enumerate(study.trials):
        assert added.number == number
        for field in (
            "params",
            "distributions",
            "value",
            "user_attrs",
            "intermediate_values",
            "datetime_start",
        ):
            assert getattr(added, field) == getattr(trial, field)
    with pytest.raises(ValueError):
        study.add_trial(create_trial(values=[1.0, 2.0]))
    with pytest.raises(ValueError):
        study.add_trial(create_trial(value=1.0, params={"x": 1}, distributions={"x": IntDistribution(0, 1)}))


def test_notes_are_kept_and_handed_out_as_copies(storage):
    study = seeded(storage=storage)
    study.set_user_attr("tags", ["a"])
    study.user_attrs["tags"].append("b")
    assert study.user_attrs == {"tags": ["a"]}
    with pytest.warns(ravine.exceptions.ExperimentalWarning):
        study.set_metric_names(["loss"])
    assert study.metric_names == ["loss"]
    with pytest.warns(ravine.exceptions.ExperimentalWarning), pytest.raises(ValueError):
        study.set_metric_names(["a", "b"])


def test_records_are_copies(storage):
    study = seeded(storage=storage)
    study.optimize(square, n_trials=1)
    study.trials[0].params["x"] = None
    study.best_trial.user_attrs["a"] = 1
    assert study.trials[0].params["x"] is not None
    assert study.best_trial.user_attrs == {}


def test_a_memory_study_survives_pickling():
    study = ravine.create_study(sampler=TPESampler(seed=1), study_name="s")
    study.optimize(square, n_trials=3)
    other = pickle.loads(pickle.dumps(study))
    assert other.trials == study.trials
    other.optimize(square, n_trials=1)
    assert (len(other.trials), len(study.trials)) == (4, 3)


def test_studies_are_found_copied_summarised_and_deleted(url):
    study = ravine.create_study(study_name="a", storage=url, direction="maximize")
    study.optimize(square, n_trials=3)
    study.set_user_attr("k", 1)
    with pytest.raises(DuplicatedStudyError):
        ravine.create_study(study_name="a", storage=url)
    again = ravine.create_study(study_name="a", storage=url, load_if_exists=True)
    assert again.trials == study.trials
    assert ravine.load_study(study_name=None, storage=url).study_name == "a"
    ravine.copy_study(from_study_name="a", from_storage=url, to_storage=url, to_study_name="b")
    copy = ravine.load_study(study_name="b", storage=url)
    assert [(t.number, t.params, t.values) for t in copy.trials] == [
        (t.number, t.params, t.values) for t in study.trials
    ]
    assert copy.user_attrs == {"k": 1}
    with pytest.raises(ValueError):
        ravine.load_study(study_name=None, storage=url)
    summaries = ravine.get_all_study_summaries(url)
    assert [(s.study_name, s.n_trials, s.direction.name) for s in summaries] == [
        ("a", 3, "MAXIMIZE"),
        ("b", 3, "MAXIMIZE"),
    ]
    assert summaries[0].best_trial.value == study.best_value
    assert summaries[0] < summaries[1]
    ravine.delete_study(study_name="a", storage=url)
    assert ravine.get_all_study_names(url) == ["b"]
    with pytest.raises(KeyError):
        ravine.load_study(study_name="a", storage=url)


def test_the_log_says_how_trials_ended(caplog):
    ravine.logging.set_verbosity(ravine.logging.INFO)
    ravine.logging.enable_propagation()
    study = seeded()
    study.optimize(square, n_trials=1)
    assert any("Trial 0 finished with value: " in message for message in caplog.messages)
    assert any("Best is trial 0" in message for message in caplog.messages)


def test_a_table_of_trials_has_the_fields_columns():
    import pandas

    study = seeded()
    assert study.trials_dataframe().empty
    study.optimize(square, n_trials=2)
    table = study.trials_dataframe(attrs=("number", "value", "params", "state"))
    assert isinstance(table, pandas.DataFrame)
    assert list(table.columns) == ["number", "value", "params_x", "state"]
    assert list(table["state"]) == ["COMPLETE", "COMPLETE"]
    assert ("params", "x") in study.trials_dataframe(multi_index=True).columns


@pytest.mark.parametrize("with_tqdm", [False, True])
def test_messages_stand_above_a_progress_bar(with_tqdm, capsys, monkeypatch):
    if not with_tqdm:
        monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    ravine.logging._reset_library_root_logger()
    ravine.logging.set_verbosity(ravine.logging.INFO)
    handlers = list(logging.getLogger("ravine").handlers)
    study = seeded()
    study.optimize(square, n_trials=3, show_progress_bar=True)
    assert logging.getLogger("ravine").handlers == handlers
    shown = capsys.readouterr().err
    assert "Best trial: " in shown and "3/3" in shown
    # What is written over since the last return of the carriage is gone.
    rows = [row.split("\r")[-1].split("\x1b[K")[-1] for row in shown.splitlines()]
    assert sum(row.startswith("[I ") and "finished with value" in row for row in rows) == 3
    ravine.logging.disable_default_handler()
    study.optimize(square, n_trials=1, show_progress_bar=True)
    assert "finished" not in capsys.readouterr().err


def test_handlers_of_programs_for_optuna_get_the_messages():
    shown = io.StringIO()
    logger = ravine.logging.get_logger("optuna")
    handler = logging.StreamHandler(shown)
    logger.addHandler(handler)
    ravine.logging.set_verbosity(ravine.logging.INFO)
    try:
        seeded().optimize(square, n_trials=1)
    finally:
        logger.removeHandler(handler)
    assert "Trial 0 finished with value" in shown.getvalue()
    assert ravine.logging.get_logger("optuna.study") is logging.getLogger("ravine.study")
    assert ravine.logging.get_logger("other") is logging.getLogger("other")


def test_a_trial_that_waits_keeps_the_parameters_that_it_was_added_with():
    study = ravine.create_study(sampler=RandomSampler(seed=1))
    given = {"x": FloatDistribution(0, 10)}
    study.add_trial(create_trial(value=0.5, params={"x": 0.5}, distributions=given))
    study.add_trial(create_trial(state=TrialState.WAITING, params={"x": 3.0}, distributions=given))
    trial = study.ask()
    assert trial.suggest_float("x", 0, 10) == 3.0
    assert trial.params == {"x": 3.0}
