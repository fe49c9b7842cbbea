"""Importances: what evaluators find, and what they refuse."""

from __future__ import annotations

import math

import pytest

import ravine
from ravine.distributions import CategoricalDistribution, FloatDistribution
from ravine.importance import (
    BaseImportanceEvaluator,
    FanovaImportanceEvaluator,
    MeanDecreaseImpurityImportanceEvaluator,
    PedAnovaImportanceEvaluator,
    get_param_importances,
)
from ravine.study import Study
from ravine.trial import Trial, create_trial

EVALUATORS = [PedAnovaImportanceEvaluator, FanovaImportanceEvaluator, MeanDecreaseImpurityImportanceEvaluator]
each = pytest.mark.parametrize("make", EVALUATORS)


def objective(trial: Trial) -> float:
    strong = trial.suggest_float("strong", -3.0, 3.0)
    weak = trial.suggest_float("weak", 1e-4, 1.0, log=True)
    count = trial.suggest_int("count", 0, 10)
    kind = trial.suggest_categorical("kind", ["a", "b", "c"])
    trial.suggest_float("single", 2.0, 2.0)
    if kind == "a":
        trial.suggest_float("sometimes", 0.0, 1.0)
    return strong**2 + 0.5 * weak + 0.1 * count + (kind == "b")


@pytest.fixture(scope="module")
def study() -> Study:
    study = ravine.create_study(sampler=ravine.samplers.RandomSampler(seed=0))
    study.optimize(objective, n_trials=150)
    return study


@each
def test_the_parameter_that_decides_comes_first(make: type, study: Study) -> None:
    found = get_param_importances(study, evaluator=make())
    assert next(iter(found)) == "strong" and found["strong"] > 0.4
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert sum(found.values()) == pytest.approx(1.0) and all(value >= 0 for value in found.values())


@each
def test_a_parameter_of_one_value_weighs_nothing(make: type, study: Study) -> None:
    assert make().evaluate(study)["single"] == 0.0


def test_ped_anova_knows_conditional_parameters_others_do_not(study: Study) -> None:
    assert "sometimes" in get_param_importances(study)
    for make in EVALUATORS[1:]:
        assert "sometimes" not in get_param_importances(study, evaluator=make())


@each
def test_only_those_asked_for_are_judged(make: type, study: Study) -> None:
    assert set(get_param_importances(study, evaluator=make(), params=["weak", "count"])) == {"weak", "count"}
    assert get_param_importances(study, evaluator=make(), params=[]) == {}


@each
def test_names_are_checked(make: type, study: Study) -> None:
    with pytest.raises(TypeError, match="list"):
        get_param_importances(study, evaluator=make(), params="weak")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="strings"):
        get_param_importances(study, evaluator=make(), params=[1])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="Study must contain"):
        get_param_importances(study, evaluator=make(), params=["nowhere"])


def test_an_evaluator_must_be_one(study: Study) -> None:
    with pytest.raises(TypeError, match="BaseImportanceEvaluator"):
        get_param_importances(study, evaluator=object())  # type: ignore[arg-type]


def test_own_evaluators_are_taken(study: Study) -> None:
    class Even(BaseImportanceEvaluator):
        def evaluate(self, study, params=None, *, target=None):  # type: ignore[no-untyped-def]
            return {"a": 3.0, "b": 1.0}

    assert get_param_importances(study, evaluator=Even()) == {"a": 0.75, "b": 0.25}
    with pytest.warns(ravine.exceptions.ExperimentalWarning):
        assert get_param_importances(study, evaluator=Even(), normalize=False) == {"a": 3.0, "b": 1.0}


def test_where_nothing_matters_all_weigh_the_same() -> None:
    study = ravine.create_study(sampler=ravine.samplers.RandomSampler(seed=0))
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1) * 0 + trial.suggest_float("y", 0, 1) * 0, n_trials=1)
    with pytest.warns(UserWarning, match="too small"):
        assert get_param_importances(study) == {"x": 0.5, "y": 0.5}


@each
def test_a_target_can_be_judged_instead(make: type, study: Study) -> None:
    found = get_param_importances(study, evaluator=make(), target=lambda trial: trial.params["count"])
    assert next(iter(found)) == "count"


def test_ped_anova_takes_low_targets_for_the_good_ones(study: Study) -> None:
    with pytest.warns(UserWarning, match="low `target` values"):
        get_param_importances(study, target=lambda trial: trial.value)


def test_of_several_objectives_ped_anova_asks_what_is_pareto_optimal() -> None:
    study = ravine.create_study(directions=["minimize", "maximize"], sampler=ravine.samplers.RandomSampler(seed=0))
    study.optimize(lambda t: (t.suggest_float("x", 0, 1), t.suggest_float("y", 0, 1) + 0 * t.suggest_float("z", 0, 1)),
                   n_trials=100)  # fmt: skip
    assert list(get_param_importances(study))[-1] == "z"
    for make in EVALUATORS[1:]:
        with pytest.raises(ValueError, match="target"):
            get_param_importances(study, evaluator=make())


@each
def test_trials_without_a_finite_value_do_not_count(make: type, study: Study) -> None:
    copy = ravine.create_study(sampler=ravine.samplers.RandomSampler(seed=0))
    copy.add_trials(study.trials)
    before = get_param_importances(copy, evaluator=make())
    sample = study.trials[0]
    copy.add_trial(create_trial(params=sample.params, distributions=sample.distributions, value=math.inf))
    assert get_param_importances(copy, evaluator=make()) == pytest.approx(before)


def test_ped_anovas_shares_must_make_sense() -> None:
    with pytest.raises(AssertionError, match="target_quantile"):
        PedAnovaImportanceEvaluator(target_quantile=0.5, region_quantile=0.2)
    with pytest.warns(UserWarning, match="no effect"):
        PedAnovaImportanceEvaluator(region_quantile=0.5, evaluate_on_local=False)


def test_ped_anova_of_even_densities_and_a_region(study: Study) -> None:
    for options in ({"evaluate_on_local": False}, {"target_quantile": 0.1, "region_quantile": 0.5}):
        assert set(list(PedAnovaImportanceEvaluator(**options).evaluate(study))[:2]) == {"strong", "count"}


def test_ped_anova_knows_each_range_of_a_parameter_by_itself() -> None:
    study = ravine.create_study(sampler=ravine.samplers.RandomSampler(seed=0))

    def changing(trial: Trial) -> float:
        wide = trial.suggest_categorical("wide", [True, False])
        return abs(trial.suggest_float("x", 0.0, 10.0 if wide else 1.0) - 0.5)

    study.optimize(changing, n_trials=120)
    assert get_param_importances(study)["x"] > 0
    with pytest.raises(ValueError, match="dynamic search spaces"):
        FanovaImportanceEvaluator().evaluate(study, ["x"])


def test_forests_are_repeatable_and_their_seed_counts(study: Study) -> None:
    first = FanovaImportanceEvaluator(seed=1, n_trees=8).evaluate(study)
    assert first == FanovaImportanceEvaluator(seed=1, n_trees=8).evaluate(study)
    assert first != FanovaImportanceEvaluator(seed=2, n_trees=8).evaluate(study)


def test_forests_of_depth_one_see_one_parameter_a_tree(study: Study) -> None:
    shallow = MeanDecreaseImpurityImportanceEvaluator(max_depth=1).evaluate(study)
    assert shallow["strong"] > 0.9


@pytest.mark.parametrize("make", [FanovaImportanceEvaluator, MeanDecreaseImpurityImportanceEvaluator])
def test_a_forest_has_a_tree_and_a_tree_a_split(make: type) -> None:
    for wrong in ("n_trees", "max_depth"):
        with pytest.raises(ValueError, match=wrong):
            make(**{wrong: 0})


def test_fanova_of_what_does_not_vary_is_refused(study: Study) -> None:
    with pytest.raises(RuntimeError, match="zero total variance"):
        FanovaImportanceEvaluator().evaluate(study, target=lambda trial: 1.0)


def test_fanova_explains_a_sum_by_its_terms() -> None:
    study = ravine.create_study(sampler=ravine.samplers.RandomSampler(seed=3))
    study.optimize(lambda t: 2 * t.suggest_float("x", 0, 1) + t.suggest_float("y", 0, 1), n_trials=400)
    found = FanovaImportanceEvaluator().evaluate(study)
    assert found["x"] == pytest.approx(0.8, abs=0.06) and found["y"] == pytest.approx(0.2, abs=0.06)


def test_densities_sum_to_one() -> None:
    from ravine.importance._density import Grid

    line = Grid(FloatDistribution(1e-3, 1.0, log=True))
    assert line.cells == 50 and sum(line.density([0.01, 0.02, 0.9])) == pytest.approx(1.0)
    options = Grid(CategoricalDistribution(["a", "b", "c"]))
    assert options.cells == 3 and sum(options.density(["a", "a", "c"])) == pytest.approx(1.0)
    stepped = Grid(FloatDistribution(0.0, 1.0, step=0.25))
    assert stepped.cells == 5


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_choices_that_are_lists_are_judged() -> None:
    study = ravine.create_study(sampler=ravine.samplers.RandomSampler(seed=1))
    study.optimize(lambda t: len(t.suggest_categorical("layers", [[64], [32, 16]])) + t.suggest_float("x", 0, 0.1), 60)
    for make in EVALUATORS:
        assert set(get_param_importances(study, evaluator=make())) == {"layers", "x"}
