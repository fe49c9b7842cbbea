"""What is optimised. A `Problem` is one row of the tables; a `Task` is the problem as one seed sees it."""

from __future__ import annotations

from collections.abc import Callable
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
    # Figures of the complete table: see `tables.Whole`.
    facts: Callable[[], dict] | None = field(default=None)


def problems_of(suite: str) -> list[Problem]:
    """The problems of a suite: `bbob-d5`, `mixint-d10`, `tables`, `hypara`."""
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
    if suite == "hypara":
        from . import knobs

        return knobs.problems()
    raise SystemExit(f"there is no suite `{suite}`: bbob-dD, mixint-dD, tables, hypara")
