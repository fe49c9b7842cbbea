"""What bridges share."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ravine.distributions import CategoricalDistribution, IntDistribution
from ravine.exceptions import TrialPruned
from ravine.study import StudyDirection

if TYPE_CHECKING:
    from ravine.distributions import BaseDistribution
    from ravine.trial import Trial


def needed(module: str, package: str) -> ModuleType:
    """A module of a library that a bridge stands on.

    Raises:
        ImportError: When it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(f"this needs {package}: `pip install {package}`") from error


def report_or_prune(trial: Trial, value: float, step: int, what: str) -> None:
    """Reports a value, and ends the trial when the pruner says so.

    Args:
        trial: The running trial.
        value: What it reports.
        step: At which step.
        what: What a step is called: "epoch", "iteration".

    Raises:
        TrialPruned: When the pruner says so.
    """
    trial.report(float(value), step=step)
    if trial.should_prune():
        raise TrialPruned(f"Trial was pruned at {what} {step}.")


def check_direction(trial: Trial, higher_is_better: bool, metric: str) -> None:
    """Whether a metric is to be made what the study makes it.

    Raises:
        ValueError: When the study goes the other way.
    """
    wanted = StudyDirection.MAXIMIZE if higher_is_better else StudyDirection.MINIMIZE
    if trial.study.direction != wanted:
        raise ValueError(
            f"the study's direction must be '{wanted.name.lower()}' for the metric {metric!r}; "
            f"`create_study(direction='{wanted.name.lower()}')`"
        )


def suggest(trial: Trial, name: str, distribution: BaseDistribution) -> Any:
    """A value of a parameter, of a distribution that is at hand as an object."""
    domain: Any = distribution
    if isinstance(domain, CategoricalDistribution):
        return trial.suggest_categorical(name, domain.choices)
    if isinstance(domain, IntDistribution):
        return trial.suggest_int(name, domain.low, domain.high, step=domain.step, log=domain.log)
    return trial.suggest_float(name, domain.low, domain.high, step=domain.step, log=domain.log)


def checked_metric_name(metric_name: str | Sequence[str]) -> str | Sequence[str]:
    """What objective values are called: one text, or one for each.

    Raises:
        TypeError: When it is neither.
    """
    if not isinstance(metric_name, Sequence):
        raise TypeError(f"metric_name must be a text or a sequence of texts, not {type(metric_name)}")
    return metric_name


def named_values(metric_name: str | Sequence[str], values: Sequence[float]) -> dict[str, float]:
    """Objective values by name; several values of one name are numbered.

    Raises:
        ValueError: When there are not as many names as values.
    """
    if isinstance(metric_name, str):
        names = [metric_name] if len(values) == 1 else [f"{metric_name}_{place}" for place in range(len(values))]
    else:
        names = list(metric_name)
    if values and len(names) != len(values):
        raise ValueError(f"there are {len(values)} objective values and {len(names)} metric names")
    return dict(zip(names, values))
