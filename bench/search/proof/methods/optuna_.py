"""Optuna's samplers."""

from __future__ import annotations

import warnings

import optuna

from ..space import Choice, Config, Int, Param, Space, walk

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.simplefilter("ignore")


def suggest(trial, param: Param):
    """A parameter's value by Optuna's define-by-run calls, which rustuna has too."""
    if isinstance(param, Choice):
        return trial.suggest_categorical(param.name, list(param.options))
    call = trial.suggest_int if isinstance(param, Int) else trial.suggest_float
    return call(param.name, param.low, param.high, log=param.log)


class Search:
    """A study in memory."""

    def __init__(self, space: Space, seed: int, _budget: int, sampler: str, **options):
        if sampler == "CmaEsSampler":
            options["warn_independent_sampling"] = False
        self.space = space
        self.study = optuna.create_study(sampler=getattr(optuna.samplers, sampler)(seed=seed, **options))

    def ask(self) -> tuple[optuna.Trial, Config]:
        """A trial with all its suggestions."""
        trial = self.study.ask()
        return trial, walk(self.space, lambda param: suggest(trial, param))

    def tell(self, handle: optuna.Trial, value: float) -> None:
        """The trial's end."""
        self.study.tell(handle, value)

    def give(self, config: Config, value: float) -> None:
        """A trial from outside."""
        domains = {p.name: distribution(p) for p in self.space if p.name in config}
        self.study.add_trial(optuna.create_trial(params=config, distributions=domains, value=value))


def distribution(param: Param):
    """A parameter's range, as Optuna keeps it."""
    if isinstance(param, Choice):
        return optuna.distributions.CategoricalDistribution(list(param.options))
    made = optuna.distributions.IntDistribution if isinstance(param, Int) else optuna.distributions.FloatDistribution
    return made(param.low, param.high, log=param.log)
