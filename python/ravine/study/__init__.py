"""Studies: searches for the values that make an objective best."""

from __future__ import annotations

from ravine.study._callbacks import MaxTrialsCallback
from ravine.study._study_direction import StudyDirection
from ravine.study._study_summary import StudySummary
from ravine.study.study import (
    Study,
    copy_study,
    create_study,
    delete_study,
    get_all_study_names,
    get_all_study_summaries,
    load_study,
)

__all__ = [
    "MaxTrialsCallback",
    "Study",
    "StudyDirection",
    "StudySummary",
    "copy_study",
    "create_study",
    "delete_study",
    "get_all_study_names",
    "get_all_study_summaries",
    "load_study",
]
