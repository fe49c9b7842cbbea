"""Trials as runs of MLflow."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ravine.integration._common import checked_metric_name, named_values, needed

if TYPE_CHECKING:
    from ravine.study import Study
    from ravine.trial import FrozenTrial, Trial

_LONGEST_TAG = 5000


class MLflowCallback:
    """Logs each trial as a run: a callback of :meth:`Study.optimize <ravine.study.Study.optimize>`.

    Args:
        tracking_uri: Where MLflow's server or folder is; None: as MLflow is set up.
        metric_name: What to call the objective values; a list: one name for each.
        create_experiment: Whether to set MLflow's experiment to the study's name.
        mlflow_kwargs: More arguments of ``mlflow.start_run``.
        tag_study_user_attrs: Whether the study's attributes become tags.
        tag_trial_user_attrs: Whether the trial's do.

    Raises:
        ImportError: When MLflow is not installed.
        TypeError: When `metric_name` is neither a text nor a sequence of texts.
    """

    def __init__(
        self,
        tracking_uri: str | None = None,
        metric_name: str | Sequence[str] = "value",
        create_experiment: bool = True,
        mlflow_kwargs: dict[str, Any] | None = None,
        tag_study_user_attrs: bool = False,
        tag_trial_user_attrs: bool = True,
    ) -> None:
        self._mlflow: Any = needed("mlflow", "mlflow")
        self._tracking_uri = tracking_uri
        self._metric_name = checked_metric_name(metric_name)
        self._create_experiment = create_experiment
        self._kwargs = dict(mlflow_kwargs or {})
        self._tag_study = tag_study_user_attrs
        self._tag_trial = tag_trial_user_attrs

    def __call__(self, study: Study, trial: FrozenTrial) -> None:
        """Called after each trial.

        Raises:
            ValueError: When there are not as many metric names as values.
        """
        self._set_up(study)
        with self._run(trial.number):
            if trial.values is not None:
                self._mlflow.log_metrics(named_values(self._metric_name, trial.values))
            self._mlflow.log_params(trial.params)
            self._mlflow.set_tags({key: str(value)[:_LONGEST_TAG] for key, value in self._tags(study, trial).items()})

    def track_in_mlflow(self) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A decorator of objectives: what they log themselves goes to the trial's run."""

        def mark(objective: Callable[..., Any]) -> Callable[..., Any]:
            @functools.wraps(objective)
            def tracked(trial: Trial) -> Any:
                self._set_up(trial.study)
                with self._run(trial.number):
                    return objective(trial)

            return tracked

        return mark

    def _set_up(self, study: Study) -> None:
        if self._tracking_uri is not None:
            self._mlflow.set_tracking_uri(self._tracking_uri)
        if self._create_experiment:
            self._mlflow.set_experiment(study.study_name)

    def _run(self, number: int) -> Any:
        return self._mlflow.start_run(**{"run_name": str(number), **self._kwargs})

    def _tags(self, study: Study, trial: FrozenTrial) -> dict[str, Any]:
        tags: dict[str, Any] = {
            "number": trial.number,
            "datetime_start": trial.datetime_start,
            "datetime_complete": trial.datetime_complete,
            "state": trial.state.name,
            "direction": [direction.name for direction in study.directions],
        }
        tags.update({f"{name}_distribution": domain for name, domain in trial.distributions.items()})
        if self._tag_study:
            tags.update(study.user_attrs)
        if self._tag_trial:
            tags.update(trial.user_attrs)
        return tags
