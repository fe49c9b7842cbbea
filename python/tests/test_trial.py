"""`ravine.trial` and `ravine.distributions`, function by function."""

from __future__ import annotations

import copy
import datetime
import math

import pytest
import ravine
from ravine import distributions
from ravine.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from ravine.exceptions import UpdateFinishedTrialError
from ravine.samplers import RandomSampler
from ravine.trial import BaseTrial, FixedTrial, FrozenTrial, Trial, TrialState, create_trial


@pytest.fixture
def study(storage):
    return ravine.create_study(sampler=RandomSampler(seed=1), storage=storage)


def test_suggested_values_lie_in_their_range(study):
    def objective(trial):
        assert -1.0 <= trial.suggest_float("a", -1, 1) <= 1.0
        assert 1e-5 <= trial.suggest_float("b", 1e-5, 1, log=True) <= 1.0
        assert round(trial.suggest_float("c", 0, 1, step=0.25) * 4, 9).is_integer()
        n = trial.suggest_int("d", 1, 9, step=2)
        assert type(n) is int and n in (1, 3, 5, 7, 9)
        assert 1 <= trial.suggest_int("e", 1, 100, log=True) <= 100
        assert trial.suggest_categorical("f", ("x", None, 1.5, True)) in ("x", None, 1.5, True)
        return 0.0

    study.optimize(objective, n_trials=30)
    assert {t.params["f"] for t in study.trials} == {"x", None, 1.5, True}


def test_a_value_is_suggested_once(study):
    trial = study.ask()
    x = trial.suggest_float("x", 0, 1)
    assert trial.suggest_float("x", 0, 1) == x
    with pytest.warns(RuntimeWarning, match="Inconsistent"):
        assert trial.suggest_float("x", 0, 2) == x
    with pytest.raises(ValueError):
        trial.suggest_int("x", 0, 1)
    assert trial.params == {"x": x}
    assert trial.distributions == {"x": FloatDistribution(0, 1)}


def test_a_parameter_keeps_its_kind_scale_and_choices(study):
    trial = study.ask()
    trial.suggest_float("x", 1, 2)
    trial.suggest_categorical("c", ["a", "b"])
    study.tell(trial, 1.0)
    trial = study.ask()
    for suggest in (
        lambda: trial.suggest_int("x", 1, 2),
        lambda: trial.suggest_float("x", 1, 2, log=True),
        lambda: trial.suggest_categorical("c", ["a", "c"]),
    ):
        with pytest.raises(ValueError):
            suggest()
    assert 5 <= trial.suggest_float("x", 5, 6) <= 6


@pytest.mark.parametrize(
    "make",
    [
        lambda: FloatDistribution(2, 1),
        lambda: FloatDistribution(0, 1, log=True),
        lambda: FloatDistribution(1, 2, log=True, step=0.1),
        lambda: FloatDistribution(0, 1, step=0),
        lambda: IntDistribution(2, 1),
        lambda: IntDistribution(0, 1, log=True),
        lambda: IntDistribution(1, 8, log=True, step=2),
        lambda: IntDistribution(0, 1, step=-1),
        lambda: CategoricalDistribution([]),
    ],
)
def test_ranges_that_are_none_are_refused(make):
    with pytest.raises(ValueError):
        make()


@pytest.mark.parametrize("low, high", [(0, math.inf), (-math.inf, 0), (-1e308, 1e308)])
def test_nothing_is_drawn_from_a_range_that_is_infinite(low, high):
    trial = ravine.create_study(sampler=RandomSampler(seed=1)).ask()
    with pytest.raises(OverflowError, match="Range exceeds valid bounds"):
        trial.suggest_float("x", low, high)
    assert trial.params == {}


def test_a_range_ends_on_a_step():
    with pytest.warns(UserWarning):
        assert FloatDistribution(0.0, 1.0, step=0.3).high == 0.9
    with pytest.warns(UserWarning):
        assert IntDistribution(0, 10, step=3).high == 9


@pytest.mark.parametrize(
    "distribution",
    [
        FloatDistribution(0, 1),
        FloatDistribution(0.1, 1, log=True),
        FloatDistribution(0, 1, step=0.1),
        IntDistribution(0, 4, step=2),
        IntDistribution(1, 100, log=True),
        CategoricalDistribution((None, True, 1, 0.5, "a")),
    ],
)
def test_distributions_survive_json_copies_and_their_repr(distribution):
    text = distributions.distribution_to_json(distribution)
    assert distributions.json_to_distribution(text) == distribution
    assert copy.deepcopy(distribution) == distribution
    assert hash(copy.deepcopy(distribution)) == hash(distribution)
    assert eval(repr(distribution), vars(distributions)) == distribution


def test_the_short_json_forms_are_read():
    read = distributions.json_to_distribution
    assert read('{"type": "float", "low": 0, "high": 1}') == FloatDistribution(0, 1)
    assert read('{"type": "int", "low": 1, "high": 9, "log": true}') == IntDistribution(1, 9, log=True)
    assert read('{"type": "categorical", "choices": ["a"]}') == CategoricalDistribution(("a",))
    for wrong in ('{"type": "x"}', '{"name": "X", "attributes": {}}'):
        with pytest.raises(ValueError):
            read(wrong)


def test_internal_values_are_numbers():
    choice = CategoricalDistribution(("a", math.nan, None))
    assert [choice.to_internal_repr(v) for v in ("a", math.nan, None)] == [0, 1, 2]
    assert choice.to_external_repr(2) is None
    with pytest.raises(ValueError):
        choice.to_internal_repr("b")
    assert IntDistribution(0, 9).to_external_repr(3.0) == 3
    for wrong in ("a", math.nan, None):
        with pytest.raises(ValueError):
            FloatDistribution(0, 1).to_internal_repr(wrong)


def test_single_values():
    assert FloatDistribution(1, 1).single() and IntDistribution(1, 1).single()
    assert CategoricalDistribution((1,)).single()
    assert not IntDistribution(1, 2).single()
    study = ravine.create_study()
    trial = study.ask()
    assert (trial.suggest_float("x", 2, 2), trial.suggest_int("n", 3, 3)) == (2.0, 3)


def test_deprecated_distributions_warn_and_are_converted():
    with pytest.warns(FutureWarning):
        old = distributions.UniformDistribution(0, 1)
    assert isinstance(old, FloatDistribution)
    with pytest.warns(FutureWarning):
        trial = create_trial(value=1.0, params={"x": 0.5}, distributions={"x": old})
    assert trial.distributions == {"x": FloatDistribution(0, 1)}
    with pytest.warns(FutureWarning):
        assert distributions.DiscreteUniformDistribution(0, 1, q=0.5).q == 0.5


def test_deprecated_suggestions_warn(study):
    trial = study.ask()
    for suggest in (
        lambda: trial.suggest_uniform("a", 0, 1),
        lambda: trial.suggest_loguniform("b", 0.1, 1),
        lambda: trial.suggest_discrete_uniform("c", 0, 1, 0.5),
    ):
        with pytest.warns(FutureWarning):
            suggest()
    assert trial.distributions["b"].log


def test_reports(study):
    trial = study.ask()
    trial.report(1, 0)
    trial.report("2.5", 3.0)
    with pytest.warns(UserWarning):
        trial.report(9.0, 0)
    assert study.trials[0].intermediate_values == {0: 1.0, 3: 2.5}
    assert study.trials[0].last_step == 3
    for value, step, error in [
        ("a", 1, TypeError),
        (None, 1, TypeError),
        (1.0, "b", TypeError),
        (1.0, -1, ValueError),
    ]:
        with pytest.raises(error):
            trial.report(value, step)


def test_reports_are_for_one_objective():
    trial = ravine.create_study(directions=["minimize", "minimize"]).ask()
    with pytest.raises(NotImplementedError):
        trial.report(1.0, 1)
    with pytest.raises(NotImplementedError):
        trial.should_prune()


def test_notes_and_constraints(study):
    trial = study.ask()
    trial.set_user_attr("a", {"b": [1, None]})
    assert trial.user_attrs == {"a": {"b": [1, None]}}
    trial.set_constraint("c", -1)
    with pytest.warns(UserWarning):
        trial.set_constraint("c", 2)
    assert trial.constraints == {"c": -1.0}
    with pytest.raises(TypeError):
        trial.set_constraint("d", "x")
    with pytest.raises(ValueError):
        trial.set_constraint("d", math.nan)


def test_an_ended_trial_does_not_change(study):
    trial = study.ask()
    trial.suggest_float("x", 0, 1)
    study.tell(trial, 1.0)
    for change in (
        lambda: trial.suggest_float("y", 0, 1),
        lambda: trial.report(1.0, 1),
        lambda: trial.set_user_attr("a", 1),
        lambda: trial.set_constraint("a", 1),
    ):
        with pytest.raises(UpdateFinishedTrialError):
            change()


def test_a_running_trial_shows_what_it_has(study):
    trial = study.ask()
    assert isinstance(trial, Trial) and isinstance(trial, BaseTrial)
    assert trial.number == 0 and trial.study is study
    assert isinstance(trial.datetime_start, datetime.datetime)
    assert study.trials[0].state == TrialState.RUNNING


def test_fixed_trials():
    trial = FixedTrial({"x": 0.5, "n": 3, "c": "a"}, number=7)
    assert trial.suggest_float("x", 0, 1) == 0.5
    assert trial.suggest_int("n", 1, 5) == 3
    assert trial.suggest_categorical("c", ["a", "b"]) == "a"
    assert trial.params == {"x": 0.5, "n": 3, "c": "a"} and trial.number == 7
    with pytest.raises(ValueError):
        trial.suggest_float("y", 0, 1)
    with pytest.warns(UserWarning):
        FixedTrial({"x": 5.0}).suggest_float("x", 0, 1)
    trial.report(1.0, 1)
    assert trial.should_prune() is False
    trial.set_user_attr("a", 1)
    assert trial.user_attrs == {"a": 1}


def test_frozen_trials_compare_and_evaluate_again():
    trial = create_trial(value=1.0, params={"x": 0.5}, distributions={"x": FloatDistribution(0, 1)})
    assert trial == copy.deepcopy(trial) and not trial < trial and trial <= trial
    assert trial.suggest_float("x", 0, 1) == 0.5
    assert "state=<TrialState.COMPLETE: 1>" in repr(trial)
    assert trial.duration == datetime.timedelta(0)
    trial.value = 3.0
    assert trial.values == [3.0]
    trial.values = [1.0, 2.0]
    with pytest.raises(RuntimeError):
        trial.value


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"value": math.nan},
        {"value": 1.0, "values": [1.0]},
        {"value": 1.0, "state": TrialState.FAIL},
        {"value": 1.0, "params": {"x": 1}},
        {"value": 1.0, "params": {"x": 5.0}, "distributions": {"x": FloatDistribution(0, 1)}},
    ],
)
def test_trials_that_contradict_themselves_are_refused(options):
    with pytest.raises(ValueError):
        create_trial(**options)


def test_a_frozen_trial_has_one_form_of_value():
    with pytest.raises(ValueError):
        FrozenTrial(0, TrialState.COMPLETE, 1.0, None, None, {}, {}, {}, {}, {}, 0, values=[1.0])


def test_states_say_whether_they_are_ends():
    assert [s.is_finished() for s in TrialState] == [False, True, True, True, False]
    assert str(TrialState.COMPLETE) == "TrialState.COMPLETE"
