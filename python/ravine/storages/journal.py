"""Journal storages: here a database in the file that is named."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ravine._notice import deprecated
from ravine.storages._database import RDBStorage

__all__ = ["JournalFileBackend", "JournalFileOpenLock", "JournalFileSymlinkLock", "JournalStorage"]


class JournalFileBackend:
    """Names the file of a `JournalStorage`.

    Args:
        file_path: It; made where there is none. It is an SQLite database, whatever its name.
        lock_obj: Kept for programs that give it; the database locks itself.
    """

    def __init__(self, file_path: str | os.PathLike[str], lock_obj: Any | None = None) -> None:
        self.file_path = os.fspath(file_path)


@deprecated("4.0.0", "6.0.0", "Use `storages.journal.JournalFileBackend` instead.")
class JournalFileStorage(JournalFileBackend):
    """`JournalFileBackend`; deprecated."""


class _Lock:
    def __init__(self, filepath: str, grace_period: int | None = 30) -> None:
        self.filepath = filepath


class JournalFileSymlinkLock(_Lock):
    """Kept for programs that make one; does nothing."""


class JournalFileOpenLock(_Lock):
    """Kept for programs that make one; does nothing."""


class JournalStorage(RDBStorage):
    """Keeps studies in a file that several processes may share.

    Args:
        log_storage: A `JournalFileBackend`.
    """

    _place_name = "Journal"

    def __init__(self, log_storage: JournalFileBackend) -> None:
        if not isinstance(log_storage, JournalFileBackend):
            raise TypeError(f"a JournalStorage needs a JournalFileBackend, not {type(log_storage).__name__}")
        # Not by a URL: a file's name may hold what means something in one, such as a question mark.
        self._path = Path(log_storage.file_path).absolute()
        self.url = f"sqlite:///{self._path}"
        self._open()
