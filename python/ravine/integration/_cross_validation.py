"""The objective of a scikit-learn search: a trial's mean score over folds."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _num_samples

from ravine import _notice
from ravine.integration._common import report_or_prune, suggest

if TYPE_CHECKING:
    from ravine.integration.sklearn import RavineSearchCV
    from ravine.trial import Trial


class CrossValidation:
    """Cross-validates the search's estimator with a trial's parameters.

    Args:
        search: The search, with its rows and scorer chosen.
        X, y, groups: Its data.
        fit_params: For the estimator's ``fit``.
        splitter: Makes the folds.
    """

    def __init__(
        self,
        search: RavineSearchCV,
        X: Any,
        y: Any,
        groups: Any,
        fit_params: Mapping[str, Any],
        splitter: Any,  # noqa: N803
    ) -> None:
        rows = search.sample_indices_
        self._search = search
        self._x = _safe_indexing(X, rows)
        self._y: Any = None if y is None else _safe_indexing(y, rows)
        self._fit_params = {name: _cut(value, rows, _num_samples(X)) for name, value in fit_params.items()}
        groups = None if groups is None else _safe_indexing(groups, rows)
        # The same folds for every trial, also when the splitter draws them.
        self._folds = list(splitter.split(self._x, self._y, groups))
        self.n_splits = len(self._folds)

    def __call__(self, trial: Trial) -> float:
        """The mean test score of the folds; each fold's scores and times become the trial's attributes."""
        names = self._search.param_distributions
        params = {name: suggest(trial, name, domain) for name, domain in names.items()}
        estimator = clone(self._search.estimator).set_params(**params)
        if self._search.enable_pruning:
            results = self._step_by_step(trial, [clone(estimator) for _ in self._folds])
        else:
            results = [self._fold(clone(estimator), train, test) for train, test in self._folds]
        columns = {key: np.array([result[key] for result in results]) for key in results[0]}
        for key, values in columns.items():
            if key.endswith("score"):
                for place, value in enumerate(values):
                    trial.set_user_attr(f"split{place}_{key}", float(value))
            trial.set_user_attr(f"mean_{key}", float(np.nanmean(values)))
            trial.set_user_attr(f"std_{key}", float(np.nanstd(values)))
        return float(np.nanmean(columns["test_score"]))

    def _fold(self, estimator: Any, train: Any, test: Any) -> dict[str, float]:
        start = time.perf_counter()
        try:
            x, y, options = self._part(train)
            estimator.fit(x, *y, **options)
        except Exception as error:
            return self._failed(error, time.perf_counter() - start)
        fitted = time.perf_counter()
        return {**self._scores(estimator, train, test), "fit_time": fitted - start,
                "score_time": time.perf_counter() - fitted}  # fmt: skip

    def _failed(self, error: Exception, seconds: float) -> dict[str, float]:
        score = self._search.error_score
        if isinstance(score, str):
            raise error
        _notice.warn(f"a fit failed and scores {score}: {error!r}", RuntimeWarning)
        scores = {"test_score": score, **({"train_score": score} if self._search.return_train_score else {})}
        return {**scores, "fit_time": seconds, "score_time": 0.0}

    def _scores(self, estimator: Any, train: Any, test: Any) -> dict[str, float]:
        scores = {"test_score": self._score(estimator, test)}
        if self._search.return_train_score:
            scores["train_score"] = self._score(estimator, train)
        return scores

    def _score(self, estimator: Any, rows: Any) -> float:
        x, y, _ = self._part(rows)
        return float(self._search.scorer_(estimator, x, *y))

    def _part(self, rows: Any) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
        """Features, targets (if any) and fit parameters of some rows."""
        y = () if self._y is None else (_safe_indexing(self._y, rows),)
        options = {name: _cut(value, rows, _num_samples(self._x)) for name, value in self._fit_params.items()}
        return _safe_indexing(self._x, rows), y, options

    def _step_by_step(self, trial: Trial, estimators: list[Any]) -> list[dict[str, float]]:
        """Fits the folds together, one step after the other, and reports their mean score at each."""
        options = {"classes": np.unique(self._y)} if is_classifier(self._search.estimator) else {}
        start = time.perf_counter()
        # What a fold came to that cannot go on.
        failed: dict[int, dict[str, float]] = {}
        for step in range(self._search.max_iter):
            scores = []
            for fold, (estimator, (train, test)) in enumerate(zip(estimators, self._folds)):
                if fold not in failed:
                    try:
                        x, y, fit_params = self._part(train)
                        estimator.partial_fit(x, *y, **options, **fit_params)
                    except Exception as error:
                        failed[fold] = self._failed(error, time.perf_counter() - start)
                scores.append(failed[fold]["test_score"] if fold in failed else self._score(estimator, test))
            report_or_prune(trial, float(np.nanmean(scores)), step, "iteration")
            if len(failed) == len(estimators):
                break
        seconds = (time.perf_counter() - start) / len(estimators)
        times = {"fit_time": seconds, "score_time": 0.0}
        return [
            failed.get(fold) or {**self._scores(estimator, train, test), **times}
            for fold, (estimator, (train, test)) in enumerate(zip(estimators, self._folds))
        ]


def _cut(value: Any, rows: Any, count: int) -> Any:
    """A fit parameter for some of `count` rows: one that has an entry for each row is cut, others are kept."""
    if isinstance(value, (str, bytes, Mapping)):
        return value
    try:
        is_column = _num_samples(value) == count
    except TypeError:  # No rows at all.
        return value
    return _safe_indexing(value, rows) if is_column else value
