#!/usr/bin/env python3
"""Records what other implementations compute, for the tests of crates/search to read.

    python -m venv venv && venv/bin/pip install optuna==5.0.0 scipy
    venv/bin/python bench/search/oracles.py crates/search/tests/data
"""

import json
import pathlib
import sys


def sobol(folder):
    """The first unscrambled points of scipy's Sobol sequence (Joe and Kuo's new-joe-kuo-6.21201)."""
    from scipy.stats import qmc

    points = qmc.Sobol(1111, scramble=False).random(64)
    dimensions = [*range(100), *range(100, 1111, 97), 1109, 1110]
    rows = [{"dimension": d, "values": points[:, d].tolist()} for d in dimensions]
    (folder / "sobol.json").write_text("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    sobol(folder)
