"""The interface of samplers."""

from __future__ import annotations

import abc
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ravine._notice import warn
from ravine.trial._constraints import KEY
from ravine.trial._state import TrialState

if TYPE_CHECKING:
    from ravine._ravine import Plan
    from ravine.distributions import BaseDistribution
    from ravine.study import Study
    from ravine.trial import FrozenTrial


class BaseSampler(abc.ABC):
    """What proposes the values of trials. Subclass it for a sampler of your own.

    For each trial `infer_relative_search_space` is asked once for the parameters whose values are proposed together,
    then `sample_relative` for these, then `sample_independent` for each other parameter when the objective asks for
    it. All may read ``study.trials``.
    """

    #: Whether it is one of the engine.
    _is_native = False
    #: Whether nothing happens in `after_trial`.
    _is_quiet = False

    def __str__(self) -> str:
        return type(self).__name__

    def _plan_for(self, study: Study) -> Plan | None:
        """How the engine proposes for a study; None where Python does."""
        return None

    @abc.abstractmethod
    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """The parameters that `sample_relative` has values for."""
        raise NotImplementedError

    @abc.abstractmethod
    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Values for the parameters of a space, as the objective gets them; some may be left out."""
        raise NotImplementedError

    @abc.abstractmethod
    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """A value for one parameter, as the objective gets it."""
        raise NotImplementedError

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Called when a trial has been created, before anything is asked for it."""

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> None:
        """Called when the objective has returned, before its result is kept."""

    def reseed_rng(self) -> None:
        """Called in each thread of a study with several, so that they do not draw the same numbers."""

    def _raise_error_if_multi_objective(self, study: Study) -> None:
        if study._is_multi_objective():
            raise ValueError(
                f"If the study is being used for multi-objective optimization, {type(self).__name__} cannot be used."
            )


def _violations(found: Any) -> tuple[float, ...]:
    """What a function of constraints returned, checked.

    Raises:
        TypeError: It is no sequence of numbers.
        ValueError: One of them is NaN.
    """
    # Texts are sequences of texts, but bytes are sequences of numbers.
    if isinstance(found, bytes) or not (isinstance(found, Sequence) or hasattr(found, "__array__")):
        raise TypeError(f"Constraints should be a sequence of floats but got {type(found).__name__}.")
    if any(math.isnan(value) for value in found):
        raise ValueError("Constraint values cannot be NaN.")
    return tuple(found)


def _process_constraints_after_trial(
    constraints_func: Callable[[FrozenTrial], Sequence[float]],
    study: Study,
    trial: FrozenTrial,
    state: TrialState,
) -> None:
    """Notes on a trial what a function says of its constraints; None where the function raises."""
    if state not in (TrialState.COMPLETE, TrialState.PRUNED):
        return
    noted: tuple[float, ...] | None = None
    try:
        found = constraints_func(trial)
        if not isinstance(found, (tuple, list)):
            warn(f"Constraints should be a sequence of floats but got {type(found).__name__}.")
        noted = _violations(found)
    finally:
        study._storage.set_trial_system_attr(trial._trial_id, KEY, noted)
