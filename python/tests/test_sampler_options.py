"""Options of samplers that change what they propose."""

from __future__ import annotations

import json
import math
import pickle
from pathlib import Path

import pytest
import ravine
from ravine import samplers
from ravine.samplers import nsgaii
from ravine.trial import TrialState, create_trial

pytestmark = [
    pytest.mark.filterwarnings("ignore::ravine.exceptions.ExperimentalWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

FLOAT = ravine.distributions.FloatDistribution(0, 10)
INT = ravine.distributions.IntDistribution(0, 100)


def line(trial):
    return trial.suggest_float("x", 0, 10) + trial.suggest_int("n", 0, 100)


def searched(sampler, objective=line, n_trials=30, **options):
    study = ravine.create_study(sampler=sampler, **options)
    study.optimize(objective, n_trials=n_trials)
    return study


class Constant(samplers.BaseSampler):
    """Always the first choice, or the least number; knows what it was asked for."""

    def __init__(self):
        self.asked = []

    def infer_relative_search_space(self, study, trial):
        return {}

    def sample_relative(self, study, trial, search_space):
        return {}

    def sample_independent(self, study, trial, param_name, param_distribution):
        self.asked.append((trial.number, param_name))
        choices = getattr(param_distribution, "choices", None)
        return param_distribution.low if choices is None else choices[0]


def test_cmaes_begins_where_it_is_told_to():
    study = searched(samplers.CmaEsSampler(x0={"x": 9, "n": 20.0}, sigma0=0.02, seed=1))
    first = study.trials[1:8]
    assert all(abs(t.params["x"] - 9) < 1.5 and abs(t.params["n"] - 20) < 15 for t in first)


def test_cmaes_restarts_as_it_is_told_to():
    # Where all is flat it begins anew all the time.
    found = []
    for how in (None, "bipop", "ipop"):
        sampler = samplers.CmaEsSampler(seed=1, popsize=4, restart_strategy=how)
        study = searched(sampler, lambda trial: 0.0 * trial.suggest_float("x", 0, 10), n_trials=300)
        found.append([trial.params for trial in study.trials])
    assert found[0] == found[1] != found[2]
    with pytest.raises(ValueError, match="restart_strategy='often' is unsupported"):
        samplers.CmaEsSampler(restart_strategy="often")


@pytest.mark.filterwarnings("default::FutureWarning")
def test_arguments_that_once_had_a_place_are_taken_there_with_a_warning():
    with pytest.warns(FutureWarning, match="got {'sigma0', 'x0'}|got {'x0', 'sigma0'}"):
        placed = samplers.CmaEsSampler({"x": 9}, 0.02, seed=1)
    named = samplers.CmaEsSampler(x0={"x": 9}, sigma0=0.02, seed=1)
    assert placed._describe([ravine.study.StudyDirection.MINIMIZE]) == named._describe(
        [ravine.study.StudyDirection.MINIMIZE]
    )
    with pytest.warns(FutureWarning, match="expected to be given as keyword arguments"):
        assert samplers.TPESampler(None, None, None, None, 3)._options["n_startup_trials"] == 3
    with pytest.raises(TypeError, match="takes 9 positional arguments but 10 were given"):
        samplers.TPESampler(*[None] * 10)
    with pytest.raises(TypeError, match="multiple values for arguments {'x0'}"):
        samplers.CmaEsSampler({}, x0={})


def test_cmaes_takes_a_start_for_parameters_that_come_later():
    sampler = samplers.CmaEsSampler(x0={"x": 9, "later": 3}, sigma0=0.02, seed=1)
    study = searched(sampler, n_trials=5)
    assert abs(study.trials[2].params["x"] - 9) < 1.5


def test_cmaes_starts_from_trials_of_another_study():
    def trial(x, value):
        return create_trial(params={"x": x, "n": 80}, distributions={"x": FLOAT, "n": INT}, value=value)

    source = [trial(2 + i / 100, i) for i in range(3)] + [trial(8, 100 + i) for i in range(27)]
    study = searched(samplers.CmaEsSampler(source_trials=source, seed=1), n_trials=12)
    assert all(t.params["x"] < 6 for t in study.trials[1:])
    upwards = searched(samplers.CmaEsSampler(source_trials=source, seed=1), n_trials=12, direction="maximize")
    assert all(t.params["x"] > 4 for t in upwards.trials[1:])


def test_cmaes_refuses_source_trials_without_a_result():
    source = [create_trial(state=TrialState.FAIL, params={"x": 1.0}, distributions={"x": FLOAT})]
    with pytest.raises(ValueError, match="No compatible source_trials"):
        searched(samplers.CmaEsSampler(source_trials=source), n_trials=2)


def test_cmaes_waits_for_its_startup_trials():
    study = searched(samplers.CmaEsSampler(n_startup_trials=6, seed=1), n_trials=9)
    assert [study._ledger.memo(n) is not None for n in range(9)] == [False] * 6 + [True] * 3


def test_cmaes_may_be_separable():
    assert searched(samplers.CmaEsSampler(use_separable_cma=True, seed=1)).best_value < 60


@pytest.mark.parametrize(
    "make", [samplers.CmaEsSampler, samplers.GPSampler, samplers.QMCSampler], ids=lambda make: make.__name__
)
def test_an_independent_sampler_has_what_is_new(make):
    helper = Constant()

    def objective(trial):
        late = trial.suggest_float("late", -1, 1) if trial.number >= 8 else 0.0
        return line(trial) + late

    study = searched(make(independent_sampler=helper, seed=1), objective, n_trials=10)
    assert study.trials[0].params == {"x": 0, "n": 0}
    assert study.trials[8].params["late"] == -1
    assert (8, "late") in helper.asked and (5, "x") not in helper.asked


def test_an_independent_sampler_of_cmaes_has_all_choices():
    helper = Constant()

    def objective(trial):
        return line(trial) + (trial.suggest_categorical("c", ["a", "b", "c"]) == "a")

    study = searched(samplers.CmaEsSampler(independent_sampler=helper, seed=1), objective)
    assert {t.params["c"] for t in study.trials} == {"a"}
    assert len({t.params["x"] for t in study.trials}) > 20


def test_tpe_may_be_the_independent_sampler():
    helper = samplers.TPESampler(n_startup_trials=5, seed=1)

    def objective(trial):
        c = trial.suggest_categorical("c", list("abcdefgh"))
        return trial.suggest_float("x", 0, 10) + 10 * (c != "c")

    study = searched(samplers.CmaEsSampler(independent_sampler=helper, seed=1), objective, n_trials=60)
    assert sum(t.params["c"] == "c" for t in study.trials[30:]) > 15


def test_what_is_not_the_samplers_is_warned_of(caplog):
    ravine.logging.set_verbosity(ravine.logging.WARNING)
    ravine.logging.enable_propagation()

    def objective(trial):
        return line(trial) + (trial.suggest_float("late", 0, 1) if trial.number == 4 else 0.0)

    for quiet in (False, True):
        caplog.clear()
        sampler = samplers.GPSampler(n_startup_trials=2, seed=1, warn_independent_sampling=not quiet)
        searched(sampler, objective, 6)
        said = caplog.text
        assert ("`late` in Trial#4 is sampled independently" in said) is not quiet
        assert "`x`" not in said


def test_tpes_gamma_says_how_many_are_good():
    asked = []

    def gamma(n):
        asked.append(n)
        return min(math.ceil(0.1 * n), 25)

    usual = [t.params for t in searched(samplers.TPESampler(seed=3)).trials]
    assert [t.params for t in searched(samplers.TPESampler(seed=3, gamma=gamma)).trials] == usual
    assert asked == list(range(30))
    half = [t.params for t in searched(samplers.TPESampler(seed=3, gamma=lambda n: n // 2)).trials]
    assert half[:10] == usual[:10] and half[10:] != usual[10:]


def test_tpes_weights_say_how_much_trials_count():
    def ramp(n):
        if n <= 25:
            return [1.0] * n
        older = n - 25
        low = 1 / n
        return [low + i * (1 - low) / max(older - 1, 1) for i in range(older)] + [1.0] * 25

    usual = [t.params for t in searched(samplers.TPESampler(seed=3), n_trials=60).trials]
    same = [t.params for t in searched(samplers.TPESampler(seed=3, weights=ramp), n_trials=60).trials]
    assert same == usual
    even = [t.params for t in searched(samplers.TPESampler(seed=3, weights=lambda n: [1.0] * n), n_trials=60).trials]
    assert even != usual


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (lambda n: [-1.0] * n, "negative"),
        (lambda n: [0.0] * n, "all-zero"),
        (lambda n: [math.inf] * n, "infinite or NaN"),
        (lambda n: [1.0], "returned 1 weights"),
    ],
)
def test_weights_that_are_none_are_refused(weights, message):
    with pytest.raises(ValueError, match=message):
        searched(samplers.TPESampler(weights=weights, seed=1))


def test_a_gamma_that_is_no_count_is_refused():
    with pytest.raises(ValueError, match="`gamma` must return a whole number"):
        searched(samplers.TPESampler(gamma=lambda n: -1, seed=1))


def test_rules_of_a_programs_own_work_with_several_objectives_and_threads():
    sampler = samplers.TPESampler(gamma=lambda n: n // 3, weights=lambda n: [1.0] * n, seed=1)
    study = ravine.create_study(directions=["minimize"] * 2, sampler=sampler)
    study.optimize(lambda t: (t.suggest_float("x", 0, 1), -t.params["x"]), n_trials=40, n_jobs=4)
    assert len(study.get_trials(states=(TrialState.COMPLETE,))) == 40


def test_haltons_points_are_the_sequences():
    def objective(trial):
        return trial.suggest_float("a", 0, 1) + trial.suggest_float("b", 0, 1)

    study = searched(samplers.QMCSampler(qmc_type="halton"), objective, n_trials=5)
    points = [(t.params["a"], t.params["b"]) for t in study.trials[1:]]
    expected = [(1 / 2, 1 / 3), (1 / 4, 2 / 3), (3 / 4, 1 / 9), (1 / 8, 4 / 9)]
    assert points == [pytest.approx(pair) for pair in expected]


@pytest.mark.parametrize("scramble", [False, True])
def test_halton_spreads_numbers_and_choices_evenly(scramble):
    def objective(trial):
        trial.suggest_categorical("c", ["a", "b", "c"])
        return trial.suggest_int("n", 1, 4) + trial.suggest_float("x", 1e-4, 1, log=True)

    sampler = samplers.QMCSampler(qmc_type="halton", scramble=scramble, seed=5)
    study = searched(pickle.loads(pickle.dumps(sampler)), objective, n_trials=49)
    drawn = [t.params for t in study.trials[1:]]
    for name, values in (("c", "abc"), ("n", range(1, 5))):
        counts = [sum(params[name] == value for params in drawn) for value in values]
        assert max(counts) - min(counts) <= 2, (name, counts)
    logs = sorted(math.log10(params["x"]) for params in drawn)
    assert all(abs(x - (-4 + 4 * (i + 0.5) / 48)) < 0.35 for i, x in enumerate(logs))


CROSSOVERS = [
    nsgaii.UniformCrossover,
    nsgaii.BLXAlphaCrossover,
    nsgaii.SBXCrossover,
    nsgaii.VSBXCrossover,
    nsgaii.SPXCrossover,
    nsgaii.UNDXCrossover,
]


def two(trial):
    """Choices, steps and a logarithm; the best has x = y and n = 3."""
    x, y = trial.suggest_float("x", -5, 5), trial.suggest_float("y", 1e-3, 10, log=True)
    n = trial.suggest_int("n", 1, 9, step=2)
    c = trial.suggest_categorical("c", ["good", "bad"])
    loss = (n - 3) ** 2 + 10 * (c == "bad")
    return x**2 + y**2 + loss, (x - 2) ** 2 + (y - 2) ** 2 + loss


@pytest.mark.parametrize("make", [samplers.NSGAIISampler, samplers.NSGAIIISampler], ids=["nsga2", "nsga3"])
@pytest.mark.parametrize("crossover", CROSSOVERS, ids=lambda crossover: crossover.__name__)
def test_a_crossover_breeds_better_generations(make, crossover, storage):
    sampler = make(population_size=10, crossover=crossover(), seed=1)
    study = searched(sampler, two, n_trials=80, directions=["minimize"] * 2, storage=storage)
    key = f"{make.__name__}:generation"
    assert [t.system_attrs[key] for t in study.trials] == [number // 10 for number in range(80)]
    losses = [sum(t.values) for t in study.trials]
    assert sum(losses[-20:]) < 0.7 * sum(losses[:20])


def test_generations_are_repeatable():
    def run(sampler):
        return [t.params for t in searched(sampler, two, 40, directions=["minimize"] * 2).trials]

    def make():
        crossover, mutation = nsgaii.UNDXCrossover(), nsgaii.PolynomialMutation()
        return samplers.NSGAIISampler(population_size=8, crossover=crossover, mutation=mutation, seed=3)

    assert run(make()) == run(make()) == run(pickle.loads(pickle.dumps(make())))


def test_a_crossover_of_ones_own_gets_arrays():
    import numpy

    seen = []

    class Middle(nsgaii.BaseCrossover):
        n_parents = 2

        def crossover(self, parents_params, rng, study, search_space_bounds):
            seen.append((parents_params.shape, search_space_bounds.tolist(), rng.rand()))
            return numpy.mean(parents_params, axis=0)

    sampler = samplers.NSGAIISampler(population_size=4, crossover=Middle(), crossover_prob=1.0, seed=1)
    searched(sampler, two, 8, directions=["minimize"] * 2)
    shape, bounds, _ = seen[0]
    assert shape == (2, 3)
    # In the order of the names: n with half a step on each side, x, and the logarithm of y.
    assert bounds == [pytest.approx(pair) for pair in ([0.0, 10.0], [-5.0, 5.0], [math.log(1e-3), math.log(10)])]


def test_a_mutation_without_a_crossover_and_its_share_count():
    class Low(nsgaii.BaseMutation):
        def mutation(self, param, rng, study, search_space_bounds):
            return float(search_space_bounds[0]) - 1.0

    sampler = samplers.NSGAIISampler(population_size=4, mutation=Low(), mutation_prob=1.0, seed=1)
    study = searched(sampler, lambda t: t.suggest_float("x", -2, 2) ** 2, n_trials=8)
    assert [t.params["x"] for t in study.trials[4:]] == [-2.0] * 4


def test_where_all_values_are_swapped_children_are_their_first_parents():
    def objective(trial):
        x, c = trial.suggest_float("x", -5, 5), trial.suggest_categorical("c", ["a", "b"])
        return x**2 + (c == "a")

    sampler = samplers.NSGAIISampler(
        population_size=4, swapping_prob=1.0, crossover_prob=1.0, mutation_prob=0.0, seed=1
    )
    study = searched(sampler, objective, 12)
    first = [t.params for t in study.trials[:4]]
    assert all(t.params in first for t in study.trials[4:])


def test_strategies_of_ones_own_are_called():
    called = []

    def select(study, population):
        called.append(("select", len(population)))
        return population[:3]

    def child(study, search_space, parents):
        called.append(("child", len(parents)))
        return {"x": 1.5}

    def after(study, trial, state, values):
        called.append(("after", trial.number))

    sampler = samplers.NSGAIISampler(
        population_size=4,
        elite_population_selection_strategy=select,
        child_generation_strategy=child,
        after_trial_strategy=after,
        seed=1,
    )
    study = searched(sampler, lambda t: t.suggest_float("x", 0, 2), n_trials=6)
    assert study.trials[5].params == {"x": 1.5}
    assert called.count(("select", 4)) == 1 and called.count(("child", 3)) == 2
    assert [number for what, number in called if what == "after"] == list(range(6))


def test_trials_that_break_constraints_do_not_become_parents():
    def objective(trial):
        x = trial.suggest_float("x", 0, 1)
        trial.set_constraint("c", 0.5 - x)
        return x

    sampler = samplers.NSGAIISampler(
        population_size=10, crossover=nsgaii.BLXAlphaCrossover(), mutation_prob=0.1, seed=1
    )
    study = searched(sampler, objective, n_trials=80)
    assert sum(t.params["x"] >= 0.5 for t in study.trials[-20:]) >= 15
    assert 0.5 <= study.best_params["x"] < 0.55


def test_reference_points_lead_the_search():
    sampler = samplers.NSGAIIISampler(population_size=8, reference_points=[[1.0, 0.0], [0.0, 1.0]], seed=1)
    study = searched(
        sampler, lambda t: (t.suggest_float("x", 0, 1), 1 - t.params["x"]), 40, directions=["minimize"] * 2
    )
    assert len(study.best_trials) == 40
    sampler = samplers.NSGAIIISampler(population_size=4, reference_points=[[1.0, 0.0, 0.0]], seed=1)
    with pytest.raises(ValueError, match="reference points"):
        searched(sampler, lambda t: (t.suggest_float("x", 0, 1), 1 - t.params["x"]), 8, directions=["minimize"] * 2)


@pytest.mark.parametrize("crossover", CROSSOVERS, ids=lambda crossover: crossover.__name__)
def test_crossovers_are_those_that_are_known(crossover):
    """Held against figures of Optuna 5, recorded with every draw being the same number."""
    import numpy

    recorded = json.loads((Path(__file__).parent / "crossovers.json").read_text())

    class Same:
        def __init__(self, draw):
            self.draw = draw

        def rand(self, n=None):
            return self.draw if n is None else numpy.full(n, self.draw)

        def normal(self, loc=0.0, scale=1.0, size=None):
            return self.draw if size is None else numpy.full(size, self.draw)

    cases = [case for case in recorded if case["crossover"] == crossover.__name__]
    assert len(cases) >= 10
    for case in cases:
        parents, bounds = numpy.array(case["parents"]), numpy.array(case["bounds"])
        study = ravine.create_study(directions=["minimize"] * case["objectives"])
        child = crossover().crossover(parents, Same(case["draw"]), study, bounds)
        assert isinstance(child, numpy.ndarray)
        assert child.tolist() == pytest.approx(case["child"], rel=1e-9, abs=1e-9), case
