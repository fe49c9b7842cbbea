"""NSGA-II and NSGA-III, with the options that the field knows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ravine._notice import experimental, experimental_argument
from ravine.samplers._breeding import Breeding
from ravine.samplers._genetic import GeneticSampler, Strategies
from ravine.samplers._native import ConstraintsFunc
from ravine.samplers._niches import Niches
from ravine.samplers.nsgaii import BaseCrossover, BaseMutation

if TYPE_CHECKING:
    from ravine.study import StudyDirection


class NSGAIISampler(GeneticSampler):
    """The genetic algorithm NSGA-II, for one objective or several.

    The engine's is steady: it breeds from the best so far with each trial, by simulated binary crossover and polynomial
    mutation. Where a mutation, a crossover, a strategy, ``mutation_prob`` or another ``swapping_prob`` than 0.5 is given, the
    search goes by generations, as Optuna's does.

    Args:
        population_size: How many trials are parents.
        mutation: How numbers mutate (`ravine.samplers.nsgaii`); where absent a value that mutates is drawn anew.
        mutation_prob: How often each value mutates; one in the number of parameters where absent.
        crossover: How the parents' numbers mix (`ravine.samplers.nsgaii`); a coin for each where absent.
        crossover_prob: How often a child has several parents.
        swapping_prob: How often a choice is the first parent's; likewise of numbers without a crossover.
        seed: Makes the search reproducible.
        constraints_func: Deprecated; see `Trial.set_constraint`.
        elite_population_selection_strategy: Called with the study and a population; returns the next parents.
        child_generation_strategy: Called with the study, the space and the parents; returns a child's values.
        after_trial_strategy: Called with the study, the trial, its state and its values.
    """

    def __init__(
        self,
        *,
        population_size: int = 50,
        mutation: BaseMutation | None = None,
        mutation_prob: float | None = None,
        crossover: BaseCrossover | None = None,
        crossover_prob: float = 0.9,
        swapping_prob: float = 0.5,
        seed: int | None = None,
        constraints_func: ConstraintsFunc | None = None,
        elite_population_selection_strategy: Callable[..., Any] | None = None,
        child_generation_strategy: Callable[..., Any] | None = None,
        after_trial_strategy: Callable[..., Any] | None = None,
    ) -> None:
        strategies = Strategies(elite_population_selection_strategy, child_generation_strategy, after_trial_strategy)
        _check(population_size, mutation, mutation_prob, crossover, crossover_prob, swapping_prob)
        _announce(strategies)
        self._crossover_prob = crossover_prob
        breeding = Breeding(crossover, crossover_prob, swapping_prob, mutation, mutation_prob)
        is_usual = swapping_prob == 0.5 and _none(crossover, mutation, mutation_prob, *strategies)
        super().__init__(
            population_size,
            seed,
            constraints_func,
            None if is_usual else breeding,
            None,
            strategies,
        )

    def _describe(self, directions: Sequence[StudyDirection]) -> dict[str, Any]:
        return {
            "name": "nsga2",
            "population": max(self._population_size, 4),
            "n_startup_trials": self._population_size,
            "crossover": self._crossover_prob,
        }


@experimental("3.2.0")
class NSGAIIISampler(GeneticSampler):
    """The genetic algorithm NSGA-III, for three objectives and more; see `NSGAIISampler` for what is not here.

    Args:
        reference_points: Points, one row each, that the directions lead through in which the front is searched; spread
            evenly where absent. Where given, the search goes by generations.
        dividing_parameter: How many parts each objective's range is divided into for them.
    """

    def __init__(
        self,
        *,
        population_size: int = 50,
        mutation: BaseMutation | None = None,
        mutation_prob: float | None = None,
        crossover: BaseCrossover | None = None,
        crossover_prob: float = 0.9,
        swapping_prob: float = 0.5,
        seed: int | None = None,
        constraints_func: ConstraintsFunc | None = None,
        reference_points: Any | None = None,
        dividing_parameter: int = 3,
        elite_population_selection_strategy: Callable[..., Any] | None = None,
        child_generation_strategy: Callable[..., Any] | None = None,
        after_trial_strategy: Callable[..., Any] | None = None,
    ) -> None:
        strategies = Strategies(elite_population_selection_strategy, child_generation_strategy, after_trial_strategy)
        _check(population_size, mutation, mutation_prob, crossover, crossover_prob, swapping_prob)
        _announce(strategies)
        self._crossover_prob, self._dividing_parameter = crossover_prob, dividing_parameter
        breeding = Breeding(crossover, crossover_prob, swapping_prob, mutation, mutation_prob)
        asked = (crossover, mutation, mutation_prob, reference_points, *strategies)
        is_usual = swapping_prob == 0.5 and _none(*asked)
        super().__init__(
            population_size,
            seed,
            constraints_func,
            None if is_usual else breeding,
            Niches(reference_points, dividing_parameter),
            strategies,
        )

    def _describe(self, directions: Sequence[StudyDirection]) -> dict[str, Any]:
        return {
            "name": "nsga3",
            "population": max(self._population_size, 4),
            "n_startup_trials": self._population_size,
            "crossover": self._crossover_prob,
            "divisions": self._dividing_parameter,
        }


def _check(
    population: int,
    mutation: Any,
    mutation_prob: float | None,
    crossover: Any,
    crossover_prob: float,
    swapping_prob: float,
) -> None:
    if population < 2:
        raise ValueError("`population_size` must be greater than or equal to 2.")
    if mutation_prob is not None and not 0.0 <= mutation_prob <= 1.0:
        raise ValueError("`mutation_prob` must be None or a float value within the range [0.0, 1.0].")
    for name, share in (("crossover_prob", crossover_prob), ("swapping_prob", swapping_prob)):
        if not 0.0 <= share <= 1.0:
            raise ValueError(f"`{name}` must be a float value within the range [0.0, 1.0].")
    if mutation is not None and not isinstance(mutation, BaseMutation):
        raise ValueError(f"'{mutation}' is not a valid mutation: see ravine.samplers.nsgaii.")
    if crossover is None:
        return
    if not isinstance(crossover, BaseCrossover):
        raise ValueError(f"'{crossover}' is not a valid crossover: see ravine.samplers.nsgaii.")
    if population < crossover.n_parents:
        raise ValueError(
            f"Using {crossover}, the population size should be greater than or equal to {crossover.n_parents}. The "
            f"specified `population_size` is {population}."
        )


def _none(*options: Any) -> bool:
    """Whether nothing is given."""
    return all(option is None for option in options)


def _announce(strategies: Strategies) -> None:
    for name, strategy in strategies._asdict().items():
        if strategy is not None:
            experimental_argument(f"{name}_strategy")
