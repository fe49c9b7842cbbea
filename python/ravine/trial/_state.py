"""How a trial is."""

from __future__ import annotations

import enum


class TrialState(enum.IntEnum):
    """How a trial is: running, complete with values, pruned (stopped early), failed, or waiting to be run."""

    RUNNING = 0
    COMPLETE = 1
    PRUNED = 2
    FAIL = 3
    WAITING = 4

    __str__ = enum.Enum.__str__

    def is_finished(self) -> bool:
        """Whether it is over."""
        return self not in (TrialState.RUNNING, TrialState.WAITING)
