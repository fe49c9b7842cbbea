#!/usr/bin/env python3
"""Records what other implementations compute, for the tests of crates/search to read.

    python -m venv venv && venv/bin/pip install optuna==5.0.0 scipy
    venv/bin/python bench/search/oracles.py crates/search/tests/data
"""

import json
import pathlib
import sys


def sobol(folder):
    """The first unscrambled points of scipy's Sobol sequence (Joe and Kuo's new-joe-kuo-6.21201)."""
    from scipy.stats import qmc

    points = qmc.Sobol(1111, scramble=False).random(64)
    dimensions = [*range(100), *range(100, 1111, 97), 1109, 1110]
    rows = [{"dimension": d, "values": points[:, d].tolist()} for d in dimensions]
    (folder / "sobol.json").write_text("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")


def densities(folder):
    """log_pdf of Optuna 5.0.0's Parzen estimator on random histories.

    Equal centres get their widths by the place that argsort puts them at, which numpy's default leaves open (it
    differs between processors); here it is made stable, so that equal centres stand in the order of their trials.
    """
    import numpy as np
    from optuna import distributions as d
    from optuna.samplers._tpe import parzen_estimator as pe
    from optuna.samplers._tpe.sampler import default_weights

    class StableNumpy:
        def __getattr__(self, name):
            return getattr(np, name)

        @staticmethod
        def argsort(a):
            return np.argsort(a, kind="stable")

    pe.np = StableNumpy()
    rng = np.random.default_rng(20261121)
    kinds = {
        "float": (d.FloatDistribution(-3.0, 5.0), {"float": {"low": -3.0, "high": 5.0}}),
        "log": (d.FloatDistribution(1e-6, 1e2, log=True), {"float": {"low": 1e-6, "high": 1e2, "log": True}}),
        "step": (d.FloatDistribution(0.0, 0.5, step=0.1), {"float": {"low": 0.0, "high": 0.5, "step": 0.1}}),
        "int": (d.IntDistribution(-2, 9), {"int": {"low": -2, "high": 9}}),
        "intstep": (d.IntDistribution(0, 100, step=5), {"int": {"low": 0, "high": 100, "step": 5}}),
        "intlog": (d.IntDistribution(1, 300, log=True), {"int": {"low": 1, "high": 300, "log": True}}),
        "wide": (d.IntDistribution(0, 10**6), {"int": {"low": 0, "high": 10**6}}),
        "widelog": (d.IntDistribution(1, 20_000, log=True), {"int": {"low": 1, "high": 20_000, "log": True}}),
        "choice": (d.CategoricalDistribution(list("abcde")), {"choice": {"labels": list("abcde")}}),
    }
    cases = []
    for names in [[k] for k in kinds] + [["float", "log", "choice"], ["float", "step", "intlog", "choice", "int"], list(kinds)]:
        for n in [0, 1, 2, 7, 26, 120, 400]:
            if n == 400 and len(names) not in (1, 9):
                continue
            for prior_weight, magic_clip, endpoints in [(1.0, True, False), (0.5, False, True), (2.0, True, True)]:
                if n not in (7, 120) and (prior_weight, magic_clip) != (1.0, True):
                    continue
                space = {k: kinds[k][0] for k in names}
                parameters = pe._ParzenEstimatorParameters(prior_weight, magic_clip, endpoints, default_weights, True)
                draw = lambda m: {k: np.array([draw_one(rng, space[k]) for _ in range(m)], float) for k in names}
                history, queries = draw(n), draw(8)
                estimator = pe._ParzenEstimator(history, space, parameters)
                cases.append({
                    "domains": {k: kinds[k][1] for k in names},
                    "prior_weight": prior_weight, "magic_clip": magic_clip, "endpoints": endpoints,
                    "history": [[float(history[k][i]) for k in names] for i in range(n)],
                    "queries": [[float(queries[k][i]) for k in names] for i in range(8)],
                    "log_pdf": estimator.log_pdf(queries).tolist(),
                })
    (folder / "densities.json").write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")


def draw_one(rng, dist):
    """A value in Optuna's internal form: half of them clustered, with both ends among them."""
    import math

    if hasattr(dist, "choices"):
        return int(rng.integers(len(dist.choices)))
    u = rng.random() if rng.random() < 0.5 else min(max(rng.normal(0.3, 0.03), 0), 1)
    u = rng.choice([0.0, 1.0]) if rng.random() < 0.05 else u
    if dist.log:
        x = math.exp(math.log(dist.low) + u * (math.log(dist.high) - math.log(dist.low)))
    else:
        x = dist.low + u * (dist.high - dist.low)
    if dist.step is not None:
        x = dist.low + round((x - dist.low) / dist.step) * dist.step
    return min(max(x, dist.low), dist.high)


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    sobol(folder)
    densities(folder)
