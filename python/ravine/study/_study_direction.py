"""Which way is better."""

from __future__ import annotations

import enum


class StudyDirection(enum.IntEnum):
    """Whether the least or the greatest value is the best."""

    NOT_SET = 0
    MINIMIZE = 1
    MAXIMIZE = 2
