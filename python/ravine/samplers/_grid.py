"""Every combination of given values, once."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Union

from ravine import logging
from ravine._notice import warn
from ravine._ravine import Draws
from ravine.distributions import _categorical_choice_equal
from ravine.samplers._base import BaseSampler
from ravine.samplers._native import new_seed
from ravine.trial._state import TrialState

if TYPE_CHECKING:
    from ravine.distributions import BaseDistribution
    from ravine.study import Study
    from ravine.trial import FrozenTrial

GridValueType = Union[str, float, int, bool, None]

_logger = logging.get_logger(__name__)


class GridSampler(BaseSampler):
    """Tries every combination of given values, in a random order, and then stops the study.

    Args:
        search_space: The values of each parameter.
        seed: Of the order.
    """

    def __init__(self, search_space: Mapping[str, Sequence[GridValueType]], seed: int | None = None) -> None:
        for name, values in search_space.items():
            for value in values:
                _check_value(name, value)
        self._search_space = {name: list(values) for name, values in sorted(search_space.items())}
        self._param_names = list(self._search_space)
        self._all_grids = list(itertools.product(*self._search_space.values()))
        self._n_min_trials = len(self._all_grids)
        self._seed = seed or 0
        Draws(self._seed).shuffle(self._all_grids)
        self._choices = new_seed(seed)

    def reseed_rng(self) -> None:
        self._choices = new_seed(None)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        # The combination is noted on the trial, so that other processes see what is taken.
        if "grid_id" in trial.system_attrs or "fixed_params" in trial.system_attrs:
            return
        if 0 <= trial.number < self._n_min_trials:
            grid_id = trial.number
        else:
            left = self._get_unvisited_grid_ids(study)
            if not left:
                _logger.warning(
                    "`GridSampler` is re-evaluating a configuration because the grid has been exhausted. This may "
                    "happen due to a timing issue during distributed optimization or when re-running optimizations "
                    "on already finished studies."
                )
                left = list(range(self._n_min_trials))
            grid_id = left[Draws(self._choices + trial.number).below(len(left))]
        study._storage.set_trial_system_attr(trial._trial_id, "search_space", self._search_space)
        study._storage.set_trial_system_attr(trial._trial_id, "grid_id", grid_id)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return {}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        attrs = study._storage.get_trial_system_attrs(trial._trial_id)
        if "grid_id" not in attrs:
            raise ValueError("All parameters must be specified when using GridSampler with enqueue_trial.")
        if param_name not in self._search_space:
            raise ValueError(f"The parameter name, {param_name}, is not found in the given grid.")
        value = self._all_grids[attrs["grid_id"]][self._param_names.index(param_name)]
        if not param_distribution._contains(param_distribution.to_internal_repr(value)):
            warn(
                f"The value `{value}` is out of range of the parameter `{param_name}`. The value will be used but the "
                f"actual distribution is: `{param_distribution}`."
            )
        return value

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> None:
        left = self._get_unvisited_grid_ids(study)
        if not left or left == [study._storage.get_trial_system_attrs(trial._trial_id).get("grid_id")]:
            study.stop()

    def is_exhausted(self, study: Study) -> bool:
        """Whether all combinations were tried."""
        return not self._get_unvisited_grid_ids(study)

    def _get_unvisited_grid_ids(self, study: Study) -> list[int]:
        """What nobody has tried; where everything is tried or running, what nobody has finished."""
        visited: set[int] = set()
        running: set[int] = set()
        for trial in study._storage.get_all_trials(study._study_id, deepcopy=False):
            attrs = trial.system_attrs
            if "grid_id" in attrs and self._same_search_space(attrs["search_space"]):
                if trial.state.is_finished():
                    visited.add(attrs["grid_id"])
                elif trial.state == TrialState.RUNNING:
                    running.add(attrs["grid_id"])
        unfinished = set(range(self._n_min_trials)) - visited
        return sorted((unfinished - running) or unfinished)

    def _same_search_space(self, space: Mapping[str, Sequence[GridValueType]]) -> bool:
        if space.keys() != self._search_space.keys():
            return False
        return all(
            len(own) == len(space[name]) and all(map(_categorical_choice_equal, own, space[name]))
            for name, own in self._search_space.items()
        )


def _check_value(name: str, value: Any) -> None:
    if value is not None and not isinstance(value, (str, int, float, bool)):
        warn(
            f"{name} contains a value with the type of {type(value)}, which is not supported by `GridSampler`. Please "
            "make sure a value is `str`, `int`, `float`, `bool` or `None` for persistent storage."
        )
