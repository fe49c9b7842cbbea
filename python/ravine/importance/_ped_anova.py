"""Importance by what tells the best trials from the others: PED-ANOVA.

Watanabe, Bansal and Hutter, "PED-ANOVA: Efficiently Quantifying Hyperparameter Importance in Arbitrary Subspaces",
IJCAI 2023 (arXiv:2304.10255); for parameters that are not in all trials, or change their range, as in Conditional
PED-ANOVA (arXiv:2601.20800): each distribution of a parameter, and its absence, is a part of its own.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING

from ravine import _notice
from ravine.importance._base import BaseImportanceEvaluator, Target, check_names, completed, in_falling_order
from ravine.importance._density import Grid

if TYPE_CHECKING:
    from ravine.distributions import BaseDistribution
    from ravine.study import Study
    from ravine.trial import FrozenTrial

# A part of fewer trials is not judged.
_FEWEST = 2


class PedAnovaImportanceEvaluator(BaseImportanceEvaluator):
    """Holds the density of each parameter's values in the best trials against that in all.

    It costs little however many trials there are. It sees each parameter alone, not interactions; and what matters only
    far from the best is not seen.

    Args:
        target_quantile: The share of trials that count as the best.
        region_quantile: The share of trials they are held against, 1 for all.
        evaluate_on_local: Whether to hold them against those trials; else against even densities.

    Raises:
        AssertionError: Unless 0 < target_quantile < region_quantile <= 1.
    """

    def __init__(
        self, *, target_quantile: float = 0.1, region_quantile: float = 1.0, evaluate_on_local: bool = True
    ) -> None:
        if not 0.0 < target_quantile < region_quantile <= 1.0:
            raise AssertionError(
                "condition 0.0 < `target_quantile` < `region_quantile` <= 1.0 must be satisfied, not with "
                f"{target_quantile} and {region_quantile}"
            )
        if region_quantile != 1.0 and not evaluate_on_local:
            _notice.warn("If `evaluate_on_local` is False, `region_quantile` has no effect.")
        self._target_quantile = target_quantile
        self._region_quantile = region_quantile
        self._evaluate_on_local = evaluate_on_local

    def evaluate(
        self,
        study: Study,
        params: list[str] | None = None,
        *,
        target: Callable[[FrozenTrial], float] | None = None,
    ) -> dict[str, float]:
        """See :meth:`BaseImportanceEvaluator.evaluate`. Low targets are the good ones.

        Raises:
            TypeError: When `params` is no list of texts.
            ValueError: When one of them is in no trial that ended well.
        """
        names = _names(study, params)
        trials = _finite(study, target)
        if len(trials) <= 1:
            _notice.warn(
                "The number of trials is too small to compute importances. Parameter importances will be equal."
            )
            return dict.fromkeys(names, 0.0)
        best = _best(study, trials, self._target_quantile, target)
        region = _best(study, trials, self._region_quantile, target)
        if len(best) == len(region):
            _notice.warn(
                "Target and region quantiles select the same set of trials. Parameter importances will be equal."
            )
        if target is not None:
            _notice.warn(
                f"{type(self).__name__} computes the importances of params to achieve low `target` values. If this is "
                "not what you want, please modify target, e.g., by multiplying the output by -1."
            )
        share = len(best) / len(region)
        return in_falling_order({name: self._importance(name, best, region) * share**2 for name in names})

    def _importance(self, name: str, best: list[FrozenTrial], region: list[FrozenTrial]) -> float:
        chosen = {trial.number for trial in best}
        total = 0.0
        for domain, trials in _parts(name, region):
            among_best = [trial for trial in trials if trial.number in chosen]
            if domain is None or domain.single() or not among_best:
                continue
            weight = (len(among_best) / len(best)) ** 2 / (len(trials) / len(region))
            total += weight * self._divergence(name, domain, among_best, trials)
        return total

    def _divergence(
        self, name: str, domain: BaseDistribution, best: list[FrozenTrial], trials: list[FrozenTrial]
    ) -> float:
        """The Pearson divergence of the best trials' density from that of the trials."""
        grid = Grid(domain)
        top = grid.density([trial.params[name] for trial in best])
        if self._evaluate_on_local:
            local = grid.density([trial.params[name] for trial in trials])
        else:
            local = [1.0 / grid.cells] * grid.cells
        return math.fsum(p * (q / p - 1.0) ** 2 for q, p in zip(top, local))


def _names(study: Study, params: list[str] | None) -> list[str]:
    check_names(params)
    known = dict.fromkeys(name for trial in completed(study) for name in trial.distributions)
    if params is None:
        return list(known)
    missing = [name for name in params if name not in known]
    if missing:
        raise ValueError(
            "Study must contain at least one completed trial for each specified parameter. "
            f"Missing parameters: {missing}."
        )
    return list(params)


def _finite(study: Study, target: Target | None) -> list[FrozenTrial]:
    if target is not None:
        return [trial for trial in completed(study) if math.isfinite(target(trial))]
    return [trial for trial in completed(study) if all(map(math.isfinite, trial.values or []))]


def _best(study: Study, trials: list[FrozenTrial], quantile: float, target: Target | None) -> list[FrozenTrial]:
    """The best share of the trials; with one number to judge by also those that tie with the last of them."""
    if quantile == 1.0:
        return trials
    count = math.ceil(quantile * len(trials))
    if target is None and len(study.directions) > 1:
        from ravine.importance._pareto import best_by_dominance

        return best_by_dominance(study.directions, trials, count)
    sign = -1.0 if target is None and study.directions[0].name == "MAXIMIZE" else 1.0
    losses = [sign * (trial.value if target is None else target(trial)) for trial in trials]  # type: ignore[operator]
    cutoff = sorted(losses)[count - 1]
    return [trial for trial, loss in zip(trials, losses) if loss <= cutoff]


def _parts(name: str, trials: list[FrozenTrial]) -> list[tuple[BaseDistribution | None, list[FrozenTrial]]]:
    """The trials by the distribution that the parameter has in them, None where it is absent."""
    # By what distributions look like: those of choices that are lists have no hash.
    parts: dict[str, list[FrozenTrial]] = defaultdict(list)
    for trial in trials:
        parts[repr(trial.distributions.get(name))].append(trial)
    if any(len(part) < _FEWEST for part in parts.values()):
        _notice.warn(
            f"Some regimes for parameter `{name}` have less than {_FEWEST} trials. The importance of the parameter may "
            "be inaccurate."
        )
    return [(part[0].distributions.get(name), part) for part in parts.values() if len(part) >= _FEWEST]
