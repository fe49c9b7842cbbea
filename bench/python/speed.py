"""How much processor time a trial takes, beside Optuna and rustuna: `README.md` beside this says how to run it.

Each measurement is a process of its own and counts its processor time, so that nothing that ran before matters, and
little of what runs beside. `study.optimize` runs an objective that costs next to nothing.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import subprocess
import sys
import tempfile
import time

PACKAGES = ("ravine", "rustuna", "optuna")


def objective(trial):
    return sum(trial.suggest_float(f"x{i}", -5, 5) ** 2 for i in range(10))


def measure(package: str, sampler: str, trials: int, storage: str) -> float:
    """Processor seconds of a search."""
    module = importlib.import_module(package)
    if package != "rustuna":
        module.logging.set_verbosity(module.logging.ERROR)
    samplers = importlib.import_module(f"{package}.samplers")
    options = {"sampler": getattr(samplers, sampler)(seed=1)}
    with tempfile.TemporaryDirectory() as folder:
        if storage == "sqlite":
            options["storage"] = f"sqlite:///{folder}/study.db"
        study = module.create_study(**options)
        study.optimize(objective, n_trials=5)
        start = time.process_time() if storage == "memory" else time.perf_counter()
        study.optimize(objective, n_trials=trials)
        return (time.process_time() if storage == "memory" else time.perf_counter()) - start


def suggest_overhead() -> float:
    """Seconds of one call of `suggest_float`, less those of a call that does nothing."""
    import ravine

    ravine.logging.set_verbosity(ravine.logging.ERROR)
    names = [f"x{i}" for i in range(10)]

    class Nothing:
        def suggest_float(self, name, low, high):
            return low

    def loop(trial):
        start = time.process_time()
        for name in names:
            trial.suggest_float(name, -5, 5)
        return time.process_time() - start

    study = ravine.create_study(sampler=ravine.samplers.RandomSampler(seed=1))
    study.optimize(objective, n_trials=5)
    rounds = 5000
    mine = sum(loop(study.ask()) for _ in range(rounds))
    nothing = sum(loop(Nothing()) for _ in range(rounds))
    return (mine - nothing) / rounds / len(names)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", nargs=4, metavar=("PACKAGE", "SAMPLER", "TRIALS", "STORAGE"))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="without what takes Optuna minutes")
    args = parser.parse_args()
    if args.one:
        package, sampler, trials, storage = args.one
        print(measure(package, sampler, int(trials), storage))
        return
    print(f"one suggest_float: {1e6 * suggest_overhead():.2f} µs\n")
    cases = [("RandomSampler", n, "memory") for n in (1000, 10_000)]
    cases += [("TPESampler", 1000, "memory")]
    cases += [] if args.quick else [("TPESampler", 10_000, "memory")]
    cases += [("RandomSampler", 200, "sqlite")]
    print("| sampler | trials | where | " + " | ".join(f"{p}, ms a trial" for p in PACKAGES) + " | Optuna / ravine |")
    print("|---|---|---|" + "---|" * (len(PACKAGES) + 1))
    for sampler, trials, storage in cases:
        found = {}
        for package in PACKAGES:
            if importlib.util.find_spec(package) is None or (package == "rustuna" and storage == "sqlite"):
                continue
            slow = package == "optuna" and sampler == "TPESampler"
            if slow and trials > 1000 and args.quick:
                continue
            repeats = 1 if slow else args.repeats
            command = [sys.executable, __file__, "--one", package, sampler, str(trials), storage]
            found[package] = (
                min(float(subprocess.check_output(command, text=True)) for _ in range(repeats)) * 1000 / trials
            )
        cells = [f"{found[p]:.4f}" if p in found else "–" for p in PACKAGES]
        ratio = f"{found['optuna'] / found['ravine']:.0f} ×" if "optuna" in found else "–"
        print(f"| {sampler} | {trials} | {storage} | " + " | ".join(cells) + f" | {ratio} |", flush=True)


if __name__ == "__main__":
    main()
