"""Trials in Weights & Biases."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ravine.integration._common import checked_metric_name, named_values, needed

if TYPE_CHECKING:
    from ravine.study import Study
    from ravine.trial import FrozenTrial, Trial


class WeightsAndBiasesCallback:
    """Logs trials: a callback of :meth:`Study.optimize <ravine.study.Study.optimize>`.

    Args:
        metric_name: What to call the objective values; a list: one name for each.
        wandb_kwargs: More arguments of ``wandb.init``.
        as_multirun: Whether each trial is a run of its own; else all are steps of one run.

    Raises:
        ImportError: When wandb is not installed.
        TypeError: When `metric_name` is neither a text nor a sequence of texts.
    """

    def __init__(
        self,
        metric_name: str | Sequence[str] = "value",
        wandb_kwargs: dict[str, Any] | None = None,
        as_multirun: bool = False,
    ) -> None:
        self._wandb: Any = needed("wandb", "wandb")
        self._metric_name = checked_metric_name(metric_name)
        self._kwargs = dict(wandb_kwargs or {})
        self._as_multirun = as_multirun
        if not as_multirun:
            self._wandb.init(**self._kwargs)

    def __call__(self, study: Study, trial: FrozenTrial) -> None:
        """Called after each trial.

        Raises:
            ValueError: When there are not as many metric names as values.
        """
        logged = {**trial.params, **named_values(self._metric_name, trial.values or [])}
        run = self._wandb.run
        if run is None:
            run = self._started(trial.number)
        run.config.update({"direction": [direction.name for direction in study.directions]}, allow_val_change=True)
        run.log(logged, step=None if self._as_multirun else trial.number)
        if self._as_multirun:
            run.config.update({**trial.params, "state": trial.state.name})
            run.finish()

    def track_in_wandb(self) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A decorator of objectives: what they log themselves goes to the trial's run."""

        def mark(objective: Callable[..., Any]) -> Callable[..., Any]:
            @functools.wraps(objective)
            def tracked(trial: Trial) -> Any:
                if self._as_multirun and self._wandb.run is None:
                    self._started(trial.number)
                return objective(trial)

            return tracked

        return mark

    def _started(self, number: int) -> Any:
        return self._wandb.init(**{"name": f"trial/{number}", **self._kwargs})
