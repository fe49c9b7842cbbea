"""CPU time of one ask and one tell, with 10 mixed parameters, after so many trials at random places.

    python -m proof.speed METHOD [trials ...]      # 100 300 1000
    python -m proof.speed                          # the table
"""

from __future__ import annotations

import datetime
import math
import random
import statistics
import sys
import time

from . import results
from .methods import method
from .space import Choice, Config, Float, Int, draw, walk

SPACE = (
    *(Float(f"x{i}", 0.0, 1.0) for i in range(5)),
    Float("l0", 1e-5, 1e-1, log=True),
    Float("l1", 1e-6, 1e-2, log=True),
    Int("i0", 1, 32),
    Int("i1", 0, 100),
    Choice("c0", ("o0", "o1", "o2", "o3", "o4")),
)
ASKS = 20


def value(config: Config) -> float:
    """A bowl in each number, whose place in `l0` hangs on the option, and something for each option."""
    option = int(config["c0"][1:])
    floats = sum((config[f"x{i}"] - 0.15 * i - 0.1) ** 2 for i in range(5))
    rates = (math.log10(config["l0"]) + 3 - 0.3 * option) ** 2 / 4 + (math.log10(config["l1"]) + 4) ** 2 / 8
    ints = ((config["i0"] - 20) / 32) ** 2 + ((config["i1"] - 35) / 100) ** 2
    return floats + rates + ints + (0.3, 0.1, 0.0, 0.2, 0.5)[option]


def measure(name: str, trials: int) -> dict:
    """Milliseconds of the thread (ours) or process (others), medians and means over 20 trials after `trials`."""
    made = method(name)
    searcher = made.start(SPACE, 1, trials + ASKS)
    rng = random.Random(1)
    for _ in range(trials):
        config = walk(SPACE, lambda param: draw(param, rng))
        searcher.give(config, value(config))
    asks, tells = [], []
    for _ in range(ASKS):
        for spent, act in ((asks, searcher.ask), (tells, lambda: searcher.tell(handle, value(config)))):
            before, start = getattr(searcher, "cpu", None), time.process_time()
            done = act()
            used = time.process_time() - start if before is None else searcher.cpu - before
            spent.append(used * 1000)
            if done:
                handle, config = done
    figures = {"ask": statistics.median(asks), "ask_mean": statistics.fmean(asks), "tell": statistics.median(tells)}
    when = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M")
    return {"method": name, "trials": trials, **{k: round(v, 4) for k, v in figures.items()}, "when": when}


def table() -> None:
    """The last measurement of each."""
    rows = {(row["method"], row["trials"]): row for row in results.of("speed")}
    print("| method | trials | ask, median ms | ask, mean ms | tell, median ms | when |\n|---|---|---|---|---|---|")
    for (name, trials), row in sorted(rows.items()):
        print(f"| {name} | {trials} | {row['ask']:.3g} | {row['ask_mean']:.3g} | {row['tell']:.3g} | {row['when']} |")


if __name__ == "__main__":
    if len(sys.argv) == 1:
        table()
    else:
        for count in map(int, sys.argv[2:] or ["100", "300", "1000"]):
            results.append(measure(sys.argv[1], count), results.FOLDER / "speed.jsonl")
