"""Every combination of the values that an objective asks for, found out as it asks."""

from __future__ import annotations

import decimal
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ravine._notice import experimental
from ravine._ravine import Draws
from ravine.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from ravine.samplers._base import BaseSampler
from ravine.samplers._native import new_seed
from ravine.trial._state import TrialState

if TYPE_CHECKING:
    from ravine.distributions import BaseDistribution
    from ravine.study import Study
    from ravine.trial import FrozenTrial


class _Node:
    """A place in the tree of all that was asked for: the parameter asked for there, and where each value leads."""

    __slots__ = ("name", "candidates", "children", "is_running", "is_leaf")

    def __init__(self) -> None:
        self.name: str | None = None
        self.candidates: tuple[float, ...] = ()
        self.children: dict[float, _Node] = {}
        self.is_running = False
        self.is_leaf = False

    def ask(self, name: str, candidates: tuple[float, ...]) -> None:
        """The objective asks here for this parameter; always for the same."""
        if self.is_leaf or (self.name is not None and self.name != name):
            raise ValueError(f"param_name mismatch: {self.name} != {name}")
        if self.name is not None and self.candidates != candidates:
            raise ValueError(f"search_space mismatch in {name}: {self.candidates} != {candidates}")
        self.name, self.candidates = name, candidates

    def unexplored(self, exclude_running: bool) -> int:
        """How many leaves are known to be unexplored."""
        if self.is_leaf:
            return 0
        if self.name is None:
            return 0 if exclude_running and self.is_running else 1
        return sum(
            self.children[value].unexplored(exclude_running) if value in self.children else 1
            for value in self.candidates
        )


@experimental("3.1.0")
class BruteForceSampler(BaseSampler):
    """Tries every combination once, also where what is asked for depends on earlier values, and then stops the study.

    Floats need a step. The objective must be deterministic in what it asks for.

    Args:
        seed: Of the order.
        avoid_premature_stop: Whether combinations that are running count as open, so that the study does not stop where
            one of them fails.
    """

    def __init__(self, seed: int | None = None, avoid_premature_stop: bool = False) -> None:
        self._seed = new_seed(seed)
        self._draws: Draws | None = None
        self._avoid_premature_stop = avoid_premature_stop

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_draws": None}

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return {}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        excluded = not self._avoid_premature_stop
        tree = _Node()
        candidates = _candidates(param_distribution)
        tree.ask(param_name, candidates)
        _grow(tree, [t for t in _started(study) if t.number != trial.number], trial.params)
        if self._draws is None:
            self._draws = Draws(self._seed)
        counts = [tree.children[value].unexplored(excluded) if value in tree.children else 1 for value in candidates]
        if not any(counts):
            value = candidates[self._draws.below(len(candidates))]
        else:
            # Half by how much is open beyond each value, half evenly; what is running comes last.
            total, open_ = sum(counts), sum(count > 0 for count in counts)
            weights = [0.5 * n / total + 0.5 * (n > 0) / open_ for n in counts]
            quiet = [
                w if value not in tree.children or not tree.children[value].is_running else 0.0
                for w, value in zip(weights, candidates)
            ]
            value = candidates[self._draws.weighted(quiet if any(quiet) else weights)]
        return param_distribution.to_external_repr(value)

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> None:
        tree = _Node()
        others = [t for t in _started(study) if t.number != trial.number]
        _grow(tree, others, {})
        _add(tree, trial, {}, finished=True)
        if tree.unexplored(not self._avoid_premature_stop) == 0:
            study.stop()


def _started(study: Study) -> list[FrozenTrial]:
    states = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING, TrialState.FAIL)
    return study._storage.get_all_trials(study._study_id, deepcopy=False, states=states)


def _grow(tree: _Node, trials: list[FrozenTrial], params: dict[str, Any]) -> None:
    """Adds the trials that begin with these values."""
    for trial in trials:
        if all(name in trial.params and _same(trial.params[name], value) for name, value in params.items()):
            _add(tree, trial, params, trial.state.is_finished())


def _add(tree: _Node, trial: FrozenTrial, params: dict[str, Any], finished: bool) -> None:
    node = tree
    for name, distribution in trial.distributions.items():
        if name in params:
            continue
        candidates = _candidates(distribution)
        node.ask(name, candidates)
        value = distribution.to_internal_repr(trial.params[name])
        if value not in candidates:
            return
        node = node.children.setdefault(value, _Node())
    if finished:
        node.is_leaf = True
    else:
        node.is_running = True


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one) and math.isnan(other):
        return True
    return bool(one == other)


def _candidates(distribution: BaseDistribution) -> tuple[float, ...]:
    """The internal values of a distribution."""
    if isinstance(distribution, CategoricalDistribution):
        return tuple(range(len(distribution.choices)))
    if isinstance(distribution, IntDistribution):
        return tuple(range(distribution.low, distribution.high + 1, distribution.step))
    assert isinstance(distribution, FloatDistribution)
    if distribution.step is None:
        raise ValueError(
            "FloatDistribution.step must be given for BruteForceSampler (otherwise, the search space will be infinite)."
        )
    low, high, step = (
        decimal.Decimal(str(number)) for number in (distribution.low, distribution.high, distribution.step)
    )
    return tuple(float(low + i * step) for i in range(int((high - low) / step) + 1))
