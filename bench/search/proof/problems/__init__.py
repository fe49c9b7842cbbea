"""What is optimised. A `Problem` is one row of the tables; a `Task` is the problem as one seed sees it."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ..space import Config, Space


@dataclass(frozen=True)
class Task:
    """One search: least `evaluate` wins."""

    space: Space
    evaluate: Callable[[Config], float]
    # The least value there is. A function: some take a while to find it, and only baselines ask.
    least: Callable[[], float]
    # The value without noise, where `evaluate` has noise: the truth about the incumbent is what counts.
    truth: Callable[[Config], float] | None = None
    # What an evaluation costs, and how much all may cost together; otherwise trials are counted alone.
    cost: Callable[[Config], float] | None = None
    limit: float = float("inf")


@dataclass(frozen=True)
class Problem:
    """A name, the class it is shown under, and its tasks by seed."""

    name: str
    group: str
    open: Callable[[int], Task]
    # `regret`: against random search; `table`: against the median of a complete table.
    score: str = "regret"
    # `figures` of the complete table.
    facts: Callable[[], dict] | None = field(default=None)


def figures(losses: Iterable[float]) -> dict:
    """Of a complete table the least loss, the step to the next distinct one, the median, and where the best 0.1 % begin."""
    ranked = sorted(losses)
    least = ranked[0]
    step = next(loss for loss in ranked if loss > least) - least
    return {"least": least, "step": step, "median": statistics.median(ranked), "good": ranked[len(ranked) // 1000]}


def problems_of(suite: str) -> list[Problem]:
    """The problems of a suite: `bbob-d5`, `mixint-d10`, `tables`, `digits`, `hypara`, `trees`."""
    kind, _, rest = suite.partition("-d")
    if kind == "bbob":
        from . import bbob

        return bbob.problems(int(rest))
    if kind == "mixint":
        from . import bbob

        return bbob.mixed(int(rest))
    if suite == "tables":
        from . import hpo

        return hpo.problems()
    if suite == "trees":
        from . import trees

        return trees.problems()
    if suite == "digits":
        from . import epochs

        return epochs.problems()
    if suite == "hypara":
        from . import knobs

        return knobs.problems()
    raise SystemExit(f"there is no suite `{suite}`: bbob-dD, mixint-dD, tables, digits, hypara, trees")
