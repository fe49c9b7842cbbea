"""What plots read of studies: the checks they share, and trials as numbers and texts."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ravine.distributions import CategoricalDistribution
from ravine.logging import get_logger
from ravine.study import Study, StudyDirection
from ravine.trial import TrialState
from ravine.visualization._chart import drawable

if TYPE_CHECKING:
    from ravine.trial import FrozenTrial

Target = Callable[["FrozenTrial"], float]
DEFAULT_NAME = "Objective Value"
logger = get_logger("ravine.visualization")


def as_studies(study: Study | Sequence[Study]) -> list[Study]:
    """One study, or several, as a list."""
    return [study] if isinstance(study, Study) else list(study)


def is_multi_objective(study: Study) -> bool:
    """Whether a study has several objectives."""
    return len(study.directions) > 1


def check_target(study: Study | Sequence[Study], target: Target | None, target_name: str) -> None:
    """Whether it is clear what is plotted.

    Raises:
        ValueError: When a study has several objectives and no `target` chooses one.
    """
    if target is None and any(is_multi_objective(one) for one in as_studies(study)):
        raise ValueError(
            "If the `study` is being used for multi-objective optimization, please specify the `target`, for example "
            "`target=lambda t: t.values[0]`."
        )
    if target is not None and target_name == DEFAULT_NAME:
        warnings.warn("`target` is given but `target_name` is not, so it is called 'Objective Value'.", stacklevel=3)


def completed(study: Study) -> list[FrozenTrial]:
    """The trials that ended well."""
    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


def value_of(trial: FrozenTrial) -> float:
    """A trial's objective value."""
    return trial.value  # type: ignore[return-value]


def reader(target: Target | None) -> Target:
    """What reads the number that is drawn of a trial: a target of one's own, or the objective value."""
    read = target or value_of
    return lambda trial: drawable(float(read(trial)))


def values_of(trial: FrozenTrial) -> list[float]:
    """A trial's objective values."""
    return trial.values or []


def finite(trials: Iterable[FrozenTrial], target: Target | None) -> list[FrozenTrial]:
    """Those whose target is finite; the others are logged.

    Raises:
        TypeError: When a target is no number (ValueError likewise), with a warning that names the trial.
    """
    read = target or value_of
    kept = []
    for trial in trials:
        value = read(trial)
        try:
            number = float(value)
        except (TypeError, ValueError):
            warnings.warn(f"the target of trial {trial.number} is no number: {value!r}", stacklevel=4)
            raise
        if math.isfinite(number):
            kept.append(trial)
        else:
            logger.warning(f"trial {trial.number} is left out of the plot: its value is {number}")
    return kept


def is_feasible(trial: FrozenTrial) -> bool:
    """Whether a trial breaks no constraint."""
    return all(violation <= 0.0 for violation in trial.constraints.values())


def lower_is_strong(study: Study, target: Target | None) -> bool:
    """Whether low values get the strong colours."""
    return target is not None or study.direction == StudyDirection.MINIMIZE


def parameter_names(trials: Iterable[FrozenTrial], params: Sequence[str] | None) -> list[str]:
    """The parameters to plot, sorted: those asked for, or all.

    Raises:
        ValueError: When one that is asked for is in no trial.
    """
    known = {name for trial in trials for name in trial.params}
    if params is None:
        return sorted(known)
    for name in params:
        if name not in known:
            raise ValueError(f"Parameter {name} does not exist in your study.")
    return sorted(set(params))


def distribution_of(trials: Iterable[FrozenTrial], name: str) -> Any:
    """The first distribution of a parameter, None when no trial has it."""
    return next((trial.distributions[name] for trial in trials if name in trial.distributions), None)


def is_log(trials: Iterable[FrozenTrial], name: str) -> bool:
    """Whether a parameter is on a log scale."""
    return bool(getattr(distribution_of(trials, name), "log", False))


def is_categorical(trials: Iterable[FrozenTrial], name: str) -> bool:
    """Whether a parameter is a choice."""
    return isinstance(distribution_of(trials, name), CategoricalDistribution)


def is_numerical(trials: Iterable[FrozenTrial], name: str) -> bool:
    """Whether a parameter's values are numbers that lie on an axis: a choice among finite numbers counts."""
    domain = distribution_of(trials, name)
    if not isinstance(domain, CategoricalDistribution):
        return True
    return all(
        isinstance(choice, (int, float)) and not isinstance(choice, bool) and math.isfinite(choice)
        for choice in domain.choices
    )


def hover_text(trial: FrozenTrial) -> str:
    """A trial as JSON: number, values, parameters, user attributes."""
    content: dict[str, Any] = {"number": trial.number, "values": trial.values, "params": trial.params}
    if trial.user_attrs:
        content["user_attrs"] = {key: _jsonable(value) for key, value in trial.user_attrs.items()}
    return json.dumps(content, indent=2, default=str)


def _jsonable(value: Any) -> Any:
    try:
        json.dumps(value)
    except TypeError:
        return str(value)
    return value
