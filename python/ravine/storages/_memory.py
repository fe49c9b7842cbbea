"""Studies that live as long as the process."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ravine import logging
from ravine.exceptions import DuplicatedStudyError
from ravine.storages._base import DEFAULT_STUDY_NAME_PREFIX
from ravine.storages._ledgers import Entry, LedgerStorage, fill

if TYPE_CHECKING:
    from ravine.study._frozen import FrozenStudy
    from ravine.study._study_direction import StudyDirection

_logger = logging.get_logger(__name__)


class InMemoryStorage(LedgerStorage):
    """Keeps studies in memory. No thread is started and nothing is written."""

    _announces = True

    def __init__(self) -> None:
        self._entries: dict[int, Entry] = {}
        self._names: dict[str, int] = {}
        self._next = 0
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        entries = [
            (e.study_id, e.name, e.directions, e.user_attrs, e.system_attrs, e.ledger.all(0xFF, False))
            for e in self._entries.values()
        ]
        return {"next": self._next, "entries": entries}

    def __setstate__(self, state: dict[str, Any]) -> None:
        InMemoryStorage.__init__(self)
        self._next = state["next"]
        for study_id, name, directions, user_attrs, system_attrs, trials in state["entries"]:
            entry = self._entries[study_id] = Entry(study_id, name, directions)
            entry.user_attrs, entry.system_attrs = user_attrs, system_attrs
            self._names[name] = study_id
            for trial in trials:
                fill(entry.ledger, trial)

    def _entry(self, study_id: int) -> Entry:
        try:
            return self._entries[study_id]
        except KeyError:
            raise KeyError(f"No study with study_id {study_id} exists.") from None

    def create_new_study(self, directions: Sequence[StudyDirection], study_name: str | None = None) -> int:
        name = study_name if study_name is not None else DEFAULT_STUDY_NAME_PREFIX + str(uuid.uuid4())
        with self._lock:
            if name in self._names:
                raise DuplicatedStudyError(f"there is a study named {name!r} already")
            study_id = self._next
            self._next += 1
            self._entries[study_id] = Entry(study_id, name, directions)
            self._names[name] = study_id
        if self._announces:
            _logger.info("A new study created in memory with name: %s", name)
        return study_id

    def delete_study(self, study_id: int) -> None:
        del self._names[self._entry(study_id).name]
        del self._entries[study_id]

    def set_study_user_attr(self, study_id: int, key: str, value: Any) -> None:
        # A new dict each time, since others may be reading; under the lock, since others may be writing.
        entry = self._entry(study_id)
        entry.ledger.check_process()
        with self._lock:
            entry.user_attrs = {**entry.user_attrs, key: value}

    def set_study_system_attr(self, study_id: int, key: str, value: Any) -> None:
        entry = self._entry(study_id)
        entry.ledger.check_process()
        with self._lock:
            entry.system_attrs = {**entry.system_attrs, key: value}

    def get_study_id_from_name(self, study_name: str) -> int:
        if study_name not in self._names:
            raise KeyError(f"No such study {study_name}.")
        return self._names[study_name]

    def get_all_studies(self) -> list[FrozenStudy]:
        return [self._freeze(entry) for entry in list(self._entries.values())]


class UnseenStorage(InMemoryStorage):
    """For a study that something else works with, and that nobody knows of."""

    _announces = False
