"""Experiments: prepare, fit, measure, for many configurations; one line of results for each.

>>> experiment = Experiment(fit=train, post=measure, repetitions=5, processes=4)      # doctest: +SKIP
>>> results = experiment.run(generate_configs(config, 20, seed=1), "results/forests")  # doctest: +SKIP
>>> results[0].scores["mean_accuracy"]                                                 # doctest: +SKIP
0.93

Where a search is to learn from results, write a study (:class:`ravine.StudySpec`): this here tries what it is
given.
"""

from __future__ import annotations

from .experiment import Experiment
from .legacy import run_experiments
from .records import read_results
from .scores import ExperimentResult

__all__ = ["Experiment", "ExperimentResult", "read_results", "run_experiments"]
