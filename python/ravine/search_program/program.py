"""The class that a search of one's own derives from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Final

from .messages import Again, Ask, Parameter, Point, Proposal, Told


class _Word:
    """An answer that is no point."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


WAIT: Final = _Word("WAIT")
"""Nothing until another trial has ended. None means the same."""
EXHAUSTED: Final = _Word("EXHAUSTED")
"""Nothing, ever: the study ends when its trials have."""

Answer = Point | Proposal | Again | _Word | None


class SearchProgram(ABC):
    """A search: it is told what happens, and asked for points.

    It is started anew, and told everything from the first trial on, whenever a study is resumed. So it keeps
    no files, and draws its random numbers from :attr:`Ask.rng`: then a study that was interrupted goes on as
    it would have.
    """

    space: Sequence[Parameter] = ()
    """The parameters, those that decide about others first. Set before anything is told or asked."""
    seed: int = 0
    """The study's seed, 0 … 2⁶³ − 1."""
    objectives: int = 1
    """How many objectives there are."""

    def start(self) -> None:
        """Called once, when the space is known."""

    def tell(self, told: Told) -> None:
        """Called for each trial that begins, and for each that ends. One that goes on after its end is
        ``running`` again."""

    def tell_repetition(self, trial: int, repetition: int, values: tuple[float, ...]) -> None:
        """Called for each repetition of a trial that is repeated, before the trial's end. Values: to be made
        small."""

    @abstractmethod
    def ask(self, ask: Ask) -> Answer:
        """What to try next: values by path, a :class:`Proposal`, :class:`Again` for more runs of a trial,
        :data:`WAIT` (or None), or :data:`EXHAUSTED`.

        Values for parameters that are not active are passed over. What is raised ends the study's decisions
        with its message; the running trials go on to their end.
        """
