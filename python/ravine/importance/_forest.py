"""Importance by forests of regression trees, grown by the engine."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ravine.distributions import CategoricalDistribution
from ravine.importance._base import (
    BaseImportanceEvaluator,
    check_single_objective,
    common_distributions,
    in_falling_order,
    values_and_trials,
)

if TYPE_CHECKING:
    from ravine.distributions import BaseDistribution
    from ravine.study import Study
    from ravine.trial import FrozenTrial


class _ForestEvaluator(BaseImportanceEvaluator):
    """What evaluators by forests share.

    Args:
        n_trees: How many trees.
        max_depth: So many splits at most lie between a tree's root and a leaf.
        seed: Of the draws; None: always the same.
    """

    def __init__(self, *, n_trees: int = 64, max_depth: int = 64, seed: int | None = None) -> None:
        for name, value in (("n_trees", n_trees), ("max_depth", max_depth)):
            if value < 1:
                raise ValueError(f"`{name}` is 1 or more, not {value}.")
        self._n_trees = n_trees
        self._max_depth = max_depth
        self._seed = seed

    def evaluate(
        self,
        study: Study,
        params: list[str] | None = None,
        *,
        target: Callable[[FrozenTrial], float] | None = None,
    ) -> dict[str, float]:
        """See :meth:`BaseImportanceEvaluator.evaluate`; a parameter with one value has importance 0.

        Raises:
            TypeError: When `params` is no list of texts.
            ValueError: When no trial that ended well has all of them, a distribution of one changes between trials, or
                the study has several objectives and there is no `target`.
            RuntimeError: When there is no variance to share out (fANOVA).
        """
        check_single_objective(study, target)
        distributions = common_distributions(study, params)
        varied = {name: domain for name, domain in distributions.items() if not domain.single()}
        trials, values = values_and_trials(study, distributions, target)
        importances = dict.fromkeys(distributions, 0.0)
        if varied and len(trials) > 1:
            importances.update(zip(varied, self._grown(varied, trials, values)))
        return in_falling_order(importances)

    def _grown(
        self, distributions: dict[str, BaseDistribution], trials: list[FrozenTrial], values: list[float]
    ) -> list[float]:
        from ravine._ravine import forest_importances

        axes = [_axis(domain) for domain in distributions.values()]
        columns = [[_number(domain, trial.params[name]) for trial in trials] for name, domain in distributions.items()]
        found = forest_importances(axes, columns, values, self._n_trees, self._max_depth, self._seed or 0)
        return self._constant(len(axes)) if found is None else self._choose(*found)

    def _constant(self, count: int) -> list[float]:
        """The importances where what is judged is the same in all trials."""
        return [0.0] * count

    @abstractmethod
    def _choose(self, alone: list[float], gained: list[float]) -> list[float]:
        """Which of a forest's numbers count as importance."""


class FanovaImportanceEvaluator(_ForestEvaluator):
    """The share of the objective's variance over the whole space that each parameter explains alone.

    Functional analysis of variance of a random forest (Hutter, Hoos and Leyton-Brown, "An Efficient Approach for
    Assessing Hyperparameter Importance", ICML 2014). Every configuration counts alike, wherever the search went; a
    number's range counts evenly, by factors where it is on a log scale.

    Args:
        n_trees: How many trees.
        max_depth: So many splits at most lie between a tree's root and a leaf.
        seed: Of the draws; None: always the same.
    """

    def _choose(self, alone: list[float], gained: list[float]) -> list[float]:
        return alone

    def _constant(self, count: int) -> list[float]:
        raise RuntimeError("Encountered zero total variance in all trees.")


class MeanDecreaseImpurityImportanceEvaluator(_ForestEvaluator):
    """The share that splits by each parameter have in all that a random forest's splits gain.

    It counts where the search went, and interactions of a parameter with others too.

    Args:
        n_trees: How many trees.
        max_depth: So many splits at most lie between a tree's root and a leaf.
        seed: Of the draws; None: always the same.
    """

    def _choose(self, alone: list[float], gained: list[float]) -> list[float]:
        return gained


def _axis(domain: Any) -> tuple[int, float, float, bool, float | None]:
    """A distribution as the engine takes it: number of options, low, high, log, step."""
    if isinstance(domain, CategoricalDistribution):
        return len(domain.choices), 0.0, 0.0, False, None
    return 0, float(domain.low), float(domain.high), domain.log, None if domain.step is None else float(domain.step)


def _number(domain: BaseDistribution, value: Any) -> float:
    return float(domain.to_internal_repr(value))
