"""``rand.suggest``: random search."""

from __future__ import annotations

import random
from typing import Any

from ravine.hyperopt.base import Document, Trials
from ravine.hyperopt.domain import Domain
from ravine.hyperopt.search import documents

__all__ = ["suggest"]


def suggest(new_ids: list[Any], domain: Domain, trials: Trials, seed: int) -> list[Document]:
    """New trials, each value drawn from its prior.

    Args:
        new_ids: The numbers of the trials to suggest.
        domain: The search's space.
        trials: Which will hold them.
        seed: Same seed, same trials.
    """
    rng = random.Random(int(seed))
    return documents(new_ids, domain, trials, lambda _tid: domain.walk(lambda _label, kind: kind.draw(rng.random())))
