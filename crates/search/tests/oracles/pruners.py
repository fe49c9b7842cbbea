#!/usr/bin/env python3
"""Records what Optuna's pruners decide, for tests/pruners.rs to compare with.

    python -m venv venv && venv/bin/pip install optuna==5.0.0
    venv/bin/python crates/search/tests/oracles/pruners.py crates/search/tests/data

Each case is a study: a rule, a direction, and what happened in order. ["r", trial, step, value, verdict] is a report
and what the rule made of it ("?" where numpy's percentile is NaN beside an infinite value, so that Optuna compares
nothing); ["e", trial, how] is an ending: complete, pruned, failed, with the trial's value where that is not 0.5. Up to
four trials run at a time; some obey, some do not. Non-finite values are strings.
"""

import json
import math
import pathlib
import random
import sys
import warnings

import numpy as np
import optuna
from optuna.pruners import _percentile as percentile
from optuna.trial import TrialState

STATES = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}
CASES = 50


def quantile_is_lost(study, trial, pruner):
    """Whether a percentile of values that are not all NaN is NaN, which infinities do in numpy."""
    while not isinstance(pruner, optuna.pruners.PercentilePruner):
        pruner = getattr(pruner, "_wrapped_pruner", None)
        if pruner is None:
            return False
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    at_step = [t.intermediate_values[trial.last_step] for t in complete if trial.last_step in t.intermediate_values]
    at_step = [value for value in at_step if not math.isnan(value)]
    if all(math.isfinite(value) for value in at_step):
        return False
    return math.isnan(np.percentile(np.array(at_step), pruner._percentile))


def value(rng, level, kind):
    if kind == "odd" and rng.random() < 0.15:
        return rng.choice([math.nan, math.nan, math.inf, -math.inf, 1e300])
    if kind == "tied":
        return float(rng.randrange(4))
    return round(level + rng.gauss(0.0, 0.5), 3)


def over_instances(rng, rule, pruner, direction, instances):
    """Trials that report one value for each instance, the instance's number as the step, each in an order of its own."""
    study = optuna.create_study(direction=direction, pruner=pruner)
    kind = rng.choice(["plain", "plain", "tied", "odd"])
    hardness = [rng.gauss(0.0, 1.0) for _ in range(instances)]
    running, events = [], []
    for _ in range(rng.randrange(80, 220)):
        if len(running) < rng.choice([1, 2, 4]) or not running:
            order = rng.sample(range(instances), instances if rng.random() < 0.8 else max(1, instances // 2))
            running.append((study.ask(), rng.gauss(0.0, 0.5), rng.random() < 0.6, order, []))
        entry = rng.choice(running)
        trial, level, obeys, order, reported = entry
        ends = None
        if not order or rng.random() < 0.01:
            ends = rng.choice(["complete"] * 8 + ["failed", "pruned"])
        else:
            instance = order.pop()
            if kind == "tied":
                found = float(round(hardness[instance] + level + rng.gauss(0.0, 0.5)))
            elif kind == "odd" and rng.random() < 0.02:
                found = rng.choice([math.nan, math.inf, -math.inf])
            else:
                found = round(hardness[instance] + level + rng.gauss(0.0, 0.3), 3)
            reported.append(found)
            trial.report(found, instance)
            prune = trial.should_prune()
            shown = found if math.isfinite(found) else str(found)
            events.append(["r", trial.number, instance, shown, int(prune)])
            if prune and obeys:
                ends = "pruned"
        if ends:
            running.remove(next(other for other in running if other[0] is trial))
            mean = sum(reported) / len(reported) if reported else 0.5
            mean = mean if math.isfinite(mean) else 0.5
            study.tell(trial, mean if ends == "complete" else None, state=STATES[ends])
            events.append(["e", trial.number, ends, mean])
    return {"rule": rule, "direction": direction, "events": events}


def history(rng, rule, pruner, direction, maximum_step):
    study = optuna.create_study(direction=direction, pruner=pruner)
    kind = rng.choice(["plain", "plain", "tied", "odd"])
    stride, first = rng.choice([(1, 0), (1, 0), (1, 1), (3, 2), (7, 0)])
    running, events = [], []
    for _ in range(rng.randrange(80, 260)):
        if len(running) < rng.choice([1, 2, 4]) or not running:
            running.append((study.ask(), rng.gauss(0.0, 1.0), rng.random() < 0.6, [first]))
        trial, level, obeys, step = rng.choice(running)
        ends = None
        if step[0] > maximum_step or rng.random() < 0.03:
            ends = rng.choice(["complete"] * 8 + ["failed", "pruned"])
        else:
            reported = value(rng, level, kind)
            trial.report(reported, step[0])
            frozen = study._storage.get_trial(trial._trial_id)
            lost = quantile_is_lost(study, frozen, pruner)
            prune = trial.should_prune()
            shown = reported if math.isfinite(reported) else str(reported)
            events.append(["r", trial.number, step[0], shown, "?" if lost else int(prune)])
            step[0] += stride if kind != "odd" or rng.random() < 0.8 else stride + rng.randrange(4)
            if prune and obeys:
                ends = "pruned"
        if ends:
            running.remove(next(entry for entry in running if entry[0] is trial))
            study.tell(trial, 0.5 if ends == "complete" else None, state=STATES[ends])
            events.append(["e", trial.number, ends])
    return {"rule": rule, "direction": direction, "events": events}


def interval(rng):
    return {"n_warmup_steps": rng.choice([0, 0, 3, 8]), "interval_steps": rng.choice([1, 1, 2, 5])}


def over_trials(rng):
    return {
        "n_startup_trials": rng.choice([0, 1, 5]),
        "n_min_trials": rng.choice([1, 1, 3]),
        **interval(rng),
    }


def median(rng):
    options = over_trials(rng)
    return {"name": "median", **options}, optuna.pruners.MedianPruner(**options), 20


def percentiles(rng):
    options = over_trials(rng)
    share = rng.choice([0.0, 10.0, 25.0, 25.0, 33.3, 60.0, 90.0, 100.0])
    rule = {"name": "percentile", "percentile": share, **options}
    return rule, optuna.pruners.PercentilePruner(share, **options), 20


def threshold(rng):
    limits = rng.choice([{"lower": -1.0}, {"upper": 1.0}, {"lower": -1.0, "upper": 1.5}, {"lower": 0.0, "upper": 2.0}])
    options = {**limits, **interval(rng)}
    return {"name": "threshold", **options}, optuna.pruners.ThresholdPruner(**options), 20


def patience(rng):
    options = {"patience": rng.choice([0, 1, 2, 5]), "min_delta": rng.choice([0.0, 0.0, 0.3])}
    rule, wrapped = {"name": "patience", **options}, None
    if rng.random() < 0.5:
        inner, wrapped, _ = median(rng)
        rule["rule"] = inner
    return rule, optuna.pruners.PatientPruner(wrapped, **options), 20


def asha(rng):
    options = {
        "min_resource": rng.choice([1, 1, 2, 4]),
        "reduction_factor": rng.choice([2, 3, 3, 4]),
        "min_early_stopping_rate": rng.choice([0, 0, 1]),
        "bootstrap_count": rng.choice([0, 0, 0, 3]),
    }
    return {"name": "asha", **options}, optuna.pruners.SuccessiveHalvingPruner(**options), 40


def wilcoxon(rng):
    options = {"p_threshold": rng.choice([0.05, 0.1, 0.125, 0.3]), "n_startup_steps": rng.choice([0, 2, 2, 5])}
    return {"name": "wilcoxon", **options}, optuna.pruners.WilcoxonPruner(**options), rng.choice([6, 12, 20, 60])


def main():
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
    rng = random.Random(20261121)
    lines = []
    for make in [median, percentiles, threshold, patience, asha, wilcoxon]:
        # scipy goes through all signs of up to 13 differences where some are tied: that takes its time.
        for case in range(CASES if make is not wilcoxon else 40):
            rule, pruner, maximum_step = make(rng)
            direction = "maximize" if case % 4 == 3 else "minimize"
            record = over_instances if make is wilcoxon else history
            lines.append(json.dumps(record(rng, rule, pruner, direction, maximum_step), separators=(",", ":")))
    text = "[\n" + ",\n".join(lines) + "\n]\n"
    (pathlib.Path(sys.argv[1]) / "pruners.json").write_text(text)


if __name__ == "__main__":
    main()
