"""What can go wrong, and what is raised to say so."""

from __future__ import annotations


class OptunaError(Exception):
    """The base of all errors of this package. It has Optuna's name, so that handlers written for it work."""


class TrialPruned(OptunaError):
    """Raised by an objective to say that its trial was stopped early, most often after ``trial.should_prune()``.

    The trial counts as pruned, with its last intermediate value, and the study goes on.
    """


class CLIUsageError(OptunaError):
    """The command line was used wrongly."""


class StorageInternalError(OptunaError):
    """A storage could not do what was asked of it."""


class DuplicatedStudyError(OptunaError):
    """A study of this name is there already."""


class UpdateFinishedTrialError(OptunaError, RuntimeError):
    """A trial that is over cannot be changed."""


class ForkedStudyError(OptunaError, RuntimeError):
    """A study was used in a process that was forked from the one that opened it.

    Open it again in the child: ``ravine.load_study(study_name=..., storage=...)``.
    """


class ExperimentalWarning(Warning):
    """The interface of what was used may change."""
