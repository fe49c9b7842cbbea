"""Samplers of the engine, as Python sees them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ravine import logging
from ravine._notice import warn
from ravine._ravine import Draws, Plan
from ravine.samplers._base import BaseSampler, _process_constraints_after_trial
from ravine.search_space import intersection_search_space
from ravine.trial._state import TrialState

if TYPE_CHECKING:
    from ravine.distributions import BaseDistribution
    from ravine.study import Study, StudyDirection
    from ravine.trial import FrozenTrial

_logger = logging.get_logger(__name__)

ConstraintsFunc = Callable[["FrozenTrial"], Sequence[float]]

#: What a subclass may define anew; where it does, Python is asked for each value.
_HOOKS = ("infer_relative_search_space", "sample_relative", "sample_independent", "before_trial")


def new_seed(seed: int | None) -> int:
    """The seed, or one drawn by the system."""
    return secrets.randbits(63) if seed is None else int(seed) & ((1 << 63) - 1)


class NativeSampler(BaseSampler):
    """A sampler of the engine: `_describe` says which, with which options."""

    _is_native = True
    _several_objectives = True

    #: Has the values that the engine's sampler has nothing for; they are drawn evenly where it is None.
    _independent_sampler: BaseSampler | None = None
    #: Whether such values are warned of once the sampler is at work, and the reason that is given.
    _warn_independent_sampling = False
    _why_independent = "the parameter is new"
    #: Whether choices are among them wherever there is an independent sampler.
    _only_numbers = False
    #: So many trials are complete before the sampler is asked.
    _n_random = 0
    #: Likewise before a value that is not the sampler's is warned of.
    _n_startup_trials = 1

    def __init__(self, seed: int | None = None, constraints_func: ConstraintsFunc | None = None) -> None:
        if constraints_func is not None:
            warn(
                "`constraints_func` has been deprecated in v5.0.0. This feature will be removed in v7.0.0. Use "
                "`Trial.set_constraint` instead.",
                FutureWarning,
            )
        self._seed = new_seed(seed)
        self._constraints_func = constraints_func
        self._is_quiet = constraints_func is None and self._independent_sampler is None and self._is_own("after_trial")
        self._plans: dict[tuple[StudyDirection, ...], Plan] = {}
        self._draws: Draws | None = None
        self._native_here = all(map(self._is_own, _HOOKS))

    def __setattr__(self, name: str, value: Any) -> None:
        """A method that is set on the sampler itself, by a mock say, is called as a subclass's is."""
        super().__setattr__(name, value)
        if name in _HOOKS:
            self._native_here = False
        elif name == "after_trial":
            self._is_quiet = False

    def _is_own(self, method: str) -> bool:
        """Whether a method is this package's, and not a subclass's."""
        return getattr(type(self), method).__module__.startswith("ravine.samplers")

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_plans": {}, "_draws": None}

    def _describe(self, directions: Sequence[StudyDirection]) -> dict[str, Any]:
        """The `[sampler]` table of a study file for a study of these directions."""
        raise NotImplementedError

    def _rules(self) -> dict[str, Any]:
        """What else a plan is told."""
        return {}

    def _plan(self, study: Study) -> Plan:
        directions = tuple(study._directions)
        plan = self._plans.get(directions)
        if plan is None:
            plan = self._plans[directions] = Plan(
                json.dumps(self._describe(directions)),
                self._seed,
                startup=self._n_random,
                asks=self._asks,
                only_numbers=self._only_numbers and self._independent_sampler is not None,
                **self._rules(),
            )
        return plan

    def _plan_for(self, study: Study) -> Plan | None:
        if len(study._directions) > 1 and not self._several_objectives:
            self._raise_error_if_multi_objective(study)
        return self._plan(study) if self._native_here else None

    @property
    def _asks(self) -> bool:
        """Whether Python is asked for values that the engine's sampler has nothing for."""
        return self._warn_independent_sampling or self._independent_sampler is not None

    def _tell_independent(self, study: Study, trial: FrozenTrial, param_name: str) -> None:
        """Warns that a value is not the sampler's, where that is not to be expected."""
        if not self._warn_independent_sampling:
            return
        if len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))) < max(self._n_startup_trials, 1):
            return
        other = self._independent_sampler
        _logger.warning(
            f"The parameter `{param_name}` in Trial#{trial.number} is sampled independently using "
            f"`{'RandomSampler' if other is None else type(other).__name__}` instead of `{type(self).__name__}`, "
            f"potentially degrading the optimization performance, since {self._why_independent}. You can suppress this "
            f"warning by setting `warn_independent_sampling` to `False` in the constructor of "
            f"`{type(self).__name__}`."
        )

    def reseed_rng(self) -> None:
        self._seed = new_seed(None)
        self._plans, self._draws = {}, None
        if self._independent_sampler is not None:
            self._independent_sampler.reseed_rng()

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        space = intersection_search_space(study.get_trials(deepcopy=False))
        return {name: dist for name, dist in space.items() if not dist.single()}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        if not self._several_objectives:
            self._raise_error_if_multi_objective(study)
        if not search_space:
            return {}
        wishes = study._ledger.propose(trial.number, self._plan(study))
        return {
            name: dist.to_external_repr(wishes[name])
            for name, dist in search_space.items()
            if name in wishes and dist._contains(wishes[name])
        }

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        if not self._several_objectives:
            self._raise_error_if_multi_objective(study)
        self._tell_independent(study, trial, param_name)
        if self._independent_sampler is not None:
            return self._independent_sampler.sample_independent(study, trial, param_name, param_distribution)
        if self._draws is None:
            self._draws = Draws(self._seed)
        return self._draws.value(param_distribution)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        if self._independent_sampler is not None:
            self._independent_sampler.before_trial(study, trial)

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> None:
        if self._constraints_func is not None:
            _process_constraints_after_trial(self._constraints_func, study, trial, state)
        if self._independent_sampler is not None:
            self._independent_sampler.after_trial(study, trial, state, values)
