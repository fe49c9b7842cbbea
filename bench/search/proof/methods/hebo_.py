"""HEBO. It knows no conditions: every parameter is always there, and what is inactive is not looked at."""

from __future__ import annotations

import warnings

import numpy
from hebo.design_space.design_space import DesignSpace
from hebo.optimizers.hebo import HEBO

from ..space import Choice, Config, Int, Param, Space, walk

warnings.simplefilter("ignore")


def table(param: Param) -> dict:
    """A parameter as HEBO declares it."""
    if isinstance(param, Choice):
        return {"name": param.name, "type": "cat", "categories": list(param.options)}
    kind = ("pow_int" if param.log else "int") if isinstance(param, Int) else ("pow" if param.log else "num")
    return {"name": param.name, "type": kind, "lb": param.low, "ub": param.high}


class Search:
    """A sequential search."""

    def __init__(self, space: Space, seed: int, _budget: int):
        import torch

        torch.set_num_threads(1)
        torch.manual_seed(seed)
        numpy.random.seed(seed)
        self.space = space
        self.optimizer = HEBO(DesignSpace().parse([table(p) for p in space]), scramble_seed=seed)

    def ask(self) -> tuple[object, Config]:
        """HEBO's frame of one row."""
        frame = self.optimizer.suggest(n_suggestions=1)
        row = frame.iloc[0]

        def value(param: Param):
            if isinstance(param, Choice):
                return str(row[param.name])
            return int(row[param.name]) if isinstance(param, Int) else float(row[param.name])

        return frame, walk(self.space, value)

    def tell(self, handle, value: float) -> None:
        """The row's value."""
        self.optimizer.observe(handle, numpy.array([[value]]))
