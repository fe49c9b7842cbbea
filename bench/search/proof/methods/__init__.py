"""How things are searched: adapters that give each library's optimiser the same two verbs.

A `Searcher` is asked for a configuration with a handle and told the value for the handle. Several may be asked for
before the first is told. Each library is imported only when one of its methods starts.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from ..space import Config, Space


class Searcher(Protocol):
    """A study in memory that minimises."""

    def ask(self) -> tuple[Any, Config] | None:
        """What to try next and a handle for it; `None` when a finite space is used up."""

    def tell(self, handle: Any, value: float) -> None:
        """The value of what was asked for."""


@dataclass(frozen=True)
class Method:
    """A named method: its peer family, which library, and how a search of a space begins."""

    name: str
    family: str
    start: Callable[[Space, int, int], Searcher]
    # Whether the budget changes nothing, so that a long run's beginning is a short run.
    prefix: bool = True


# Name: (module, family, options, prefix).
PEERS = {
    "random": ("drawn", "random", {}, True),
    "optuna-tpe": ("optuna", "optuna", {"sampler": "TPESampler"}, True),
    "optuna-tpe-group": ("optuna", "optuna", {"sampler": "TPESampler", "multivariate": True, "group": True}, True),
    "optuna-tpe-univariate": ("optuna", "optuna", {"sampler": "TPESampler", "multivariate": False}, True),
    "optuna-cmaes": ("optuna", "optuna", {"sampler": "CmaEsSampler"}, True),
    "optuna-gp": ("optuna", "optuna", {"sampler": "GPSampler"}, True),
    "hyperopt": ("hyperopt", "hyperopt", {}, True),
    "rustuna": ("rustuna", "rustuna", {}, True),
    "hebo": ("hebo", "hebo", {}, True),
    "smac-forest": ("smac", "smac", {"facade": "HyperparameterOptimizationFacade"}, False),
    "smac-gp": ("smac", "smac", {"facade": "BlackBoxFacade"}, False),
}


def method(text: str) -> Method:
    """The method of a name; `ravine-NAME` or `LABEL={…}` is one of ours, by its name or its `[sampler]` table."""
    if text in PEERS:
        module, family, options, prefix = PEERS[text]

        def start(space: Space, seed: int, budget: int) -> Searcher:
            made = importlib.import_module(f".{module}_", __name__)
            return made.Search(space, seed, budget, **options)

        return Method(text, family, start, prefix)
    label, _, table = text.partition("=")
    if not label.startswith("ravine"):
        raise SystemExit(f"there is no method `{text}`: {', '.join(PEERS)}, ravine-NAME, ravine-LABEL={{…}}")
    sampler = json.loads(table) if table else {"name": label.removeprefix("ravine-")}

    def start_ours(space: Space, seed: int, budget: int) -> Searcher:
        from .ravine_ import Search

        return Search(space, seed, budget, sampler)

    return Method(label, "ravine", start_ours, False)
