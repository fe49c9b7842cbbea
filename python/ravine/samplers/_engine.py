"""The samplers of the engine, with the options that the field knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ravine import logging
from ravine._notice import deprecated, experimental, experimental_argument, warn
from ravine.samplers._base import BaseSampler
from ravine.samplers._genetic import GeneticSampler
from ravine.samplers._native import ConstraintsFunc, NativeSampler
from ravine.trial._state import TrialState

if TYPE_CHECKING:
    from ravine.distributions import BaseDistribution
    from ravine.study import Study
    from ravine.trial import FrozenTrial

_logger = logging.get_logger(__name__)

#: Trials that samplers learn from.
_LEARNED = (TrialState.COMPLETE, TrialState.PRUNED)


def _outdated(name: str, since: str, until: str) -> None:
    warn(
        f"`{name}` has been deprecated in v{since}. This feature will be removed in v{until}.", FutureWarning
    )


def _given(value: Any, default: Any, name: str, since: str) -> Any:
    """An option that is about to go: its default where it is not given."""
    if value is None:
        return default
    _outdated(name, since, "6.0.0")
    return value


class AutoSampler(NativeSampler):
    """Chooses for you, by the space and by how far the study is: Gaussian processes, CMA-ES, TPE, NSGA, enumeration.

    ``study.explain()`` says what it chose, and why. The default of `create_study`.

    Args:
        seed: Makes the search reproducible.
        constraints_func: Deprecated; see `Trial.set_constraint`.
    """

    def __init__(self, *, seed: int | None = None, constraints_func: ConstraintsFunc | None = None) -> None:
        super().__init__(seed, constraints_func)

    def _describe(self, objectives: int) -> dict[str, Any]:
        return {"name": "auto"}


class RandomSampler(NativeSampler):
    """Draws each value evenly from its range.

    Args:
        seed: Makes the search reproducible.
    """

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(seed)

    def _describe(self, objectives: int) -> dict[str, Any]:
        return {"name": "random"}

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return {}


class TPESampler(NativeSampler):
    """The tree-structured Parzen estimator: values like those of good trials, unlike those of bad ones.

    Args:
        consider_prior, prior_weight, consider_magic_clip, consider_endpoints: Details of the estimator; deprecated.
        n_startup_trials: So many trials are random.
        n_ei_candidates: Of how many candidates the best is proposed.
        gamma, weights: How many trials are good, and how much each counts: the engine has its own; deprecated.
        seed: Makes the search reproducible.
        multivariate: Whether parameters are modelled together; so with one objective where absent.
        group: Whether parameters are modelled together that occur together; the engine does so anyway.
        warn_independent_sampling: Deprecated.
        constant_liar: Whether running trials count as bad ones, so that parallel ones keep apart.
        constraints_func: Deprecated; see `Trial.set_constraint`.
    """

    def __init__(
        self,
        *,
        consider_prior: bool | None = None,
        prior_weight: float | None = None,
        consider_magic_clip: bool | None = None,
        consider_endpoints: bool | None = None,
        n_startup_trials: int = 10,
        n_ei_candidates: int = 24,
        gamma: Callable[[int], int] | None = None,
        weights: Callable[[int], Any] | None = None,
        seed: int | None = None,
        multivariate: bool | None = None,
        group: bool = False,
        warn_independent_sampling: bool | None = None,
        constant_liar: bool = True,
        constraints_func: ConstraintsFunc | None = None,
    ) -> None:
        _given(consider_prior, True, "consider_prior", "4.3.0")
        prior_weight = _given(prior_weight, 1.0, "prior_weight", "4.9.0")
        magic_clip = _given(consider_magic_clip, True, "consider_magic_clip", "4.9.0")
        endpoints = _given(consider_endpoints, False, "consider_endpoints", "4.9.0")
        self._gamma = _given(gamma, None, "gamma", "4.9.0")
        self._weights = _given(weights, None, "weights", "4.9.0")
        _given(warn_independent_sampling, False, "warn_independent_sampling", "4.9.0")
        if group:
            if multivariate is False:
                raise ValueError("``group`` option can only be enabled when ``multivariate`` is enabled.")
            experimental_argument("group")
        self._multivariate = True if group else multivariate
        self._options = {
            "n_startup_trials": n_startup_trials,
            "n_ei_candidates": n_ei_candidates,
            "prior_weight": prior_weight,
            "magic_clip": bool(magic_clip),
            "endpoints": bool(endpoints),
            "constant_liar": constant_liar,
        }
        super().__init__(seed, constraints_func)

    def _describe(self, objectives: int) -> dict[str, Any]:
        together = objectives == 1 if self._multivariate is None else self._multivariate
        return {"name": "tpe", "multivariate": together, **self._options}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        if len(study.get_trials(deepcopy=False, states=_LEARNED)) < self._options["n_startup_trials"]:
            return {}
        return super().sample_relative(study, trial, search_space)

    @staticmethod
    @deprecated("4.9.0", "6.0.0")
    def hyperopt_parameters() -> dict[str, Any]:
        """The options with which the estimator is like hyperopt's."""
        return {
            "consider_prior": True,
            "prior_weight": 1.0,
            "consider_magic_clip": True,
            "consider_endpoints": False,
            "n_startup_trials": 20,
            "n_ei_candidates": 24,
        }


class GPSampler(NativeSampler):
    """Bayesian optimisation with Gaussian processes: the fewest trials, where each is worth milliseconds of thought.

    Args:
        seed: Makes the search reproducible.
        independent_sampler: For parameters that are new; the engine's own draws where absent.
        n_startup_trials: So many trials are spread out before the model is asked.
        deterministic_objective: Whether values are free of noise; the engine finds out by itself.
        constraints_func: Deprecated; see `Trial.set_constraint`.
        warn_independent_sampling: Kept for programs that give it.
    """

    def __init__(
        self,
        *,
        seed: int | None = None,
        independent_sampler: BaseSampler | None = None,
        n_startup_trials: int = 10,
        deterministic_objective: bool = False,
        constraints_func: ConstraintsFunc | None = None,
        warn_independent_sampling: bool = True,
    ) -> None:
        if deterministic_objective:
            experimental_argument("deterministic_objective")
        self._independent_sampler = independent_sampler
        self._n_startup_trials = n_startup_trials
        self._warn_independent_sampling = warn_independent_sampling
        super().__init__(seed, constraints_func)

    def _describe(self, objectives: int) -> dict[str, Any]:
        return {"name": "gp", "n_startup_trials": max(1, self._n_startup_trials)}


class CmaEsSampler(NativeSampler):
    """CMA-ES: a normal distribution that moves and turns towards better trials. One objective, numbers only; choices are
    drawn evenly.

    Args:
        x0, sigma0: Where it starts, and how wide; deprecated.
        n_startup_trials: So many trials are random.
        independent_sampler: For parameters that are not numbers.
        warn_independent_sampling: Kept for programs that give it.
        seed: Makes the search reproducible.
        consider_pruned_trials: Whether pruned trials count with their last report; the engine takes them so anyway.
        restart_strategy, inc_popsize: Deprecated; the engine restarts by itself.
        popsize: How many trials a generation has.
        use_separable_cma: Whether parameters are taken as independent.
        with_margin: Whether whole numbers keep a margin; the engine's always do.
        lr_adapt: Whether the learning rate adapts to noise.
        source_trials: Trials of a like study to start from.
    """

    _several_objectives = False

    def __init__(
        self,
        *,
        x0: dict[str, Any] | None = None,
        sigma0: float | None = None,
        n_startup_trials: int = 1,
        independent_sampler: BaseSampler | None = None,
        warn_independent_sampling: bool = True,
        seed: int | None = None,
        consider_pruned_trials: bool = False,
        restart_strategy: str | None = None,
        popsize: int | None = None,
        inc_popsize: int = -1,
        use_separable_cma: bool = False,
        with_margin: bool = False,
        lr_adapt: bool = False,
        source_trials: list[FrozenTrial] | None = None,
    ) -> None:
        if restart_strategy is not None or inc_popsize != -1:
            _outdated("restart_strategy", "4.4.0", "6.0.0")
        for name, value in (("x0", x0), ("sigma0", sigma0)):
            if value is not None:
                _outdated(name, "4.9.0", "6.0.0")
        flags = {
            "consider_pruned_trials": consider_pruned_trials,
            "use_separable_cma": use_separable_cma,
            "source_trials": source_trials is not None,
            "with_margin": with_margin,
            "lr_adapt": lr_adapt,
        }
        for name, given in flags.items():
            if given:
                experimental_argument(name)
        if source_trials is not None and (x0 is not None or sigma0 is not None):
            raise ValueError("`source_trials` cannot be given together with `x0` or `sigma0`.")
        if source_trials is not None and use_separable_cma:
            raise ValueError("`source_trials` cannot be given together with `use_separable_cma`.")
        if lr_adapt and (use_separable_cma or with_margin):
            raise ValueError("`lr_adapt` cannot be given together with `use_separable_cma` or `with_margin`.")
        if use_separable_cma and with_margin:
            raise ValueError("`use_separable_cma` and `with_margin` cannot be given together.")
        self._independent_sampler = independent_sampler
        self._warn_independent_sampling = warn_independent_sampling
        self._options: dict[str, Any] = {"adapt_learning_rate": lr_adapt}
        if popsize is not None:
            self._options["population"] = popsize
        if use_separable_cma:
            self._options["covariance"] = "separable"
        super().__init__(seed)

    def _describe(self, objectives: int) -> dict[str, Any]:
        return {"name": "cmaes", **self._options}


@experimental("3.0.0")
class QMCSampler(NativeSampler):
    """Evenly spread points: Sobol's sequence.

    Args:
        qmc_type: ``"sobol"``, or ``"halton"``, for which the engine gives Sobol's as well.
        scramble: Whether the points are scrambled by the seed.
        seed: Of the scrambling.
        independent_sampler: For parameters that are new.
        warn_asynchronous_seeding, warn_independent_sampling: Whether to warn of what spoils the spread.
    """

    def __init__(
        self,
        *,
        qmc_type: str = "sobol",
        scramble: bool = False,
        seed: int | None = None,
        independent_sampler: BaseSampler | None = None,
        warn_asynchronous_seeding: bool = True,
        warn_independent_sampling: bool = True,
    ) -> None:
        if qmc_type not in ("sobol", "halton"):
            raise ValueError(f"The `{qmc_type=}` is invalid. Choose either `halton` or `sobol`.")
        if seed is None and scramble and warn_asynchronous_seeding:
            _logger.warning(
                "No seed is provided for `QMCSampler` and the seed is set randomly. If you are running multiple "
                "`QMCSampler`s in parallel and/or distributed  environment, the same seed must be used in all samplers "
                "to ensure that resulting samples are taken from the same QMC sequence. "
            )
        self._qmc_type = qmc_type
        self._scramble = scramble
        self._independent_sampler = independent_sampler
        self._warn_independent_sampling = warn_independent_sampling
        super().__init__(seed)

    def _describe(self, objectives: int) -> dict[str, Any]:
        return {"name": "sobol", "scramble": self._scramble}


class NSGAIISampler(GeneticSampler):
    """The genetic algorithm NSGA-II, for one objective or several.

    The engine's is steady: it breeds from the best so far with each trial, not by generations, with simulated binary
    crossover and polynomial mutation of its own; ``mutation``, ``crossover`` and the strategies are checked and kept, but
    do not change it.

    Args:
        population_size: How many trials are parents.
        mutation, mutation_prob: How values mutate.
        crossover: How parents mix.
        crossover_prob: How often they do.
        swapping_prob: Of the default crossover.
        seed: Makes the search reproducible.
        constraints_func: Deprecated; see `Trial.set_constraint`.
        elite_population_selection_strategy, child_generation_strategy, after_trial_strategy: As above.
    """

    def __init__(
        self,
        *,
        population_size: int = 50,
        mutation: Any | None = None,
        mutation_prob: float | None = None,
        crossover: Any | None = None,
        crossover_prob: float = 0.9,
        swapping_prob: float = 0.5,
        seed: int | None = None,
        constraints_func: ConstraintsFunc | None = None,
        elite_population_selection_strategy: Callable[..., Any] | None = None,
        child_generation_strategy: Callable[..., Any] | None = None,
        after_trial_strategy: Callable[..., Any] | None = None,
    ) -> None:
        _check_genetic(population_size, crossover, mutation_prob, crossover_prob, swapping_prob)
        _warn_strategies(
            after_trial_strategy=after_trial_strategy,
            child_generation_strategy=child_generation_strategy,
            elite_population_selection_strategy=elite_population_selection_strategy,
        )
        self._mutation, self._crossover, self._crossover_prob = mutation, crossover, crossover_prob
        super().__init__(population_size, seed, constraints_func)

    def _describe(self, objectives: int) -> dict[str, Any]:
        return {
            "name": "nsga2",
            "population": self._population_size,
            "n_startup_trials": self._population_size,
            "crossover": self._crossover_prob,
        }


@experimental("3.2.0")
class NSGAIIISampler(GeneticSampler):
    """The genetic algorithm NSGA-III, for three objectives and more; see `NSGAIISampler`.

    Args:
        reference_points: Checked and kept; the engine spreads them evenly.
        dividing_parameter: How many parts each objective's range is divided into for them.
    """

    def __init__(
        self,
        *,
        population_size: int = 50,
        mutation: Any | None = None,
        mutation_prob: float | None = None,
        crossover: Any | None = None,
        crossover_prob: float = 0.9,
        swapping_prob: float = 0.5,
        seed: int | None = None,
        constraints_func: ConstraintsFunc | None = None,
        reference_points: Any | None = None,
        dividing_parameter: int = 3,
        elite_population_selection_strategy: Callable[..., Any] | None = None,
        child_generation_strategy: Callable[..., Any] | None = None,
        after_trial_strategy: Callable[..., Any] | None = None,
    ) -> None:
        _check_genetic(population_size, crossover, mutation_prob, crossover_prob, swapping_prob)
        _warn_strategies(
            after_trial_strategy=after_trial_strategy,
            child_generation_strategy=child_generation_strategy,
            elite_population_selection_strategy=elite_population_selection_strategy,
        )
        self._reference_points, self._dividing_parameter = reference_points, dividing_parameter
        self._mutation, self._crossover, self._crossover_prob = mutation, crossover, crossover_prob
        super().__init__(population_size, seed, constraints_func)

    def _describe(self, objectives: int) -> dict[str, Any]:
        return {
            "name": "nsga3",
            "population": self._population_size,
            "n_startup_trials": self._population_size,
            "crossover": self._crossover_prob,
            "divisions": self._dividing_parameter,
        }


def _check_genetic(
    population: int, crossover: Any, mutation_prob: float | None, crossover_prob: float, swapping_prob: float
) -> None:
    from ravine.samplers.nsgaii import BaseCrossover

    if population < 2:
        raise ValueError("`population_size` must be greater than or equal to 2.")
    shares: dict[str, float | None] = {
        "mutation_prob": mutation_prob,
        "crossover_prob": crossover_prob,
        "swapping_prob": swapping_prob,
    }
    for name, share in shares.items():
        if share is not None and not 0.0 <= share <= 1.0:
            raise ValueError(f"`{name}` must be a float value within the range [0.0, 1.0].")
    if crossover is None:
        return
    if not isinstance(crossover, BaseCrossover):
        raise ValueError(f"'{crossover}' is not a valid crossover: see ravine.samplers.nsgaii.")
    if population < crossover.n_parents:
        raise ValueError(
            f"Using {crossover}, the population size should be greater than or equal to {crossover.n_parents}. The "
            f"specified `population_size` is {population}."
        )


def _warn_strategies(**strategies: Any) -> None:
    for name, strategy in strategies.items():
        if strategy is not None:
            experimental_argument(name)
