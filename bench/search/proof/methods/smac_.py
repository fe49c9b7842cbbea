"""SMAC's facades: the random forest's and the Gaussian process's."""

from __future__ import annotations

import tempfile
import warnings

import ConfigSpace
import smac
from ConfigSpace import ConfigurationSpace, EqualsCondition
from smac.runhistory.dataclasses import TrialValue

from ..space import Choice, Config, Int, Param, Space, walk

warnings.simplefilter("ignore")


def parameter(param: Param):
    """A parameter as ConfigSpace declares it."""
    if isinstance(param, Choice):
        return ConfigSpace.Categorical(param.name, list(param.options))
    made = ConfigSpace.Integer if isinstance(param, Int) else ConfigSpace.Float
    return made(param.name, (param.low, param.high), log=param.log)


class Search:
    """A facade that is asked and told."""

    def __init__(self, space: Space, seed: int, budget: int, facade: str):
        self.space = space
        self.folder = tempfile.TemporaryDirectory()
        known = ConfigurationSpace(seed=seed)
        for param in space:
            known.add(parameter(param))
            if param.parent:
                known.add(EqualsCondition(known[param.name], known[param.parent[0]], param.parent[1]))
        scenario = smac.Scenario(
            known, deterministic=True, n_trials=budget, seed=seed, output_directory=self.folder.name
        )
        made = getattr(smac, facade)
        self.facade = made(scenario, lambda config, seed=0: 0.0, overwrite=True, logging_level=False)

    def ask(self) -> tuple[object, Config] | None:
        """SMAC's trial."""
        try:
            info = self.facade.ask()
        except StopIteration:
            return None

        def value(param: Param):
            found = info.config[param.name]
            if isinstance(param, Choice):
                return str(found)
            return int(found) if isinstance(param, Int) else float(found)

        return info, walk(self.space, value)

    def tell(self, handle, value: float) -> None:
        """The trial's cost."""
        self.facade.tell(handle, TrialValue(cost=value))
