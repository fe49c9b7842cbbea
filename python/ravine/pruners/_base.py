"""The interface of pruners."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ravine.study import Study
    from ravine.trial import FrozenTrial


class BasePruner(abc.ABC):
    """What stops trials early. Subclass it for a rule of your own."""

    @abc.abstractmethod
    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Whether a running trial should stop, by what it has reported so far."""
        raise NotImplementedError


def check(condition: bool, message: str) -> None:
    """Raises `ValueError` where an option is not what it must be."""
    if not condition:
        raise ValueError(message)


def is_first_in_interval(step: int, steps: list[int], warmup: int, interval: int) -> bool:
    """Whether a trial that reported at these steps is judged at `step`: at its first report in each interval."""
    begin = (step - warmup) // interval * interval + warmup
    return all(earlier < begin for earlier in steps if earlier != step)
