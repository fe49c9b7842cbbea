"""Pruning of Keras epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ravine import _notice
from ravine.integration._common import needed, report_or_prune

if TYPE_CHECKING:
    from ravine.trial import Trial

_Callback: Any = needed("keras.callbacks", "keras").Callback


class KerasPruningCallback(_Callback):  # type: ignore[misc]
    """Reports a metric after epochs, and prunes. Give it to `callbacks` of ``fit``.

    Args:
        trial: The running trial.
        monitor: The metric's name: "val_loss", "val_accuracy".
        interval: Every so many epochs is reported.
    """

    def __init__(self, trial: Trial, monitor: str, interval: int = 1) -> None:
        super().__init__()
        self._trial = trial
        self._monitor = monitor
        self._interval = interval

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Called by Keras after each epoch.

        Raises:
            TrialPruned: When the pruner says so.
        """
        if (epoch + 1) % self._interval != 0:
            return
        value = (logs or {}).get(self._monitor)
        if value is None:
            _notice.warn(
                f"The metric '{self._monitor}' is not in the evaluation logs for pruning; there are {list(logs or {})}"
            )
            return
        report_or_prune(self._trial, value, epoch, "epoch")
