"""hyperopt's TPE, driven as `fmin` drives it."""

from __future__ import annotations

import logging
import math

import numpy
from hyperopt import JOB_STATE_DONE, JOB_STATE_RUNNING, STATUS_OK, Trials, hp, tpe
from hyperopt.base import Domain

from ..space import Choice, Config, Int, Param, Parent, Space, walk

logging.getLogger("hyperopt").setLevel(logging.ERROR)


def tree(space: Space, parent: Parent = None) -> dict:
    """What hangs on an option stands inside it."""
    return {p.name: node(space, p) for p in space if p.parent == parent}


def node(space: Space, param: Param):
    """A parameter's distribution."""
    name = param.name
    if isinstance(param, Choice):
        return hp.choice(name, [tree(space, (name, option)) for option in param.options])
    if isinstance(param, Int):
        if param.log:
            return hp.qloguniform(name, math.log(param.low - 0.5), math.log(param.high + 0.5), 1)
        return hp.quniform(name, param.low - 0.5, param.high + 0.5, 1)
    if param.log:
        return hp.loguniform(name, math.log(param.low), math.log(param.high))
    return hp.uniform(name, param.low, param.high)


class Search:
    """A `Trials` and the function that suggests into it."""

    def __init__(self, space: Space, seed: int, _budget: int):
        self.space, self.trials = space, Trials()
        self.domain = Domain(lambda _: 0.0, tree(space))
        self.rng = numpy.random.default_rng(seed)

    def ask(self) -> tuple[dict, Config]:
        """One more document."""
        new = self.trials.new_trial_ids(1)
        self.trials.refresh()
        documents = tpe.suggest(new, self.domain, self.trials, int(self.rng.integers(2**31 - 1)))
        self.trials.insert_trial_docs(documents)
        self.trials.refresh()
        document = self.trials._dynamic_trials[-1]
        document["state"] = JOB_STATE_RUNNING
        values = document["misc"]["vals"]
        return document, walk(self.space, lambda param: read(param, values[param.name][0]))

    def tell(self, handle: dict, value: float) -> None:
        """The document's result."""
        handle["state"] = JOB_STATE_DONE
        handle["result"] = {"loss": value, "status": STATUS_OK}
        self.trials.refresh()


def read(param: Param, value):
    """A value as the problems know it."""
    if isinstance(param, Choice):
        return param.options[int(value)]
    value = min(max(float(value), param.low), param.high)
    return round(value) if isinstance(param, Int) else value
