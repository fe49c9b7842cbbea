"""Parameters that occur together."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from ravine.trial._state import TrialState

if TYPE_CHECKING:
    from ravine.distributions import BaseDistribution
    from ravine.study import Study


class _SearchSpaceGroup:
    """Disjoint sets of parameters, none of which was ever seen in part."""

    def __init__(self) -> None:
        self._search_spaces: list[dict[str, BaseDistribution]] = []

    @property
    def search_spaces(self) -> list[dict[str, BaseDistribution]]:
        return self._search_spaces

    def add_distributions(self, distributions: dict[str, BaseDistribution]) -> None:
        """Splits the sets by what a trial had."""
        left = dict(distributions)
        split: list[dict[str, BaseDistribution]] = []
        for space in self._search_spaces:
            split.append({name: dist for name, dist in space.items() if name in left})
            split.append({name: dist for name, dist in space.items() if name not in left})
            left = {name: dist for name, dist in left.items() if name not in space}
        split.append(left)
        self._search_spaces = [space for space in split if space]


class _GroupDecomposedSearchSpace:
    """The sets of a study's parameters that occur together."""

    def __init__(self, include_pruned: bool = False) -> None:
        self._search_space = _SearchSpaceGroup()
        self._study_id: int | None = None
        self._include_pruned = include_pruned

    def calculate(self, study: Study, use_cache: bool = False) -> _SearchSpaceGroup:
        """The sets. Raises `ValueError` where it was another study before."""
        if self._study_id is None:
            self._study_id = study._study_id
        elif self._study_id != study._study_id:
            raise ValueError("`_GroupDecomposedSearchSpace` cannot handle multiple studies.")
        states = (TrialState.COMPLETE, TrialState.PRUNED) if self._include_pruned else (TrialState.COMPLETE,)
        for trial in study._get_trials(deepcopy=False, states=states, use_cache=use_cache):
            self._search_space.add_distributions(trial.distributions)
        return copy.deepcopy(self._search_space)
