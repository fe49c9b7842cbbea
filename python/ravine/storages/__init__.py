"""Where studies are kept: in memory, or in a database by its URL."""

from __future__ import annotations

from ravine.storages._base import BaseStorage
from ravine.storages._memory import InMemoryStorage

__all__ = ["BaseStorage", "InMemoryStorage"]


def get_storage(storage: None | str | BaseStorage) -> BaseStorage:
    """The storage of a URL; a storage as it is; memory for None."""
    if storage is None:
        return InMemoryStorage()
    return storage
