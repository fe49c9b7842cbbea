#!/usr/bin/env python3
"""How long a report takes in Optuna, in CPU time: `trial.report` and `trial.should_prune`, in memory.

    venv/bin/pip install optuna==5.0.0
    venv/bin/python bench/search/pruners.py [trials] [steps]

Eight trials at a time, none of which obeys, as in `ravine-bench-search pruners`; but the trials before them are given,
so that this is the time after so many trials and not the mean on the way there.
"""

import json
import random
import sys
import time
import warnings

import optuna

SLOTS = 8


def value(rng, trial, step):
    return trial * 7919 % 1009 / 1009 + 1 / (step + 1) + 0.05 * rng.random()


def past(rng, number, steps):
    values = {step: value(rng, number, step) for step in range(steps)}
    rungs = {f"completed_rung_{k}": values[3**k] for k in range(5) if 3**k < steps}
    return optuna.create_trial(value=0.0, intermediate_values=values, system_attrs=rungs)


def main():
    trials, steps = (int(text) for text in (sys.argv[1:] + ["1000", "100"][len(sys.argv) - 1 :]))
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
    p = optuna.pruners
    for name, pruner in {
        "none": p.NopPruner(),
        "median": p.MedianPruner(),
        "percentile": p.PercentilePruner(25.0),
        "threshold": p.ThresholdPruner(upper=9.0),
        "patience": p.PatientPruner(p.MedianPruner(), patience=10),
        "wilcoxon": p.WilcoxonPruner(),
        "asha": p.SuccessiveHalvingPruner(min_resource=1, reduction_factor=3),
        "hyperband": p.HyperbandPruner(min_resource=1, max_resource=81, reduction_factor=3),
    }.items():
        rng = random.Random(1)
        study = optuna.create_study(pruner=pruner)
        study.add_trials([past(rng, number, steps) for number in range(trials - SLOTS)])
        running = [study.ask() for _ in range(SLOTS)]
        start = time.process_time_ns()
        for step in range(steps):
            for trial in running:
                trial.report(value(rng, trial.number, step), step)
                trial.should_prune()
        spent = (time.process_time_ns() - start) / SLOTS / steps / 1000
        line = {"peer": "optuna", "rule": name, "trials": trials, "steps": steps, "report_us": round(spent, 1)}
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
