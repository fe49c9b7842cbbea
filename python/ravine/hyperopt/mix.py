"""``mix.suggest``: several algorithms, one drawn for each round."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

from ravine.hyperopt.base import Document, Trials
from ravine.hyperopt.domain import Domain

__all__ = ["suggest"]


def suggest(
    new_ids: list[Any],
    domain: Domain,
    trials: Trials,
    seed: int,
    p_suggest: Sequence[tuple[float, Callable[..., list[Document]]]],
) -> list[Document]:
    """New trials by an algorithm drawn from several.

    Args:
        new_ids: The numbers of the trials to suggest.
        domain: The search's space.
        trials: What was tried so far.
        seed: Draws the algorithm, and is handed on.
        p_suggest: Pairs (probability, algorithm); the probabilities sum to 1.

    Raises:
        ValueError: When they do not.
    """
    probabilities = [probability for probability, _ in p_suggest]
    if not math.isclose(sum(probabilities), 1.0, rel_tol=1e-5):
        raise ValueError(f"probabilities must sum to 1, not to {sum(probabilities):g}")
    rng = random.Random(int(seed))
    (chosen,) = rng.choices([algorithm for _, algorithm in p_suggest], probabilities)
    return chosen(new_ids, domain, trials, seed=rng.getrandbits(31))
