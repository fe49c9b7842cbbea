"""hypara's problems: conditional, noisy, cost-aware, sparse, rugged and smooth, each drawn anew by the seed.

They are maximised there and come here negated. Its `multi_fidelity` is left to the measurements of early stopping.
"""

from __future__ import annotations

import functools
import random

from hypara.registry import get_problem

from ..space import Choice, Config, Float, Int, Param, Space, draw, walk
from . import Problem, Task

NAMES = {
    "conditional_knobs": "conditional",
    "rag_pipeline": "conditional",
    "noisy_lab": "noisy",
    "dispatch_policy": "noisy",
    "cost_aware": "cost-aware",
    "image_pipeline": "cost-aware",
    "sparse_needle": "sparse",
    "rugged_trap": "numbers",
    "smooth_hill": "numbers",
}


def problems() -> list[Problem]:
    """All of them but the one with fidelities."""
    return [Problem(f"hypara-{name}", group, functools.partial(task, name)) for name, group in NAMES.items()]


def param(spec, parent: Param | None) -> Param:
    """hypara's parameter as one of ours; a boolean is a choice."""
    place = (parent.name, label(spec.condition.equals[0])) if parent else None
    name = f"{place[0]}.{place[1]}.{spec.name}" if place else spec.name
    if spec.type == "float":
        return Float(name, spec.low, spec.high, spec.log, place)
    if spec.type == "int":
        return Int(name, int(spec.low), int(spec.high), spec.log, place)
    return Choice(name, tuple(map(label, spec.choices or (False, True))), place)


def label(value) -> str:
    """An option's name."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def theirs(config: Config) -> Config:
    """A configuration as hypara reads it: leaf names, booleans."""
    booleans = {"false": False, "true": True}
    return {name.rpartition(".")[2]: booleans.get(value, value) for name, value in config.items()}


def task(name: str, seed: int) -> Task:
    """The instance of this seed."""
    problem = get_problem(name)
    known: dict[str, Param] = {}
    for spec in problem.space:
        known[spec.name] = param(spec, known[spec.condition.param] if spec.condition else None)
    space = tuple(known.values())
    evaluator = problem.make_evaluator(1000 + seed)
    noise = random.Random(f"noise {name} {seed}")

    def result(config: Config, rng: random.Random):
        return evaluator.evaluate(theirs(config), rng)

    truth = None
    if hasattr(evaluator, "true_score"):
        def truth(config: Config) -> float:
            return -evaluator.true_score(theirs(config))

    quiet = truth or (lambda config: -result(config, noise).score)
    limit = problem.default_budget.cost_limit
    return Task(
        space,
        lambda config: -result(config, noise).score,
        functools.partial(climb, space, quiet, seed),
        truth,
        (lambda config: result(config, noise).cost) if limit else None,
        limit or float("inf"),
    )


def climb(space: Space, value, seed: int) -> float:
    """The least value that 4,000 draws and hill climbing from the best eight of them find."""
    rng = random.Random(f"climb {seed}")
    drawn = sorted(((value(c), i, c) for i, c in enumerate(walk(space, lambda p: draw(p, rng)) for _ in range(4000))))
    least = drawn[0][0]
    for best, _, config in drawn[:8]:
        width = 0.2
        while width > 1e-6:
            moved = walk(space, functools.partial(near, config, width, rng))
            tried = value(moved)
            best, config, width = (tried, moved, width * 1.5) if tried < best else (best, config, width * 0.97)
            width = min(width, 0.5)
        least = min(least, best)
    return least


def near(config: Config, width: float, rng: random.Random, param: Param):
    """A value beside the configuration's, or now and then a new one."""
    old = config.get(param.name)
    if old is None or rng.random() < 0.1:
        return draw(param, rng)
    if isinstance(param, Choice) or rng.random() < 0.3:
        return old
    moved = old + rng.gauss(0.0, width) * (param.high - param.low)
    moved = min(max(moved, param.low), param.high)
    return round(moved) if isinstance(param, Int) else moved
