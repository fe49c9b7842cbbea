"""A whole study built in Python: the engine calls `train` for each trial and fold, in processes of their own.

    python examples/python/tune.py

The study lies in runs/lvq of the current folder, and its file in lvq.study.toml; the same command goes on
with it.
"""

from __future__ import annotations

import sys

import lvq
import ravine


def train(per_class, rate, decay, fold):
    """Reports the error after each epoch; returns nothing, since the last report counts."""
    for epoch, error in enumerate(lvq.errors(*lvq.load(400, seed=fold), per_class, rate, decay, epochs=4, seed=0)):
        ravine.report(error=error, step=epoch)


def study(trials: int) -> ravine.StudySpec:
    return ravine.StudySpec(
        name="lvq",
        seed=7,
        space=ravine.Space(
            per_class=ravine.Int(1, 6, default=1),
            rate=ravine.Float(1e-3, 1.0, log=True, default=0.1),
            decay=ravine.Float(0.5, 1.0, default=1.0),
        ),
        objective=ravine.Objective("error", "minimize"),
        stage=ravine.Stage(call=train, timeout="2m"),
        repeat=ravine.Repeat("fold", count=2),
        stop={"trials": trials},
        executor={"parallel": 2},
    )


if __name__ == "__main__":
    result = ravine.run(study(int(sys.argv[1]) if len(sys.argv) > 1 else 12))
    print(
        f"an error of {result.best_value:.3f} over {len(result.best.repetitions['error'])} folds: {result.best_config}"
    )
