#!/usr/bin/env python3
"""Other optimisers on the same problems as `problems.rs`, and the tables that compare them with ravine.

    python -m venv venv && venv/bin/pip install optuna==5.0.0 rustuna==0.2.0 hyperopt==0.3.0
    cargo build --release -p ravine-bench-search
    venv/bin/python bench/search/peers.py check          # both languages compute the same functions
    venv/bin/python bench/search/peers.py quality OUT.jsonl [seeds] [peers, by comma] [first seed]
    venv/bin/python bench/search/peers.py speed OUT.jsonl
    venv/bin/python bench/search/peers.py regret OUT.jsonl [seeds]
"""

import json
import math
import pathlib
import random
import statistics
import subprocess
import sys
import time
import warnings

ROOT = pathlib.Path(__file__).resolve().parents[2]
RAVINE = ROOT / "target/release/ravine-bench-search"
TRIALS = 100


# Problems: a function of `suggest`, whose methods name and give the parameters.


def branin(s):
    x0, x1 = s.float("x0", -5, 10), s.float("x1", 0, 15)
    a = x1 - 5.1 / (4 * math.pi**2) * x0**2 + 5 / math.pi * x0 - 6
    return a * a + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x0) + 10


ALPHA = [1.0, 1.2, 3.0, 3.2]
A = [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
P = [
    [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
    [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
    [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
    [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
]


def hartmann6(s):
    x = [s.float(f"x{i}", 0, 1) for i in range(6)]
    return -sum(w * math.exp(-sum(a * (v - p) ** 2 for a, v, p in zip(A[i], x, P[i]))) for i, w in enumerate(ALPHA))


def rosenbrock5(s):
    x = [s.float(f"x{i}", -5, 10) for i in range(5)]
    return sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in zip(x, x[1:]))


def mixed(s):
    x = [s.float(f"x{i}", 0, 1) for i in range(5)]
    l0, l1 = s.log("l0", 1e-5, 1e-1), s.log("l1", 1e-6, 1e-2)
    i0, i1, option = s.int("i0", 1, 32), s.int("i1", 0, 100), s.choice("c0", 5)
    floats = sum((v - 0.15 * i - 0.1) ** 2 for i, v in enumerate(x))
    rate = (math.log10(l0) + 3 - 0.3 * option) ** 2 / 4
    decay = (math.log10(l1) + 4) ** 2 / 8
    ints = ((i0 - 20) / 32) ** 2 + ((i1 - 35) / 100) ** 2
    return floats + rate + decay + ints + [0.3, 0.1, 0.0, 0.2, 0.5][option]


def categorical(s):
    c = [s.choice(f"c{i}", n) for i, n in enumerate([4, 4, 6, 6, 8, 8])]
    x0, x1 = s.float("x0", 0, 1), s.float("x1", 0, 1)
    quality = sum((((c[i] * 7 + i * 3 + 2) * 5) % 11) / 11 for i in range(6))
    pairs = sum((((c[i] * 5 + c[i + 1] * 3 + 1) * 7) % 13) / 13 for i in (0, 2, 4))
    return quality + pairs + (x0 - 0.3) ** 2 * 4 + (x1 - 0.1 - 0.1 * c[4]) ** 2 * 4


def conditional(s):
    shared = 2 * (s.float("s", 0, 1) - 0.4) ** 2 + (math.log10(s.log("t", 1e-5, 1e-1)) + 3) ** 2 / 2
    method = s.branch("method", 4)
    if method == 0:
        x, y = s.float("method.a.x", 0, 1), s.log("method.a.y", 1e-4, 1)
        return shared + 0.5 + 4 * (x - 0.2) ** 2 + (math.log10(y) + 2) ** 2
    if method == 1:
        x, y, n = s.float("method.b.x", 0, 1), s.float("method.b.y", 0, 1), s.int("method.b.n", 0, 50)
        mode = 0.2 if s.branch("method.b.mode", 2) == 0 else (s.float("method.b.mode.v.x", 0, 1) - 0.5) ** 2
        return shared + 0.1 + 4 * (x - 0.7) ** 2 + 4 * (y - x) ** 2 + ((n - 13) / 25) ** 2 + mode
    if method == 2:
        return shared + 0.8
    return shared + 0.3 + (s.float("method.d.x", -5, 5) - 1) ** 2 / 4


PROBLEMS = [branin, hartmann6, rosenbrock5, mixed, categorical, conditional]


class Given:
    """Suggests what a record says."""

    def __init__(self, point):
        self.point = point

    def float(self, name, low, high):
        return self.point[name]

    log = int = float

    def choice(self, name, n):
        value = self.point[name]
        return "abcd".index(value) if name == "method" else "uv".index(value) if name.endswith("mode") else int(value[1:])

    branch = choice


class Random:
    def __init__(self, seed):
        self.rng = random.Random(seed)

    def float(self, name, low, high):
        return self.rng.uniform(low, high)

    def log(self, name, low, high):
        return math.exp(self.rng.uniform(math.log(low), math.log(high)))

    def int(self, name, low, high):
        return self.rng.randint(low, high)

    def choice(self, name, n):
        return self.rng.randrange(n)

    branch = choice


class Trial:
    """Suggests by an Optuna trial, or one of rustuna."""

    def __init__(self, trial):
        self.trial = trial

    def float(self, name, low, high):
        return self.trial.suggest_float(name, low, high)

    def log(self, name, low, high):
        return self.trial.suggest_float(name, low, high, log=True)

    def int(self, name, low, high):
        return self.trial.suggest_int(name, low, high)

    def choice(self, name, n):
        return int(self.trial.suggest_categorical(name, [f"o{i}" for i in range(n)])[1:])

    branch = choice


def hyperopt_space(problem):
    """hyperopt's space of a problem, found by running it with nodes instead of values; trees by hand."""
    from hyperopt import hp

    if problem is conditional:
        u = lambda name, low=0, high=1: hp.uniform(name, low, high)
        log = lambda name, low, high: hp.loguniform(name, math.log(low), math.log(high))
        mode = hp.choice("method.b.mode", [{"method.b.mode": 0}, {"method.b.mode": 1, "method.b.mode.v.x": u("method.b.mode.v.x")}])
        b = {"x": u("bx"), "y": u("by"), "n": hp.randint("bn", 0, 51), "mode": mode}
        methods = [{"x": u("ax"), "y": log("ay", 1e-4, 1)}, b, {}, {"x": u("dx", -5, 5)}]
        return {"s": u("s"), "t": log("t", 1e-5, 1e-1), "method": hp.choice("method", [{"which": i, **m} for i, m in enumerate(methods)])}

    class Collect(Random):
        space = {}

        def float(self, name, low, high):
            self.space[name] = hp.uniform(name, low, high)
            return super().float(name, low, high)

        def log(self, name, low, high):
            self.space[name] = hp.loguniform(name, math.log(low), math.log(high))
            return super().log(name, low, high)

        def int(self, name, low, high):
            self.space[name] = hp.randint(name, low, high + 1)
            return super().int(name, low, high)

        def choice(self, name, n):
            self.space[name] = hp.choice(name, list(range(n)))
            return super().choice(name, n)

    collect = Collect(0)
    collect.space = {}
    problem(collect)
    return collect.space


class Hyper(Given):
    """Suggests what hyperopt's tree says."""

    def __init__(self, values):
        flat = dict(values)
        if "method" in flat:
            method = flat.pop("method")
            which = "abcd"[method.pop("which")]
            flat.update(method.pop("mode", {}))
            flat.update({f"method.{which}.{k}": v for k, v in method.items()})
            flat["method"] = "abcd".index(which)
        super().__init__(flat)

    def choice(self, name, n):
        return int(self.point[name])

    branch = choice


# Peers: the values of TRIALS trials.


def run_random(problem, seed):
    suggest = Random(seed)
    return [problem(suggest) for _ in range(TRIALS)]


def run_optuna(problem, seed, **options):
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed, **options))
    study.optimize(lambda trial: problem(Trial(trial)), n_trials=TRIALS)
    return [t.value for t in study.trials]


def run_rustuna(problem, seed):
    import rustuna

    study = rustuna.create_study(sampler=rustuna.samplers.TPESampler(seed=seed))
    values = []

    def objective(trial):
        values.append(problem(Trial(trial)))
        return values[-1]

    study.optimize(objective, n_trials=TRIALS)
    return values


def run_hyperopt(problem, seed):
    import numpy
    from hyperopt import Trials, fmin, tpe

    trials = Trials()
    fmin(
        lambda values: problem(Hyper(values)), hyperopt_space(problem), algo=tpe.suggest, max_evals=TRIALS,
        trials=trials, rstate=numpy.random.default_rng(seed), show_progressbar=False, verbose=False,
    )
    return trials.losses()


PEERS = {
    "optuna": run_optuna,
    "optuna-group": lambda p, s: run_optuna(p, s, multivariate=True, group=True),
    "optuna-univariate": lambda p, s: run_optuna(p, s, multivariate=False),
    "hyperopt": run_hyperopt,
    "rustuna": run_rustuna,
    "random": run_random,
}


def ravine(*arguments):
    output = subprocess.run([RAVINE, *map(str, arguments)], check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in output.splitlines()]


def check():
    problems = {p.__name__: p for p in PROBLEMS}
    rows = ravine("values")
    for row in rows:
        value = problems[row["problem"]](Given(row["point"]))
        assert abs(value - row["value"]) <= 1e-9 * max(1, abs(value)), (row, value)
    print(f"{len(rows)} values agree")


def interval(ours, theirs, draws=4000):
    """Bootstrap interval (95 %) of the ratio of medians, over seeds."""
    rng = random.Random(1)
    ratios = []
    for _ in range(draws):
        a = statistics.median(rng.choices(ours, k=len(ours)))
        b = statistics.median(rng.choices(theirs, k=len(theirs)))
        ratios.append(a / b)
    ratios.sort()
    return ratios[int(0.025 * draws)], ratios[int(0.975 * draws)]


# Regret is measured from the least value there is.
LEAST = {"branin": 0.397887, "hartmann6": -3.32237, "rosenbrock5": 0.0, "mixed": 0.0, "categorical": None, "conditional": 0.1}


def quality(out, seeds, names, first):
    rows = ravine("quality", seeds, TRIALS, '{"name": "tpe"}', "", first)
    univariate = ravine("quality", seeds, TRIALS, '{"name": "tpe", "multivariate": false}', "", first)
    rows += [{**row, "peer": "ravine-univariate"} for row in univariate]
    for name in names:
        for problem in PROBLEMS:
            if name == "optuna-group" and problem is not conditional:
                continue
            for seed in range(first, first + seeds):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    best = min(PEERS[name](problem, seed))
                rows.append({"problem": problem.__name__, "peer": name, "seed": seed, "trials": TRIALS, "best": best})
            print(name, problem.__name__, file=sys.stderr)
    pathlib.Path(out).write_text("".join(json.dumps(row) + "\n" for row in rows))
    quality_table(rows)


def quality_table(rows):
    bests = {}
    for row in rows:
        bests.setdefault((row["problem"], row["peer"]), []).append(row["best"])
    least = {**LEAST, "categorical": categorical_least()}
    print("| problem | peer | median best | ravine's regret / the peer's, of medians [95 %] | of geometric means [95 %] |")
    print("|---|---|---|---|---|")
    for (problem, peer), values in sorted(bests.items(), key=lambda item: (item[0][0], item[0][1] != "ravine", item[0][1])):
        ours = [v - least[problem] for v in bests[problem, "ravine"]]
        theirs = [v - least[problem] for v in values]
        ratio = statistics.median(ours) / statistics.median(theirs)
        low, high = interval(ours, theirs)
        compared = " | " if peer == "ravine" else f"{ratio:.2f} [{low:.2f}, {high:.2f}] | {of_means(ours, theirs)}"
        print(f"| {problem} | {peer} | {statistics.median(values):.4g} | {compared} |")


def of_means(ours, theirs):
    """The ratio of geometric means, with an interval (95 %) from the spread over seeds."""
    ours, theirs = ([math.log(max(v, 1e-12)) for v in values] for values in (ours, theirs))
    middle = statistics.fmean(ours) - statistics.fmean(theirs)
    error = 1.96 * math.sqrt(statistics.variance(ours) / len(ours) + statistics.variance(theirs) / len(theirs))
    return "{:.2f} [{:.2f}, {:.2f}]".format(*map(math.exp, (middle, middle - error, middle + error)))


def categorical_least():
    import itertools

    sizes = [4, 4, 6, 6, 8, 8]
    point = lambda c: {**{f"c{i}": f"o{k}" for i, k in enumerate(c)}, "x0": 0.3, "x1": min(0.1 + 0.1 * c[4], 1)}
    return min(categorical(Given(point(c))) for c in itertools.product(*map(range, sizes)))


def speed(out):
    rows = ravine("speed")
    for name, lengths in [("rustuna", [100, 1000, 3000]), ("optuna", [100, 1000])]:
        rows += list(speed_of(name, lengths))
    pathlib.Path(out).write_text("".join(json.dumps(row) + "\n" for row in rows))
    print("| peer | history | trials | CPU ms for one ask and tell |\n|---|---|---|---|")
    for row in rows:
        print(f"| {row['peer']} | {row['history']} | {row['trials']:,} | {row['ask_ms'] + row['tell_ms']:.3f} |")


def speed_of(name, lengths):
    """CPU time of a trial of `mixed` in the peer's own loop, after a history of its own."""
    if name == "rustuna":
        import rustuna as library
    else:
        import optuna as library

        library.logging.set_verbosity(library.logging.ERROR)
    for length in lengths:
        study = library.create_study(sampler=library.samplers.TPESampler(seed=1))
        objective = lambda trial: mixed(Trial(trial))
        if name == "rustuna":
            study.optimize(objective, n_trials=length)
        else:
            fill = library.create_study(sampler=library.samplers.RandomSampler(seed=1))
            fill.optimize(objective, n_trials=length)
            study.add_trials(fill.trials)
        asks = 50 if name == "rustuna" else 20
        study.optimize(objective, n_trials=2)
        start = time.process_time()
        study.optimize(objective, n_trials=asks)
        used = (time.process_time() - start) / asks * 1000
        history = "its own" if name == "rustuna" else "random"
        yield {"peer": name, "history": history, "trials": length, "ask_ms": used, "tell_ms": 0.0}


def regret(out, seeds):
    rows = ravine("regret", seeds)
    pathlib.Path(out).write_text("".join(json.dumps(row) + "\n" for row in rows))
    regret_table(rows)


def regret_table(rows):
    """Ratios of regrets, geometric means of pairs: the bounded form to the exact one, and the exact one to itself."""
    least = {**LEAST, "categorical": categorical_least()}
    table = {}
    for row in rows:
        table.setdefault((row["problem"], row["history"]), {})[row["form"], row["seed"]] = row
    seeds = sorted({row["seed"] for row in rows})
    for form in ["bounded", "exact again"]:
        print(f"\n{form} / exact, {len(seeds)} seeds [95 %]\n\n| problem | history | mean of the asks | median of the asks | best |")
        print("|---|---|---|---|---|")
        for (problem, history), cells in table.items():
            shown = []
            for what in ["mean", "median", "best"]:
                regret = lambda form, seed: math.log(max(cells[form, seed][what] - least[problem], 1e-12))
                ratios = [regret(form, seed) - regret("exact", seed) for seed in seeds if ("exact again", seed) in cells]
                shown.append("{:.3f} [{:.3f}, {:.3f}]".format(*map(math.exp, paired(ratios))))
            print(f"| {problem} | {history:,} | {' | '.join(shown)} |")


def paired(logs, draws=4000):
    rng = random.Random(1)
    means = sorted(statistics.fmean(rng.choices(logs, k=len(logs))) for _ in range(draws))
    return statistics.fmean(logs), means[int(0.025 * draws)], means[int(0.975 * draws)]


if __name__ == "__main__":
    what, *rest = sys.argv[1:] or [""]
    if what == "check":
        check()
    elif what == "quality":
        names = rest[2].split(",") if len(rest) > 2 else list(PEERS)
        quality(rest[0], int(rest[1]) if len(rest) > 1 else 21, names, int(rest[3]) if len(rest) > 3 else 0)
    elif what == "speed":
        speed(rest[0])
    elif what == "regret":
        regret(rest[0], int(rest[1]) if len(rest) > 1 else 15)
    else:
        sys.exit(__doc__)
