"""The parameters that all trials have, with one distribution."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from ravine.trial._state import TrialState

if TYPE_CHECKING:
    from ravine.distributions import BaseDistribution
    from ravine.study import Study
    from ravine.trial import FrozenTrial


def _common(space: dict[str, BaseDistribution] | None, trial: FrozenTrial) -> dict[str, BaseDistribution]:
    """What a trial has in common with others."""
    if space is None:
        return dict(trial.distributions)
    return {name: dist for name, dist in space.items() if trial.distributions.get(name) == dist}


def intersection_search_space(trials: list[FrozenTrial], include_pruned: bool = False) -> dict[str, BaseDistribution]:
    """The parameters that all complete trials have with the same distribution, by name.

    Args:
        trials: The trials.
        include_pruned: Whether pruned trials count as well.
    """
    space: dict[str, BaseDistribution] | None = None
    for trial in trials:
        if _counts(trial, include_pruned):
            space = _common(space, trial)
    return dict(sorted((space or {}).items()))


def _counts(trial: FrozenTrial, include_pruned: bool) -> bool:
    return trial.state == TrialState.COMPLETE or (include_pruned and trial.state == TrialState.PRUNED)


class IntersectionSearchSpace:
    """`intersection_search_space` of a study that goes on: each trial is looked at once.

    Args:
        include_pruned: Whether pruned trials count as well.
    """

    def __init__(self, include_pruned: bool = False) -> None:
        self._include_pruned = include_pruned
        self._space: dict[str, BaseDistribution] | None = None
        self._study_id: int | None = None
        #: Trials below this number are over and looked at.
        self._settled = 0
        self._seen: set[int] = set()

    def calculate(self, study: Study, use_cache: bool = False) -> dict[str, BaseDistribution]:
        """The common parameters of the study's trials. Raises `ValueError` where it was another study before."""
        if self._study_id is None:
            self._study_id = study._study_id
        elif self._study_id != study._study_id:
            raise ValueError("`IntersectionSearchSpace` cannot handle multiple studies.")
        trials = study._get_trials(deepcopy=False, use_cache=use_cache)
        all_settled = True
        for trial in trials[self._settled :]:
            if not trial.state.is_finished():
                all_settled = False
                continue
            if trial.number not in self._seen:
                if _counts(trial, self._include_pruned):
                    self._space = _common(self._space, trial)
                self._seen.add(trial.number)
            if all_settled:
                self._settled += 1
                self._seen.discard(trial.number)
        return copy.deepcopy(dict(sorted((self._space or {}).items())))
