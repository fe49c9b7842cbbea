"""Progress of a search, shown on the terminal.

A progress reporter is a context manager called with ``initial`` and ``total``; what it yields has ``update(n)`` and an
attribute ``postfix``. One of those can be given to `fmin` as `show_progressbar`.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import Any

_BAR = 30


class _Bar:
    """One line that is written anew after each trial."""

    def __init__(self, initial: int, total: int) -> None:
        self.done = initial
        self.total = total
        self.postfix: Any = ""
        self._first = initial
        self._start = time.monotonic()

    def update(self, n: int) -> None:
        self.done += n
        seconds = max(time.monotonic() - self._start, 1e-9)
        speed = f"{(self.done - self._first) / seconds:.3g} trials/s"
        if self.total < sys.maxsize:
            filled = round(_BAR * min(self.done / max(self.total, 1), 1.0))
            head = f"{'█' * filled}{'·' * (_BAR - filled)} {self.done}/{self.total}"
        else:
            head = f"{self.done} trials"
        sys.stderr.write(f"\r{head}  {speed}  {self.postfix or ''}\x1b[K")
        sys.stderr.flush()


class _Silent:
    postfix: Any = ""

    def update(self, n: int) -> None:
        """Shows nothing."""


@contextlib.contextmanager
def default_callback(initial: int, total: int) -> Iterator[Any]:
    """A bar on standard error, when that is a terminal."""
    if not sys.stderr.isatty():
        yield _Silent()
        return
    try:
        yield _Bar(initial, total)
    finally:
        sys.stderr.write("\n")


@contextlib.contextmanager
def no_progress_callback(initial: int, total: int) -> Iterator[Any]:
    """Nothing."""
    yield _Silent()
