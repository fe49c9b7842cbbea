"""Pruning of XGBoost's boosting rounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ravine.integration._common import needed, report_or_prune

if TYPE_CHECKING:
    from ravine.trial import Trial

_callback: Any = needed("xgboost", "xgboost").callback


class XGBoostPruningCallback(_callback.TrainingCallback):  # type: ignore[misc]
    """Reports an evaluation after each boosting round, and prunes: for `callbacks` of ``xgboost.train`` or ``cv``.

    Args:
        trial: The running trial.
        observation_key: The name of the data and the metric: "validation-logloss", or "test-logloss" of ``cv``.
    """

    def __init__(self, trial: Trial, observation_key: str) -> None:
        super().__init__()
        self._trial = trial
        self._data, _, self._metric = observation_key.rpartition("-")
        self._key = observation_key

    def after_iteration(self, model: Any, epoch: int, evals_log: dict[str, dict[str, list[Any]]]) -> bool:
        """Called by XGBoost after each round.

        Raises:
            TrialPruned: When the pruner says so.
            ValueError: When XGBoost does not evaluate what was asked for.
        """
        try:
            value = evals_log[self._data][self._metric][-1]
        except KeyError as error:
            known = [f"{data}-{metric}" for data, metrics in evals_log.items() for metric in metrics]
            raise ValueError(f"XGBoost does not evaluate {self._key!r}; it does {known}") from error
        # Cross-validation gives the mean and its deviation.
        report_or_prune(self._trial, value[0] if isinstance(value, tuple) else value, epoch, "iteration")
        return False
