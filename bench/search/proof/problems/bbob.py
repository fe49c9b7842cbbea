"""COCO's bbob functions 1, 3, …, 23, each seen through a box that is shifted per axis, and bbob-mixint.

The shift, uniform in [-2, 2] and the same for all methods, takes away what is special about centre and corners. A seed
`s` is the pair of instance `s + 1` and the sampler's seed `s`. The optimum of a shifted problem may lie outside its box
(by up to one unit an axis, f5's by up to two); regret is from the optimum of the function all the same.
"""

from __future__ import annotations

import functools
import os
import random
import tempfile

import cocoex

from ..space import Float, Int
from . import Problem, Task

FUNCTIONS = range(1, 24, 2)
CLASSES = {5: "separable", 9: "moderate", 14: "ill-conditioned", 19: "multi-modal", 24: "weak structure"}


def problems(dimension: int) -> list[Problem]:
    """The functions in so many dimensions."""
    return [
        Problem(f"bbob-f{f}-d{dimension}", group(f), functools.partial(shifted, f, dimension)) for f in FUNCTIONS
    ]


def mixed(dimension: int) -> list[Problem]:
    """The functions of bbob-mixint, whose axes have 2, 4, 8 and 16 values by turns and each fifth is continuous."""
    return [
        Problem(f"mixint-f{f}-d{dimension}", group(f), functools.partial(mixint, f, dimension)) for f in FUNCTIONS
    ]


def group(function: int) -> str:
    """The class that the suite's authors put a function in."""
    return next(name for last, name in CLASSES.items() if function <= last)


@functools.lru_cache(maxsize=4)
def suite(name: str, dimension: int):
    """A suite's functions of one dimension."""
    functions = ",".join(map(str, FUNCTIONS))
    return cocoex.Suite(name, "instances: 1-60", f"dimensions: {dimension} function_indices: {functions}")


def optimum(function) -> float:
    """The least value, which the suite tells only by the place of it, and that through a file."""
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            function._best_parameter("print")
            with open("._bbob_problem_best_parameter.txt") as file:
                place = [float(x) for x in file.read().split()]
        finally:
            os.chdir(before)
    return function(place)


def shifted(f: int, dimension: int, seed: int) -> Task:
    """bbob function `f`, instance `seed + 1`, through its box."""
    function = suite("bbob", dimension).get_problem_by_function_dimension_instance(f, dimension, seed + 1)
    rng = random.Random(f"shift {f} {dimension} {seed + 1}")
    shift = [rng.uniform(-2.0, 2.0) for _ in range(dimension)]
    space = tuple(Float(f"x{i}", s - 5.0, s + 5.0) for i, s in enumerate(shift))
    names = [p.name for p in space]
    return Task(space, lambda config: function([config[name] for name in names]), functools.partial(optimum, function))


def mixint(f: int, dimension: int, seed: int) -> Task:
    """bbob-mixint function `f`, instance `seed + 1`."""
    function = suite("bbob-mixint", dimension).get_problem_by_function_dimension_instance(f, dimension, seed + 1)
    whole = function.number_of_integer_variables
    bounds = zip(function.lower_bounds, function.upper_bounds, strict=True)
    space = tuple(
        Int(f"i{i}", round(low), round(high)) if i < whole else Float(f"x{i}", low, high)
        for i, (low, high) in enumerate(bounds)
    )
    names = [p.name for p in space]
    return Task(space, lambda config: function([config[name] for name in names]), functools.partial(optimum, function))
