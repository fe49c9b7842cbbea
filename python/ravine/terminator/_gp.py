"""A small Gaussian process, for judging regret: Matérn 5/2 with a length for each coordinate."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = Any

# log of: inverse squared lengths, scale, noise. Normal priors on them, for coordinates in 0…1 and values of deviation
# 1.
_LENGTH_PRIOR = (math.log(4.0), 1.5)
_SCALE_PRIOR = (0.0, 1.0)
_NOISE_PRIOR = (math.log(1e-3), 2.0)
_LEAST_NOISE = 1e-6
_STEPS = 80
_ROOT5 = math.sqrt(5.0)


class GaussianProcess:
    """A posterior over functions, its lengths, scale and noise those of the largest posterior density.

    Args:
        points: Where the function is known: n rows of d coordinates in 0…1 (options as their numbers).
        values: What it was there: n numbers of mean 0 and deviation 1.
        options: For each coordinate whether it is an option, of which two are either equal or not.
        noiseless: Whether values are exact.
        start: Logarithms to start from, those of a process of nearly the same data; None: the prior's.
    """

    def __init__(
        self, points: Array, values: Array, options: Array, noiseless: bool = False, start: Array | None = None
    ) -> None:
        self.points, self.values, self.options = points, values, options
        self.noiseless = noiseless
        self._squares = self._differences(points, points)
        dimensions = points.shape[1]
        self._means = np.array([_LENGTH_PRIOR[0]] * dimensions + [_SCALE_PRIOR[0], _NOISE_PRIOR[0]])
        self._spreads = np.array([_LENGTH_PRIOR[1]] * dimensions + [_SCALE_PRIOR[1], _NOISE_PRIOR[1]])
        self.logs = self._fitted(self._means.copy() if start is None else start.copy())
        covariance, _ = self._covariance(self.logs, self._squares)
        self._factor = np.linalg.cholesky(covariance + self._noise(self.logs) * np.eye(len(values)))
        self._weights = self._solve(values)

    def posterior(self, at: Array) -> tuple[Array, Array]:
        """Mean (m numbers) and covariance (m × m) of the function at m points."""
        cross, _ = self._covariance(self.logs, self._differences(at, self.points))
        own, _ = self._covariance(self.logs, self._differences(at, at))
        half = np.linalg.solve(self._factor, cross.T)
        return cross @ self._weights, own - half.T @ half

    def bounds(self, at: Array, beta: float) -> tuple[Array, Array]:
        """Lower and upper confidence bounds of the function at m points: mean ∓ sqrt(beta) deviations."""
        cross, _ = self._covariance(self.logs, self._differences(at, self.points))
        half = np.linalg.solve(self._factor, cross.T)
        variance = np.maximum(math.exp(self.logs[-2]) - (half**2).sum(axis=0), 0.0)
        mean, width = cross @ self._weights, np.sqrt(beta * variance)
        return mean - width, mean + width

    def _differences(self, first: Array, second: Array) -> Array:
        difference = first[:, None, :] - second[None, :, :]
        return np.where(self.options, (difference != 0.0).astype(float), difference**2)

    def _noise(self, logs: Array) -> float:
        return _LEAST_NOISE if self.noiseless else _LEAST_NOISE + math.exp(logs[-1])

    @staticmethod
    def _covariance(logs: Array, squares: Array) -> tuple[Array, Array]:
        """The kernel, and its derivative with respect to the squared distance."""
        squared = squares @ np.exp(logs[:-2])
        distance = np.sqrt(squared)
        falling = math.exp(logs[-2]) * np.exp(-_ROOT5 * distance)
        kernel = falling * (1.0 + _ROOT5 * distance + 5.0 / 3.0 * squared)
        return kernel, -5.0 / 6.0 * falling * (1.0 + _ROOT5 * distance)

    def _solve(self, right: Array) -> Array:
        return np.linalg.solve(self._factor.T, np.linalg.solve(self._factor, right))

    def _fitted(self, logs: Array) -> Array:
        """The logarithms of largest posterior density, by steps that grow while the slope keeps its sign (Rprop)."""
        best, highest = logs.copy(), -math.inf
        step = np.full(len(logs), 0.2)
        last = np.zeros(len(logs))
        for _ in range(_STEPS):
            density, slope = self._density(logs)
            if density > highest:
                best, highest = logs.copy(), density
            turned = slope * last < 0.0
            step = np.clip(np.where(turned, step * 0.5, step * 1.2), 1e-4, 1.0)
            last = np.where(turned, 0.0, slope)
            logs = np.clip(logs + np.sign(last) * step, self._means - 8.0, self._means + 8.0)
            if float(step.max()) <= 1e-4:
                break
        return best

    def _density(self, logs: Array) -> tuple[float, Array]:
        """The log posterior density of the logarithms, and its slope."""
        count = len(self.values)
        kernel, by_distance = self._covariance(logs, self._squares)
        noise = self._noise(logs)
        try:
            factor = np.linalg.cholesky(kernel + noise * np.eye(count))
        except np.linalg.LinAlgError:
            return -math.inf, self._means - logs
        inverse = np.linalg.inv(factor)
        inverse = inverse.T @ inverse
        weights = inverse @ self.values
        outer = np.outer(weights, weights) - inverse
        lengths = np.exp(logs[:-2]) * np.einsum("ij,ijk->k", outer * by_distance, self._squares)
        noise_slope = 0.0 if self.noiseless else math.exp(logs[-1]) * float(np.trace(outer))
        slope = 0.5 * np.concatenate([lengths, [float((outer * kernel).sum()), noise_slope]])
        off = (logs - self._means) / self._spreads
        density = -0.5 * float(self.values @ weights) - float(np.log(np.diag(factor)).sum())
        return density - 0.5 * float(off @ off), slope - off / self._spreads
