"""Where studies are kept: in memory, or in a database by its URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ravine.storages._base import BaseStorage
from ravine.storages._memory import InMemoryStorage

if TYPE_CHECKING:
    from ravine.storages._callbacks import RetryFailedTrialCallback, RetryHeartbeatStaleTrialCallback
    from ravine.storages._database import RDBStorage
    from ravine.storages._optuna import load_optuna
    from ravine.storages.journal import (
        JournalFileOpenLock,
        JournalFileStorage,
        JournalFileSymlinkLock,
        JournalStorage,
    )

__all__ = [
    "BaseStorage",
    "InMemoryStorage",
    "JournalFileOpenLock",
    "JournalFileStorage",
    "JournalFileSymlinkLock",
    "JournalStorage",
    "RDBStorage",
    "RetryFailedTrialCallback",
    "RetryHeartbeatStaleTrialCallback",
    "fail_stale_trials",
    "get_storage",
    "load_optuna",
]

_PLACES = {
    "JournalFileBackend": "journal",
    "JournalFileOpenLock": "journal",
    "JournalFileStorage": "journal",
    "JournalFileSymlinkLock": "journal",
    "JournalStorage": "journal",
    "RDBStorage": "_database",
    "RetryFailedTrialCallback": "_callbacks",
    "RetryHeartbeatStaleTrialCallback": "_callbacks",
    "fail_stale_trials": "_heartbeat",
    "load_optuna": "_optuna",
}


def __getattr__(name: str) -> Any:
    if name != "journal" and name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    if name == "journal":
        return importlib.import_module(f"{__name__}.journal")
    return getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*__all__, *_PLACES, "journal"})


def get_storage(storage: None | str | BaseStorage) -> BaseStorage:
    """The storage of a URL; a storage as it is; memory for None."""
    if storage is None:
        return InMemoryStorage()
    if not isinstance(storage, str):
        if not isinstance(storage, BaseStorage):
            raise TypeError(f"a storage is None, a URL or a storage, not {storage!r}")
        return storage
    from ravine.storages._database import RDBStorage, is_memory

    if is_memory(storage):
        return InMemoryStorage()
    return RDBStorage(storage)
