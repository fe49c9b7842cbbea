"""Prepare, fit, measure, with repetitions: compares settings of a model on data that is drawn anew each time.

python examples/python/experiment.py
"""

from __future__ import annotations

import sys
import tempfile

import lvq
import ravine


def prepare(config):
    return lvq.load(config["images"], config["seed"])


def fit(config, data):
    train, test = data
    model = config["model"]
    *_, last = lvq.errors(train, test, model["per_class"], model["rate"], 0.8, config["epochs"], config["seed"])
    return last


def measure(config, error):
    return {"error": error, "accuracy": 1 - error}


def main(folder: str) -> None:
    base = {
        "images": 300,
        "epochs": 3,
        "model": {"per_class": ravine.Variation([1, 2, 4]), "rate": ravine.Variation([0.02, 0.1, 0.5])},
    }
    configs = ravine.generate_configs(base, 6, seed=1)
    experiment = ravine.Experiment(
        prepare, fit, measure, repetitions=3, processes=2, timeout=120, seed=7, verbose=False
    )
    results = experiment.run(configs, folder, force=True)
    for result in sorted(results, key=lambda result: result.scores["mean_error"]):
        scores = result.scores
        error = f"{scores['mean_error']:.3f} ± {scores['std_error']:.3f}"
        print(f"{error}  {scores['mean_fit_time']:.2f} s  {result.config['model']}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(folder)
