"""What genetic algorithms share: the engine's, and those of users."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING

from ravine.samplers._base import BaseSampler
from ravine.samplers._native import ConstraintsFunc, NativeSampler
from ravine.study._multi_objective import minimised
from ravine.trial._state import TrialState

if TYPE_CHECKING:
    from ravine.study import Study
    from ravine.trial import FrozenTrial


class BaseGASampler(BaseSampler, abc.ABC):
    """The base of genetic algorithms that go by generations; subclass it for one of your own.

    Args:
        population_size: How many trials a generation has, at least 1.
    """

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        cls._name = cls.__name__

    _name: str

    def __init__(self, population_size: int) -> None:
        self._population_size = population_size

    @property
    def population_size(self) -> int:
        """How many trials a generation has."""
        return self._population_size

    @population_size.setter
    def population_size(self, value: int) -> None:
        self._population_size = value

    @classmethod
    def _get_generation_key(cls) -> str:
        return f"{cls._name}:generation"

    @classmethod
    def _get_parent_cache_key_prefix(cls) -> str:
        return f"{cls._name}:parent:"

    @abc.abstractmethod
    def select_parent(self, study: Study, generation: int) -> list[FrozenTrial]:
        """The parents of a generation, chosen from the one before."""
        raise NotImplementedError

    def get_trial_generation(self, study: Study, trial: FrozenTrial) -> int:
        """The generation of a trial; noted on it when first asked for."""
        key = self._get_generation_key()
        known = trial.system_attrs.get(key)
        if known is not None:
            return int(known)
        complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        generations = [t.system_attrs[key] for t in complete if key in t.system_attrs]
        newest = max(generations, default=0)
        generation = newest + (generations.count(newest) >= self._population_size)
        study._storage.set_trial_system_attr(trial._trial_id, key, generation)
        return generation

    def get_population(self, study: Study, generation: int) -> list[FrozenTrial]:
        """The complete trials of a generation."""
        key = self._get_generation_key()
        complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        return [t for t in complete if t.system_attrs.get(key) == generation]

    def get_parent_population(self, study: Study, generation: int) -> list[FrozenTrial]:
        """The parents of a generation: chosen once, then noted on the study. None for generation 0."""
        if generation == 0:
            return []
        key = f"{self._get_parent_cache_key_prefix()}{generation}"
        known = study._storage.get_study_system_attrs(study._study_id).get(key)
        if known is not None:
            return [study._storage.get_trial(trial_id) for trial_id in known]
        parents = self.select_parent(study, generation)
        study._storage.set_study_system_attr(study._study_id, key, [trial._trial_id for trial in parents])
        return parents


class GeneticSampler(NativeSampler, BaseGASampler):
    """A genetic algorithm of the engine, which breeds from the best so far with each trial, not by generations."""

    def __init__(
        self, population_size: int, seed: int | None, constraints_func: ConstraintsFunc | None
    ) -> None:
        NativeSampler.__init__(self, seed, constraints_func)
        BaseGASampler.__init__(self, population_size)

    def select_parent(self, study: Study, generation: int) -> list[FrozenTrial]:
        """The trials that the next ones are bred from: the first fronts, as many as the population has."""
        left = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        losses = {trial.number: minimised(trial, study.directions) for trial in left}
        parents: list[FrozenTrial] = []
        while left and len(parents) < self._population_size:
            front = [
                trial
                for trial in left
                if not any(_dominates(losses[o.number], losses[trial.number]) for o in left)
            ]
            parents.extend(front)
            left = [trial for trial in left if trial not in front]
        return parents[: self._population_size]


def _dominates(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one != other and all(a <= b for a, b in zip(one, other))
