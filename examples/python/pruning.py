"""A define-by-run study with pruning: hopeless trials are stopped after their first epochs.

python examples/python/pruning.py
"""

from __future__ import annotations

import sys

import lvq
import ravine


def objective(trial: ravine.Trial) -> float:
    per_class = trial.suggest_int("per_class", 1, 6)
    rate = trial.suggest_float("rate", 1e-3, 1.0, log=True)
    decay = trial.suggest_float("decay", 0.5, 1.0) if trial.suggest_categorical("anneal", [False, True]) else 1.0
    train, test = lvq.load(400, seed=0)
    error = 1.0
    for epoch, error in enumerate(lvq.errors(train, test, per_class, rate, decay, epochs=5, seed=trial.number)):
        trial.report(error, epoch)
        if trial.should_prune():
            raise ravine.TrialPruned
    return error


def main(trials: int) -> None:
    study = ravine.create_study(
        sampler=ravine.samplers.TPESampler(seed=1), pruner=ravine.pruners.MedianPruner(n_startup_trials=5)
    )
    study.optimize(objective, n_trials=trials)
    pruned = sum(trial.state == ravine.trial.TrialState.PRUNED for trial in study.trials)
    print(f"{len(study.trials)} trials, {pruned} of them pruned; the best has an error of {study.best_value:.3f}")
    print(study.best_params)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
