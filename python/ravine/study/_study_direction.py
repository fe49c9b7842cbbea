"""Which way is better."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any


class StudyDirection(enum.IntEnum):
    """Whether the least or the greatest value is the best."""

    NOT_SET = 0
    MINIMIZE = 1
    MAXIMIZE = 2


def chosen_directions(direction: Any, directions: Any) -> list[StudyDirection]:
    """The directions, of which one of both forms may be given."""
    if direction is not None and directions is not None:
        raise ValueError("Specify only one of `direction` and `directions`.")
    if direction is None and directions is None:
        return [StudyDirection.MINIMIZE]
    if direction is not None and isinstance(direction, Sequence) and not isinstance(direction, str):
        raise ValueError("Use `directions` instead of `direction` for multi-objective optimization.")
    given = [direction] if directions is None else list(directions)
    if not given:
        raise ValueError("The number of objectives must be greater than 0.")
    allowed = ("minimize", "maximize", StudyDirection.MINIMIZE, StudyDirection.MAXIMIZE)
    if any(one not in allowed for one in given):
        raise ValueError(
            f"`directions` must be a list of `minimize` or `maximize`, but got {given}. For single-objective "
            "optimization, please use `direction` instead of `directions`."
        )
    return [one if isinstance(one, StudyDirection) else StudyDirection[one.upper()] for one in given]
