"""The tables: each cell's methods with intervals, by class, and ratios to one of ours."""

from __future__ import annotations

import math

from .methods import PEERS
from .scores import Bench, Scores, interval, mean, paired, within

CONTINUOUS = ("bbob-d2/100", "bbob-d5/50", "bbob-d5/100", "bbob-d5/300", "bbob-d10/100", "bbob-d20/100", "bbob-d20/300")
OTHERS = ("tables/100", "digits/50", "hypara/150", "trees/100", "mixint-d10/100")


def family(method: str) -> str:
    """Whose method it is."""
    return PEERS[method][1] if method in PEERS else "ravine"


def ratio(logs: dict[str, dict[int, float]]) -> str:
    """A ratio with its bounds."""
    low, high = interval(logs)
    return f"{math.exp(mean(logs)):.2f} [{math.exp(low):.2f}, {math.exp(high):.2f}]"


def show(cells: list[str], ours: str, files: list, only: list[str]) -> None:
    """Prints everything that there are results for."""
    bench = Bench(files)
    overall: dict[str, Scores] = {}
    for cell in cells or [*CONTINUOUS, *OTHERS]:
        suite, _, rest = cell.partition("/")
        budget, _, slots = rest.partition("x")
        scores = bench.cell(suite, int(budget), int(slots or 1))
        if only:
            scores = {name: s for name, s in scores.items() if name in only or name == ours}
        if not scores:
            continue
        # A method that has not met all problems yet would be compared on easier or harder ones.
        whole = max(map(len, scores.values()))
        scores = {name: found for name, found in scores.items() if len(found) == whole}
        overall[cell] = scores
        one(bench, suite, int(budget), cell, scores, ours)
    if len(overall) > 1:
        together(overall, ours)


def one(bench: Bench, suite: str, budget: int, cell: str, scores: Scores, ours: str) -> None:
    """A cell's methods, best first."""
    print(f"\n### {cell}\n")
    problems = sorted({problem for found in scores.values() for problem in found})
    groups = list(dict.fromkeys(bench.group(problem) for problem in sorted(problems, key=order)))
    compared = scores.get(ours)
    print(f"| method | runs | score [95 %] | {ours} / it [95 %] | {' | '.join(groups)} | CPU ms a trial |")
    print("|---|---|---|---|" + "---|" * len(groups) + "---|")
    for name, found in sorted(scores.items(), key=lambda item: mean(item[1])):
        runs = sum(map(len, found.values()))
        parts = []
        for group in groups:
            inside = {p: s for p, s in found.items() if bench.group(p) == group}
            parts.append(f"{math.exp(mean(inside)):.3f}" if inside else "")
        against = ""
        if compared and name != ours and (both := paired(compared, found)):
            against = ratio(both)
        low, high = interval(found)
        shown = f"{math.exp(mean(found)):.3f} [{math.exp(low):.3f}, {math.exp(high):.3f}]"
        lines = [row for row in bench.rows if row["method"] == name and within(row["problem"], suite)]
        exact = [row for row in lines if row["budget"] == budget] or lines
        milliseconds = sum(row["cpu"] for row in exact) / sum(row["trials"] for row in exact) * 1000
        print(f"| {name} | {runs} | {shown} | {against} | {' | '.join(parts)} | {milliseconds:.2f} |")
    solved = sorted({name for name, _ in bench.base if within(name, suite)} - set(problems))
    if solved:
        print(f"\nLeft out, as random search solves them in half its runs, or not run: {', '.join(solved)}.")
    if suite == "tables":
        reach(bench, budget, scores)


def order(problem: str) -> tuple:
    """bbob's functions by number."""
    digits = "".join(c for c in problem.partition("-d")[0] if c.isdigit())
    return problem.partition("-")[0], int(digits or 0), problem


def reach(bench: Bench, budget: int, scores: Scores) -> None:
    """How many runs come among the best 0.1 % of the table within the budget, and after how many trials."""
    print("\n| method | runs that reach the best 0.1 % | median trials to it, of all runs |\n|---|---|---|")
    rows = []
    for name, found in scores.items():
        trials = []
        for row in bench.chosen("tables", budget, 1):
            if row["method"] == name and row["problem"] in found:
                good = bench.base[row["problem"], row["seed"]]["good"]
                reached = next((ended for ended, value in row["curve"] if value <= good), math.inf)
                trials.append(reached if reached <= budget else math.inf)
        trials.sort()
        middle = trials[len(trials) // 2]
        share = sum(t < math.inf for t in trials) / len(trials)
        rows.append((-share, name, f"{share:.0%}", f"{middle}" if middle < math.inf else f"> {budget}"))
    for _, name, share, middle in sorted(rows):
        print(f"| {name} | {share} | {middle} |")


def together(overall: dict[str, Scores], ours: str) -> None:
    """All cells: the best peer of each, ratios over all, and ranks by family."""
    print("\n### All cells\n")
    if any(ours in scores for scores in overall.values()):
        best_peers(overall, ours)
        ratios(overall, ours)
    ranks: dict[str, list[int]] = {}
    for scores in overall.values():
        best: dict[str, float] = {}
        for name, found in scores.items():
            kind = ours if name == ours else family(name)
            if kind != "ravine":
                best[kind] = min(best.get(kind, math.inf), mean(found))
        for rank, kind in enumerate(sorted(best, key=best.get), 1):
            ranks.setdefault(kind, []).append(rank)
    print("\n| family, by its best method in each cell | cells | mean rank |\n|---|---|---|")
    for kind, found in sorted(ranks.items(), key=lambda item: sum(item[1]) / len(item[1])):
        print(f"| {kind} | {len(found)} | {sum(found) / len(found):.2f} |")


def best_peers(overall: dict[str, Scores], ours: str) -> None:
    """Ours against the peer with the best score in each cell, on the runs of both."""
    print(f"| cell | best peer | pairs | {ours} / it [95 %] |\n|---|---|---|---|")
    for cell, scores in overall.items():
        peers = {name: mean(found) for name, found in scores.items() if family(name) != "ravine"}
        if ours in scores and peers:
            best = min(peers, key=peers.get)
            both = paired(scores[ours], scores[best])
            if both:
                print(f"| {cell} | {best} | {sum(map(len, both.values()))} | {ratio(both)} |")


def ratios(overall: dict[str, Scores], ours: str) -> None:
    """Ours against each other method over all cells."""
    print(f"\nRatios of {ours} to each, over the cells that both have; continuous and other cells count one half each.\n")
    print("| method | cells | ratio | worst cell |\n|---|---|---|---|")
    for name in sorted({name for scores in overall.values() for name in scores if name != ours}):
        logs = {}
        for cell, scores in overall.items():
            if name in scores and ours in scores and (both := paired(scores[ours], scores[name])):
                logs[cell] = mean(both)
        if logs:
            halves = [[v for c, v in logs.items() if c.startswith("bbob") == side] for side in (True, False)]
            whole = sum(sum(half) / len(half) for half in halves if half) / sum(map(bool, halves))
            worst = max(logs, key=logs.get)
            print(f"| {name} | {len(logs)} | {math.exp(whole):.2f} | {worst} {math.exp(logs[worst]):.2f} |")
