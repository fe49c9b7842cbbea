"""Samplers of the engine, as Python sees them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ravine._notice import warn
from ravine._ravine import Draws, Plan
from ravine.samplers._base import BaseSampler, _process_constraints_after_trial
from ravine.search_space import intersection_search_space

if TYPE_CHECKING:
    from ravine.distributions import BaseDistribution
    from ravine.study import Study
    from ravine.trial import FrozenTrial, TrialState

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

    def __init__(self, seed: int | None = None, constraints_func: ConstraintsFunc | None = None) -> None:
        if constraints_func is not None:
            warn(
                "`constraints_func` has been deprecated in v5.0.0. This feature will be removed in v7.0.0. Use "
                "`Trial.set_constraint` instead.",
                FutureWarning,
            )
        self._seed = new_seed(seed)
        self._constraints_func = constraints_func
        self._is_quiet = constraints_func is None and self._is_own("after_trial")
        self._plans: dict[int, Plan] = {}
        self._draws: Draws | None = None
        self._native_here = all(map(self._is_own, _HOOKS))

    def _is_own(self, method: str) -> bool:
        """Whether a method is this package's, and not a subclass's."""
        return getattr(type(self), method).__module__.startswith("ravine.samplers")

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_plans": {}, "_draws": None}

    def _describe(self, objectives: int) -> dict[str, Any]:
        """The `[sampler]` table of a study file for a study of so many objectives."""
        raise NotImplementedError

    def _plan(self, objectives: int) -> Plan:
        plan = self._plans.get(objectives)
        if plan is None:
            plan = self._plans[objectives] = Plan(json.dumps(self._describe(objectives)), self._seed)
        return plan

    def _plan_for(self, study: Study) -> Plan | None:
        objectives = len(study._directions)
        if objectives > 1 and not self._several_objectives:
            self._raise_error_if_multi_objective(study)
        return self._plan(objectives) if self._native_here else None

    def reseed_rng(self) -> None:
        self._seed = new_seed(None)
        self._plans, self._draws = {}, None

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
        wishes = study._ledger.propose(trial.number, self._plan(len(study._directions)))
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
        if self._draws is None:
            self._draws = Draws(self._seed)
        return self._draws.value(param_distribution)

    def after_trial(
        self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        if self._constraints_func is not None:
            _process_constraints_after_trial(self._constraints_func, study, trial, state)
