"""What evaluators share: which trials and parameters they look at."""

from __future__ import annotations

import abc
import math
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ravine.trial import TrialState

if TYPE_CHECKING:
    from ravine.distributions import BaseDistribution
    from ravine.study import Study
    from ravine.trial import FrozenTrial

Target = Callable[["FrozenTrial"], float]


class BaseImportanceEvaluator(abc.ABC):
    """Judges how much parameters matter. Own ones implement :meth:`evaluate`."""

    @abc.abstractmethod
    def evaluate(
        self,
        study: Study,
        params: list[str] | None = None,
        *,
        target: Callable[[FrozenTrial], float] | None = None,
    ) -> dict[str, float]:
        """The parameters and how much each matters, the most important first.

        Args:
            study: A study with trials that ended well.
            params: The parameters to judge; None: all that the evaluator can.
            target: Gives the number of a trial to judge by; None: its objective value.
        """
        raise NotImplementedError


def completed(study: Study) -> list[FrozenTrial]:
    """The trials that ended well."""
    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


def check_names(params: Any) -> None:
    """Whether `params` is a list of texts, or None.

    Raises:
        TypeError: When it is not.
    """
    if params is None:
        return
    if not isinstance(params, (list, tuple)):
        raise TypeError(f"Parameters must be specified as a list. Actual parameters: {params}.")
    if any(not isinstance(name, str) for name in params):
        raise TypeError(f"Parameters must be specified by their names with strings. Actual parameters: {params}.")


def common_distributions(study: Study, params: list[str] | None) -> dict[str, BaseDistribution]:
    """The distributions of the parameters asked for, or of those that are in all trials; by name, sorted.

    Raises:
        TypeError: When `params` is no list of texts.
        ValueError: When no trial that ended well has all of them, or one's distribution changes between trials.
    """
    from ravine.search_space import intersection_search_space

    check_names(params)
    if params is None:
        return intersection_search_space(study.get_trials(deepcopy=False))
    having = [trial for trial in completed(study) if all(name in trial.distributions for name in params)]
    if params and not having:
        raise ValueError(
            f"Study must contain completed trials with all specified parameters. Specified parameters: {params}."
        )
    if not params:
        return {}
    first = {name: having[0].distributions[name] for name in sorted(params)}
    if any(trial.distributions[name] != domain for trial in having for name, domain in first.items()):
        raise ValueError(
            "Parameters importances cannot be assessed with dynamic search spaces if parameters are specified. "
            f"Specified parameters: {params}."
        )
    return first


def values_and_trials(
    study: Study, params: Iterable[str], target: Target | None
) -> tuple[list[FrozenTrial], list[float]]:
    """The trials that have all parameters and a finite number to judge by, and those numbers."""
    names = set(params)
    trials, values = [], []
    for trial in completed(study):
        if names <= trial.params.keys():
            value = float(trial.value if target is None else target(trial))  # type: ignore[arg-type]
            if math.isfinite(value):
                trials.append(trial)
                values.append(value)
    return trials, values


def check_single_objective(study: Study, target: Target | None) -> None:
    """Whether it is clear what is judged.

    Raises:
        ValueError: When the study has several objectives and no `target` chooses one.
    """
    if target is None and len(study.directions) > 1:
        raise ValueError(
            "If the `study` is being used for multi-objective optimization, please specify the `target`. "
            "For example, use `target=lambda t: t.values[0]` for the first objective value."
        )


def in_falling_order(importances: Mapping[str, float]) -> dict[str, float]:
    """The same, the largest first."""
    return dict(sorted(importances.items(), key=lambda pair: pair[1], reverse=True))
