"""A progress bar: tqdm's where it is installed, else a line of our own."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from logging import Handler, LogRecord
from typing import TYPE_CHECKING, Any

from ravine import logging
from ravine._notice import warn

if TYPE_CHECKING:
    from ravine.study import Study


class _Line:
    """A bar on standard error, redrawn in place."""

    def __init__(self, total: float) -> None:
        self._total = total
        self._done = 0.0
        self._text = ""

    def set_description(self, text: str) -> None:
        self._text = text

    def update(self, amount: float) -> None:
        self._done += amount
        self._draw()

    def write(self, message: str) -> None:
        """A message, above the bar."""
        sys.stderr.write(f"\r\x1b[K{message}\n")
        self._draw()

    def _draw(self) -> None:
        share = min(1.0, self._done / self._total) if self._total else 1.0
        bar = "#" * round(20 * share)
        sys.stderr.write(f"\r{self._text} {share:4.0%} [{bar:<20}] {self._done:g}/{self._total:g}")
        sys.stderr.flush()

    def close(self) -> None:
        sys.stderr.write("\n")


class _Above(Handler):
    """Shows messages of the package above a bar, not within it."""

    def __init__(self, write: Callable[[str], object]) -> None:
        super().__init__()
        self.setFormatter(logging.create_default_formatter())
        self._write = write

    def emit(self, record: LogRecord) -> None:
        try:
            self._write(self.format(record))
        except Exception:
            self.handleError(record)


class Progress:
    """How far a call of `optimize` is: by trials, else by time."""

    def __init__(self, n_trials: int | None, timeout: float | None) -> None:
        self._by_trials = n_trials is not None
        self._last = 0.0
        self._total = float(n_trials if n_trials is not None else timeout or 0.0)
        self._bar: Any
        write: Callable[[str], object]
        try:
            from tqdm.auto import tqdm
        except ImportError:
            self._bar = _Line(self._total)
            write = self._bar.write
        else:
            if self._by_trials:
                self._bar = tqdm(total=n_trials)
            else:
                end = tqdm.format_interval(self._total)
                form = "{desc} {percentage:3.0f}%|{bar}| {elapsed}/" + end
                self._bar = tqdm(total=self._total, bar_format=form)
            write = functools.partial(tqdm.write, file=sys.stderr)
        self._above = _Above(write)
        logger, default = logging._get_library_root_logger(), logging._default_handler
        # A program that took the default handler away wants no messages here either.
        self._replaced = default if default in logger.handlers else None
        if self._replaced is not None:
            logger.removeHandler(self._replaced)
            logger.addHandler(self._above)

    @staticmethod
    def of(n_trials: int | None, timeout: float | None) -> Progress | None:
        """A bar; None, with a warning, where nothing says how long it is."""
        if n_trials is None and timeout is None:
            warn("Progress bar won't be displayed because n_trials and timeout are None.")
            return None
        return Progress(n_trials, timeout)

    def update(self, elapsed: float, study: Study) -> None:
        """A trial ended."""
        if not study._is_multi_objective():
            try:
                best = study._best_trial()
            except ValueError:  # None yet.
                pass
            else:
                self._bar.set_description(f"Best trial: {best.number}. Best value: {best.value:.6g}")
        if self._by_trials:
            self._bar.update(1)
        else:
            now = min(elapsed, self._total)
            self._bar.update(now - self._last)
            self._last = now

    def close(self) -> None:
        """Leaves the bar as it is; messages go where they went."""
        self._bar.close()
        if self._replaced is not None:
            logger = logging._get_library_root_logger()
            logger.removeHandler(self._above)
            logger.addHandler(self._replaced)
