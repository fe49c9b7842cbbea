"""``atpe.suggest``: the search that adapts itself, here ravine's `AutoSampler`."""

from __future__ import annotations

from typing import Any

from ravine.hyperopt.base import Document, Trials
from ravine.hyperopt.domain import Domain
from ravine.hyperopt.search import suggest_with

__all__ = ["suggest"]


def suggest(new_ids: list[Any], domain: Domain, trials: Trials, seed: int) -> list[Document]:
    """New trials by ravine's `AutoSampler`, which chooses a method by the space and by what it has seen.

    Hyperopt's ATPE sets TPE's options by trained models; the aim is the same, the method is not.

    Args:
        new_ids: The numbers of the trials to suggest.
        domain: The search's space.
        trials: What was tried so far.
        seed: The first one of a search seeds the sampler.
    """

    def make(first_seed: int) -> Any:
        from ravine.samplers import AutoSampler

        return AutoSampler(seed=first_seed)

    return suggest_with(make, "auto", new_ids, domain, trials, seed)
