"""A progress bar: tqdm's where it is installed, else a line of our own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

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
        share = min(1.0, self._done / self._total) if self._total else 1.0
        bar = "#" * round(20 * share)
        sys.stderr.write(f"\r{self._text} {share:4.0%} [{bar:<20}] {self._done:g}/{self._total:g}")
        sys.stderr.flush()

    def close(self) -> None:
        sys.stderr.write("\n")


class Progress:
    """How far a call of `optimize` is: by trials, else by time."""

    def __init__(self, n_trials: int | None, timeout: float | None) -> None:
        self._by_trials = n_trials is not None
        self._last = 0.0
        self._total = float(n_trials if n_trials is not None else timeout or 0.0)
        self._bar: Any
        try:
            from tqdm.auto import tqdm
        except ImportError:
            self._bar = _Line(self._total)
        else:
            if self._by_trials:
                self._bar = tqdm(total=n_trials)
            else:
                end = tqdm.format_interval(self._total)
                form = "{desc} {percentage:3.0f}%|{bar}| {elapsed}/" + end
                self._bar = tqdm(total=self._total, bar_format=form)

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
        """Leaves the bar as it is."""
        self._bar.close()
