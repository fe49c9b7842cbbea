"""`ravine.samplers`, `ravine.pruners` and `ravine.search_space`."""

from __future__ import annotations

import copy
import json
import math
import pickle
import random

import pytest
import ravine
from ravine import pruners, samplers
from ravine.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from ravine.pruners._wilcoxon import greater
from ravine.search_space import IntersectionSearchSpace, intersection_search_space
from ravine.trial import TrialState, create_trial

pytestmark = pytest.mark.filterwarnings("ignore::ravine.exceptions.ExperimentalWarning")

SINGLE = {
    "auto": samplers.AutoSampler,
    "random": samplers.RandomSampler,
    "tpe": samplers.TPESampler,
    "gp": samplers.GPSampler,
    "cmaes": samplers.CmaEsSampler,
    "qmc": samplers.QMCSampler,
    "nsga2": samplers.NSGAIISampler,
    "nsga3": samplers.NSGAIIISampler,
}


def conditional(trial):
    if trial.suggest_categorical("kind", ["float", "int"]) == "float":
        return trial.suggest_float("x", 0, 1)
    return trial.suggest_int("n", 1, 10, log=True) + trial.suggest_float("y", 1e-3, 1, log=True)


@pytest.mark.parametrize("name", SINGLE)
def test_every_sampler_searches_a_space_with_conditions(name):
    study = ravine.create_study(sampler=SINGLE[name](seed=1))
    study.optimize(conditional, n_trials=25)
    assert {t.state for t in study.trials} == {TrialState.COMPLETE}
    assert {t.params["kind"] for t in study.trials} == {"float", "int"}


@pytest.mark.parametrize("name", SINGLE)
def test_the_same_seed_is_the_same_search(name):
    def run(sampler):
        study = ravine.create_study(sampler=sampler)
        study.optimize(conditional, n_trials=15)
        return [t.params for t in study.trials]

    assert run(SINGLE[name](seed=3)) == run(SINGLE[name](seed=3))
    assert run(SINGLE[name](seed=3)) == run(pickle.loads(pickle.dumps(SINGLE[name](seed=3))))


@pytest.mark.parametrize("name", SINGLE)
def test_no_trial_is_like_another(name, storage):
    study = ravine.create_study(sampler=SINGLE[name](seed=1), storage=storage)
    study.optimize(lambda t: t.suggest_float("x", 0, 1) + t.suggest_float("y", 0, 1), n_trials=8)
    assert len({tuple(t.params.values()) for t in study.trials}) == 8


@pytest.mark.parametrize("name", SINGLE)
def test_threads_may_share_a_sampler(name):
    study = ravine.create_study(sampler=SINGLE[name](seed=1))
    study.optimize(conditional, n_trials=20, n_jobs=4)
    assert len(study.get_trials(states=(TrialState.COMPLETE,))) == 20


@pytest.mark.parametrize("name", ["tpe", "gp", "cmaes", "auto"])
def test_samplers_that_learn_are_better_than_chance(name):
    def run(sampler):
        study = ravine.create_study(sampler=sampler)
        study.optimize(lambda t: sum((t.suggest_float(f"x{i}", -5, 5) - 1) ** 2 for i in range(3)), n_trials=60)
        return study.best_value

    assert run(SINGLE[name](seed=1)) < run(samplers.RandomSampler(seed=1))


def branches(trial):
    shared = trial.suggest_float("shared", 0, 1)
    kind = trial.suggest_categorical("kind", ["a", "b", "c"])
    own = trial.suggest_float(f"{kind}_x", 0, 1)
    return (own - {"a": 0.3, "b": 0.6, "c": 0.8}[kind]) ** 2 + (shared - 0.7) ** 2 + {"a": 0.2, "b": 0.0, "c": 0.1}[kind]


@pytest.mark.parametrize("name", ["auto", "tpe", "gp", "cmaes"])
def test_samplers_that_learn_are_better_than_chance_where_parameters_have_conditions(name):
    def best(make):
        study = ravine.create_study(sampler=make)
        study.optimize(branches, n_trials=70)
        return study.best_value

    ours = [best(SINGLE[name](seed=seed)) for seed in range(9)]
    chance = [best(samplers.RandomSampler(seed=seed)) for seed in range(9)]
    assert sorted(ours)[4] < 0.5 * sorted(chance)[4]


def test_tpe_draws_the_options_whose_trials_are_good_though_each_has_parameters_of_its_own():
    study = ravine.create_study(sampler=samplers.TPESampler(seed=3))
    study.optimize(branches, n_trials=80)
    kinds = [trial.params["kind"] for trial in study.trials[40:]]
    assert kinds.count("b") > 24


@pytest.mark.parametrize("name", [n for n in SINGLE if n != "cmaes"])
def test_several_objectives(name):
    study = ravine.create_study(directions=["minimize", "maximize"], sampler=SINGLE[name](seed=1))
    study.optimize(lambda t: (t.suggest_float("x", 0, 1), t.suggest_float("y", 0, 1)), n_trials=15)
    assert study.best_trials


def test_cmaes_refuses_several_objectives():
    study = ravine.create_study(directions=["minimize", "maximize"], sampler=samplers.CmaEsSampler())
    with pytest.raises(ValueError):
        study.ask()


def test_a_space_may_grow_and_ranges_move():
    study = ravine.create_study(sampler=samplers.TPESampler(seed=1))

    def objective(trial):
        k = trial.number // 10
        return trial.suggest_float("x", k, k + 1) + trial.suggest_float(f"y{k}", 0, 1)

    study.optimize(objective, n_trials=40)
    for trial in study.trials:
        assert trial.number // 10 <= trial.params["x"] <= trial.number // 10 + 1


class Halves(samplers.BaseSampler):
    """A sampler of one's own, which looks at the study while it samples."""

    def __init__(self):
        self.calls = []

    def infer_relative_search_space(self, study, trial):
        self.calls.append("infer")
        return intersection_search_space(study.get_trials(deepcopy=False))

    def sample_relative(self, study, trial, search_space):
        self.calls.append("relative")
        assert study.trials[trial.number].state == TrialState.RUNNING
        return {name: 0.5 for name in search_space}

    def sample_independent(self, study, trial, param_name, param_distribution):
        self.calls.append("independent")
        return len(study.trials) / 10

    def before_trial(self, study, trial):
        self.calls.append("before")

    def after_trial(self, study, trial, state, values):
        self.calls.append(("after", state, values))


def test_a_sampler_of_ones_own_is_asked_in_order(storage):
    sampler = Halves()
    study = ravine.create_study(sampler=sampler, storage=storage)
    study.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=2)
    assert [t.params["x"] for t in study.trials] == [0.1, 0.5]
    assert sampler.calls == [
        *("before", "infer", "relative", "independent", ("after", TrialState.COMPLETE, [0.1])),
        *("before", "infer", "relative", ("after", TrialState.COMPLETE, [0.5])),
    ]


def test_a_subclass_of_a_sampler_of_the_engine_is_asked():
    class Ones(samplers.TPESampler):
        def sample_independent(self, study, trial, param_name, param_distribution):
            return 1.0

    study = ravine.create_study(sampler=Ones())
    study.optimize(lambda t: t.suggest_float("x", 0, 2), n_trials=3)
    assert [t.params["x"] for t in study.trials] == [1.0] * 3


def test_partly_fixed_values(storage):
    sampler = samplers.PartialFixedSampler({"y": 0.25}, samplers.TPESampler(seed=1))
    study = ravine.create_study(sampler=sampler, storage=storage)
    study.optimize(lambda t: t.suggest_float("x", 0, 1) + t.suggest_float("y", 0, 1), n_trials=15)
    assert {t.params["y"] for t in study.trials} == {0.25}
    assert len({t.params["x"] for t in study.trials}) == 15


def test_a_grid_is_tried_once(storage):
    sampler = samplers.GridSampler({"x": [0.0, 0.5, 1.0], "c": ["a", None]}, seed=1)
    study = ravine.create_study(sampler=sampler, storage=storage)
    study.optimize(lambda t: t.suggest_float("x", 0, 1) + (t.suggest_categorical("c", ["a", None]) is None))
    assert len({tuple(t.params.values()) for t in study.trials}) == len(study.trials) == 6
    assert sampler.is_exhausted(study)
    with pytest.raises(ValueError):
        study.optimize(lambda t: t.suggest_float("z", 0, 1), n_trials=1)


def test_brute_force_tries_each_branch_once():
    def objective(trial):
        if trial.suggest_categorical("c", ["a", "b"]) == "a":
            return trial.suggest_int("n", 1, 3)
        return trial.suggest_float("x", 0, 1, step=0.5)

    study = ravine.create_study(sampler=samplers.BruteForceSampler(seed=1))
    study.optimize(objective)
    assert len(study.trials) == 6
    assert len({tuple(t.params.items()) for t in study.trials}) == 6
    with pytest.raises(ValueError):
        study.optimize(lambda t: t.suggest_float("y", 0, 1), n_trials=1)


@pytest.mark.filterwarnings("ignore:.*constraints_func", "ignore:Constraints should be", "ignore:.*experimental")
@pytest.mark.parametrize("found", [("a",), "ab", "1", ("1",), (None,), None, b"1", {"a": 1.0}, {1.0}, iter([1.0])])
@pytest.mark.parametrize("make", ["TPESampler", "NSGAIISampler", "NSGAIIISampler", "GPSampler"])
def test_constraints_that_are_no_numbers_are_refused(make, found):
    study = ravine.create_study(sampler=getattr(samplers, make)(seed=1, constraints_func=lambda trial: found))
    with pytest.raises(TypeError):
        study.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=2)
    assert [t.constraints for t in study.trials] == [{}]


@pytest.mark.filterwarnings("ignore:.*constraints_func:FutureWarning")
def test_one_number_is_no_sequence_of_constraints():
    study = ravine.create_study(sampler=samplers.TPESampler(seed=1, constraints_func=lambda trial: 3))
    with pytest.warns(UserWarning, match="should be a sequence of floats but got int"), pytest.raises(TypeError):
        study.optimize(lambda t: 1.0, n_trials=1)


def test_constraints_of_a_function_are_noted():
    with pytest.warns(FutureWarning):
        sampler = samplers.TPESampler(seed=1, constraints_func=lambda trial: (trial.params["x"] - 0.5,))
    study = ravine.create_study(sampler=sampler)
    study.optimize(lambda t: -t.suggest_float("x", 0, 1), n_trials=30)
    assert study.best_params["x"] <= 0.5
    assert study.best_trial.constraints == {"0": study.best_params["x"] - 0.5}


SPACE = {
    "lr": {"float": [1e-5, 1e-1], "log": True},
    "optimizer": {
        "choice": [
            {"name": "sgd", "momentum": {"float": [0.0, 0.99]}},
            {"name": "adam", "beta1": {"float": [0.8, 0.999]}},
        ]
    },
}


def test_a_declared_space_is_known_from_the_first_trial_on():
    study = ravine.create_study(space=SPACE, sampler=samplers.TPESampler(seed=1))

    def objective(trial):
        value = trial.suggest_float("lr", 1e-5, 1e-1, log=True)
        assert value == trial.relative_params["lr"]
        if trial.suggest_categorical("optimizer", ["sgd", "adam"]) == "sgd":
            return value + trial.suggest_float("momentum", 0.0, 0.99)
        return value + trial.suggest_float("optimizer.adam.beta1", 0.8, 0.999)

    study.optimize(objective, n_trials=30)
    assert {tuple(t.params) for t in study.trials} == {
        ("lr", "optimizer", "momentum"),
        ("lr", "optimizer", "optimizer.adam.beta1"),
    }


def test_a_suggestion_that_contradicts_the_declaration_is_refused():
    trial = ravine.create_study(space=SPACE).ask()
    with pytest.raises(ValueError, match="declared"):
        trial.suggest_int("lr", 1, 2)
    with pytest.raises(ValueError, match="declared"):
        trial.suggest_categorical("optimizer", ["adam", "sgd"])


def test_auto_says_what_it_chose():
    study = ravine.create_study()
    study.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=8)
    assert isinstance(study.sampler, samplers.AutoSampler)
    # It notes its choice once, which holds for the trials that follow.
    noted = [json.loads(study.explain(number)) for number in range(1, 8)]
    assert all(list(memo)[:2] == ["auto", "why"] and len(memo) > 2 for memo in noted)
    assert len({(memo["auto"], memo["why"]) for memo in noted}) == 1
    assert noted[-1] == json.loads(study.explain()) != noted[0]
    study.sampler = samplers.RandomSampler(seed=1)
    assert "auto" not in study.explain(7)


@pytest.mark.parametrize(
    "make",
    [
        lambda: samplers.TPESampler(group=True, multivariate=False),
        lambda: samplers.NSGAIISampler(population_size=1),
        lambda: samplers.NSGAIISampler(crossover="uniform"),
        lambda: samplers.CmaEsSampler(use_separable_cma=True, with_margin=True),
        lambda: samplers.CmaEsSampler(lr_adapt=True, with_margin=True),
        lambda: samplers.QMCSampler(qmc_type="faure"),
    ],
)
def test_options_that_do_not_go_together_are_refused(make):
    with pytest.raises(ValueError):
        make()


def test_what_trials_have_in_common():
    x, n = FloatDistribution(0, 1), IntDistribution(0, 9)
    study = ravine.create_study()
    space = IntersectionSearchSpace()
    assert space.calculate(study) == {}
    study.add_trial(create_trial(value=0.0, params={"x": 0.5, "n": 1}, distributions={"x": x, "n": n}))
    assert space.calculate(study) == {"n": n, "x": x}
    study.add_trial(create_trial(value=0.0, params={"x": 0.5}, distributions={"x": x}))
    study.add_trial(create_trial(state=TrialState.FAIL, params={}, distributions={}))
    assert space.calculate(study) == intersection_search_space(study.trials) == {"x": x}
    with pytest.raises(ValueError):
        space.calculate(
            copy.copy(study).__class__(
                ravine.create_study(study_name="o", storage=study._storage).study_name, study._storage
            )
        )


def curves(pruner, direction="minimize", n=20):
    study = ravine.create_study(pruner=pruner, sampler=samplers.RandomSampler(seed=1), direction=direction)
    sign = 1 if direction == "minimize" else -1

    def objective(trial):
        x = trial.suggest_float("x", 0, 1)
        for step in range(1, 10):
            trial.report(sign * x, step)
            if trial.should_prune():
                raise ravine.TrialPruned
        return sign * x

    study.optimize(objective, n_trials=n)
    return study


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
@pytest.mark.parametrize(
    "make",
    [
        pruners.MedianPruner,
        lambda: pruners.PercentilePruner(25.0),
        lambda: pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=2),
        lambda: pruners.HyperbandPruner(max_resource=9),
        pruners.WilcoxonPruner,
    ],
)
def test_worse_trials_are_stopped(make, direction):
    study = curves(make(), direction)
    pruned = study.get_trials(states=(TrialState.PRUNED,))
    complete = study.get_trials(states=(TrialState.COMPLETE,))
    assert pruned and complete
    sign = 1 if direction == "minimize" else -1
    assert sign * study.best_value <= min(sign * t.value for t in pruned)


def test_nop_stops_nothing():
    assert not curves(pruners.NopPruner()).get_trials(states=(TrialState.PRUNED,))


def test_a_threshold_stops_what_lies_outside():
    for trial in curves(pruners.ThresholdPruner(lower=0.2, upper=0.6)).trials:
        assert (trial.state == TrialState.PRUNED) == (not 0.2 <= trial.params["x"] <= 0.6)


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
@pytest.mark.parametrize("earlier", [[math.inf], [-math.inf], [math.inf, math.inf], [-math.inf, 1.0, math.inf]])
def test_infinite_reports_have_no_median_and_stop_nobody(direction, earlier):
    study = ravine.create_study(direction=direction, pruner=pruners.MedianPruner(n_startup_trials=1))
    for value in earlier:
        trial = study.ask()
        trial.report(value, 0)
        study.tell(trial, value)
    trial = study.ask()
    trial.report(-5.0, 0)
    assert not trial.should_prune()


def test_percentiles_are_those_of_numpy():
    import numpy
    from ravine.pruners._percentile import percentile

    rng = random.Random(0)
    odd = [math.inf, -math.inf, math.nan]
    with numpy.errstate(invalid="ignore"):
        for _ in range(2000):
            values = [rng.choice(odd) if rng.random() < 0.1 else rng.gauss(0, 1) for _ in range(rng.randint(1, 7))]
            if not all(map(math.isnan, values)):
                share = rng.choice([0, 10, 25, 33.3, 50, 75, 100])
                numpy.testing.assert_equal(percentile(values, share), float(numpy.nanpercentile(values, share)))


def test_patience_waits_for_an_improvement():
    study = ravine.create_study(pruner=pruners.PatientPruner(None, patience=2))
    trial = study.ask()
    verdicts = []
    for step, value in enumerate([5.0, 4.0, 4.5, 4.5, 4.5, 3.0]):
        trial.report(value, step)
        verdicts.append(trial.should_prune())
    assert verdicts == [False, False, False, False, True, False]


def test_a_method_that_is_set_on_a_sampler_is_called():
    sampler = samplers.TPESampler(seed=1)
    calls = []
    sampler.sample_independent = lambda study, trial, name, distribution: calls.append(name) or distribution.high
    sampler.after_trial = lambda study, trial, state, values: calls.append(state)
    study = ravine.create_study(sampler=sampler)
    study.optimize(lambda t: t.suggest_int("x", 0, 9), n_trials=2)
    assert calls == ["x", TrialState.COMPLETE] * 2
    assert study.best_params == {"x": 9}


def test_a_pruner_of_ones_own_is_asked():
    class AtThree(pruners.BasePruner):
        def prune(self, study, trial):
            return trial.last_step == 3

    assert {t.last_step for t in curves(AtThree()).trials} == {3}


@pytest.mark.parametrize(
    "make, error",
    [
        (lambda: pruners.PercentilePruner(101.0), ValueError),
        (lambda: pruners.MedianPruner(n_startup_trials=-1), ValueError),
        (lambda: pruners.MedianPruner(n_warmup_steps=-1), ValueError),
        (lambda: pruners.MedianPruner(interval_steps=0), ValueError),
        (lambda: pruners.MedianPruner(n_min_trials=0), ValueError),
        (lambda: pruners.ThresholdPruner(), TypeError),
        (lambda: pruners.ThresholdPruner(lower="a"), TypeError),
        (lambda: pruners.ThresholdPruner(lower=2, upper=1), ValueError),
        (lambda: pruners.SuccessiveHalvingPruner(min_resource=0), ValueError),
        (lambda: pruners.SuccessiveHalvingPruner(reduction_factor=1), ValueError),
        (lambda: pruners.SuccessiveHalvingPruner(bootstrap_count=1), ValueError),
        (lambda: pruners.HyperbandPruner(max_resource="all"), ValueError),
        (lambda: pruners.PatientPruner(None, patience=-1), ValueError),
        (lambda: pruners.WilcoxonPruner(p_threshold=2.0), ValueError),
    ],
)
def test_options_of_pruners_are_checked(make, error):
    with pytest.raises(error):
        make()


def test_choices_may_be_any_objects_in_memory():
    study = ravine.create_study(sampler=samplers.TPESampler(seed=1))
    choices = [(1, 2), {"a": 1}]
    with pytest.warns(UserWarning):
        study.optimize(lambda t: len(t.suggest_categorical("c", choices)), n_trials=15)
    assert {len(t.params["c"]) for t in study.trials} == {1, 2}
    with pytest.warns(UserWarning):
        assert CategoricalDistribution(choices).choices == tuple(choices)


@pytest.mark.parametrize(
    ("differences", "p"),
    [
        # Of the sign patterns of each so many have a sum of ranks that is as large: by counting.
        ([1.0, 1.0], 1 / 4),
        ([1.0, 0.0], 1 / 2),
        ([0.0, 0.0, 0.0], 1.0),
        ([2.0, 2.0, -1.0], 2 / 8),
        ([3.0, 2.0, 1.0, -4.0], 7 / 16),
        ([1.0, 1.0, 1.0, 1.0, 0.0], 1 / 16),
        ([-1.0, -2.0, -2.0], 1.0),
    ],
)
def test_a_few_differences_are_judged_exactly_ties_and_zeros_included(differences, p):
    assert greater(differences) == pytest.approx(p)


def test_many_differences_are_judged_by_a_normal_distribution():
    rng = random.Random(1)
    many = [rng.gauss(0.2, 1.0) for _ in range(60)]
    import scipy.stats as scipy

    for differences in (many, [round(d, 1) for d in many], many[:40], [round(d, 1) for d in many[:12]]):
        expected = scipy.wilcoxon(differences, alternative="greater", zero_method="zsplit").pvalue
        assert greater(differences) == pytest.approx(expected)
