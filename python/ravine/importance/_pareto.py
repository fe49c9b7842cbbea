"""The best of several objectives' trials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ravine._hypervolume import largest_subset
from ravine._pareto import minimised, pareto_ranks

if TYPE_CHECKING:
    from ravine.study import StudyDirection
    from ravine.trial import FrozenTrial


def best_by_dominance(directions: Sequence[StudyDirection], trials: list[FrozenTrial], count: int) -> list[FrozenTrial]:
    """So many trials, front by front; of the last front those that dominate most together.

    Args:
        directions: Of the objectives.
        trials: Trials with finite values.
        count: How many, from 1 on.
    """
    points = [minimised(directions, trial.values) for trial in trials]
    fronts: dict[int, list[int]] = {}
    for place, rank in enumerate(pareto_ranks(points)):
        fronts.setdefault(rank, []).append(place)
    chosen: list[int] = []
    for rank in sorted(fronts):
        front, room = fronts[rank], count - len(chosen)
        if room <= 0:
            break
        if len(front) > room:
            front = [front[i] for i in largest_subset([points[place] for place in front], room)]
        chosen += front
    return [trials[place] for place in sorted(chosen)]
