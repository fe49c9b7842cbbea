"""Who of a generation and its parents become the parents of the next one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ravine._pareto import pareto_ranks
from ravine.samplers._chance import Chance
from ravine.samplers._niches import Niches
from ravine.study._multi_objective import loss_of

if TYPE_CHECKING:
    from ravine.study import Study
    from ravine.trial import FrozenTrial


def total_violation(trial: FrozenTrial) -> float:
    """By how much a trial breaks its constraints, summed up; 0 where it keeps them all."""
    return sum(violation for violation in trial.constraints.values() if violation > 0)


def ranked(study: Study, population: Sequence[FrozenTrial]) -> list[list[FrozenTrial]]:
    """The population by fronts, the best first; those that break constraints come last, by how much they do.

    Raises:
        ValueError: A constraint is NaN.
    """
    if any(math.isnan(value) for trial in population for value in trial.constraints.values()):
        raise ValueError("NaN is not acceptable as constraint value.")
    feasible = [trial for trial in population if not total_violation(trial)]
    others = [trial for trial in population if total_violation(trial)]
    ranks = pareto_ranks([loss_of(trial, study.directions) for trial in feasible])
    fronts: list[list[FrozenTrial]] = [[] for _ in range(max(ranks, default=-1) + 1)]
    for trial, rank in zip(feasible, ranks):
        fronts[rank].append(trial)
    for violation in sorted({total_violation(trial) for trial in others}):
        fronts.append([trial for trial in others if total_violation(trial) == violation])
    return fronts


def elite(
    study: Study, population: Sequence[FrozenTrial], size: int, niches: Niches | None, chance: Chance
) -> list[FrozenTrial]:
    """So many of a population: whole fronts, and of the last one those that stand most alone, or, with niches, those that
    are nearest to the directions that have fewest.
    """
    chosen: list[FrozenTrial] = []
    for front in ranked(study, population):
        wanted = size - len(chosen)
        if len(front) < wanted:
            chosen.extend(front)
            continue
        if niches is None:
            alone = crowding([trial.values or [] for trial in front])
            order = sorted(range(len(front)), key=lambda i: -alone[i])
            chosen.extend(front[i] for i in order[:wanted])
        else:
            values = [loss_of(trial, study.directions) for trial in chosen + front]
            picked = niches.fill(values, len(chosen), wanted, chance)
            chosen.extend([front[i] for i in picked])
        break
    return chosen


def crowding(values: Sequence[Sequence[float]]) -> list[float]:
    """For each point of a front the sum, over the objectives, of the gap between its neighbours as a share of the whole.

    Who is at an end has an infinite gap; an objective in which all are equal says nothing.
    """
    gaps = [0.0] * len(values)
    for objective in range(len(values[0]) if values else 0):
        order = sorted(range(len(values)), key=lambda i: values[i][objective])
        line = [-math.inf, *(values[i][objective] for i in order), math.inf]
        if line[1] == line[-2]:
            continue
        finite = [x for x in line if math.isfinite(x)]
        width = (finite[-1] - finite[0]) if finite else 0.0
        for place, i in enumerate(order):
            below, above = line[place], line[place + 2]
            gaps[i] += 0.0 if below == above else (above - below) / (width or 1.0)
    return gaps
