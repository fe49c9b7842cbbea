"""Callbacks for `Study.optimize`."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING

from ravine.trial import TrialState

if TYPE_CHECKING:
    from ravine.study import Study
    from ravine.trial import FrozenTrial


class MaxTrialsCallback:
    """Stops the study when it has so many trials, whoever ran them.

    Args:
        n_trials: How many.
        states: Which trials count, by their states; None for all.
    """

    def __init__(self, n_trials: int, states: Container[TrialState] | None = (TrialState.COMPLETE,)) -> None:
        self._n_trials = n_trials
        self._states = states

    def __call__(self, study: Study, trial: FrozenTrial) -> None:
        states = None if self._states is None else tuple(s for s in TrialState if s in self._states)
        if study._storage.get_n_trials(study._study_id, states) >= self._n_trials:
            study.stop()
