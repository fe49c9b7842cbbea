"""Pruning of LightGBM's boosting rounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ravine.integration._common import check_direction, report_or_prune

if TYPE_CHECKING:
    from ravine.trial import Trial


class LightGBMPruningCallback:
    """Reports an evaluation after boosting rounds, and prunes. Give it to `callbacks` of ``lightgbm.train`` or ``cv``.

    Args:
        trial: The running trial.
        metric: The metric's name: "binary_logloss".
        valid_name: The name of the data; ``cv`` has one only, whatever is said here.
        report_interval: Every so many rounds is reported.
    """

    def __init__(self, trial: Trial, metric: str, valid_name: str = "valid_0", report_interval: int = 1) -> None:
        self._trial = trial
        self._metric = metric
        self._valid_name = valid_name
        self._report_interval = report_interval

    def __call__(self, env: Any) -> None:
        """Called by LightGBM after each round.

        Raises:
            TrialPruned: When the pruner says so.
            ValueError: When LightGBM does not evaluate what was asked for, or the study goes the other way.
        """
        if (env.iteration + 1) % self._report_interval != 0:
            return
        results = {(result[0], result[1]): result[2:] for result in env.evaluation_result_list or []}
        # Results of ``cv`` have a deviation as well.
        is_cv = any(len(result) > 2 for result in results.values())
        name = next((name for name in self._names(is_cv) if name in results), None)
        if name is None:
            raise ValueError(f"LightGBM does not evaluate {(self._valid_name, self._metric)}; it does {list(results)}")
        value, higher_is_better, *_ = results[name]
        check_direction(self._trial, higher_is_better, self._metric)
        report_or_prune(self._trial, value, env.iteration, "iteration")

    def _names(self, is_cv: bool) -> list[tuple[str, str]]:
        """How the data and metric may be called; ``cv`` has called its data this way and that."""
        aliases = [("valid", self._metric), ("cv_agg", f"valid {self._metric}"), ("cv_agg", self._metric)]
        return [(self._valid_name, self._metric), *(aliases if is_cv else [])]
