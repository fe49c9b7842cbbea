"""Runs methods on problems, and the baselines that scores are relative to."""

from __future__ import annotations

import heapq
import json
import pathlib
import random
import statistics
import sys
import time

from . import results
from .methods import Method, Searcher
from .methods.drawn_ import Search as Drawn
from .problems import Problem, Task
from .scores import at
from .space import Config, Float

# Regret is relative to the median of so many random searches, at these numbers of trials.
RANDOM_SEARCHES = 25
BUDGETS = (20, 50, 100, 120, 150, 160, 200, 300, 1280)


def search(task: Task, searcher: Searcher, budget: int, slots: int = 1, seed: int = 0) -> tuple[list, float, list]:
    """Its curve, the CPU seconds of all asks and tells, and the configurations.

    The curve is `[trials ended, value]` at each improvement. With noise the value is the truth about the configuration
    that looks best. With several slots, evaluations take times drawn evenly from [0.5, 1.5], and a slot that becomes
    free is filled at once.
    """
    clock = time.process_time
    rng = random.Random(f"durations {seed}")
    best, spent, cpu, curve = float("inf"), 0.0, 0.0, []
    running: list = []
    configs: list[Config] = []
    ended = 0
    now = 0.0
    while True:
        while len(configs) < budget and len(running) < slots and spent < task.limit:
            start = clock()
            asked = searcher.ask()
            cpu += clock() - start
            if asked is None:
                budget = len(configs)
                break
            duration = rng.uniform(0.5, 1.5) if slots > 1 else 1.0
            heapq.heappush(running, (now + duration, len(configs), asked))
            configs.append(asked[1])
            if task.cost:
                spent += task.cost(asked[1])
        if not running:
            break
        now, _, (handle, config) = heapq.heappop(running)
        value = task.evaluate(config)
        ended += 1
        if value < best:
            best = value
            curve.append([ended, float(f"{task.truth(config) if task.truth else value:.10g}")])
        start = clock()
        searcher.tell(handle, value)
        cpu += clock() - start
    return curve, getattr(searcher, "cpu", cpu), configs


def run(
    method: Method, problems: list[Problem], seeds: range, budget: int, slots: int, out: pathlib.Path | None
) -> None:
    """Runs what is not there yet, seed by seed, so that whatever is there is of all problems alike."""
    path = out or results.FOLDER / f"{method.family}.jsonl"
    rows = results.read(path) if out else results.of(method.family)
    done = {results.key(row) for row in rows}
    for seed in seeds:
        for problem in problems:
            row = {"problem": problem.name, "method": method.name, "seed": seed, "budget": budget, "slots": slots}
            if results.key(row) in done:
                continue
            task = problem.open(seed)
            begun = time.process_time()
            try:
                searcher = method.start(task.space, seed, budget)
                curve, cpu, configs = search(task, searcher, budget, slots, seed)
            except Exception as error:
                if method.family == "ravine":
                    raise
                # A peer's crash is a result too: it has no curve and is counted in the tables.
                results.append({**row, "failed": f"{type(error).__name__}: {error}"[:300]}, path)
                continue
            row |= {"trials": len(configs), "curve": curve, "cpu": round(cpu, 4)}
            if slots > 1:
                row["repeats"] = len(configs) - len({json.dumps(config, sort_keys=True) for config in configs})
            results.append(row, path)
            took = time.process_time() - begun
            print(f"{method.name} {problem.name} {seed} {budget} {curve[-1][1]:.6g} {took:.1f}s", file=sys.stderr)


def baselines(problems: list[Problem], seeds: range, longest: int) -> None:
    """Notes what scores are relative to: the least value, and random searches' medians or the table's figures."""
    path = results.FOLDER / "baselines.jsonl"
    budgets = [budget for budget in BUDGETS if budget <= longest]
    # A shorter one is noted anew: the last row of a problem and seed counts.
    known = {(row["problem"], row["seed"]): row["random"] for row in results.of("baselines")}
    done = {key for key, random in known.items() if str(budgets[-1]) in random}
    for seed in seeds:
        for problem in problems:
            if (problem.name, seed) in done:
                continue
            task = problem.open(seed)
            row = {"problem": problem.name, "group": problem.group, "score": problem.score, "seed": seed}
            row["least"] = task.least()
            if problem.facts:
                row |= problem.facts()
            curves = [randomly(task, budgets[-1], f"baseline {i} {seed}") for i in range(RANDOM_SEARCHES)]
            medians = {budget: statistics.median(at(curve, budget) for curve in curves) for budget in budgets}
            row["random"] = {str(budget): float(f"{value:.10g}") for budget, value in medians.items()}
            results.append(row, path)
            print(problem.name, seed, row["least"], file=sys.stderr)


def randomly(task: Task, budget: int, seed: str) -> list:
    """The curve of a random search; that of a box of plain numbers without the detours of `search`."""
    rng = random.Random(seed)
    if task.truth or task.cost or not all(isinstance(p, Float) and not p.log for p in task.space):
        searcher = Drawn(task.space, 0, budget)
        searcher.rng = rng
        return search(task, searcher, budget)[0]
    names = [p.name for p in task.space]
    lows = [p.low for p in task.space]
    widths = [p.high - p.low for p in task.space]
    draw, best, curve = rng.random, float("inf"), []
    for trial in range(1, budget + 1):
        config = {name: low + width * draw() for name, low, width in zip(names, lows, widths, strict=True)}
        value = task.evaluate(config)
        if value < best:
            best = value
            curve.append([trial, value])
    return curve
