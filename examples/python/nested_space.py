"""A program written for hyperopt, with its import changed: solvers with their own learning rates, lists of layers.

A neural network of scikit-learn's learns the handwritten digits. Run: python nested_space.py [trials]
"""

import sys
from math import log

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from ravine.hyperopt import STATUS_OK, Trials, fmin, hp, space_eval, tpe
from ravine.hyperopt.pyll import scope


def layers(count):
    """The widths of so many layers, each with a label of its own."""
    return [scope.int(hp.quniform(f"width_{count}_{place}", 8, 64, 8)) for place in range(count)]


SPACE = {
    "layers": hp.choice("depth", [layers(1), layers(2)]),
    "solver": hp.choice("solver", [
        {"solver": "adam", "learning_rate_init": hp.loguniform("adam_rate", log(1e-4), log(1e-1))},
        {
            "solver": "sgd",
            "learning_rate_init": hp.loguniform("sgd_rate", log(1e-3), log(1.0)),
            "momentum": hp.uniform("momentum", 0.0, 0.99),
        },
    ]),
    "alpha": hp.lognormal("alpha", log(1e-4), 2.0),
}  # fmt: skip

IMAGES, DIGITS = load_digits(return_X_y=True)
TRAIN, VALID, TRAIN_DIGITS, VALID_DIGITS = train_test_split(IMAGES / 16.0, DIGITS, random_state=0)


def objective(config):
    """The share of digits that a trained network misreads."""
    network = MLPClassifier(config["layers"], alpha=config["alpha"], max_iter=15, random_state=0, **config["solver"])
    network.fit(TRAIN, TRAIN_DIGITS)
    return {"loss": 1.0 - network.score(VALID, VALID_DIGITS), "status": STATUS_OK, "weights": network.n_layers_}


def main(max_evals):
    trials = Trials()
    best = fmin(objective, SPACE, algo=tpe.suggest, max_evals=max_evals, trials=trials, rstate=1)
    print(f"misread: {trials.best_trial['result']['loss']:.1%} with {space_eval(SPACE, best)}")


if __name__ == "__main__":
    import warnings

    # A network that is stopped early has not converged; that is meant.
    warnings.filterwarnings("ignore")
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
