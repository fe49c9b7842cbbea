"""Selectors: classes that hand out points, and how often each is to be run."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from .messages import Ask, Told
from .program import EXHAUSTED, WAIT, Answer, SearchProgram

Values = Mapping[str, Any] | Sequence[Any]
"""A point: values by path, or a sequence with a value for each parameter of the space, in its order."""


class Selector(ABC):
    """Hands out points one after another, and may look at results before it goes on.

    A study that runs points several times says ``duplicates = "repeat"``; each run of a point is a trial of
    its own.
    """

    @abstractmethod
    def has_more_trials(self) -> bool:
        """Whether there is, or will be, anything more to run. Once False, it stays so."""

    @abstractmethod
    def get_next_trials(self) -> tuple[Values, int] | None:
        """A point and the number of trials of it, 0 or more; None to wait for results, and be asked again
        then.

        The same point may come again.
        """

    def on_trials_completed(self, values: tuple[Any, ...], results: Sequence[tuple[float, ...]]) -> None:
        """Called with what trials of a point gave: for each, its objectives, to be made small. Each trial
        comes once.

        ``values`` has a value for each parameter of the space, in its order; None for those that are not
        active.
        """

    def on_trials_failed(self, values: tuple[Any, ...], count: int) -> None:
        """Called for trials of a point that failed, or were stopped early."""


class SelectorProgram(SearchProgram):
    """A selector in the place of a search.

    The selector is asked in the order of decisions. When a study is resumed, it is asked again for what it
    handed out before, with the results coming in as they did, so that it comes to the same state.
    """

    def __init__(self, selector: Selector) -> None:
        self._selector = selector
        self._queue: deque[dict[str, Any]] = deque()
        self._answers: dict[int, dict[str, Any]] = {}
        """By decision; a decision that is asked for again gets the same."""
        self._untold: list[dict[str, Any]] = []
        """Answers whose trials were not told of yet."""
        self._running = 0
        self._begun: set[int] = set()
        """Trials that were told of: one that goes on after its end was handed out once."""

    def ask(self, ask: Ask) -> Answer:
        if ask.refused:
            why = ask.refused[-1].get("why", "")
            raise ValueError(
                f'the point of the selector was refused ({why}); the study file may say duplicates = "repeat"'
            )
        if ask.decision not in self._answers:
            handed = self._next()
            if handed is None:
                return self._nothing()
            self._answers[ask.decision] = handed
            self._untold.append(handed)
        return self._answers[ask.decision]

    def _next(self) -> dict[str, Any] | None:
        """The next run of a point, or None."""
        while not self._queue and self._selector.has_more_trials():
            handed = self._selector.get_next_trials()
            if handed is None:
                return None
            values, count = handed
            self._queue.extend([self._point(values)] * count)
        return self._queue.popleft() if self._queue else None

    def _nothing(self) -> Answer:
        if not self._selector.has_more_trials():
            return EXHAUSTED
        if self._running == 0 and not self._untold:
            raise ValueError("the selector waits for results, and no trial runs")
        return WAIT

    def _point(self, values: Values) -> dict[str, Any]:
        if isinstance(values, Mapping):
            return dict(values)
        if len(values) != len(self.space):
            raise ValueError(f"the selector gave {len(values)} values, and the space has {len(self.space)} parameters")
        return {parameter.path: value for parameter, value in zip(self.space, values)}

    def tell(self, told: Told) -> None:
        if told.state == "running":
            self._running += 1
            if told.trial not in self._begun:
                self._begun.add(told.trial)
                self._account(told)
            return
        self._running -= 1
        values = tuple(told.point.get(parameter.path) for parameter in self.space)
        if told.state == "complete":
            self._selector.on_trials_completed(values, [told.values])
        else:
            self._selector.on_trials_failed(values, 1)

    def _account(self, told: Told) -> None:
        """Takes a trial off what was handed out: by this process, or before a resume. Others were given by a
        person."""
        for place, point in enumerate(self._untold):
            if alike(point, told.point):
                del self._untold[place]
                return
        handed = self._next()
        if handed is not None and not alike(handed, told.point):
            self._queue.appendleft(handed)


def alike(answer: Mapping[str, Any], point: Mapping[str, Any]) -> bool:
    """Whether a trial's point is the one that was answered: numbers up to rounding, inactive parameters left
    out."""
    return all(path in answer and _equal(answer[path], value) for path, value in point.items())


def _equal(left: Any, right: Any) -> bool:
    numeric = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in (left, right))
    return math.isclose(left, right, rel_tol=1e-9) if numeric else left == right
