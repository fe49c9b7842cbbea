"""A sampler of the define-by-run interface (``ravine.samplers``, or one's own) in the place of a search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .messages import Ask, Parameter, Told
from .program import Answer, SearchProgram
from .selector import alike

if TYPE_CHECKING:
    from ravine.distributions import BaseDistribution
    from ravine.samplers import BaseSampler
    from ravine.study import Study
    from ravine.trial import FrozenTrial


class SamplerProgram(SearchProgram):
    """Keeps a study in memory, in which the sampler sees what the engine tells.

    The sampler is asked for a value of every parameter, whatever depends on what; trials have those that were
    active. It sees no constraints. Its random numbers are its own: a study that is resumed goes on with
    others.
    """

    def __init__(self, sampler: BaseSampler) -> None:
        self._sampler = sampler
        self._answers: dict[int, tuple[int, dict[str, Any]]] = {}
        """By decision: the number of the trial in memory, and its point."""
        self._running: dict[int, int] = {}
        """The numbers in memory of the engine's trials."""

    def start(self) -> None:
        from ravine.storages._memory import UnseenStorage
        from ravine.study import StudyDirection, create_study

        self._distributions = {parameter.path: distribution(parameter) for parameter in self.space}
        directions = [StudyDirection.MINIMIZE] * self.objectives
        self._study: Study = create_study(
            storage=UnseenStorage(), sampler=self._sampler, directions=directions
        )

    def ask(self, ask: Ask) -> Answer:
        if ask.refused and ask.decision in self._answers:
            number, _ = self._answers.pop(ask.decision)
            self._fail(number)
        if ask.decision not in self._answers:
            trial = self._study.ask(self._distributions)
            self._answers[ask.decision] = trial.number, dict(trial.params)
        return self._answers[ask.decision][1]

    def tell(self, told: Told) -> None:
        if told.state == "running":
            if told.trial not in self._running:
                self._running[told.trial] = self._begun(told.point)
            return
        number = self._running.get(told.trial)
        if number is None or self._trials()[number].state.is_finished():
            return
        if told.state == "complete":
            self._study.tell(number, list(told.values))
        else:
            self._fail(number)

    def _begun(self, point: Mapping[str, Any]) -> int:
        """The trial in memory that is at a point: one that was answered, or, of those that were not, a new
        one."""
        known = set(self._running.values())
        for number, answer in self._answers.values():
            if number not in known and alike(answer, point):
                return number
        from ravine.trial import TrialState, create_trial

        distributions = {path: self._distributions[path] for path in point}
        running = create_trial(state=TrialState.RUNNING, params=dict(point), distributions=distributions)
        self._study.add_trial(running)
        return len(self._trials()) - 1

    def _trials(self) -> list[FrozenTrial]:
        # Not copied: it is asked for with each trial that is told.
        return self._study.get_trials(deepcopy=False)

    def _fail(self, number: int) -> None:
        from ravine.trial import TrialState

        self._study.tell(number, state=TrialState.FAIL)


def distribution(parameter: Parameter) -> BaseDistribution:
    """A parameter as a distribution.

    Raises:
        ValueError: It is a permutation.
    """
    from ravine.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    low, high, step = parameter.low or 0, parameter.high or 0, parameter.step
    if parameter.kind == "choice":
        return CategoricalDistribution(list(parameter.options))
    if parameter.points is not None and parameter.points > 1:
        if parameter.log:
            return CategoricalDistribution(
                [parameter.place(i / (parameter.points - 1)) for i in range(parameter.points)]
            )
        step = (high - low) / (parameter.points - 1)
    if parameter.kind == "int":
        return IntDistribution(int(low), int(high), log=parameter.log, step=int(step or 1))
    if parameter.kind == "float":
        return FloatDistribution(low, high, log=parameter.log, step=step)
    raise ValueError(f"`{parameter.path}` is a {parameter.kind}, which a sampler of this interface cannot propose")
