#!/usr/bin/env python3
"""Records which trials Optuna 5.0.0's TPE takes for the better ones of several objectives, for the tests to read.

    python -m venv venv && venv/bin/pip install optuna==5.0.0
    venv/bin/python crates/search/tests/oracles/splits.py crates/search/tests/data
"""

import json
import pathlib
import sys
from types import SimpleNamespace

import numpy as np
from optuna.samplers._tpe.sampler import _split_trials, default_gamma_multiobjective
from optuna.study import StudyDirection
from optuna.trial import TrialState


def main() -> None:
    """Writes splits.json."""
    rng = np.random.default_rng(20261122)
    cases = []
    for number in range(24):
        objectives = (2, 2, 3, 4)[number % 4]
        length = (40, 120, 300)[number % 3]
        # Some on a grid, so that values are equal; some around 0, some far from it. Not on a grid far from 0: where two
        # trials add equal volumes, rounding would decide which one is chosen.
        grid = number % 5 == 2 and number < 16
        offset = (0.0, -0.5, 30.0)[number // 8]
        history, trials = [], []
        for k in range(length):
            x = rng.random(objectives)
            # Near a front that comes nearer.
            values = x / np.linalg.norm(x) + rng.random() / (1 + k / 20) + offset
            values = np.round(values * 8) / 8 if grid else np.round(values, 6)
            broken = rng.random() < (0.0, 0.3, 0.95)[number % 3]
            violations = [float(np.round(rng.normal(), 4)), 0.25] if broken else [-1.0, 0.0]
            history.append({"values": values.tolist(), "pruned": None, "violations": violations})
            constraints = dict(enumerate(violations))
            trials.append(SimpleNamespace(number=k, state=TrialState.COMPLETE, values=values.tolist(), constraints=constraints))
        study = SimpleNamespace(directions=[StudyDirection.MINIMIZE] * objectives)
        better = []
        for count in range(1, length + 1, 1 if length < 50 else 7):
            below, _ = _split_trials(study, trials[:count], default_gamma_multiobjective(count))
            better.append([count, [trial.number for trial in below]])
        cases.append({"history": history, "better": better})
    folder = pathlib.Path(sys.argv[1])
    (folder / "splits.json").write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")


if __name__ == "__main__":
    main()
