"""Bounds on regret by Gaussian processes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from ravine.distributions import CategoricalDistribution
from ravine.search_space import intersection_search_space
from ravine.study import StudyDirection
from ravine.trial import TrialState

try:
    import numpy as np
except ImportError as _error:
    raise ImportError("bounds on regret need numpy: `pip install ravine[numpy]`") from _error

from ravine.terminator._gp import Array, GaussianProcess

if TYPE_CHECKING:
    from ravine.trial import FrozenTrial

_CANDIDATES = 2048
# The factor by which Srinivas et al. (2010) scale the bound's width down in experiments.
_SCALED_DOWN = 5.0


@dataclass
class TrialTable:
    """Trials as numbers.

    Attributes:
        points: One row for each trial, one column for each parameter that is in all: a place in 0…1 of its range, or an
            option's number.
        scores: What each came to, to be made large.
        columns: The parameters' distributions.
    """

    points: Array
    scores: Array
    columns: list[Any]

    @classmethod
    def of(cls, trials: list[FrozenTrial], direction: StudyDirection) -> TrialTable | None:
        """The trials that ended well; None when there is none."""
        ended = [trial for trial in trials if trial.state == TrialState.COMPLETE]
        if not ended:
            return None
        space = intersection_search_space(trials)
        rows = [[_place(domain, trial.params[name]) for name, domain in space.items()] for trial in ended]
        sign = 1.0 if direction == StudyDirection.MAXIMIZE else -1.0
        scores = np.array([sign * float(trial.value) for trial in ended])  # type: ignore[arg-type]
        finite = np.isfinite(scores)
        if finite.any() and not finite.all():
            # What is infinite is as bad, or as good, as the worst and best that are not.
            scores = np.clip(np.nan_to_num(scores, nan=-math.inf), scores[finite].min(), scores[finite].max())
        return cls(np.array(rows).reshape(len(ended), len(space)), scores, list(space.values()))

    @property
    def options(self) -> Array:
        """For each column whether it holds options."""
        return np.array([isinstance(domain, CategoricalDistribution) for domain in self.columns])

    def best(self, count: int) -> TrialTable:
        """The best `count` trials, and those that tie with the last of them."""
        cutoff = np.sort(self.scores)[-count]
        kept = self.scores >= cutoff
        return TrialTable(self.points[kept], self.scores[kept], self.columns)

    def standardized(self) -> TrialTable:
        """The same, scores shifted and scaled to mean 0 and deviation 1."""
        scores = (self.scores - self.scores.mean()) / max(float(self.scores.std()), 1e-10)
        return TrialTable(self.points, scores, self.columns)

    def candidates(self, seed: int | None) -> Array:
        """Random points of the space."""
        rng = np.random.default_rng(seed)
        draws = rng.random((_CANDIDATES, len(self.columns)))
        for place, domain in enumerate(self.columns):
            draws[:, place] = _snapped(domain, draws[:, place])
        return draws

    def process(self, noiseless: bool = False, start: Array | None = None) -> GaussianProcess:
        """The Gaussian process of the (standardised) scores."""
        return GaussianProcess(self.points, self.scores, self.options, noiseless, start)


def regret_bound(table: TrialTable, delta: float, seed: int | None) -> float:
    """How much worse the best trial is than the optimum, at most, in the units of the scores.

    Args:
        table: The trials.
        delta: The bound holds with probability 1 - delta.
        seed: Of the points where the upper confidence bound is looked for.
    """
    deviation = max(float(table.scores.std()), 1e-10)
    standard = table.standardized()
    return _standard_bound(standard, standard.process(), delta, seed) * deviation


def _standard_bound(table: TrialTable, process: GaussianProcess, delta: float, seed: int | None) -> float:
    count, dimensions = table.points.shape
    beta = 2.0 * math.log(dimensions * count**2 * math.pi**2 / 6.0 / delta) / _SCALED_DOWN
    lower, upper = process.bounds(table.points, beta)
    _, elsewhere = process.bounds(table.candidates(seed), beta)
    return float(max(upper.max(), elsewhere.max()) - lower.max())


def expected_minimum_regret(table: TrialTable, delta: float, noiseless: bool, seed: int | None) -> float:
    """The bound of Ishibashi et al. (2023) on how much the last trial changed the expected minimum regret.

    Args:
        table: The trials, two at least, the last one last.
        delta: The bound on regret within it holds with probability 1 - delta.
        noiseless: Whether the same point has always the same value.
        seed: Of the points where that is looked for.
    """
    now = table.standardized()
    before = TrialTable(now.points[:-1], now.scores[:-1], now.columns)
    earlier = before.process(noiseless)
    later = now.process(noiseless, earlier.logs)
    best_now, best_before = int(now.scores.argmax()), int(before.scores.argmax())
    pair = now.points[[best_now, best_before]]
    means, covariance = later.posterior(pair)
    mean_now = float(means[0])
    mean_before = float(earlier.posterior(pair[1:])[0][0])
    # Theorem 1: the gap between the two best points' values is normal.
    gap = math.sqrt(max(float(covariance[0, 0] - 2.0 * covariance[0, 1] + covariance[1, 1]), 1e-10))
    if best_now == best_before:
        gap = 1e-5
    standard = (mean_now - mean_before) / gap
    normal = NormalDist()
    gain = mean_before - mean_now + gap * normal.pdf(standard) + gap * standard * normal.cdf(standard)
    spread = _standard_bound(before, earlier, delta, seed) * math.sqrt(0.5 * _information(now, later))
    return gain + spread


def _information(table: TrialTable, process: GaussianProcess) -> float:
    """The divergence of the posterior with the last trial from that without it (equation 4 of the paper)."""
    mean, covariance = process.posterior(table.points[-1:])
    variance, noise = max(float(covariance[0, 0]), 0.0), 1e-6
    total = variance + noise
    surprise = (float(table.scores[-1]) - float(mean[0])) ** 2
    return max(0.5 * math.log1p(variance / noise) - 0.5 * variance / total + 0.5 * variance * surprise / total**2, 0.0)


def _place(domain: Any, value: Any) -> float:
    """Where a value lies: 0…1 of a range, or an option's number."""
    if isinstance(domain, CategoricalDistribution):
        return float(domain.to_internal_repr(value))
    low, high, value = (math.log(x) if domain.log else float(x) for x in (domain.low, domain.high, value))
    return 0.5 if high == low else (value - low) / (high - low)


def _snapped(domain: Any, places: Array) -> Array:
    """Uniform numbers of 0…1 as places that values can have."""
    if isinstance(domain, CategoricalDistribution):
        return np.floor(places * len(domain.choices))
    if domain.step is None or domain.log:
        return places
    steps = max(round((domain.high - domain.low) / domain.step), 1)
    return np.round(places * steps) / steps
