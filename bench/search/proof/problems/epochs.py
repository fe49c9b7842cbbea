"""The demo trainer's own table: validation loss after each of 81 epochs, for a whole grid of 2,000 configurations.

    python -m proof.problems.epochs ../../target/release/digits-trainer

makes what is missing of it, one training a line, in `results/epochs.jsonl`. Two folds instead of the demo's five: a quarter of the time.
"""

from __future__ import annotations

import functools
import itertools
import json
import math
import subprocess
import sys

from .. import results
from ..space import Choice, Config, Int, Space
from . import Problem, Task, figures

EPOCHS, SEEDS = 81, 3
OPTIMIZERS = ("sgd", "adam")
RATES = tuple(10 ** (-4 + 3.5 * i / 9) for i in range(10))
BATCHES = (16, 32, 64, 128, 256)
UNITS = (8, 16, 32, 64, 128)
LAYERS = (1, 2)
DROPOUTS = (0.0, 0.25)
SIZES = tuple(map(len, (OPTIMIZERS, RATES, BATCHES, UNITS, LAYERS, DROPOUTS)))
# What stands for a loss that is no longer a number.
DIVERGED = 10.0

SPACE = (
    Choice("optimizer", OPTIMIZERS),
    Int("lr", 0, SIZES[1] - 1),
    Int("batch", 0, SIZES[2] - 1),
    Int("units", 0, SIZES[3] - 1),
    Int("layers", 0, SIZES[4] - 1),
    Int("dropout", 0, SIZES[5] - 1),
)


def index(config: Config) -> tuple[int, ...]:
    """A configuration's place in the grid."""
    return (OPTIMIZERS.index(config["optimizer"]), *(config[p.name] for p in SPACE[1:]))


def whole(seed: int) -> dict[tuple[int, ...], list[float]]:
    """The table of one seed of the trainer, by turns."""
    table = curves(seed % SEEDS)
    if len(table) < math.prod(SIZES):
        raise SystemExit("results/epochs.jsonl.xz is not whole: python -m proof.problems.epochs TRAINER")
    return table


def problems() -> list[Problem]:
    """The loss at the end of the training, as each seed of the trainer found it."""
    return [
        Problem(f"digits-{seed}", "digits", functools.partial(task, seed), "table", functools.partial(facts, seed))
        for seed in range(SEEDS)
    ]


def task(seed: int, _seed: int) -> Task:
    """The same table for every seed of a search."""
    table = whole(seed)
    return Task(SPACE, lambda config: table[index(config)][-1], lambda: facts(seed)["least"])


def facts(seed: int) -> dict:
    """A table's figures."""
    return figures(losses[-1] for losses in whole(seed).values())


@functools.cache
def curves(seed: int) -> dict[tuple[int, ...], list[float]]:
    """The losses of every configuration, as one seed trained it."""
    found = {}
    for row in results.of("epochs"):
        if row["seed"] == seed:
            losses = [DIVERGED if loss is None else min(loss, DIVERGED) for loss in row["losses"]]
            found[tuple(row["grid"])] = losses + [DIVERGED] * (EPOCHS - len(losses))
    return found


def train(program: str, grid: tuple[int, ...], seed: int) -> list[float | None]:
    """The validation losses of a training, to four digits; it may end early, where one is not a number."""
    optimizer, rate, batch, units, layers, dropout = grid
    flags = {
        "optimizer": OPTIMIZERS[optimizer],
        "lr": RATES[rate],
        "batch": BATCHES[batch],
        "units": ",".join([str(UNITS[units])] * LAYERS[layers]),
        "dropout": DROPOUTS[dropout],
        "epochs": EPOCHS,
        "folds": 2,
        "seed": seed,
    }
    command = [program, *(f"--{name}={value}" for name, value in flags.items())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3):
        raise RuntimeError(done.stderr)
    losses = []
    for line in map(json.loads, done.stdout.splitlines()):
        if "val_loss" in line:
            loss = line["val_loss"]
            losses.append(float(f"{loss:.4g}") if loss == loss else None)
    return losses


def make(program: str) -> None:
    """Trains what is missing."""
    done = {(tuple(row["grid"]), row["seed"]) for row in results.of("epochs")}
    for seed in range(SEEDS):
        for grid in itertools.product(*map(range, SIZES)):
            if (grid, seed) not in done:
                row = {"grid": grid, "seed": seed, "losses": train(program, grid, seed)}
                results.append(row, results.FOLDER / "epochs.jsonl")


if __name__ == "__main__":
    make(sys.argv[1])
