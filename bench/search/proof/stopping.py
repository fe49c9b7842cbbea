"""Early stopping: what methods reach with so many steps (epochs) in all, four trials at a time.

    python -m proof.stopping run METHOD [seeds] [full trainings]   # ravine-LABEL={"sampler": {…}, "pruner": {…}}
    python -m proof.stopping table

A trial's steps take equal times. After any number of steps the incumbent is, of the trials that came farthest, the one
with the least loss there; what counts is its loss at the top. The goal line is the median best of random search with
100 full trainings: how many steps until a method is as good, as a share of the 8,100 that random search took.
"""

from __future__ import annotations

import functools
import heapq
import json
import math
import random
import statistics
import sys
import time

from . import results
from .problems.curves import PROBLEMS, TOP, Curves
from .space import draw, walk

SLOTS = 4
FULL = 100


def simulate(curves: Curves, method, limit: int) -> tuple[list, float]:
    """The curve `[steps, loss at the top of the incumbent]` at each change, and the CPU seconds of the method."""
    clock, cpu = time.process_time, 0.0
    spent, turn = 0, 0
    incumbent: tuple[int, float] = (0, math.inf)
    curve: list = []
    # (time, turn, handle, config, step, level)
    running: list = []
    reached: dict = {}
    now = 0.0
    while spent < limit:
        while len(running) < SLOTS:
            start = clock()
            asked = method.ask()
            cpu += clock() - start
            if asked is None:
                break
            handle, config, level = asked
            config = config or reached[handle][0]
            step = reached.get(handle, (None, 0))[1]
            turn += 1
            heapq.heappush(running, (now + 1, turn, handle, config, step, level or TOP))
        if not running:
            break
        now, _, handle, config, step, level = heapq.heappop(running)
        step, spent = step + 1, spent + 1
        loss = curves.loss(config, step)
        reached[handle] = config, step
        if (-step, loss) < (-incumbent[0], incumbent[1]):
            incumbent = (step, loss)
            value = float(f"{curves.loss(config, TOP):.6g}")
            if not curve or curve[-1][1] != value:
                curve.append([spent, value])
        start = clock()
        stop = method.report(handle, step, loss)
        if stop or step >= level:
            method.end(handle, step, loss, stop and step < level)
        else:
            turn += 1
            heapq.heappush(running, (now + 1, turn, handle, config, step, level))
        cpu += clock() - start
    return curve, getattr(method, "cpu", cpu)


class Random:
    """Random search that trains everything to the end."""

    def __init__(self, curves: Curves, seed: int):
        self.space, self.rng, self.count = curves.space, random.Random(f"full {seed}"), 0

    def ask(self):
        """A draw, run to the top."""
        self.count += 1
        return self.count, walk(self.space, lambda param: draw(param, self.rng)), None

    def report(self, handle, step, loss) -> bool:
        """Never stops."""
        return False

    def end(self, handle, step, loss, stopped) -> None:
        """Learns nothing."""


class Optuna:
    """An Optuna sampler with one of its pruners."""

    def __init__(self, curves: Curves, seed: int, sampler: str, pruner: str | None, **options):
        import optuna

        from .methods.optuna_ import suggest

        made = getattr(optuna.samplers, sampler)(seed=seed)
        rule = getattr(optuna.pruners, pruner)(**options) if pruner else optuna.pruners.NopPruner()
        # Hyperband deals trials out by the study's name.
        self.study = optuna.create_study(sampler=made, pruner=rule, study_name=f"study {seed}")
        self.space, self.suggest, self.trials = curves.space, suggest, {}

    def ask(self):
        """A trial with its suggestions."""
        trial = self.study.ask()
        self.trials[trial.number] = trial
        return trial.number, walk(self.space, lambda param: self.suggest(trial, param)), None

    def report(self, handle, step, loss) -> bool:
        """`report` and `should_prune`."""
        self.trials[handle].report(loss, step)
        return self.trials[handle].should_prune()

    def end(self, handle, step, loss, stopped) -> None:
        """The trial's end."""
        from optuna.trial import TrialState

        trial = self.trials.pop(handle)
        if stopped:
            self.study.tell(trial, state=TrialState.PRUNED)
        else:
            self.study.tell(trial, loss)


class Ravine:
    """A sampler and a rule of ours."""

    def __init__(self, curves: Curves, seed: int, spec: dict):
        from .methods.ravine_ import call
        from .space import declarations

        self.call, self.cpu = call, 0.0
        call({"op": "open", "space": declarations(curves.space), "seed": seed, **spec})

    def ask(self):
        """A new trial, or an old one to a higher level."""
        answer = self.call({"op": "ask"})
        self.cpu += (answer["ns"] + answer.get("told", 0)) * 1e-9
        if "trial" not in answer:
            return None
        return answer["trial"], answer.get("point"), answer.get("level")

    def report(self, handle, step, loss) -> bool:
        """The rule's verdict."""
        answer = self.call({"op": "report", "trial": handle, "step": step, "value": loss})
        self.cpu += answer.get("ns", 0) * 1e-9
        return answer["prune"]

    def end(self, handle, step, loss, stopped) -> None:
        """The trial's end, or the end of its level."""
        told = {"pruned": [step, loss]} if stopped else {"values": [loss]}
        self.cpu += self.call({"op": "tell", "trial": handle, **told})["ns"] * 1e-9


HALVING = {"min_resource": 1, "reduction_factor": 3}
METHODS = {
    "random-full": Random,
    "optuna-tpe-full": functools.partial(Optuna, sampler="TPESampler", pruner=None),
    "optuna-tpe-median": functools.partial(Optuna, sampler="TPESampler", pruner="MedianPruner"),
    "optuna-tpe-halving": functools.partial(Optuna, sampler="TPESampler", pruner="SuccessiveHalvingPruner", **HALVING),
    "optuna-random-halving": functools.partial(
        Optuna, sampler="RandomSampler", pruner="SuccessiveHalvingPruner", **HALVING
    ),
    "optuna-tpe-hyperband": functools.partial(
        Optuna, sampler="TPESampler", pruner="HyperbandPruner", max_resource=TOP, **HALVING
    ),
}


def maker(text: str):
    """The method of a name."""
    label, _, table = text.partition("=")
    if table:
        return label, functools.partial(Ravine, spec=json.loads(table))
    if label.startswith("syne"):
        from .methods.syne_ import SCHEDULERS

        return label, SCHEDULERS[label]
    return label, METHODS[label]


def run(text: str, seeds: int, full: int) -> None:
    """Runs what is not there yet."""
    label, made = maker(text)
    path = results.FOLDER / "stopping.jsonl"
    done = {results.key(row) for row in results.of("stopping")}
    for seed in range(seeds):
        for name, open_ in PROBLEMS.items():
            row = {"problem": name, "method": label, "seed": seed, "budget": full, "slots": SLOTS}
            if results.key(row) in done:
                continue
            curves = open_(seed)
            curve, cpu = simulate(curves, made(curves, seed), full * TOP)
            results.append({**row, "curve": curve, "cpu": round(cpu, 4)}, path)
            print(label, name, seed, curve[-1], file=sys.stderr)


def value(curve: list, steps: float) -> float:
    """The incumbent's loss at the top after so many steps; before the first report there is none."""
    return next((loss for spent, loss in reversed(curve) if spent <= steps), math.inf)


def table() -> None:
    """Medians over seeds, and how soon each is as good as random search with full trainings."""
    rows = results.of("stopping")
    for name in PROBLEMS:
        goal = [
            value(r["curve"], FULL * TOP)
            for r in rows
            if r["problem"] == name and r["method"] == "random-full" and r["budget"] == FULL
        ]
        if not goal:
            continue
        line = statistics.median(goal)
        print(f"\n### {name}: random search's median best of {FULL} full trainings is {line:.4g}\n")
        print("| method | seeds | share of its steps until as good: median [quartiles] |", end=" ")
        print("median loss at 1/30 | 1/10 | 1/3 of the steps |")
        print("|---|---|---|---|---|---|")
        shown = []
        for method in sorted({r["method"] for r in rows}):
            found = [r["curve"] for r in rows if r["problem"] == name and r["method"] == method]
            if not found:
                continue
            share = sorted(
                next((spent for spent, loss in curve if loss <= line), math.inf) / (FULL * TOP) for curve in found
            )
            quarters = [share[int(q * (len(share) - 1))] for q in (0.25, 0.5, 0.75)]
            low, middle, high = (f"{q:.3f}" if q < math.inf else "never" for q in quarters)
            losses = [statistics.median(value(c, f * FULL * TOP) for c in found) for f in (1 / 30, 1 / 10, 1 / 3)]
            cells = " | ".join(f"{loss:.4g}" for loss in losses)
            shown.append((quarters[1], losses[1], f"| {method} | {len(found)} | {middle} [{low}, {high}] | {cells} |"))
        print("\n".join(text for _, _, text in sorted(shown)))


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    if what == "run":
        run(rest[0], *(int(n) for n in (rest[1:] + ["15", "34"][len(rest) - 1 :])))
    else:
        table()
