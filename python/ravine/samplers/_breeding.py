"""How a genetic sampler makes a child of a generation's parents: crossover, then mutation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ravine._pareto import dominates
from ravine.samplers._chance import Chance
from ravine.samplers._genome import Genome
from ravine.samplers._survival import total_violation
from ravine.samplers.nsgaii import BaseCrossover, BaseMutation, UniformCrossover
from ravine.study._multi_objective import loss_of

if TYPE_CHECKING:
    from ravine.distributions import BaseDistribution
    from ravine.study import Study
    from ravine.trial import FrozenTrial

#: So often a child beyond the ranges is made anew before it is put at their ends.
_TRIES = 100


class Breeding:
    """A crossover and a mutation, with how often each happens.

    Args:
        crossover: How numbers mix; a coin for each value where absent. Choices are always mixed so.
        crossover_prob: How often a child has several parents.
        swapping_prob: How often a choice is the first parent's; likewise of numbers without a crossover.
        mutation: How a number mutates; where absent its value is drawn anew from its range.
        mutation_prob: How often a value mutates; one in the number of parameters where absent.
    """

    def __init__(
        self,
        crossover: BaseCrossover | None,
        crossover_prob: float,
        swapping_prob: float,
        mutation: BaseMutation | None,
        mutation_prob: float | None,
    ) -> None:
        self.crossover = crossover or UniformCrossover(swapping_prob)
        self.crossover_prob = crossover_prob
        self.swapping_prob = swapping_prob
        self.mutation = mutation
        self.mutation_prob = mutation_prob

    def child(
        self,
        study: Study,
        space: dict[str, BaseDistribution],
        parents: Sequence[FrozenTrial],
        chance: Chance,
    ) -> dict[str, Any]:
        """The values of a child; those that are to be drawn anew are left out."""
        genome = Genome(space)
        if chance.rand() < self.crossover_prob:
            params = self._crossed(study, genome, parents, chance)
        else:
            parent = parents[chance.choice(len(parents))]
            params = {name: parent.params[name] for name in space}
        often = 1.0 / max(1, len(params)) if self.mutation_prob is None else self.mutation_prob
        child = {}
        for name, value in params.items():
            if chance.rand() >= often:
                child[name] = value
            elif self.mutation is not None and name in genome.genes:
                child[name] = self._mutated(study, genome, name, value, chance)
        return child

    def _crossed(self, study: Study, genome: Genome, parents: Sequence[FrozenTrial], chance: Chance) -> dict[str, Any]:
        places: Sequence[float] = ()
        for _ in range(_TRIES):
            mating = _mating(study, parents, self.crossover.n_parents, chance)
            params = {
                name: mating[-1 if chance.rand() >= self.swapping_prob else 0].params[name] for name in genome.choices
            }
            if not genome.genes:
                return params
            places = self._places(study, genome, mating, chance)
            numbers = genome.decode(places)
            if numbers is not None:
                return {**params, **numbers}
        return {**params, **genome.within(places)}

    def _places(self, study: Study, genome: Genome, mating: Sequence[FrozenTrial], chance: Chance) -> Sequence[float]:
        rows = [genome.encode(parent.params) for parent in mating]
        if _is_own(self.crossover.crossover):
            places = self.crossover.crossover(rows, chance, study, genome.bounds)
        else:
            import numpy

            bounds = numpy.array(genome.bounds)
            places = self.crossover.crossover(numpy.array(rows), chance.numpy(), study, bounds)
        return list(map(float, places))

    def _mutated(self, study: Study, genome: Genome, name: str, value: Any, chance: Chance) -> Any:
        assert self.mutation is not None
        gene = genome.genes[name]
        mutate, place = self.mutation.mutation, gene.encode(value)
        if _is_own(mutate):
            return gene.within(mutate(place, chance, study, gene.bounds))
        import numpy

        return gene.within(float(mutate(place, chance.numpy(), study, numpy.array(gene.bounds))))


def _is_own(method: Callable[..., Any]) -> bool:
    """Whether a method is this package's, which needs no numpy."""
    return method.__module__.startswith("ravine.samplers")


def _mating(study: Study, parents: Sequence[FrozenTrial], count: int, chance: Chance) -> list[FrozenTrial]:
    """So many different parents; each is the better of two drawn."""
    left, chosen = list(parents), []
    for _ in range(min(count, len(left))):
        one, other = left[chance.choice(len(left))], left[chance.choice(len(left))]
        winner = one if _dominates(study, one, other) else other
        chosen.append(winner)
        left.remove(winner)
    # A generation may be smaller than what a crossover asks for.
    while len(chosen) < count:
        chosen.append(chosen[chance.choice(len(chosen))])
    return chosen


def _dominates(study: Study, one: FrozenTrial, other: FrozenTrial) -> bool:
    """Whether a trial is better in the sense of constrained domination (Deb 2000)."""
    a, b = total_violation(one), total_violation(other)
    if a > 0 or b > 0:
        return a < b
    return dominates(loss_of(one, study.directions), loss_of(other, study.directions))
