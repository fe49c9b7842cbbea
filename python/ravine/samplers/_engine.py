"""The samplers of the engine, with the options that the field knows."""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Iterable, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

from ravine import logging
from ravine._notice import deprecated, experimental, experimental_argument, once_positional, warn
from ravine.samplers._base import BaseSampler
from ravine.distributions import CategoricalDistribution
from ravine.samplers import _halton
from ravine.samplers._genome import Gene
from ravine.samplers._native import ConstraintsFunc, NativeSampler
from ravine.study._study_direction import StudyDirection
from ravine.trial._state import TrialState

if TYPE_CHECKING:
    from ravine._ravine import Plan
    from ravine.distributions import BaseDistribution
    from ravine.study import Study
    from ravine.trial import FrozenTrial

_logger = logging.get_logger(__name__)

#: Trials that samplers learn from.
_LEARNED = (TrialState.COMPLETE, TrialState.PRUNED)


def _outdated(name: str, since: str, until: str) -> None:
    warn(f"`{name}` has been deprecated in v{since}. This feature will be removed in v{until}.", FutureWarning)


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

    def _describe(self, directions: Sequence[StudyDirection]) -> dict[str, Any]:
        return {"name": "auto"}


class RandomSampler(NativeSampler):
    """Draws each value evenly from its range.

    Args:
        seed: Makes the search reproducible.
    """

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(seed)

    def _describe(self, directions: Sequence[StudyDirection]) -> dict[str, Any]:
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
        gamma: How many of n ended trials are the good ones; a tenth, at most 25, where absent; deprecated.
        weights: How much each of n trials of a density counts, as n numbers from the oldest to the newest; early ones fade
            where absent; deprecated.
        seed: Makes the search reproducible.
        multivariate: Whether parameters are modelled together; so with one objective where absent.
        group: Whether parameters are modelled together that occur together; the engine does so anyway.
        warn_independent_sampling: Deprecated.
        constant_liar: Whether running trials count as bad ones, so that parallel ones keep apart.
        constraints_func: Deprecated; see `Trial.set_constraint`.
    """

    @once_positional(
        "consider_prior",
        "prior_weight",
        "consider_magic_clip",
        "consider_endpoints",
        "n_startup_trials",
        "n_ei_candidates",
        "gamma",
        "weights",
        "seed",
        since="4.4.0",
    )
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
        self._asked: tuple[weakref.ref[Any], int, dict[str, float]] | None = None
        super().__init__(seed, constraints_func)

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_asked": None}

    def _rules(self) -> dict[str, Any]:
        return {
            "gamma": self._gamma,
            "weights": None if self._weights is None else _checked_weights(self._weights),
        }

    def _describe(self, directions: Sequence[StudyDirection]) -> dict[str, Any]:
        return {"name": "tpe", "multivariate": self._multivariate, **self._options}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        if not self._has_begun(study):
            return {}
        return super().sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        # As the helper of another sampler, or of one that has this as its base.
        if self._has_begun(study):
            wished = self._proposal(study, trial.number).get(param_name)
            if wished is not None and param_distribution._contains(wished):
                return param_distribution.to_external_repr(wished)
        return super().sample_independent(study, trial, param_name, param_distribution)

    def _has_begun(self, study: Study) -> bool:
        learned = study.get_trials(deepcopy=False, states=_LEARNED)
        return len(learned) >= self._options["n_startup_trials"]

    def _proposal(self, study: Study, number: int) -> dict[str, float]:
        """What the model proposes for a trial, whatever of it is asked for."""
        ledger, asked = study._ledger, self._asked
        if asked is None or asked[0]() is not ledger or asked[1] != number:
            asked = self._asked = (weakref.ref(ledger), number, ledger.propose(number, self._plan(study)))
        return asked[2]

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
        independent_sampler: For parameters that are new; they are drawn evenly where absent.
        n_startup_trials: So many trials are spread out before the model is asked.
        deterministic_objective: Whether values are free of noise; the engine finds out by itself.
        constraints_func: Deprecated; see `Trial.set_constraint`.
        warn_independent_sampling: Whether it is warned of parameters that are new.
    """

    _why_independent = "dynamic search space is not supported by `GPSampler`"

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

    def _describe(self, directions: Sequence[StudyDirection]) -> dict[str, Any]:
        return {"name": "gp", "n_startup_trials": max(1, self._n_startup_trials)}


class CmaEsSampler(NativeSampler):
    """CMA-ES: a normal distribution that moves and turns towards better trials; choices have chances that are learned. One
    objective.

    Args:
        x0: Where it starts: numbers by name; others start in the middle of their range; deprecated.
        sigma0: How wide it is at first, as a share of each range, at most 2; deprecated.
        n_startup_trials: So many trials are random.
        independent_sampler: For parameters that are new, and for all choices; without one the engine learns choices too, and
            what is new is drawn evenly.
        warn_independent_sampling: Whether it is warned of these.
        seed: Makes the search reproducible.
        consider_pruned_trials: Whether pruned trials count with their last report; the engine takes them so anyway.
        restart_strategy: What follows when the search has converged: ``"ipop"``, or ``"bipop"`` as where absent; deprecated.
        inc_popsize: Deprecated; populations double.
        popsize: How many trials a generation has.
        use_separable_cma: Whether parameters are taken as independent.
        with_margin: Whether whole numbers keep a margin; the engine's always do.
        lr_adapt: Whether the learning rate adapts to noise.
        source_trials: Trials of a like study, whose best tenth shapes the start (WS-CMA-ES).
    """

    _several_objectives = False
    _only_numbers = True
    _why_independent = "dynamic search space and `CategoricalDistribution` are not supported by `CmaEsSampler`"

    @once_positional(
        "x0", "sigma0", "n_startup_trials", "independent_sampler", "warn_independent_sampling", "seed", since="4.9.0"
    )
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
        if restart_strategy not in (None, "ipop", "bipop"):
            raise ValueError(f"{restart_strategy=} is unsupported. Please specify: 'ipop', 'bipop' or None.")
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
        self._n_random = self._n_startup_trials = n_startup_trials
        self._source_trials = source_trials
        self._source_states = _LEARNED if consider_pruned_trials else (TrialState.COMPLETE,)
        self._options: dict[str, Any] = {"adapt_learning_rate": lr_adapt}
        if restart_strategy is not None:
            self._options["restarts"] = restart_strategy
        if popsize is not None:
            self._options["population"] = popsize
        if use_separable_cma:
            self._options["covariance"] = "diagonal"
        if x0 is not None:
            self._options["start"] = _numbers(x0)
        if sigma0 is not None:
            self._options["sigma"] = sigma0
        if x0 is not None or sigma0 is not None:
            # Random trials before the first proposal have no say in what is said outright.
            self._options["warm_start"] = False
        super().__init__(seed)

    def _describe(self, directions: Sequence[StudyDirection]) -> dict[str, Any]:
        described = {"name": "cmaes", **self._options}
        if self._source_trials is not None:
            promising = self._promising(directions[0] == StudyDirection.MAXIMIZE)
            described["promising"] = [_numbers(trial.params) for trial in promising]
        return described

    def _promising(self, maximize: bool) -> list[FrozenTrial]:
        """The best tenth of the source trials, one at least."""
        assert self._source_trials is not None
        ranked = []
        for trial in self._source_trials:
            value = _result(trial) if trial.state in self._source_states else None
            if value is not None:
                ranked.append((-value if maximize else value, trial))
        if not ranked:
            raise ValueError("No compatible source_trials")
        ranked.sort(key=lambda pair: pair[0])
        return [trial for _, trial in ranked[: max(1, len(ranked) // 10)]]


@experimental("3.0.0")
class QMCSampler(NativeSampler):
    """Evenly spread points: Sobol's sequence, or Halton's.

    Args:
        qmc_type: ``"sobol"``, Owen-scrambled by the engine, or ``"halton"``, whose space is that of the first trial.
        scramble: Whether the points are scrambled by the seed.
        seed: Of the scrambling.
        independent_sampler: For parameters that are new; they are drawn evenly where absent.
        warn_asynchronous_seeding, warn_independent_sampling: Whether to warn of what spoils the spread.
    """

    _why_independent = "dynamic search space is not supported by `QMCSampler`"

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

    def _describe(self, directions: Sequence[StudyDirection]) -> dict[str, Any]:
        return {"name": "sobol", "scramble": self._scramble}

    def _plan_for(self, study: Study) -> Plan | None:
        return None if self._qmc_type == "halton" else super()._plan_for(study)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        if self._qmc_type != "halton":
            return super().infer_relative_search_space(study, trial)
        earlier = (t for t in study.get_trials(deepcopy=False) if t.number != trial.number and t.distributions)
        first = next(earlier, None)
        return {} if first is None else dict(first.distributions)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        if self._qmc_type != "halton":
            return super().sample_relative(study, trial, search_space)
        # The number names the point, so that no two processes have the same one.
        point = _halton.point(trial.number, len(search_space), self._seed if self._scramble else None)
        return {name: _at(dist, u) for (name, dist), u in zip(sorted(search_space.items()), point)}


def _at(dist: BaseDistribution, u: float) -> Any:
    """The value at a share of a range."""
    if isinstance(dist, CategoricalDistribution):
        return dist.choices[int(u * len(dist.choices))]
    gene = Gene(dist)  # type: ignore[arg-type]
    low, high = gene.bounds
    return gene.within(low + u * (high - low))


def _numbers(values: dict[str, Any]) -> dict[str, float | int]:
    """The values that are numbers, as JSON has them."""
    return {
        name: value if isinstance(value, int) else float(value)
        for name, value in values.items()
        if isinstance(value, Real) and not isinstance(value, bool)
    }


def _result(trial: FrozenTrial) -> float | None:
    """The value of a trial; of one that was pruned its last report."""
    if trial.state == TrialState.COMPLETE:
        return trial.value
    return None if trial.last_step is None else trial.intermediate_values[trial.last_step]


def _checked_weights(weights: Callable[[int], Iterable[float]]) -> Callable[[int], list[float]]:
    """The same function; what it returns is a list of numbers that make sense as weights."""

    def checked(n: int) -> list[float]:
        found = [float(weight) for weight in weights(n)][:n]
        asked = f"The argument of the `weights` function is {n}."
        if len(found) < n:
            raise ValueError(f"The `weights` function returned {len(found)} weights. {asked}")
        if any(weight < 0 for weight in found):
            raise ValueError(f"The `weights` function is not allowed to return negative values {found}. {asked}")
        if found and sum(found) <= 0:
            raise ValueError(f"The `weight` function is not allowed to return all-zero values {found}. {asked}")
        if not all(map(math.isfinite, found)):
            raise ValueError(f"The `weights` function is not allowed to return infinite or NaN values {found}. {asked}")
        return found

    return checked
