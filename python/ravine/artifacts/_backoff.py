"""A store that tries again when another fails."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from ravine.artifacts.exceptions import ArtifactNotFound

if TYPE_CHECKING:
    from ravine.artifacts._protocol import ArtifactStore

Result = TypeVar("Result")
_logger = logging.getLogger(__name__)


class Backoff:
    """Hands on to another store; what fails there is tried again, after longer and longer waits.

    That an artifact is not there is no failure.

    Args:
        backend: The other store.
        max_retries: How often it is tried in all.
        multiplier: By what each wait is longer than the last.
        min_delay: The first wait, in seconds.
        max_delay: The longest wait, in seconds.

    Raises:
        AssertionError: When a number is not positive, or `max_delay` is not above `min_delay`.
    """

    def __init__(
        self,
        backend: ArtifactStore,
        *,
        max_retries: int = 10,
        multiplier: float = 2,
        min_delay: float = 0.1,
        max_delay: float = 30,
    ) -> None:
        if not (max_retries > 0 and multiplier > 0 and 0 < min_delay < max_delay):
            raise AssertionError(
                "max_retries, multiplier and min_delay must be positive, max_delay more than min_delay; given are "
                f"{max_retries}, {multiplier}, {min_delay} and {max_delay}"
            )
        self._backend = backend
        self._max_retries = max_retries
        self._multiplier = multiplier
        self._min_delay = min_delay
        self._max_delay = max_delay

    def open_reader(self, artifact_id: str) -> BinaryIO:
        """See the other store; what it raises in the end is raised."""
        return self._tried(lambda: self._backend.open_reader(artifact_id), f"open {artifact_id}")

    def write(self, artifact_id: str, content_body: BinaryIO) -> None:
        """See the other store; before each new try `content_body` goes back to its start."""
        self._tried(lambda: self._backend.write(artifact_id, content_body), f"write {artifact_id}", content_body)

    def remove(self, artifact_id: str) -> None:
        """See the other store; what it raises in the end is raised."""
        self._tried(lambda: self._backend.remove(artifact_id), f"remove {artifact_id}")

    def _tried(self, act: Callable[[], Result], what: str, source: BinaryIO | None = None) -> Result:
        for attempt in range(self._max_retries - 1):
            try:
                return act()
            except ArtifactNotFound:
                raise
            except Exception:
                wait = self._get_sleep_secs(attempt)
                _logger.exception("could not %s; trying again in %.3g s", what, wait)
                time.sleep(wait)
                if source is not None:
                    source.seek(0)
        return act()

    def _get_sleep_secs(self, n_retry: int) -> float:
        return min(self._min_delay * self._multiplier**n_retry, self._max_delay)
