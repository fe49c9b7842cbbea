"""What happens to trials whose process died."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ravine._notice import deprecated, experimental
from ravine.trial import FrozenTrial, TrialState, create_trial

if TYPE_CHECKING:
    from ravine.study import Study


@experimental("2.8.0")
class RetryHeartbeatStaleTrialCallback:
    """Enqueues the values of a trial again; to be called with the study and the trial.

    Args:
        max_retry: How often at most; None for no limit.
        inherit_intermediate_values: Whether what it reported is handed on.
    """

    def __init__(self, max_retry: int | None = None, inherit_intermediate_values: bool = False) -> None:
        self._max_retry = max_retry
        self._inherit_intermediate_values = inherit_intermediate_values

    def __call__(self, study: Study, trial: FrozenTrial) -> None:
        attrs: dict[str, Any] = {"failed_trial": trial.number, **trial.system_attrs}
        attrs["retry_history"] = [*attrs.get("retry_history", []), trial.number]
        if self._max_retry is not None and self._max_retry < len(attrs["retry_history"]):
            return
        study.add_trial(
            create_trial(
                state=TrialState.WAITING,
                params=trial.params,
                distributions=trial.distributions,
                user_attrs=trial.user_attrs,
                system_attrs=attrs,
                intermediate_values=trial.intermediate_values if self._inherit_intermediate_values else None,
            )
        )

    @staticmethod
    @experimental("2.8.0")
    def retried_trial_number(trial: FrozenTrial) -> int | None:
        """The number of the trial that this one repeats; None where it repeats none."""
        return trial.system_attrs.get("failed_trial")

    @staticmethod
    @experimental("3.0.0")
    def retry_history(trial: FrozenTrial) -> list[int]:
        """The numbers of all trials that this one repeats, the first one first."""
        return trial.system_attrs.get("retry_history", [])


@deprecated("4.9.0", "6.0.0", "Use `RetryHeartbeatStaleTrialCallback` instead.")
class RetryFailedTrialCallback(RetryHeartbeatStaleTrialCallback):
    """`RetryHeartbeatStaleTrialCallback`; deprecated."""
