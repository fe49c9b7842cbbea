"""Eight processes on one SQLite study: trials a second, beside Optuna."""

from __future__ import annotations

import importlib
import subprocess
import sys
import tempfile
import time

PROCESSES = 8

WORKER = """
import importlib, sys
package, url, trials = sys.argv[1:]
module = importlib.import_module(package)
module.logging.set_verbosity(module.logging.ERROR)
study = module.load_study(study_name="s", storage=url, sampler=module.samplers.RandomSampler())
study.optimize(lambda t: sum(t.suggest_float(f"x{i}", -5, 5) ** 2 for i in range(10)), n_trials=int(trials))
"""


def main() -> None:
    rates = {}
    for package, trials in (("ravine", 250), ("optuna", 10)):
        module = importlib.import_module(package)
        module.logging.set_verbosity(module.logging.ERROR)
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            url = f"sqlite:///{folder}/study.db"
            study = module.create_study(study_name="s", storage=url)
            start = time.perf_counter()
            command = [sys.executable, "-c", WORKER, package, url, str(trials)]
            workers = [subprocess.Popen(command) for _ in range(PROCESSES)]
            codes = [worker.wait() for worker in workers]
            seconds = time.perf_counter() - start
            complete = study.get_trials(states=(module.trial.TrialState.COMPLETE,))
        numbers = [trial.number for trial in complete]
        failed = sum(code != 0 for code in codes)
        if package == "ravine":
            assert failed == 0 and numbers == list(range(PROCESSES * trials))
        rates[package] = len(numbers) / seconds
        print(
            f"{package}: {rates[package]:.1f} trials a second, start of the processes included; {failed} of {PROCESSES} "
            "processes ended with an error",
            flush=True,
        )
    print(f"{rates['ravine'] / rates['optuna']:.0f} ×")


if __name__ == "__main__":
    main()
