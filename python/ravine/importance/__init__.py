"""How much each parameter matters for the objective."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ravine import _notice
from ravine.importance._base import BaseImportanceEvaluator
from ravine.importance._forest import FanovaImportanceEvaluator, MeanDecreaseImpurityImportanceEvaluator
from ravine.importance._ped_anova import PedAnovaImportanceEvaluator

if TYPE_CHECKING:
    from ravine.study import Study
    from ravine.trial import FrozenTrial

__all__ = [
    "BaseImportanceEvaluator",
    "FanovaImportanceEvaluator",
    "MeanDecreaseImpurityImportanceEvaluator",
    "PedAnovaImportanceEvaluator",
    "get_param_importances",
]


def get_param_importances(
    study: Study,
    *,
    evaluator: BaseImportanceEvaluator | None = None,
    params: list[str] | None = None,
    target: Callable[[FrozenTrial], float] | None = None,
    normalize: bool = True,
) -> dict[str, float]:
    """The parameters and how much each matters, the most important first.

    Args:
        study: A study with trials that ended well.
        evaluator: What judges; None: :class:`PedAnovaImportanceEvaluator`.
        params: The parameters to judge; an empty list gives an empty dict. None: with PED-ANOVA all that are in some
            trial, with others those that are in all trials.
        target: Gives the number of a trial to judge by, instead of its objective value. With several objectives only
            PED-ANOVA goes without (it then asks what makes a trial Pareto-optimal).
        normalize: Whether the numbers are to sum to 1.

    Returns:
        Numbers from 0 on, by parameter, in falling order.

    Raises:
        TypeError: When `evaluator` is none, or `params` no list of texts.
        ValueError: When no trial ended well with the parameters asked for, or a `target` is needed.
    """
    judge = PedAnovaImportanceEvaluator() if evaluator is None else evaluator
    if not isinstance(judge, BaseImportanceEvaluator):
        raise TypeError("Evaluator must be a subclass of BaseImportanceEvaluator.")
    importances = judge.evaluate(study, params=params, target=target)
    if not normalize:
        _notice.experimental_argument("normalize")
        return importances
    total = sum(importances.values())
    if total == 0.0:
        return {name: 1.0 / len(importances) for name in importances}
    return {name: value / total for name, value in importances.items()}
