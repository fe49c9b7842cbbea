"""Syne Tune's schedulers that stop trials, for `stopping.py`."""

from __future__ import annotations

import datetime
import functools
import logging

import numpy
from syne_tune import config_space
from syne_tune.backend.trial_status import Trial
from syne_tune.optimizer import baselines
from syne_tune.optimizer.scheduler import SchedulerDecision

from ..problems.curves import TOP, Curves
from ..space import Choice, Int, Param

logging.disable(logging.WARNING)


def domain(param: Param):
    """A parameter as Syne Tune declares it."""
    if isinstance(param, Choice):
        return config_space.choice(list(param.options))
    if isinstance(param, Int):
        return (config_space.lograndint if param.log else config_space.randint)(param.low, param.high)
    return (config_space.loguniform if param.log else config_space.uniform)(param.low, param.high)


class Scheduler:
    """A scheduler, told and asked as its tuner does it."""

    def __init__(self, curves: Curves, seed: int, name: str):
        numpy.random.seed(seed)
        space = {p.name: domain(p) for p in curves.space}
        made = getattr(baselines, name)
        self.scheduler = made(space, metric="loss", time_attr="step", max_t=TOP, random_seed=seed)
        self.trials: list[Trial] = []

    def ask(self):
        """A new trial."""
        suggestion = self.scheduler.suggest()
        if suggestion is None:
            return None
        trial = Trial(len(self.trials), suggestion.config, datetime.datetime(2026, 1, 1))
        self.trials.append(trial)
        self.scheduler.on_trial_add(trial)
        return trial.trial_id, dict(trial.config), None

    def report(self, handle: int, step: int, loss: float) -> bool:
        """The scheduler's decision."""
        decision = self.scheduler.on_trial_result(self.trials[handle], {"step": step, "loss": loss})
        return decision != SchedulerDecision.CONTINUE

    def end(self, handle: int, step: int, loss: float, stopped: bool) -> None:
        """The trial's end."""
        if stopped:
            self.scheduler.on_trial_remove(self.trials[handle])
        else:
            self.scheduler.on_trial_complete(self.trials[handle], {"step": step, "loss": loss})


SCHEDULERS = {
    "syne-asha": functools.partial(Scheduler, name="ASHA"),
    "syne-asha-bore": functools.partial(Scheduler, name="ASHABORE"),
    "syne-asha-cqr": functools.partial(Scheduler, name="ASHACQR"),
    "syne-bohb": functools.partial(Scheduler, name="BOHB"),
}
