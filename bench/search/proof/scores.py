"""From raw rows to scores: logarithms of regret, means over problems, and bootstrap intervals."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy

from . import results

DRAWS = 4000
# Regret relative to random search is clipped to this.
LEAST, MOST = 1e-2, 10.0
# scores[method][problem][seed]
Scores = dict[str, dict[str, dict[int, float]]]


def at(curve: list, trials: int) -> float:
    """The curve's value after so many trials."""
    return next(value for ended, value in reversed(curve) if ended <= trials)


class Bench:
    """All rows and baselines that there are."""

    def __init__(self, files=()):
        self.base = {(row["problem"], row["seed"]): row for row in results.of("baselines")}
        self.rows = results.everything(files)

    def group(self, problem: str) -> str:
        """The class that a problem is shown under."""
        return next(row["group"] for (name, _), row in self.base.items() if name == problem)

    def value(self, problem: str, seed: int, value: float, budget: int) -> float | None:
        """The logarithm of a value's score; `None` where random search solves the problem in half its runs."""
        base = self.base.get((problem, seed))
        if base is None or str(budget) not in base["random"]:
            return None
        least, typical = base["least"], base["random"][str(budget)]
        # 1e-9 of the value: what COCO's own rounding of the least value may be wrong by.
        if typical - least <= 1e-9 * max(abs(least), 1.0):
            return None
        if base["score"] == "table":
            return math.log(max(value - least, base["step"]) / (base["median"] - least))
        return math.log(min(max((value - least) / (typical - least), LEAST), MOST))

    def reached(self, row: dict, trials: int, budget: int) -> float | None:
        """The score of a run after so many trials, against random search of `budget` trials."""
        return self.value(row["problem"], row["seed"], at(row["curve"], trials), budget)

    def cell(self, suite: str, budget: int, slots: int = 1) -> Scores:
        """The scores of all methods after `budget` trials of a suite's problems."""
        found: Scores = defaultdict(lambda: defaultdict(dict))
        for row in self.chosen(suite, budget, slots):
            score = self.reached(row, budget, budget)
            if score is not None:
                found[row["method"]][row["problem"]][row["seed"]] = score
        return found

    def chosen(self, suite: str, budget: int, slots: int) -> list[dict]:
        """Of each method, problem and seed the row with this budget, or else the shortest longer run of a method that
        does not look at its budget."""
        best: dict = {}
        for row in self.rows:
            if row["slots"] != slots or not within(row["problem"], suite) or row["budget"] < budget:
                continue
            if row["budget"] > budget and looks_at_budget(row["method"]):
                continue
            which = row["method"], row["problem"], row["seed"]
            if which not in best or row["budget"] < best[which]["budget"]:
                best[which] = row
        return list(best.values())


def looks_at_budget(method: str) -> bool:
    """Whether a method may search differently for another number of trials."""
    return method.startswith(("ravine", "smac"))


def within(problem: str, suite: str) -> bool:
    """Whether a suite has a problem of this name."""
    if suite == "tables":
        return problem.startswith(("hpobench", "hpolib", "nasbench"))
    kind, _, dimension = suite.partition("-d")
    return problem.startswith(f"{kind}-") and (not dimension or problem.endswith(f"-d{dimension}"))


def mean(scores: dict[str, dict[int, float]]) -> float:
    """The mean over seeds, then over problems."""
    return float(numpy.mean([numpy.mean(list(seeds.values())) for seeds in scores.values()]))


def interval(scores: dict[str, dict[int, float]]) -> tuple[float, float]:
    """95 % of the bootstrap means, over problems and over each problem's pairs of instance and seed."""
    rng = numpy.random.default_rng(1)
    means = []
    for seeds in scores.values():
        values = numpy.array(list(seeds.values()))
        means.append(values[rng.integers(len(values), size=(DRAWS, len(values)))].mean(axis=1))
    table = numpy.array(means)
    problems = rng.integers(len(table), size=(DRAWS, len(table)))
    drawn = table[problems, rng.integers(DRAWS, size=problems.shape)].mean(axis=1)
    low, high = numpy.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def paired(ours: dict[str, dict[int, float]], theirs: dict[str, dict[int, float]]) -> dict[str, dict[int, float]]:
    """The differences on what both have run."""
    both = {}
    for problem in ours.keys() & theirs.keys():
        seeds = {s: ours[problem][s] - theirs[problem][s] for s in ours[problem].keys() & theirs[problem].keys()}
        if seeds:
            both[problem] = seeds
    return dict(sorted(both.items()))
