"""Conditional spaces as programs have them, drawn anew for each seed: parameters that are there with one option only.

- `models`: one of five models, each with one to five parameters of its own, and three that all share; `models-rough`: with
  ripples; `models-noisy`: with noise of half a typical model's lead.
- `layers`: how many layers, then a width, a dropout and a kind for each of them, and two rates that all depths share.
- `nested`: a choice within a choice, parameters at each.

The least value is the best that 20,000 draws and hill climbing from the best 20 of them know.
"""

from __future__ import annotations

import functools
import math
import random
from collections.abc import Callable

from ..space import Choice, Config, Float, Int, Param, Space, draw, walk
from . import Problem, Task

MODELS = tuple(f"m{k}" for k in range(5))
KINDS = ("relu", "tanh", "gelu")


def problems() -> list[Problem]:
    """All five."""
    drawn = {
        "models": models,
        "models-rough": functools.partial(models, ripples=0.15),
        "models-noisy": functools.partial(models, noise=0.1),
        "layers": layers,
        "nested": nested,
    }
    return [Problem(f"trees-{name}", name, functools.partial(open_, name)) for name, open_ in drawn.items()]


def task(name: str, seed: int, space: Space, value: Callable[[Config], float], noise: float = 0.0) -> Task:
    """The search for the least of `value`."""
    rng = random.Random(f"trees {name} {seed} noise")
    noisy = (lambda config: value(config) + rng.gauss(0.0, noise)) if noise else value
    least = functools.cache(functools.partial(climbed, space, value, random.Random(f"trees {name} {seed} least")))
    return Task(space, noisy, least, value if noise else None)


def climbed(space: Space, value: Callable[[Config], float], rng: random.Random) -> float:
    """The least value that is known."""
    drawn = [walk(space, lambda param: draw(param, rng)) for _ in range(20000)]
    numbers = {param.name: param for param in space if not isinstance(param, Choice)}
    best = math.inf
    for config in sorted(drawn, key=value)[:20]:
        reached = value(config)
        for _ in range(1500):
            name = rng.choice([name for name in config if name in numbers])
            other = {**config, name: moved(numbers[name], config[name], rng)}
            if (found := value(other)) < reached:
                config, reached = other, found
        best = min(best, reached)
    return best


def moved(param: Float | Int, value: float, rng: random.Random) -> float:
    """A value nearby."""
    if isinstance(param, Int):
        step = round(value * rng.gauss(0.0, 0.1)) + rng.choice((-1, 0, 1))
        return max(param.low, min(param.high, value + step))
    step = value * math.exp(rng.gauss(0.0, 0.2)) if param.log else value + rng.gauss(0.0, 0.03) * (param.high - param.low)
    return max(param.low, min(param.high, step))


def unit(param: Param, value: float) -> float:
    """Where a value lies in its range, from 0 to 1."""
    scale = math.log if param.log else float
    return (scale(value) - scale(param.low)) / (scale(param.high) - scale(param.low))


def models(name: str, seed: int, ripples: float = 0.0, noise: float = 0.0) -> Task:
    """Each model is a bowl, for every other one of which the walls level off, with a floor of its own."""
    rng = random.Random(f"trees {name} {seed}")
    shared: list[Param] = [Float(f"s{i}", 0.0, 1.0) for i in range(3)]
    space: list[Param] = [*shared, Choice("model", MODELS)]
    bowls = {}
    for model in MODELS:
        own = [own_number(rng, model, j) for j in range(rng.randint(1, 5))]
        space += own
        places = [(param, rng.uniform(0.1, 0.9), rng.uniform(0.5, 1.5)) for param in own + shared]
        waves = [(rng.uniform(5.0, 25.0), rng.uniform(0.0, 6.0)) for _ in range(3)]
        bowls[model] = rng.uniform(0.0, 0.4), places, waves, rng.random() < 0.5

    def value(config: Config) -> float:
        floor, places, waves, levels = bowls[config["model"]]
        z = [(unit(param, config[param.name]) - at) * weight for param, at, weight in places]
        bowl = sum(v * v for v in z) + 0.6 * sum(a * b for a, b in zip(z, z[1:], strict=False))
        rough = sum(math.sin(wave * v + phase) for (wave, phase), v in zip(waves, z, strict=False))
        return floor + (bowl / (1 + bowl) if levels else bowl) + ripples * rough

    return task(name, seed, tuple(space), value, noise)


def own_number(rng: random.Random, model: str, j: int) -> Param:
    """A parameter that only this model has."""
    name, place = f"model.{model}.p{j}", ("model", model)
    kinds = (
        Float(name, 1e-5, 1.0, True, place),
        Float(name, -1.0, 1.0, False, place),
        Int(name, 1, 64, False, place),
    )
    return rng.choice(kinds)


def layers(name: str, seed: int) -> Task:
    """The best depth is from 2 to 4, and each layer has its own best width, dropout and kind."""
    rng = random.Random(f"trees {name} {seed}")
    rates = (Float("lr", 1e-5, 1e-1, True), Float("decay", 1e-7, 1e-1, True))
    space: list[Param] = [Choice("depth", ("1", "2", "3", "4")), *rates]
    for depth in range(1, 5):
        place = ("depth", str(depth))
        for layer in range(depth):
            stem = f"depth.{depth}."
            space.append(Int(f"{stem}width{layer}", 4, 512, True, place))
            space.append(Float(f"{stem}dropout{layer}", 0.0, 0.7, False, place))
            space.append(Choice(f"{stem}kind{layer}", KINDS, place))
    numbers = {param.name: param for param in space}
    widths = [rng.uniform(0.3, 0.9) for _ in range(4)]
    dropouts = [rng.uniform(0.0, 0.5) for _ in range(4)]
    kinds = [rng.sample(KINDS, 3) for _ in range(4)]
    best, rate, decay = rng.choice((2, 3, 4)), rng.uniform(0.3, 0.7), rng.uniform(0.3, 0.8)

    def value(config: Config) -> float:
        depth = int(config["depth"])
        loss = 0.15 * (depth - best) ** 2
        for layer in range(depth):
            width, dropout, kind = (f"depth.{depth}.{leaf}{layer}" for leaf in ("width", "dropout", "kind"))
            loss += 0.5 * (unit(numbers[width], config[width]) - widths[layer]) ** 2
            loss += 0.4 * (config[dropout] - dropouts[layer]) ** 2 + 0.05 * kinds[layer].index(config[kind])
        at = [unit(param, config[param.name]) for param in rates]
        loss += 4 * (at[0] - rate + 0.05 * depth) ** 2 + 0.3 * (at[1] - decay) ** 2
        return min(loss, 1.5)

    return task(name, seed, tuple(space), value)


def nested(name: str, seed: int) -> Task:
    """Three options with two each, and what lies at each place adds up."""
    rng = random.Random(f"trees {name} {seed}")
    space: list[Param] = [Float("g", 0.0, 1.0), Float("h", 0.0, 1.0), Choice("a", ("x", "y", "z"))]
    for outer in ("x", "y", "z"):
        choice = f"a.{outer}.b"
        space += [Choice(choice, ("u", "v"), ("a", outer)), Float(f"a.{outer}.t", 0.0, 1.0, False, ("a", outer))]
        for inner in ("u", "v"):
            names = [f"{choice}.{inner}.k{j}" for j in range(rng.randint(1, 4))]
            space += [Float(leaf, 0.0, 1.0, False, (choice, inner)) for leaf in names]
    places = {p.name: (rng.uniform(0.1, 0.9), rng.uniform(0.2, 3.0)) for p in space if isinstance(p, Float)}
    floors = {(outer, inner): rng.uniform(0.0, 0.6) for outer in ("x", "y", "z") for inner in ("u", "v")}

    def value(config: Config) -> float:
        outer = config["a"]
        walls = (weight * abs(config[leaf] - at) ** 1.5 for leaf, (at, weight) in places.items() if leaf in config)
        return floors[outer, config[f"a.{outer}.b"]] + sum(walls)

    return task(name, seed, tuple(space), value)
