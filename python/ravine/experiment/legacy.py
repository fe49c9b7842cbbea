"""``run_experiments(basecfg, cfgs)``: the entry of the experiment_runner package, for programs that were
written for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .experiment import Experiment
from .scores import ExperimentResult

_HERE = ("single",)
_SEVERAL = ("multiprocessing",)
_ELSEWHERE = {
    "ray": "an executor of a study file",
    "malocher": "an executor of a study file",
    "mongodb": "the study's own database",
}
_KNOWN = {
    "pre",
    "fit",
    "post",
    "backend",
    "num_cpus",
    "storage_backend",
    "out_path",
    "fs_force",
    "verbose",
    "timeout",
    "repetitions",
}


def run_experiments(basecfg: Mapping[str, Any], cfgs: Iterable[Mapping[str, Any]]) -> list[ExperimentResult]:
    """Runs an experiment for each configuration, as ``basecfg`` says.

    Args:
        basecfg: ``fit`` and ``out_path``; where wanted ``pre``, ``post``, ``repetitions``, ``timeout``
            (seconds, 0: none), ``backend`` (``"single"`` or ``"multiprocessing"`` with ``num_cpus``
            processes), ``fs_force``, ``verbose``.
        cfgs: The configurations.

    Raises:
        ValueError: A key is missing or unknown, or names what ravine does in another way; or as
            :meth:`Experiment.run`.
    """
    for key in ("fit", "out_path"):
        if key not in basecfg:
            raise ValueError(f"the base configuration lacks `{key}`")
    for key in ("backend", "storage_backend"):
        if instead := _ELSEWHERE.get(basecfg.get(key, "")):
            raise ValueError(f"`{key} = {basecfg[key]!r}` is {instead} in ravine")
    if unknown := basecfg.keys() - _KNOWN:
        raise ValueError(f"the base configuration has no key `{min(unknown)}`")
    backend = basecfg.get("backend", _HERE[0])
    if backend not in _HERE + _SEVERAL:
        raise ValueError(f"`backend` is one of {', '.join(_HERE + _SEVERAL)}, not {backend!r}")
    experiment = Experiment(
        basecfg.get("pre"),
        basecfg["fit"],
        basecfg.get("post"),
        repetitions=basecfg.get("repetitions", 1),
        timeout=basecfg.get("timeout") or None,
        processes=basecfg.get("num_cpus", 1) if backend in _SEVERAL else None,
        verbose=basecfg.get("verbose", True),
    )
    return experiment.run(cfgs, basecfg["out_path"], force=basecfg.get("fs_force", False))
