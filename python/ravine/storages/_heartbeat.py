"""Signs of life of running trials, by which those are found whose process died."""

from __future__ import annotations

import abc
import copy
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ravine import logging
from ravine._notice import deprecated, experimental
from ravine.exceptions import UpdateFinishedTrialError
from ravine.trial._state import TrialState

if TYPE_CHECKING:
    from ravine.storages import BaseStorage
    from ravine.study import Study
    from ravine.trial import FrozenTrial

_logger = logging.get_logger(__name__)


class BaseHeartbeat(abc.ABC):
    """What a storage does that keeps signs of life."""

    @abc.abstractmethod
    def record_heartbeat(self, trial_id: int) -> None:
        """Notes that a trial is being worked on now."""
        raise NotImplementedError

    @abc.abstractmethod
    def _end_heartbeat(self, trial_id: int) -> None:
        """Notes that nobody works on a trial any more."""
        raise NotImplementedError

    @abc.abstractmethod
    def _get_stale_trial_ids(self, study_id: int) -> list[int]:
        """The running trials that have not been noted for too long."""
        raise NotImplementedError

    @abc.abstractmethod
    def _take_over(self, trial_id: int) -> bool:
        """Whether this process, of all that found a trial stale, is the one that tells its end."""
        raise NotImplementedError

    @abc.abstractmethod
    def get_heartbeat_interval(self) -> int | None:
        """How often running trials are noted, in seconds; None for never."""
        raise NotImplementedError

    @abc.abstractmethod
    def get_heartbeat_stale_trial_callback(self) -> Callable[[Study, FrozenTrial], None] | None:
        """What is called with a study and a stale trial of it that was failed."""
        raise NotImplementedError

    @deprecated("4.9.0", "6.0.0", "Use `get_heartbeat_stale_trial_callback` instead.")
    def get_failed_trial_callback(self) -> Callable[[Study, FrozenTrial], None] | None:
        """`get_heartbeat_stale_trial_callback`; deprecated."""
        return self.get_heartbeat_stale_trial_callback()


def is_heartbeat_enabled(storage: BaseStorage) -> bool:
    """Whether trials of this storage give signs of life."""
    return isinstance(storage, BaseHeartbeat) and storage.get_heartbeat_interval() is not None


@contextmanager
def beating(storage: BaseStorage, trial_id: int) -> Iterator[None]:
    """Has a thread give signs of life of a trial while the block runs."""
    assert isinstance(storage, BaseHeartbeat)
    interval, over = storage.get_heartbeat_interval(), threading.Event()
    storage.record_heartbeat(trial_id)

    def beat() -> None:
        while not over.wait(interval):
            try:
                storage.record_heartbeat(trial_id)
            except Exception as error:
                # The next sign may come through; an objective is not to suffer from it.
                _logger.warning(f"A sign of life of trial {trial_id} could not be given: {error}")

    thread = threading.Thread(target=beat, name=f"heartbeat of trial {trial_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@experimental("2.9.0")
def fail_stale_trials(study: Study) -> None:
    """Fails the running trials that have given no sign of life for the storage's grace period, and calls its callback.

    Does nothing where the storage has no ``heartbeat_interval``. `Study.optimize` does it before each trial.
    """
    fail_stale(study)


def fail_stale(study: Study) -> None:
    """`fail_stale_trials`, without a word on its being experimental."""
    storage = study._storage
    if not is_heartbeat_enabled(storage):
        return
    failed = []
    for trial_id in storage._get_stale_trial_ids(study._study_id):
        try:
            if storage._take_over(trial_id) and storage.set_trial_state_values(trial_id, TrialState.FAIL):
                failed.append(trial_id)
        except UpdateFinishedTrialError:
            continue  # It has ended after all.
    callback = storage.get_heartbeat_stale_trial_callback()
    if callback is not None:
        for trial_id in failed:
            callback(study, copy.deepcopy(storage.get_trial(trial_id)))
