"""Rules that end a search early: for the argument `early_stop_fn` of :func:`ravine.hyperopt.fmin`.

A rule is called after each round with the trials and what it returned last time; it returns whether to stop, and a list
of what it wants to be given next time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def no_progress_loss(
    iteration_stop_count: int = 20, percent_increase: float = 0.0
) -> Callable[..., tuple[bool, list[Any]]]:
    """Stops when the loss has not got better for some rounds.

    Args:
        iteration_stop_count: How many rounds without progress end the search.
        percent_increase: By how many percent of the best loss a loss must be better to count as progress.
    """

    def rule(trials: Any, best_loss: float | None = None, rounds: int = 0) -> tuple[bool, list[Any]]:
        loss = trials.trials[-1]["result"].get("loss")
        if best_loss is None:
            return False, [loss, rounds + 1]
        to_beat = best_loss - abs(best_loss) * percent_increase / 100.0
        if loss is not None and loss < to_beat:
            return False, [loss, 0]
        return rounds + 1 >= iteration_stop_count, [best_loss, rounds + 1]

    return rule
