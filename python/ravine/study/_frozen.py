"""A study to look at, as storages list them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ravine.study._study_direction import StudyDirection


def chosen(direction: StudyDirection | None, directions: Sequence[StudyDirection] | None) -> list[StudyDirection]:
    """The directions, of which one of both forms is given."""
    if directions is not None:
        if direction is not None:
            raise ValueError("Specify only one of `direction` and `directions`.")
        return list(directions)
    if direction is None:
        raise ValueError("Specify one of `direction` and `directions`.")
    return [direction]


class Listed:
    """What is listed of a study; ordered by id."""

    _directions: list[StudyDirection]
    _study_id: int

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, type(self)):
            return NotImplemented
        return self.__dict__ == other.__dict__

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, type(self)):
            return NotImplemented
        return self._study_id < other._study_id

    def __le__(self, other: object) -> bool:
        if not isinstance(other, type(self)):
            return NotImplemented
        return self._study_id <= other._study_id

    __hash__ = None  # type: ignore[assignment]

    @property
    def direction(self) -> StudyDirection:
        """The direction of the only objective. Raises `RuntimeError` where there are several."""
        if len(self._directions) > 1:
            raise RuntimeError("This attribute is not available during multi-objective optimization.")
        return self._directions[0]

    @property
    def directions(self) -> list[StudyDirection]:
        """The directions, one per objective."""
        return self._directions


class FrozenStudy(Listed):
    """A study as a storage lists it: its name, directions and notes."""

    def __init__(
        self,
        study_name: str,
        direction: StudyDirection | None,
        user_attrs: dict[str, Any],
        system_attrs: dict[str, Any],
        study_id: int,
        *,
        directions: Sequence[StudyDirection] | None = None,
    ) -> None:
        self.study_name = study_name
        self._directions = chosen(direction, directions)
        self.user_attrs = user_attrs
        self.system_attrs = system_attrs
        self._study_id = study_id
