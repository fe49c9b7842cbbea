"""Successive halving, alone and in several brackets side by side."""

from __future__ import annotations

import binascii
import math
from collections.abc import Container
from typing import TYPE_CHECKING, Any

from ravine import logging
from ravine.pruners._base import BasePruner, check
from ravine.study._study_direction import StudyDirection
from ravine.trial._state import TrialState

if TYPE_CHECKING:
    from ravine.study import Study
    from ravine.trial import FrozenTrial

_logger = logging.get_logger(__name__)


def _rung_key(rung: int) -> str:
    return f"completed_rung_{rung}"


class SuccessiveHalvingPruner(BasePruner):
    """Asynchronous successive halving: of the trials that come to a rung the best share goes on.

    Args:
        min_resource: The step of the first rung; ``"auto"``: a hundredth of what a complete trial has reported.
        reduction_factor: Of how many trials one goes on, and how many times higher the next rung is.
        min_early_stopping_rate: The first rung is at ``min_resource * reduction_factor ** rate``.
        bootstrap_count: So many trials are stopped at a rung before any goes on.
    """

    def __init__(
        self,
        min_resource: str | int = "auto",
        reduction_factor: int = 4,
        min_early_stopping_rate: int = 0,
        bootstrap_count: int = 0,
    ) -> None:
        if isinstance(min_resource, str):
            allowed = min_resource == "auto"
        else:
            allowed = min_resource >= 1
        check(
            allowed,
            f"The value of `min_resource` is {min_resource}, but must be either `min_resource >= 1` or 'auto'",
        )
        for name, value, least in (
            ("reduction_factor", reduction_factor, 2),
            ("min_early_stopping_rate", min_early_stopping_rate, 0),
            ("bootstrap_count", bootstrap_count, 0),
        ):
            check(value >= least, f"The value of `{name}` is {value}, but must be `{name} >= {least}`")
        check(
            bootstrap_count == 0 or min_resource != "auto",
            "bootstrap_count > 0 and min_resource == 'auto' are mutually incompatible, bootstrap_count is "
            f"{bootstrap_count}",
        )
        self._min_resource: int | None = min_resource if isinstance(min_resource, int) else None
        self._reduction_factor = reduction_factor
        self._min_early_stopping_rate = min_early_stopping_rate
        self._bootstrap_count = bootstrap_count

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        step = trial.last_step
        if step is None:
            return False
        value = trial.intermediate_values[step]
        rung = 0
        while _rung_key(rung) in trial.system_attrs:
            rung += 1
        trials: list[FrozenTrial] | None = None
        while True:
            if self._min_resource is None:
                trials = study.get_trials(deepcopy=False)
                self._min_resource = _estimated_resource(trials)
                if self._min_resource is None:
                    return False
            exponent = self._min_early_stopping_rate + rung
            if step < self._min_resource * self._reduction_factor**exponent:
                return False
            if math.isnan(value):
                return True
            if trials is None:
                trials = study.get_trials(deepcopy=False)
            if self._stops_at(study, trial, trials, rung, value):
                return True
            rung += 1

    def _stops_at(self, study: Study, trial: FrozenTrial, trials: list[FrozenTrial], rung: int, value: float) -> bool:
        """Notes that the trial came to a rung; whether it stays there."""
        key = _rung_key(rung)
        study._storage.set_trial_system_attr(trial._trial_id, key, value)
        rivals = [t.system_attrs[key] for t in trials if key in t.system_attrs and t.number != trial.number]
        rivals.append(value)
        if len(rivals) <= self._bootstrap_count:
            return True
        rivals.sort(reverse=study.direction == StudyDirection.MAXIMIZE)
        worst_that_goes_on = rivals[max(len(rivals) // self._reduction_factor - 1, 0)]
        if study.direction == StudyDirection.MAXIMIZE:
            return value < worst_that_goes_on
        return value > worst_that_goes_on


def _estimated_resource(trials: list[FrozenTrial]) -> int | None:
    steps = [t.last_step for t in trials if t.state == TrialState.COMPLETE and t.last_step is not None]
    return max(max(steps) // 100, 1) if steps else None


class HyperbandPruner(BasePruner):
    """Successive halving in several brackets side by side, from many short trials to few long ones.

    Args:
        min_resource: The least that a trial gets, in steps.
        max_resource: The most; ``"auto"``: what the first complete trial has reported.
        reduction_factor: As for `SuccessiveHalvingPruner`.
        bootstrap_count: As for `SuccessiveHalvingPruner`.
    """

    def __init__(
        self,
        min_resource: int = 1,
        max_resource: str | int = "auto",
        reduction_factor: int = 3,
        bootstrap_count: int = 0,
    ) -> None:
        check(
            isinstance(max_resource, int) or max_resource == "auto",
            f"The 'max_resource' should be integer or 'auto'. But max_resource = {max_resource}",
        )
        check(
            bootstrap_count == 0 or max_resource != "auto",
            "bootstrap_count > 0 and max_resource == 'auto' are mutually incompatible, bootstrap_count is "
            f"{bootstrap_count}",
        )
        self._min_resource = min_resource
        self._max_resource = max_resource
        self._reduction_factor = reduction_factor
        self._bootstrap_count = bootstrap_count
        self._pruners: list[SuccessiveHalvingPruner] = []
        self._trial_allocation_budgets: list[int] = []
        self._total_trial_allocation_budget = 0
        self._n_brackets: int | None = None

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        if not self._pruners:
            self._make_brackets(study)
            if not self._pruners:
                return False
        bracket = self._get_bracket_id(study, trial)
        _logger.debug(f"{bracket}th bracket is selected")
        return self._pruners[bracket].prune(self._create_bracket_study(study, bracket), trial)

    def _make_brackets(self, study: Study) -> None:
        if self._max_resource == "auto":
            complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
            steps = [trial.last_step for trial in complete if trial.last_step is not None]
            if not steps:
                return
            self._max_resource = max(steps) + 1
        assert isinstance(self._max_resource, int)
        ratio = self._max_resource / self._min_resource
        self._n_brackets = math.floor(math.log(ratio, self._reduction_factor)) + 1
        _logger.debug(f"Hyperband has {self._n_brackets} brackets")
        for bracket in range(self._n_brackets):
            rungs = self._n_brackets - bracket
            budget = math.ceil(self._n_brackets * self._reduction_factor ** (rungs - 1) / rungs)
            self._trial_allocation_budgets.append(budget)
            self._total_trial_allocation_budget += budget
            self._pruners.append(
                SuccessiveHalvingPruner(
                    min_resource=self._min_resource,
                    reduction_factor=self._reduction_factor,
                    min_early_stopping_rate=bracket,
                    bootstrap_count=self._bootstrap_count,
                )
            )

    def _get_bracket_id(self, study: Study, trial: FrozenTrial) -> int:
        """The bracket of a trial: by its number and the study's name, the same in all processes."""
        if not self._pruners:
            return 0
        place = binascii.crc32(f"{study.study_name}_{trial.number}".encode()) % self._total_trial_allocation_budget
        for bracket, budget in enumerate(self._trial_allocation_budgets):
            place -= budget
            if place < 0:
                return bracket
        raise AssertionError("the budgets add up to the total")

    def _create_bracket_study(self, study: Study, bracket_id: int) -> Any:
        return _BracketStudy(study, self, bracket_id)


class _BracketStudy:
    """A study of which the trials of one bracket are seen."""

    _SHARED = frozenset(
        "directions direction _directions _storage _study_id pruner study_name sampler _is_multi_objective stop "
        "_thread_local _ledger".split()
    )

    def __init__(self, study: Study, pruner: HyperbandPruner, bracket_id: int) -> None:
        self._study = study
        self._hyperband = pruner
        self._bracket_id = bracket_id

    def get_trials(self, deepcopy: bool = True, states: Container[TrialState] | None = None) -> list[FrozenTrial]:
        trials = self._study.get_trials(deepcopy=deepcopy, states=states)
        return [t for t in trials if self._hyperband._get_bracket_id(self._study, t) == self._bracket_id]

    def _get_trials(
        self, deepcopy: bool = True, states: Container[TrialState] | None = None, use_cache: bool = False
    ) -> list[FrozenTrial]:
        return self.get_trials(deepcopy=deepcopy, states=states)

    @property
    def trials(self) -> list[FrozenTrial]:
        return self.get_trials()

    def __getattr__(self, name: str) -> Any:
        if name not in self._SHARED:
            raise AttributeError(f"_BracketStudy does not have attribute of '{name}'")
        return getattr(self._study, name)
