"""``tpe.suggest``: the tree-structured Parzen estimator."""

from __future__ import annotations

import warnings
from math import ceil, sqrt
from typing import Any

from ravine.hyperopt.base import Document, Trials
from ravine.hyperopt.domain import Domain
from ravine.hyperopt.search import suggest_with

__all__ = ["suggest"]


def suggest(
    new_ids: list[Any],
    domain: Domain,
    trials: Trials,
    seed: int,
    prior_weight: float = 1.0,
    n_startup_jobs: int = 20,
    n_EI_candidates: int = 24,  # noqa: N803 (hyperopt's name)
    gamma: float | None = None,
    verbose: bool = True,
) -> list[Document]:
    """New trials by ravine's tree-structured Parzen estimator.

    Args:
        new_ids: The numbers of the trials to suggest.
        domain: The search's space.
        trials: What was tried so far.
        seed: The first one of a search seeds the sampler.
        prior_weight: Accepted; the sampler weighs its prior itself.
        n_startup_jobs: So many trials are random at first.
        n_EI_candidates: How many candidates are compared for each proposal.
        gamma: The best ceil(gamma · sqrt(n)) of n trials, at most 25, count as good. None: the sampler's own rule.
        verbose: Accepted; nothing is printed.
    """

    def make(first_seed: int) -> Any:
        from ravine.samplers import TPESampler

        options: dict[str, Any] = {}
        if gamma is not None:
            options["gamma"] = lambda count: min(ceil(gamma * sqrt(count)), 25)
        with warnings.catch_warnings():
            # The sampler says that its own `gamma` is deprecated; hyperopt's is not.
            warnings.simplefilter("ignore", FutureWarning)
            return TPESampler(
                n_startup_trials=n_startup_jobs, n_ei_candidates=n_EI_candidates, seed=first_seed, **options
            )

    return suggest_with(make, ("tpe", n_startup_jobs, n_EI_candidates, gamma), new_ids, domain, trials, seed)
