"""Studies in a database: they outlast the process, and several processes may work on one."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
import tempfile
import threading
import uuid
import weakref
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ravine import logging
from ravine._notice import experimental_argument, warn
from ravine._ravine import Journal, Shelf, optuna_names
from ravine.distributions import (
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    check_distribution_compatibility,
)
from ravine.exceptions import DuplicatedStudyError, StorageInternalError
from ravine.storages._base import DEFAULT_STUDY_NAME_PREFIX
from ravine.storages._heartbeat import BaseHeartbeat
from ravine.storages._ledgers import Entry, LedgerStorage
from ravine.study._study_direction import StudyDirection
from ravine.trial._state import TrialState

if TYPE_CHECKING:
    from ravine._ravine import Plan
    from ravine.distributions import BaseDistribution
    from ravine.study import Study
    from ravine.study._frozen import FrozenStudy
    from ravine.trial import FrozenTrial, Trial

_logger = logging.get_logger(__name__)

#: So many trials are added in one commit.
_PORTION = 1000

#: Whole numbers up to here are floats exactly, which is what a log holds.
_GREATEST_INT = 1 << 53


def path_of(url: str) -> Path:
    """The file of a ``sqlite:///`` URL. Raises `ValueError` for what is none."""
    rest = _rest_of(url)
    if rest is None or not rest.startswith("/"):
        raise ValueError(
            f"the storage {url!r} is not known: use 'sqlite:///study.db' (a path relative to here) or "
            "'sqlite:////home/me/study.db' (an absolute one); there are no other databases yet"
        )
    return Path(rest[1:])


def is_memory(url: str) -> bool:
    """Whether a URL names a database in memory."""
    return _rest_of(url) in ("", "/", "/:memory:")


def _rest_of(url: str) -> str | None:
    """What follows ``sqlite://`` in a URL, without its options; None for what is no such URL."""
    scheme, separator, rest = url.partition("://")
    return rest.partition("?")[0] if separator and scheme.split("+")[0] == "sqlite" else None


class _Kept(Entry):
    """A study, and the log that its ledger follows."""

    __slots__ = ("journal",)

    def __init__(self, study_id: int, name: str, journal: Journal, directions: Sequence[StudyDirection]) -> None:
        super().__init__(study_id, name, directions)
        self.journal = journal

    def catch_up(self) -> None:
        """Takes in what others did."""
        self.journal.refresh(self.ledger)
        self.user_attrs = self.journal.notes(False)
        self.system_attrs = self.journal.notes(True)


class RDBStorage(LedgerStorage, BaseHeartbeat):
    """Keeps studies in an SQLite database, which ``ravine ls``, ``show`` and ``report`` read as well.

    Any number of processes of one host may use it at once. What a trial of `Study.optimize` suggests is written with its
    next report or with its end, in one step; what `Study.ask` returned writes each value at once, and so does every
    trial where signs of life are given.

    Args:
        url: ``sqlite:///study.db``; four slashes begin an absolute path.
        engine_kwargs, skip_compatibility_check, skip_table_creation: Kept for programs that give them.
        heartbeat_interval: So often, in seconds, `Study.optimize` says that a trial is being worked on; never where absent.
        grace_period: After so many seconds without such a sign a trial is failed, by the next process that begins one; twice
            the interval where absent.
        heartbeat_stale_trial_callback: Then called with the study and the trial; see `RetryHeartbeatStaleTrialCallback`.
        failed_trial_callback: The same; deprecated.
    """

    _is_quick = False
    #: What log messages call it.
    _place_name = "RDB"
    heartbeat_interval: int | None = None
    grace_period: int | None = None
    heartbeat_stale_trial_callback: Callable[[Study, FrozenTrial], None] | None = None

    def __init__(
        self,
        url: str,
        engine_kwargs: dict[str, Any] | None = None,
        skip_compatibility_check: bool = False,
        *,
        heartbeat_interval: int | None = None,
        grace_period: int | None = None,
        heartbeat_stale_trial_callback: Callable[[Study, FrozenTrial], None] | None = None,
        failed_trial_callback: Callable[[Study, FrozenTrial], None] | None = None,
        skip_table_creation: bool = False,
    ) -> None:
        for name, seconds in (("heartbeat_interval", heartbeat_interval), ("grace_period", grace_period)):
            if seconds is not None and seconds <= 0:
                raise ValueError(f"The value of `{name}` should be a positive integer.")
        if heartbeat_interval is not None:
            experimental_argument("heartbeat_interval")
        if failed_trial_callback is not None:
            if heartbeat_stale_trial_callback is not None:
                raise ValueError("Specify only one of `heartbeat_stale_trial_callback` and `failed_trial_callback`.")
            warn(
                "`failed_trial_callback` has been deprecated in v4.9.0. This feature will be removed in v6.0.0. Use "
                "`heartbeat_stale_trial_callback` instead.",
                FutureWarning,
            )
        self.heartbeat_interval = heartbeat_interval
        self.grace_period = grace_period
        self.heartbeat_stale_trial_callback = heartbeat_stale_trial_callback or failed_trial_callback
        self.failed_trial_callback = self.heartbeat_stale_trial_callback
        self.url = url
        self.engine_kwargs = engine_kwargs or {}
        self.skip_compatibility_check = skip_compatibility_check
        if is_memory(url):
            # A database of its own that goes with the storage.
            folder = tempfile.mkdtemp(prefix="ravine-")
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            self._path = Path(folder, "study.db")
        else:
            self._path = path_of(url)
        self._open()

    def _open(self) -> None:
        self._shelf = _shelf(self._path)
        self._kept: dict[int, _Kept] = {}
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        own = ("_shelf", "_kept", "_lock")
        state = {name: value for name, value in self.__dict__.items() if name not in own}
        return {**state, "_path": self._path.absolute()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._open()

    def _kept_of(self, study_id: int) -> _Kept:
        kept = self._kept.get(study_id)
        if kept is None:
            with self._lock:
                kept = self._kept.get(study_id) or self._load(study_id)
        return kept

    def _load(self, study_id: int) -> _Kept:
        name = next((name for name, known in self._shelf.studies() if known == study_id), None)
        if name is None:
            raise KeyError(f"No study with study_id {study_id} exists.")
        journal, maximize = self._shelf.open(study_id)
        directions = [StudyDirection.MAXIMIZE if up else StudyDirection.MINIMIZE for up in maximize]
        kept = self._kept[study_id] = _Kept(study_id, name, journal, directions)
        return kept

    def _entry(self, study_id: int) -> _Kept:
        kept = self._kept_of(study_id)
        kept.catch_up()
        return kept

    def _ask(self, study: Study, plan: Plan | None) -> Trial:
        kept = self._kept_of(study._study_id)
        number = kept.journal.begin(kept.ledger, secrets.randbits(48) + 1)
        return kept.ledger.resume(study, plan, number)

    def _check_keepable(self, distribution: BaseDistribution) -> None:
        # The log says so too, but only when the trial ends, and then its value is lost.
        if isinstance(distribution, CategoricalDistribution):
            seen: set[tuple[type, str]] = set()
            for choice in distribution.choices:
                if not _is_plain(choice):
                    raise ValueError(
                        f"the choice {choice!r} cannot be kept: it is not None, a bool, an int below 2^63, a float or "
                        "a str"
                    )
                if (type(choice), repr(choice)) in seen:
                    raise ValueError(f"the choice {choice!r} is there twice, which a study that is kept cannot have")
                seen.add((type(choice), repr(choice)))
        elif isinstance(distribution, (FloatDistribution, IntDistribution)):
            widest = _GREATEST_INT if isinstance(distribution, IntDistribution) else sys.float_info.max
            low, high = distribution.low, distribution.high
            if not (-widest <= low and high <= widest and high - low <= sys.float_info.max):
                raise ValueError(f"a study that is kept cannot have {distribution}: its range is too wide")

    def create_new_study(self, directions: Sequence[StudyDirection], study_name: str | None = None) -> int:
        name = study_name if study_name is not None else DEFAULT_STUDY_NAME_PREFIX + str(uuid.uuid4())
        maximize = [direction == StudyDirection.MAXIMIZE for direction in directions]
        study_id = self._shelf.create(name, maximize, secrets.randbits(63))
        if study_id is None:
            raise DuplicatedStudyError(f"there is a study named {name!r} already")
        _logger.info("A new study created in %s with name: %s", self._place_name, name)
        return study_id

    def delete_study(self, study_id: int) -> None:
        self._entry(study_id)
        self._shelf.delete(study_id)
        self._kept.pop(study_id, None)

    def get_study_id_from_name(self, study_name: str) -> int:
        for name, study_id in self._shelf.studies():
            if name == study_name:
                return study_id
        raise KeyError(f"No such study {study_name}.")

    def get_all_studies(self) -> list[FrozenStudy]:
        return [self._freeze(self._entry(study_id)) for _, study_id in self._shelf.studies()]

    def set_study_user_attr(self, study_id: int, key: str, value: Any) -> None:
        kept = self._kept_of(study_id)
        kept.journal.tag_study(kept.ledger, False, key, json.dumps(value))

    def set_study_system_attr(self, study_id: int, key: str, value: Any) -> None:
        kept = self._kept_of(study_id)
        kept.journal.tag_study(kept.ledger, True, key, json.dumps(value))

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        if template_trial is None:
            from ravine.trial import create_trial

            template_trial = create_trial(state=TrialState.RUNNING)
        kept = self._entry(study_id)
        return kept.ledger.first_id + kept.journal.add(kept.ledger, [_given(kept, template_trial, {})])

    def _add_trials(self, study_id: int, trials: Iterable[FrozenTrial]) -> None:
        kept = self._entry(study_id)
        portion: list[tuple[Any, ...]] = []
        known: dict[str, BaseDistribution] = {}
        try:
            for trial in trials:
                portion.append(_given(kept, trial, known))
                if len(portion) == _PORTION:
                    full, portion = portion, []
                    kept.journal.add(kept.ledger, full)
        finally:
            # Also those before one that cannot be added.
            if portion:
                kept.journal.add(kept.ledger, portion)

    def set_trial_param(
        self, trial_id: int, param_name: str, param_value_internal: float, distribution: BaseDistribution
    ) -> None:
        super().set_trial_param(trial_id, param_name, param_value_internal, distribution)
        self._flush(trial_id)

    def set_trial_intermediate_value(self, trial_id: int, step: int, intermediate_value: float) -> None:
        super().set_trial_intermediate_value(trial_id, step, intermediate_value)
        self._flush(trial_id)

    def _flush(self, trial_id: int) -> None:
        kept, number = self._place(trial_id)
        assert isinstance(kept, _Kept)
        kept.journal.flush(kept.ledger, number)

    def set_trial_state_values(self, trial_id: int, state: TrialState, values: Sequence[float] | None = None) -> bool:
        kept, number = self._changeable(trial_id)
        assert isinstance(kept, _Kept)
        if state == TrialState.RUNNING:
            if kept.ledger.state(number) != TrialState.WAITING:
                return False
            return kept.journal.claim(kept.ledger, number, secrets.randbits(48) + 1)
        if state == TrialState.WAITING:
            raise ValueError("a trial that was started cannot wait again")
        kept.journal.finish(kept.ledger, number, int(state), list(map(float, values or ())))
        return True

    def set_trial_user_attr(self, trial_id: int, key: str, value: Any) -> None:
        self._tag(trial_id, False, key, value)

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        self._tag(trial_id, True, key, value)

    def _tag(self, trial_id: int, system: bool, key: str, value: Any) -> None:
        kept, number = self._changeable(trial_id)
        assert isinstance(kept, _Kept)
        kept.journal.tag_trial(kept.ledger, number, system, key, json.dumps(value))

    @property
    def _beats(self) -> bool:
        return self.heartbeat_interval is not None

    def record_heartbeat(self, trial_id: int) -> None:
        kept, number = self._place(trial_id)
        assert isinstance(kept, _Kept)
        kept.journal.beat(number)

    def _end_heartbeat(self, trial_id: int) -> None:
        kept, number = self._place(trial_id)
        assert isinstance(kept, _Kept)
        kept.journal.rest(number)

    def _get_stale_trial_ids(self, study_id: int) -> list[int]:
        kept = self._entry(study_id)
        return [kept.ledger.first_id + number for number in kept.journal.silent(kept.ledger, self._grace())]

    def _take_over(self, trial_id: int) -> bool:
        kept, number = self._place(trial_id)
        assert isinstance(kept, _Kept)
        return kept.journal.bury(number, self._grace())

    def _grace(self) -> int:
        """In milliseconds."""
        seconds = self.grace_period or 2 * (self.heartbeat_interval or 0)
        return int(1000 * seconds)

    def get_heartbeat_interval(self) -> int | None:
        """How often running trials say so, in seconds; None for never."""
        return self.heartbeat_interval

    def get_heartbeat_stale_trial_callback(self) -> Callable[[Study, FrozenTrial], None] | None:
        """What is called with a study and a trial of it that was failed since it gave no sign of life."""
        return self.heartbeat_stale_trial_callback

    def get_current_version(self) -> str:
        """The version of the database's format."""
        return "1"

    def get_head_version(self) -> str:
        """The newest version that this package knows."""
        return "1"

    def get_all_versions(self) -> list[str]:
        """The versions that this package knows."""
        return ["1"]

    def upgrade(self) -> None:
        """Brings the database to the newest version: done whenever it is opened."""


def _given(kept: _Kept, trial: FrozenTrial, known: dict[str, BaseDistribution]) -> tuple[Any, ...]:
    """A trial as its journal takes it. ``known`` are distributions of those that are added together with it."""
    for name, distribution in trial.distributions.items():
        earlier = known.get(name) or kept.ledger.distribution(name)
        if earlier is not None:
            check_distribution_compatibility(earlier, distribution)
        known[name] = earlier or distribution
    return (
        int(trial.state),
        list(map(float, trial.values or ())),
        [(name, dist, dist.to_internal_repr(trial.params[name])) for name, dist in trial.distributions.items()],
        [(int(step), float(value)) for step, value in trial.intermediate_values.items()],
        [(key, json.dumps(value)) for key, value in trial.user_attrs.items()],
        [(key, json.dumps(value)) for key, value in trial.system_attrs.items()],
        trial.datetime_start,
        trial.datetime_complete,
    )


def _is_plain(choice: object) -> bool:
    """Whether a choice is one that a log has a word for."""
    if isinstance(choice, int):
        return -(1 << 63) <= choice < 1 << 63
    return choice is None or isinstance(choice, (float, str))


def _shelf(path: Path) -> Shelf:
    try:
        return Shelf(os.fspath(path))
    except StorageInternalError:
        if _is_optuna(path):
            raise StorageInternalError(
                f"{path} was written by Optuna: read its studies with ravine.load_optuna('sqlite:///{path}'), or move "
                "them to a database of ravine's: load_optuna(..., storage='sqlite:///new.db')"
            ) from None
        raise


def _is_optuna(path: Path) -> bool:
    try:
        optuna_names(path)
    except (OSError, ValueError):
        return False
    return True
