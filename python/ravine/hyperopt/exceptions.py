"""What goes wrong in a hyperopt-style search."""

from __future__ import annotations

from typing import Any


class BadSearchSpace(Exception):
    """The space makes no sense."""


class DuplicateLabel(BadSearchSpace):
    """Two hyperparameters of a space have the same label."""


class InvalidTrial(ValueError):
    """A document is not one of a trial.

    Args:
        msg: What is wrong.
        obj: The document, or the part of it that is wrong.
    """

    def __init__(self, msg: str, obj: Any) -> None:
        super().__init__(f"{msg} {obj}")
        self.obj = obj


class _InvalidResult(ValueError):
    """What an objective returned cannot be a result.

    Args:
        result: What it returned.
        msg: What is wrong with it.
    """

    def __init__(self, result: Any, msg: str = "") -> None:
        super().__init__(msg)
        self.result = result


class InvalidResultStatus(_InvalidResult):
    """A result has no status, or one that does not exist."""


class InvalidLoss(_InvalidResult):
    """A result of status "ok" has no loss, or one that is not a number."""


class InvalidAnnotatedParameter(_InvalidResult):
    """With ``space="annotated"``, an argument's annotation is not a hyperparameter."""


class AllTrialsFailed(Exception):
    """No trial ended with status "ok" and a loss that is a number, so there is no best one."""
