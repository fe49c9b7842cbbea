#!/usr/bin/env python3
"""Records what pycma and the `cmaes` package compute, for the tests of src/cmaes to compare with.

    python -m venv venv && venv/bin/pip install cma==4.5.0 cmaes==0.13.1
    venv/bin/python crates/search/tests/oracles/pycma.py crates/search/tests/data/cmaes.json

Populations are drawn here and recorded, best first, with the state after each generation: what is compared is the update.
pycma gives the constants and the update of a full and of a diagonal matrix. Learning-rate adaptation, margin, chances of
options and warm start are of the `cmaes` package, which is given pycma's constants.
"""

import json
import pathlib
import sys
import warnings

warnings.filterwarnings("ignore")

import cma
import cmaes
import numpy as np

cmaes._cma._EPS = 1e-300  # against a division by zero; pycma has another number


def elli(x):
    """An ellipsoid off the middle."""
    return sum(10 ** (4 * i / max(1, len(x) - 1)) * (v - 0.3) ** 2 for i, v in enumerate(x))


def rastrigin(x):
    return sum((10 * (v - 0.6)) ** 2 + 30 * (1 - np.cos(20 * np.pi * (v - 0.6))) for v in x)


def constants():
    """pycma's constants by dimension and population; below 6 it mirrors samples, which changes its damping."""
    rows = []
    for n in [2, 3, 5, 10, 20, 40, 100]:
        for population in [None, 7, 30, 100]:
            options = {"verbose": -9, "seed": 1}
            if population:
                options["popsize"] = population
            es = cma.CMAEvolutionStrategy(n * [0.5], 0.3, options)
            es.adapt_sigma.initialize(es)
            sp = es.sp
            given = es.sm.parameters(mueff=sp.weights.mueff, lam=sp.weights.lambda_)
            rows.append(
                {
                    "n": n,
                    "population": sp.popsize,
                    "mueff": sp.weights.mueff,
                    "c1": given["c1"],
                    "cmu": given["cmu"],
                    "cc": sp.cc,
                    "cs": es.adapt_sigma.cs,
                    "damping": es.adapt_sigma.damps,
                    "weights": list(sp.weights),
                    "c1_diagonal": sp.c1_sep,
                    "cmu_diagonal": sp.cmu_sep,
                    "cc_diagonal": sp.cc_sep,
                }
            )
    return rows


def pycma_run(n, generations, injected):
    """A run of pycma with a full matrix; `injected` points are twice as far from the mean as draws, and are repaired."""
    options = {"verbose": -9, "seed": 3, "CMA_eigenmethod": np.linalg.eigh}
    es = cma.CMAEvolutionStrategy(n * [0.5], 0.3, options)
    es.sm.lazy_update_gap = 0
    norm = es.sm.norm
    es.sm.norm = lambda x: norm(x) - 1e-9  # it adds as much against a division by zero
    es.mahalanobis_norm = lambda dx: norm(dx) / es.sigma
    rng = np.random.default_rng(5)
    start = {"mean": es.mean.tolist(), "sigma": es.sigma, "C": np.asarray(es.sm.C).flatten().tolist()}
    steps = []
    for _ in range(generations):
        es.sm.update_now(0)
        axes = es.sm.B * es.sm.D
        points = [es.mean + es.sigma * (1 + injected) * axes @ rng.standard_normal(n) for _ in range(es.popsize)]
        points.sort(key=elli)
        es.ask()
        es.tell(points, [elli(x) for x in points], check_points=injected)
        steps.append(
            {
                "points": [p.tolist() for p in points],
                "mean": es.mean.tolist(),
                "sigma": es.sigma,
                "C": np.asarray(es.sm.C).flatten().tolist(),
            }
        )
    return {"n": n, "population": es.popsize, "start": start, "steps": steps}


def with_pycmas_constants(es, n):
    """Gives a `cmaes.CMA` the constants of pycma."""
    row = cma.CMAEvolutionStrategy(n * [0.5], 0.3, {"verbose": -9, "popsize": es._popsize})
    row.adapt_sigma.initialize(row)
    given = row.sm.parameters(mueff=row.sp.weights.mueff, lam=row.sp.weights.lambda_)
    es._c1, es._cmu, es._cc = given["c1"], given["cmu"], row.sp.cc
    es._c_sigma, es._d_sigma = row.adapt_sigma.cs, row.adapt_sigma.damps
    es._weights = np.array(list(row.sp.weights))
    es._chi_n = float(cma.utilities.math.Mh.chiN(n))


def learning_rate(n, generations):
    """A run with learning-rate adaptation, on a noisy function."""
    es = cmaes.CMA(np.full(n, 0.5), 0.3, lr_adapt=True)
    with_pycmas_constants(es, n)
    rng = np.random.default_rng(7)
    steps = []
    for _ in range(generations):
        B, D = es._eigen_decomposition()
        points = [es._mean + es._sigma * (B * D) @ rng.standard_normal(n) for _ in range(es._popsize)]
        points.sort(key=lambda x: rastrigin(x))
        es.tell([(x, float(i)) for i, x in enumerate(points)])
        steps.append(
            {
                "points": [p.tolist() for p in points],
                "mean": es._mean.tolist(),
                "sigma": es._sigma,
                "C": es._C.flatten().tolist(),
                "rates": [es._eta_mean, es._eta_Sigma],
            }
        )
    return {"n": n, "population": es._popsize, "steps": steps}


def margins(generations):
    """A run with margin: coordinates of 2, 4 and 10 values and one continuous, in the unit cube."""
    counts = [2, 4, 10, 0]
    n = len(counts)
    bounds = np.array([[0.5 / c, 1 - 0.5 / c] if c else [0.0, 1.0] for c in counts])
    steps_ = np.array([1 / c if c else 0.0 for c in counts])
    es = cmaes.CMAwM(np.full(n, 0.5) + 0.01, 0.3, bounds, steps_)
    with_pycmas_constants(es._cma, n)
    rng = np.random.default_rng(11)
    steps = []
    for _ in range(generations):
        B, D = es._cma._eigen_decomposition()
        points = []
        for _ in range(es.population_size):
            x = es.mean + es._cma._sigma * (B * D) @ rng.standard_normal(n)
            seen = x.copy()
            seen[es._discrete_idx] = es._encode_discrete_params(x[es._discrete_idx])
            points.append((x, seen))
        points.sort(key=lambda p: sum((s - 0.15 - 0.2 * i) ** 2 for i, s in enumerate(p[1])))
        es.tell([(x, float(i)) for i, (x, _) in enumerate(points)])
        steps.append(
            {
                "points": [x.tolist() for x, _ in points],
                "seen": [s.tolist() for _, s in points],
                "mean": es.mean.tolist(),
                "sigma": es._cma._sigma,
                "widths": es._A.tolist(),
            }
        )
    return {"counts": counts, "population": es.population_size, "steps": steps}


def chances(generations):
    """A run of the chances of options: choices of 2, 3 and 6."""
    counts = np.array([2, 3, 6])
    es = cmaes.CatCMA(np.zeros(2), 0.3, counts)
    rng = np.random.default_rng(13)
    steps = []
    for _ in range(generations):
        picks = []
        for _ in range(es.population_size):
            picks.append([int(rng.choice(k, p=es._q[i, :k] / es._q[i, :k].sum())) for i, k in enumerate(counts)])
        picks.sort(key=lambda p: sum(abs(v - 1) for v in p) + 0.3 * rng.standard_normal())
        onehot = [np.array([[j == v and j < k for j in range(6)] for v, k in zip(p, counts)]) for p in picks]
        es.tell([((rng.standard_normal(2), c), float(i)) for i, c in enumerate(onehot)])
        steps.append({"options": picks, "shares": [es._q[i, :k].tolist() for i, k in enumerate(counts)]})
    return {
        "counts": counts.tolist(),
        "weights": es._weights[: es._mu].tolist(),
        "steps": steps,
    }


def warm_start():
    """The promising distribution of 40 results."""
    rng = np.random.default_rng(17)
    points = sorted(rng.uniform(0, 1, (40, 3)).tolist(), key=elli)
    mean, sigma, covariance = cmaes.get_warm_start_mgd([(np.array(x), float(i)) for i, x in enumerate(points)])
    return {"points": points, "mean": mean.tolist(), "covariance": (sigma**2 * covariance).flatten().tolist()}


def main():
    data = {
        "constants": constants(),
        "full": pycma_run(5, 25, False),
        "injected": pycma_run(5, 25, True),
        "learning_rate": learning_rate(4, 25),
        "margin": margins(25),
        "chances": chances(25),
        "warm": warm_start(),
    }
    pathlib.Path(sys.argv[1]).write_text("{\n" + ",\n".join(f'"{k}": {json.dumps(v)}' for k, v in data.items()) + "\n}\n")


main()
