"""What a storage does: it keeps studies and their trials, in memory or for longer."""

from __future__ import annotations

import abc
from collections.abc import Container, Sequence
from typing import TYPE_CHECKING, Any, cast

from ravine.exceptions import UpdateFinishedTrialError
from ravine.trial._state import TrialState

if TYPE_CHECKING:
    from ravine.distributions import BaseDistribution
    from ravine.study._frozen import FrozenStudy
    from ravine.study._study_direction import StudyDirection
    from ravine.trial import FrozenTrial

DEFAULT_STUDY_NAME_PREFIX = "no-name-"


class BaseStorage(abc.ABC):
    """The interface of storages: studies and trials by id.

    A method that is given an id that is not there raises `KeyError`; one that would change a trial that is over raises
    `UpdateFinishedTrialError`.
    """

    @abc.abstractmethod
    def create_new_study(self, directions: Sequence[StudyDirection], study_name: str | None = None) -> int:
        """Makes a study: its id. Raises `DuplicatedStudyError` where the name is taken."""
        raise NotImplementedError

    @abc.abstractmethod
    def delete_study(self, study_id: int) -> None:
        """Deletes a study with its trials."""
        raise NotImplementedError

    @abc.abstractmethod
    def set_study_user_attr(self, study_id: int, key: str, value: Any) -> None:
        """Notes something of the user's on a study."""
        raise NotImplementedError

    @abc.abstractmethod
    def set_study_system_attr(self, study_id: int, key: str, value: Any) -> None:
        """Notes something of the system's on a study."""
        raise NotImplementedError

    @abc.abstractmethod
    def get_study_id_from_name(self, study_name: str) -> int:
        """The id of the study of this name."""
        raise NotImplementedError

    @abc.abstractmethod
    def get_study_name_from_id(self, study_id: int) -> str:
        """The name of a study."""
        raise NotImplementedError

    @abc.abstractmethod
    def get_study_directions(self, study_id: int) -> list[StudyDirection]:
        """The directions of a study, one per objective."""
        raise NotImplementedError

    @abc.abstractmethod
    def get_study_user_attrs(self, study_id: int) -> dict[str, Any]:
        """What the user noted on a study."""
        raise NotImplementedError

    @abc.abstractmethod
    def get_study_system_attrs(self, study_id: int) -> dict[str, Any]:
        """What the system noted on a study."""
        raise NotImplementedError

    @abc.abstractmethod
    def get_all_studies(self) -> list[FrozenStudy]:
        """All studies."""
        raise NotImplementedError

    @abc.abstractmethod
    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        """Makes a trial, running or as the template is: its id."""
        raise NotImplementedError

    @abc.abstractmethod
    def set_trial_param(
        self, trial_id: int, param_name: str, param_value_internal: float, distribution: BaseDistribution
    ) -> None:
        """Sets a parameter of a trial. Raises `ValueError` where the study has it with an incompatible distribution."""
        raise NotImplementedError

    @abc.abstractmethod
    def set_trial_state_values(self, trial_id: int, state: TrialState, values: Sequence[float] | None = None) -> bool:
        """Sets how a trial is; False where it should run and somebody else runs it already."""
        raise NotImplementedError

    @abc.abstractmethod
    def set_trial_intermediate_value(self, trial_id: int, step: int, intermediate_value: float) -> None:
        """Keeps a report."""
        raise NotImplementedError

    @abc.abstractmethod
    def set_trial_user_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Notes something of the user's on a trial."""
        raise NotImplementedError

    @abc.abstractmethod
    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Notes something of the system's on a trial."""
        raise NotImplementedError

    @abc.abstractmethod
    def get_trial(self, trial_id: int) -> FrozenTrial:
        """A trial."""
        raise NotImplementedError

    @abc.abstractmethod
    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """The trials of a study, in the order of their numbers; without ``deepcopy`` they must not be changed."""
        raise NotImplementedError

    def get_trial_id_from_study_id_trial_number(self, study_id: int, trial_number: int) -> int:
        """The id of a trial."""
        trials = self.get_all_trials(study_id, deepcopy=False)
        if not 0 <= trial_number < len(trials):
            raise KeyError(f"No trial with trial number {trial_number} exists in study with study_id {study_id}.")
        return trials[trial_number]._trial_id

    def get_trial_number_from_id(self, trial_id: int) -> int:
        """The number of a trial in its study."""
        return self.get_trial(trial_id).number

    def get_trial_param(self, trial_id: int, param_name: str) -> float:
        """The internal value of a parameter."""
        trial = self.get_trial(trial_id)
        return trial.distributions[param_name].to_internal_repr(trial.params[param_name])

    def get_n_trials(self, study_id: int, state: tuple[TrialState, ...] | TrialState | None = None) -> int:
        """How many trials a study has, in a state or one of several."""
        states = (state,) if isinstance(state, TrialState) else state
        return len(self.get_all_trials(study_id, deepcopy=False, states=states))

    def get_best_trial(self, study_id: int) -> FrozenTrial:
        """The best complete trial. Raises `ValueError` where none is, `RuntimeError` with several objectives."""
        from ravine.study._study_direction import StudyDirection

        trials = self.get_all_trials(study_id, deepcopy=False, states=(TrialState.COMPLETE,))
        if not trials:
            raise ValueError("No trials are completed yet.")
        directions = self.get_study_directions(study_id)
        if len(directions) > 1:
            raise RuntimeError("Best trial can be obtained only for single-objective optimization.")
        choose = max if directions[0] == StudyDirection.MAXIMIZE else min
        return choose(trials, key=lambda trial: cast(float, trial.value))

    def get_trial_params(self, trial_id: int) -> dict[str, Any]:
        """The values of a trial, as the objective got them."""
        return self.get_trial(trial_id).params

    def get_trial_user_attrs(self, trial_id: int) -> dict[str, Any]:
        """What the user noted on a trial."""
        return self.get_trial(trial_id).user_attrs

    def get_trial_system_attrs(self, trial_id: int) -> dict[str, Any]:
        """What the system noted on a trial."""
        return self.get_trial(trial_id).system_attrs

    def remove_session(self) -> None:
        """Lets go of what the thread holds, if it holds something."""

    def check_trial_is_updatable(self, trial_id: int, trial_state: TrialState) -> None:
        """Raises `UpdateFinishedTrialError` where a trial in this state must not be changed."""
        if trial_state.is_finished():
            trial = self.get_trial(trial_id)
            raise UpdateFinishedTrialError(f"Trial#{trial.number} has already finished and can not be updated.")
