"""What `get_all_study_summaries` lists."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ravine.study._frozen import Listed, chosen

if TYPE_CHECKING:
    from ravine.study._study_direction import StudyDirection
    from ravine.trial import FrozenTrial


class StudySummary(Listed):
    """A study in brief.

    Attributes:
        study_name: Its name.
        direction: The direction of its only objective; `directions` for several.
        best_trial: Its best complete trial, with one objective.
        user_attrs: What the user noted.
        n_trials: How many trials it has, in any state.
        datetime_start: When the first of them started.
    """

    def __init__(
        self,
        study_name: str,
        direction: StudyDirection | None,
        best_trial: FrozenTrial | None,
        user_attrs: dict[str, Any],
        n_trials: int,
        datetime_start: datetime.datetime | None,
        study_id: int,
        *,
        directions: Sequence[StudyDirection] | None = None,
    ) -> None:
        self.study_name = study_name
        self._directions = chosen(direction, directions)
        self.best_trial = best_trial
        self.user_attrs = user_attrs
        self.n_trials = n_trials
        self.datetime_start = datetime_start
        self._study_id = study_id
