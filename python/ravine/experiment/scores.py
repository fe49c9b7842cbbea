"""One experiment: its repetitions, and what becomes of their scores."""

from __future__ import annotations

import math
import random
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..program import number
from .records import jsonable

Config = dict[str, Any]


@dataclass(frozen=True)
class Functions:
    """What an experiment does. At least ``fit`` is there."""

    pre: Callable[..., Any] | None
    """``pre(config)`` prepares; what it returns is for ``fit``. Its time is not counted."""
    fit: Callable[..., Any]
    """``fit(config, prepared)``, without ``pre`` ``fit(config)``: what takes the time."""
    post: Callable[..., Any] | None
    """``post(config, fitted)`` measures: it returns a dict of scores. Without it, ``fit`` does."""

    def scores(self, config: Config) -> dict[str, Any]:
        """The scores of one repetition, and ``fit_time`` in seconds.

        Raises:
            TypeError: What should be a dict of scores is something else. What the functions raise is passed
                on.
        """
        prepared = () if self.pre is None else (self.pre(config),)
        begin = time.perf_counter()
        fitted = self.fit(config, *prepared)
        seconds = time.perf_counter() - begin
        scores = fitted if self.post is None else self.post(config, fitted)
        if not isinstance(scores, Mapping):
            name = "fit" if self.post is None else "post"
            raise TypeError(f"`{name}` returns a dict of scores, not {scores!r}")
        return {"fit_time": seconds, **scores}


@dataclass(frozen=True)
class Job:
    """One experiment to do: all that another process needs to know."""

    functions: Functions
    number: int
    """Its place among the configurations, from 0."""
    config: Config
    """As it was given."""
    folder: Path
    """Its own folder."""
    repetitions: int
    seed: int | None

    def run(self) -> dict[str, Any]:
        """Runs all repetitions; gives the folded scores. What the functions raise is passed on."""
        runs = [self.functions.scores(config) for config in self.configs()]
        return folded(runs)

    def configs(self) -> Iterator[Config]:
        """What the functions get, repetition by repetition: the configuration, ``experiment_id``, ``run_id``,
        ``out_path``.

        The folder of each is made. With a seed, each has a ``seed`` of its own, below 2³¹, unless the
        configuration says one.
        """
        for repetition in range(self.repetitions):
            folder = self.folder / str(repetition) if self.repetitions > 1 else self.folder
            folder.mkdir(parents=True, exist_ok=True)
            seed = {} if self.seed is None else {"seed": _seed(self.seed, self.number, repetition)}
            yield {
                **seed,
                **self.config,
                "experiment_id": self.number,
                "run_id": repetition,
                "out_path": str(folder),
            }

    def record(self) -> dict[str, Any]:
        """What is written down of it."""
        return {**self.config, "experiment_id": self.number, "out_path": str(self.folder)}


def _seed(study: int, experiment: int, repetition: int) -> int:
    """Another one for each repetition, whatever the order in which experiments run."""
    return random.Random(f"{study} {experiment} {repetition}").getrandbits(31)


def folded(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """For each score the list over the repetitions; of numbers also ``mean_`` and ``std_`` (of the
    population).

    Raises:
        ValueError: A repetition has other scores than the first.
    """
    for repetition, run in enumerate(runs):
        if odd := run.keys() ^ runs[0].keys():
            which = "lacks" if min(odd) in runs[0] else "has a further score,"
            raise ValueError(f"repetition {repetition} {which} `{min(odd)}`: all have the same scores")
    scores: dict[str, Any] = {}
    for name in runs[0]:
        values = [_value(run[name]) for run in runs]
        scores[name] = values
        if all(isinstance(value, (int, float)) for value in values):
            scores[f"mean_{name}"], scores[f"std_{name}"] = _mean_and_std(values)
    return scores


def traceback_of(error: Exception) -> str:
    """The traceback of an experiment that failed, without the frames of this package."""
    shown = traceback.TracebackException.from_exception(error)
    here = str(Path(__file__).parent)
    shown.stack = traceback.StackSummary.from_list(
        [frame for frame in shown.stack if not frame.filename.startswith(here)]
    )
    return "".join(shown.format())


def _value(value: Any) -> Any:
    """A number where it is one; else what stands for it in a record."""
    try:
        return number(value, "a score")
    except TypeError:
        return jsonable(value)


def _mean_and_std(values: Sequence[float]) -> tuple[float, float]:
    mean = math.fsum(values) / len(values) if all(map(math.isfinite, values)) else sum(values) / len(values)
    return mean, math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))


@dataclass(frozen=True)
class ExperimentResult:
    """How an experiment ended."""

    experiment_id: int
    """Its place among the configurations, from 0."""
    config: Config
    """As it was given."""
    scores: dict[str, Any] | None
    """For each score the list over repetitions, ``mean_`` and ``std_``; None where it failed."""
    error: str | None = None
    """Why it failed: a traceback, or what ended it."""
    attempts: int = 1
    """How often it was begun; 0 where its result was there."""
    seconds: float = field(default=0.0, compare=False)
    """How long the last attempt took, in seconds."""

    @property
    def is_ok(self) -> bool:
        """Whether it has scores."""
        return self.scores is not None
