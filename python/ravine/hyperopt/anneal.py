"""``anneal.suggest``: random search that closes in on good trials.

For each parameter a good trial is drawn (the better, the likelier), and the new value comes from a window around that
trial's value. Windows shrink as trials that hold the parameter add up. Distances are those of the prior: a window of
width 0.2 holds a fifth of the prior's mass, for every kind of parameter.
"""

from __future__ import annotations

import math
import random
from typing import Any

from ravine.hyperopt.base import STATUS_OK, Document, Trials, spec_from_misc
from ravine.hyperopt.domain import Domain
from ravine.hyperopt.kinds import Categorical, Kind, Option
from ravine.hyperopt.search import documents

__all__ = ["suggest"]


def suggest(
    new_ids: list[Any],
    domain: Domain,
    trials: Trials,
    seed: int,
    avg_best_idx: float = 2.0,
    shrink_coef: float = 0.1,
) -> list[Document]:
    """New trials by annealing.

    Args:
        new_ids: The numbers of the trials to suggest.
        domain: The search's space.
        trials: What was tried so far.
        seed: Same seed and same trials, same suggestions.
        avg_best_idx: The mean rank of the trial whose neighbourhood is searched; 1 is always the best one.
        shrink_coef: How fast windows shrink: after n trials to 1 / (1 + n · shrink_coef) of the range.
    """
    rng = random.Random(int(seed))
    ended = [
        doc
        for doc in trials.trials
        if doc["result"].get("status") == STATUS_OK and not math.isnan(doc["result"]["loss"])
    ]
    known = [spec_from_misc(doc["misc"]) for doc in sorted(ended, key=lambda doc: float(doc["result"]["loss"]))]

    def choose(label: str, kind: Kind) -> Any:
        past = [values[label] for values in known if label in values]
        if not past:
            return kind.draw(rng.random())
        around = past[_rank(rng, len(past), avg_best_idx)]
        width = 1.0 / (1.0 + len(past) * shrink_coef)
        if isinstance(kind, (Option, Categorical)):
            # Options have no neighbours: the good one again, or any.
            return kind.draw(rng.random()) if rng.random() < width else around
        return kind.draw(_near(rng, kind.position(kind.latent(around)), width))

    return documents(new_ids, domain, trials, lambda _tid: domain.walk(choose))


def _rank(rng: random.Random, count: int, mean: float) -> int:
    """A rank from 0 to count - 1, geometric with mean `mean - 1`."""
    if mean <= 1.0:
        return 0
    going_on = (mean - 1.0) / mean
    return min(int(math.log(1.0 - rng.random()) / math.log(going_on)), count - 1)


def _near(rng: random.Random, centre: float, width: float) -> float:
    """A position in [0, 1), uniform in the window around `centre`, which is cut at the ends."""
    low, high = max(centre - width / 2, 0.0), min(centre + width / 2, 1.0)
    return min(low + rng.random() * (high - low), math.nextafter(1.0, 0.0))
