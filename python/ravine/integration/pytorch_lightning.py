"""Pruning of PyTorch Lightning's epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ravine import _notice
from ravine.exceptions import TrialPruned
from ravine.integration._common import needed

if TYPE_CHECKING:
    from ravine.trial import Trial


def _base() -> Any:
    """Lightning's callback, by either of its packages' names."""
    try:
        return needed("lightning.pytorch.callbacks", "lightning").Callback
    except ImportError:
        return needed("pytorch_lightning.callbacks", "lightning").Callback


class PyTorchLightningPruningCallback(_base()):  # type: ignore[misc]
    """Reports a metric after each validation, and prunes. Give it to `callbacks` of a ``Trainer``.

    With several processes the first one decides for all, and training stops without an exception: call
    :meth:`check_pruned` after ``fit``.

    Args:
        trial: The running trial.
        monitor: The metric's name, as logged: "val_acc".
    """

    def __init__(self, trial: Trial, monitor: str) -> None:
        super().__init__()
        self._trial = trial
        self.monitor = monitor
        self._message: str | None = None

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """Called by Lightning after each validation.

        Raises:
            TrialPruned: When the pruner says so, and there is one process.
        """
        # Lightning validates once before it trains, to see whether that works.
        if trainer.sanity_checking:
            return
        value = trainer.callback_metrics.get(self.monitor)
        if value is None:
            _notice.warn(
                f"The metric '{self.monitor}' is not in the evaluation logs for pruning. "
                "Please make sure you set the correct metric name."
            )
            return
        epoch = pl_module.current_epoch
        several = getattr(trainer, "world_size", 1) > 1
        prune = False
        if trainer.is_global_zero:
            self._trial.report(float(value), step=epoch)
            prune = self._trial.should_prune()
        if several:
            prune = trainer.strategy.broadcast(prune)
        if prune:
            self._message = f"Trial was pruned at epoch {epoch}."
            if not several:
                self.check_pruned()
            trainer.should_stop = True

    def check_pruned(self) -> None:
        """Ends the trial when training was stopped.

        Raises:
            TrialPruned: When it was.
        """
        if self._message is not None:
            raise TrialPruned(self._message)
