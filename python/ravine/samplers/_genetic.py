"""What genetic algorithms share: the engine's, and those of users."""

from __future__ import annotations

import abc
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ravine.samplers._base import BaseSampler
from ravine.samplers._breeding import Breeding
from ravine.samplers._chance import Chance
from ravine.samplers._native import ConstraintsFunc, NativeSampler
from ravine.samplers._niches import Niches
from ravine.samplers._survival import elite
from ravine.trial._state import TrialState

if TYPE_CHECKING:
    from ravine._ravine import Plan
    from ravine.distributions import BaseDistribution
    from ravine.study import Study
    from ravine.trial import FrozenTrial


class Strategies(NamedTuple):
    """What a program has in place of parts of a genetic sampler; None for the sampler's own."""

    elite_population_selection: Callable[..., Any] | None
    child_generation: Callable[..., Any] | None
    after_trial: Callable[..., Any] | None


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
    """A genetic algorithm: the engine's, which breeds from the best so far with each trial, or, where a program has asked
    for anything that only generations have, one that goes by these as Optuna's does.

    Args:
        population_size: How many trials are parents.
        seed: Makes the search reproducible.
        constraints_func: Deprecated; see `Trial.set_constraint`.
        breeding: How children are made by generations; None for the engine's way.
        niches: The directions of NSGA-III; None for the crowding of NSGA-II.
        strategies: What a program has in place of the choice of parents, of children, and of what follows a trial.
    """

    def __init__(
        self,
        population_size: int,
        seed: int | None,
        constraints_func: ConstraintsFunc | None,
        breeding: Breeding | None,
        niches: Niches | None,
        strategies: Strategies,
    ) -> None:
        NativeSampler.__init__(self, seed, constraints_func)
        BaseGASampler.__init__(self, population_size)
        self._breeding, self._niches, self._strategies = breeding, niches, strategies
        self._by_generations = breeding is not None
        self._is_quiet = self._is_quiet and strategies.after_trial is None
        self._chance: Chance | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_chance": None}

    def reseed_rng(self) -> None:
        super().reseed_rng()
        self._chance = None

    def _dice(self) -> Chance:
        if self._chance is None:
            self._chance = Chance(self._seed)
        return self._chance

    def _plan_for(self, study: Study) -> Plan | None:
        return None if self._by_generations else super()._plan_for(study)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        if not self._by_generations:
            return super().sample_relative(study, trial, search_space)
        generation = self.get_trial_generation(study, trial)
        parents = self.get_parent_population(study, generation)
        if not parents:
            return {}
        if self._strategies.child_generation is not None:
            return dict(self._strategies.child_generation(study, search_space, parents))
        assert self._breeding is not None
        # Conditions may have left a parameter out of a parent; then it is drawn anew.
        space = {name: dist for name, dist in search_space.items() if all(name in p.params for p in parents)}
        return self._breeding.child(study, space, parents, self._dice())

    def select_parent(self, study: Study, generation: int) -> list[FrozenTrial]:
        """The trials that a generation is bred from: the best of the one before it and of its parents."""
        population = self.get_population(study, generation - 1)
        population += self.get_parent_population(study, generation - 1)
        if self._strategies.elite_population_selection is not None:
            return list(self._strategies.elite_population_selection(study, population))
        return elite(study, population, self._population_size, self._niches, self._dice())

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> None:
        if self._strategies.after_trial is not None:
            self._strategies.after_trial(study, trial, state, values)
        else:
            super().after_trial(study, trial, state, values)
