"""Pruning of PyTorch Ignite's epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ravine.integration._common import report_or_prune

if TYPE_CHECKING:
    from ravine.trial import Trial


class PyTorchIgnitePruningHandler:
    """Reports a metric of an evaluator, and prunes. Attach it to the evaluator's event ``COMPLETED``.

    Args:
        trial: The running trial.
        metric: The metric's name, as attached to the evaluator.
        trainer: The engine that trains; its epoch is the step.
    """

    def __init__(self, trial: Trial, metric: str, trainer: Any) -> None:
        self._trial = trial
        self._metric = metric
        self._trainer = trainer

    def __call__(self, engine: Any) -> None:
        """Called by the evaluator.

        Raises:
            TrialPruned: When the pruner says so.
        """
        report_or_prune(self._trial, engine.state.metrics[self._metric], self._trainer.state.epoch, "epoch")
