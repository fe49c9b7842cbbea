"""What the storages of this package share: each study is a ledger of the engine, and a few notes."""

from __future__ import annotations

import copy
from collections.abc import Container, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ravine._ravine import Ledger
from ravine.distributions import check_distribution_compatibility
from ravine.exceptions import UpdateFinishedTrialError
from ravine.storages._base import BaseStorage
from ravine.study._study_direction import StudyDirection
from ravine.trial._state import TrialState

if TYPE_CHECKING:
    from ravine._ravine import Plan
    from ravine.distributions import BaseDistribution
    from ravine.study import Study
    from ravine.study._frozen import FrozenStudy
    from ravine.trial import FrozenTrial, Trial

#: Ids of a study's trials start here times its id, so that each id says which study it is of.
_STRIDE = 1 << 32


class Entry:
    """A study in a storage."""

    __slots__ = ("study_id", "name", "directions", "ledger", "user_attrs", "system_attrs")

    def __init__(self, study_id: int, name: str, directions: Sequence[StudyDirection]) -> None:
        self.study_id = study_id
        self.name = name
        self.directions = list(directions)
        self.ledger = Ledger([d == StudyDirection.MAXIMIZE for d in directions], study_id * _STRIDE)
        self.user_attrs: dict[str, Any] = {}
        self.system_attrs: dict[str, Any] = {}


def mask(states: Container[TrialState] | None) -> int:
    """The states as bits."""
    return 0xFF if states is None else sum(1 << state for state in TrialState if state in states)


def able(storage: BaseStorage) -> LedgerStorage:
    """The storage, if studies can be kept in it. Raises `TypeError` where it is one of a program's own."""
    if isinstance(storage, LedgerStorage):
        return storage
    raise TypeError(
        f"{type(storage).__name__} cannot keep a study: trials lie in a ledger of the engine, which storages of one's own do "
        "not have. Use None for memory, 'sqlite:///study.db' for a file, or InMemoryStorage or RDBStorage of ravine.storages"
    )


def fill(ledger: Ledger, trial: FrozenTrial) -> int:
    """Adds a trial to a ledger: its number."""
    return ledger.add(
        int(trial.state),
        list(map(float, trial.values or ())),
        [(name, dist, dist.to_internal_repr(trial.params[name])) for name, dist in trial.distributions.items()],
        [(int(step), float(value)) for step, value in trial.intermediate_values.items()],
        copy.deepcopy(dict(trial.user_attrs)),
        copy.deepcopy(dict(trial.system_attrs)),
        trial.datetime_start,
        trial.datetime_complete,
    )


class LedgerStorage(BaseStorage):
    """A storage whose trials lie in ledgers. Subclasses find the entry of a study, and may keep what changes."""

    #: Whether the end of a trial may be told to the ledger alone.
    _is_quick = True
    #: Whether running trials give signs of life.
    _beats = False

    def _entry(self, study_id: int) -> Entry:
        """The study of an id, up to date."""
        raise NotImplementedError

    def _ask(self, study: Study, plan: Plan | None) -> Trial:
        """A trial to evaluate: one that waits, or a new one."""
        return study._ledger.ask(study, plan)

    def _flush(self, trial_id: int) -> None:
        """Writes what a trial suggested and was not written yet."""

    def _place(self, trial_id: int) -> tuple[Entry, int]:
        """The study and the number of a trial."""
        try:
            entry = self._entry(trial_id // _STRIDE)
        except KeyError:
            raise KeyError(f"No trial with trial_id {trial_id} exists.") from None
        number = trial_id % _STRIDE
        if trial_id < 0 or number >= len(entry.ledger):
            raise KeyError(f"No trial with trial_id {trial_id} exists.")
        return entry, number

    def _changeable(self, trial_id: int) -> tuple[Entry, int]:
        entry, number = self._place(trial_id)
        self._check_running(entry.ledger, number)
        return entry, number

    def _check_running(self, ledger: Ledger, number: int) -> None:
        if ledger.state(number) in (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL):
            raise UpdateFinishedTrialError(f"Trial#{number} has already finished and can not be updated.")

    def _check_keepable(self, distribution: BaseDistribution) -> None:
        """Raises `ValueError` where the storage could not keep a parameter of this distribution."""

    def get_study_name_from_id(self, study_id: int) -> str:
        return self._entry(study_id).name

    def get_study_directions(self, study_id: int) -> list[StudyDirection]:
        return self._entry(study_id).directions

    def get_study_user_attrs(self, study_id: int) -> dict[str, Any]:
        return self._entry(study_id).user_attrs

    def get_study_system_attrs(self, study_id: int) -> dict[str, Any]:
        return self._entry(study_id).system_attrs

    def _freeze(self, entry: Entry) -> FrozenStudy:
        from ravine.study._frozen import FrozenStudy

        return FrozenStudy(
            study_name=entry.name,
            direction=None,
            directions=entry.directions,
            user_attrs=copy.deepcopy(entry.user_attrs),
            system_attrs=copy.deepcopy(entry.system_attrs),
            study_id=entry.study_id,
        )

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        ledger = self._entry(study_id).ledger
        if template_trial is None:
            return ledger.first_id + ledger.create(TrialState.RUNNING)
        for name, distribution in template_trial.distributions.items():
            earlier = ledger.distribution(name)
            if earlier is not None:
                check_distribution_compatibility(earlier, distribution)
        return ledger.first_id + fill(ledger, template_trial)

    def _add_trials(self, study_id: int, trials: Iterable[FrozenTrial]) -> None:
        """Adds trials. Those before one that cannot be added are there afterwards."""
        for trial in trials:
            self.create_new_trial(study_id, template_trial=trial)

    def set_trial_param(
        self, trial_id: int, param_name: str, param_value_internal: float, distribution: BaseDistribution
    ) -> None:
        entry, number = self._changeable(trial_id)
        earlier = entry.ledger.distribution(param_name)
        if earlier is not None:
            check_distribution_compatibility(earlier, distribution)
        entry.ledger.set_param(number, param_name, param_value_internal, distribution)

    def set_trial_state_values(self, trial_id: int, state: TrialState, values: Sequence[float] | None = None) -> bool:
        entry, number = self._changeable(trial_id)
        if state == TrialState.RUNNING:
            return entry.ledger.start_waiting(number)
        entry.ledger.set_state(number, int(state), list(map(float, values or ())))
        return True

    def set_trial_intermediate_value(self, trial_id: int, step: int, intermediate_value: float) -> None:
        entry, number = self._changeable(trial_id)
        entry.ledger.report(number, step, intermediate_value)

    def set_trial_user_attr(self, trial_id: int, key: str, value: Any) -> None:
        entry, number = self._changeable(trial_id)
        entry.ledger.notes(number, False)[key] = value

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        entry, number = self._changeable(trial_id)
        entry.ledger.notes(number, True)[key] = value

    def get_trial_id_from_study_id_trial_number(self, study_id: int, trial_number: int) -> int:
        ledger = self._entry(study_id).ledger
        if not 0 <= trial_number < len(ledger):
            raise KeyError(f"No trial with trial number {trial_number} exists in study with study_id {study_id}.")
        return ledger.first_id + trial_number

    def get_trial_number_from_id(self, trial_id: int) -> int:
        return self._place(trial_id)[1]

    def get_trial_param(self, trial_id: int, param_name: str) -> float:
        entry, number = self._place(trial_id)
        found = entry.ledger.param(number, param_name)
        if found is None:
            raise KeyError(param_name)
        return found[1]

    def get_trial(self, trial_id: int) -> FrozenTrial:
        entry, number = self._place(trial_id)
        return entry.ledger.shared(number)

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        return self._entry(study_id).ledger.all(mask(states), not deepcopy)

    def get_n_trials(self, study_id: int, state: tuple[TrialState, ...] | TrialState | None = None) -> int:
        states = (state,) if isinstance(state, TrialState) else state
        counts = self._entry(study_id).ledger.counts()
        return sum(counts[s] for s in TrialState if states is None or s in states)

    def get_best_trial(self, study_id: int) -> FrozenTrial:
        entry = self._entry(study_id)
        if len(entry.directions) > 1:
            if not entry.ledger.counts()[TrialState.COMPLETE]:
                raise ValueError("No trials are completed yet.")
            raise RuntimeError("Best trial can be obtained only for single-objective optimization.")
        best = entry.ledger.best
        if best is None:
            raise ValueError("No trials are completed yet.")
        return entry.ledger.shared(best)
