"""Hyperopt's interface, on ravine's search.

A program written for hyperopt runs with its import changed::

    from ravine.hyperopt import fmin, hp, tpe, Trials

What differs is in ``docs/python/from-hyperopt.md``.
"""

from __future__ import annotations

from ravine.hyperopt import anneal, atpe, early_stop, exceptions, hp, mix, plotting, progress, pyll, rand, tpe
from ravine.hyperopt.base import (
    JOB_STATE_CANCEL,
    JOB_STATE_DONE,
    JOB_STATE_ERROR,
    JOB_STATE_NEW,
    JOB_STATE_RUNNING,
    JOB_STATES,
    STATUS_FAIL,
    STATUS_NEW,
    STATUS_OK,
    STATUS_RUNNING,
    STATUS_STRINGS,
    STATUS_SUSPENDED,
    Ctrl,
    Trials,
    trials_from_docs,
)
from ravine.hyperopt.domain import Domain
from ravine.hyperopt.fmin import (
    FMinIter,
    fmin,
    fmin_pass_expr_memo_ctrl,
    generate_trials_to_calculate,
    partial,
    space_eval,
)

__all__ = [
    "JOB_STATES", "JOB_STATE_CANCEL", "JOB_STATE_DONE", "JOB_STATE_ERROR", "JOB_STATE_NEW", "JOB_STATE_RUNNING",
    "STATUS_FAIL", "STATUS_NEW", "STATUS_OK", "STATUS_RUNNING", "STATUS_STRINGS", "STATUS_SUSPENDED",
    "Ctrl", "Domain", "FMinIter", "Trials",
    "anneal", "atpe", "early_stop", "exceptions", "fmin", "fmin_pass_expr_memo_ctrl", "generate_trials_to_calculate",
    "hp", "mix", "partial", "plotting", "progress", "pyll", "rand", "space_eval", "tpe", "trials_from_docs",
]  # fmt: skip
