"""What is best where there are several objectives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from ravine._pareto import minimised
from ravine.study._study_direction import StudyDirection
from ravine.trial import FrozenTrial, TrialState


def pareto_front(trials: Sequence[FrozenTrial], directions: Sequence[StudyDirection]) -> list[FrozenTrial]:
    """The complete trials that keep the constraints and that none of them dominates, in their order."""
    able = [
        trial
        for trial in trials
        if trial.state == TrialState.COMPLETE and all(v <= 0.0 for v in trial.constraints.values())
    ]
    losses = [loss_of(trial, directions) for trial in able]
    front: list[tuple[float, ...]] = []
    # In lexicographic order nothing that comes later dominates what came before.
    for loss in sorted(set(losses)):
        if not any(all(a <= b for a, b in zip(better, loss)) for better in front):
            front.append(loss)
    best = set(front)
    return [trial for trial, loss in zip(able, losses) if loss in best]


def loss_of(trial: FrozenTrial, directions: Sequence[StudyDirection]) -> tuple[float, ...]:
    """A complete trial's values, in the sense in which less is better."""
    values = cast("list[float]", trial.values)
    if len(values) != len(directions):
        raise ValueError("The number of the values and the number of the objectives must be identical.")
    return minimised(directions, values)
