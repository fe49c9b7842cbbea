"""Problems with a learning curve of 81 steps: for early stopping.

- `digits`: the demo trainer's table (`epochs.py`), one of its seeds by turns.
- `hartmann6-high`, `hartmann6-low`: MF-Hartmann with 6 parameters: at the fraction z of all steps each of its four
  heights is less by bias × (1 − z)², and half-normal noise × (1 − z) is added; (bias, noise) = (0.5, 0.1) and (4, 5),
  default and preset `terrible` of mf-prior-bench: high and low correlation with the end.
- `crossing`: the better a configuration is in the end, the slower it learns, so that early ranks are upside down: early
  stopping must not lose.
"""

from __future__ import annotations

import functools
import math
import random
from collections.abc import Callable
from dataclasses import dataclass

from ..space import Config, Float, Space
from . import epochs

TOP = 81
ALPHA = (1.0, 1.2, 3.0, 3.2)
A = (
    (10.0, 3.0, 17.0, 3.5, 1.7, 8.0),
    (0.05, 10.0, 17.0, 0.1, 8.0, 14.0),
    (3.0, 3.5, 1.7, 10.0, 17.0, 8.0),
    (17.0, 8.0, 0.05, 10.0, 0.1, 14.0),
)
P = (
    (0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886),
    (0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991),
    (0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650),
    (0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381),
)


@dataclass(frozen=True)
class Curves:
    """A space and the loss of a configuration after 1 to 81 steps."""

    space: Space
    loss: Callable[[Config, int], float]


def digits(seed: int) -> Curves:
    """The table that one seed of the trainer made."""
    table = epochs.whole(seed)
    return Curves(epochs.SPACE, lambda config, step: table[epochs.index(config)][step - 1])


def hartmann(bias: float, noise: float, seed: int) -> Curves:
    """MF-Hartmann; the noise of a configuration at a step is always the same."""
    space = tuple(Float(f"x{i}", 0.0, 1.0) for i in range(6))

    def loss(config: Config, step: int) -> float:
        x = [config[p.name] for p in space]
        rest = 1 - (step - 1) / (TOP - 1)
        height = -sum(
            (alpha - bias * rest**2) * math.exp(-sum(a * (v - p) ** 2 for a, v, p in zip(row, x, place, strict=True)))
            for alpha, row, place in zip(ALPHA, A, P, strict=True)
        )
        return height + abs(random.Random(f"{seed} {step} {x}").gauss(0.0, 1.0)) * noise * rest

    return Curves(space, loss)


def crossing(seed: int) -> Curves:
    """Four parameters: the end is a bowl, and what is nearer to its bottom starts worse and falls more slowly."""
    rng = random.Random(f"crossing {seed}")
    bottom = [rng.uniform(0.2, 0.8) for _ in range(3)]
    space = tuple(Float(f"x{i}", 0.0, 1.0) for i in range(3)) + (Float("decay", 0.0, 1.0),)

    def loss(config: Config, step: int) -> float:
        end = sum((config[f"x{i}"] - b) ** 2 for i, b in enumerate(bottom)) + 0.1 * (config["decay"] - 0.5) ** 2
        slowness = 1 / (1 + 6 * end)
        return end + (0.3 + slowness) * math.exp(-5 * step / TOP / slowness)

    return Curves(space, loss)


PROBLEMS: dict[str, Callable[[int], Curves]] = {
    "digits": digits,
    "hartmann6-high": functools.partial(hartmann, 0.5, 0.1),
    "hartmann6-low": functools.partial(hartmann, 4.0, 5.0),
    "crossing": crossing,
}
