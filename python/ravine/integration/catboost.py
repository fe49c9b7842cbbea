"""Pruning of CatBoost's iterations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ravine.exceptions import TrialPruned

if TYPE_CHECKING:
    from ravine.trial import Trial


class CatBoostPruningCallback:
    """Reports an evaluation after each iteration, and stops the training when the pruner says so.

    CatBoost does not let exceptions through; call :meth:`check_pruned` after ``fit``.

    Args:
        trial: The running trial.
        metric: The metric's name: "Logloss".
        eval_set_index: Which of several evaluation sets; None: the only one.
    """

    def __init__(self, trial: Trial, metric: str, eval_set_index: int | None = None) -> None:
        self._trial = trial
        self._metric = metric
        self._data = "validation" if eval_set_index is None else f"validation_{eval_set_index}"
        self._message: str | None = None

    def after_iteration(self, info: Any) -> bool:
        """Called by CatBoost after each iteration; whether to go on.

        Raises:
            ValueError: When CatBoost does not evaluate what was asked for.
        """
        try:
            value = info.metrics[self._data][self._metric][-1]
        except KeyError as error:
            known = {data: list(metrics) for data, metrics in info.metrics.items()}
            raise ValueError(
                f"CatBoost does not evaluate {self._metric!r} on {self._data!r}; it does {known}"
            ) from error
        step = info.iteration - 1
        self._trial.report(float(value), step=step)
        if self._trial.should_prune():
            self._message = f"Trial was pruned at iteration {step}."
            return False
        return True

    def check_pruned(self) -> None:
        """Ends the trial when the training was stopped.

        Raises:
            TrialPruned: When it was.
        """
        if self._message is not None:
            raise TrialPruned(self._message)
