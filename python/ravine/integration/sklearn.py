"""A scikit-learn search over parameters: an estimator that tunes another one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ravine.distributions import BaseDistribution
from ravine.study import Study, StudyDirection, create_study
from ravine.trial import TrialState

try:
    import numpy as np
    from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone, is_classifier
    from sklearn.metrics import check_scoring
    from sklearn.model_selection import check_cv
    from sklearn.utils import check_random_state
    from sklearn.utils.metaestimators import available_if
    from sklearn.utils.validation import _num_samples, check_is_fitted, indexable
except ImportError as error:
    raise ImportError("this needs scikit-learn: `pip install ravine[scikit-learn]`") from error

from ravine.integration._cross_validation import CrossValidation

if TYPE_CHECKING:
    from ravine.trial import FrozenTrial

__all__ = ["OptunaSearchCV", "RavineSearchCV"]


def _best_has(method: str) -> Callable[[Any], bool]:
    """Whether the tuned estimator (before `fit` the one to tune) has a method."""

    def check(search: Any) -> bool:
        return hasattr(getattr(search, "best_estimator_", search.estimator), method)

    return check


class RavineSearchCV(MetaEstimatorMixin, BaseEstimator):  # type: ignore[misc]
    """Tunes an estimator's parameters by cross-validation; then it is that estimator, fitted with the best ones.

    Args:
        estimator: The estimator to tune.
        param_distributions: Distributions of :mod:`ravine.distributions`, by parameter.
        cv: The folds: a number, a splitter, or pairs of indices; None: 5.
        enable_pruning: Whether folds are fitted step by step with ``partial_fit``, and trials end early.
        error_score: The score of a fit that fails; "raise" lets the exception through.
        max_iter: So many steps at most, with pruning.
        n_jobs: How many trials run at once; None: one.
        n_trials: How many trials; None: no limit.
        random_state: Seeds the sampler and the choice of rows.
        refit: Whether the best estimator is fitted on all rows in the end.
        return_train_score: Whether trials hold the scores on their training rows too.
        scoring: What is made large, one metric; None: the estimator's own score.
        study: The study to use, its direction "maximize"; None: a new one.
        subsample: The share of rows that trials see, or their number.
        timeout: Seconds after which no new trial starts.
        verbose: Kept for programs that give it; :mod:`ravine.logging` says what a study tells.
        callbacks: See :meth:`Study.optimize <ravine.study.Study.optimize>`.
        catch: Likewise.

    Attributes:
        best_estimator_: The estimator, fitted on all rows with the best parameters.
        study_: The study.
        scorer_: What scores.
        n_splits_: How many folds there are.
        refit_time_: How many seconds the last fit took.
        sample_indices_: The rows that trials saw.
        classes_: Of a classifier.
    """

    def __init__(
        self,
        estimator: Any,
        param_distributions: Mapping[str, BaseDistribution],
        *,
        cv: Any = None,
        enable_pruning: bool = False,
        error_score: float | str = np.nan,
        max_iter: int = 1000,
        n_jobs: int | None = None,
        n_trials: int | None = 10,
        random_state: Any = None,
        refit: bool = True,
        return_train_score: bool = False,
        scoring: Any = None,
        study: Study | None = None,
        subsample: float | int = 1.0,
        timeout: float | None = None,
        verbose: int = 0,
        callbacks: list[Callable[[Study, FrozenTrial], None]] | None = None,
        catch: Iterable[type[Exception]] | type[Exception] = (),
    ) -> None:
        self.estimator = estimator
        self.param_distributions = param_distributions
        self.cv = cv
        self.enable_pruning = enable_pruning
        self.error_score = error_score
        self.max_iter = max_iter
        self.n_jobs = n_jobs
        self.n_trials = n_trials
        self.random_state = random_state
        self.refit = refit
        self.return_train_score = return_train_score
        self.scoring = scoring
        self.study = study
        self.subsample = subsample
        self.timeout = timeout
        self.verbose = verbose
        self.callbacks = callbacks
        self.catch = catch

    def fit(self, X: Any, y: Any = None, groups: Any = None, **fit_params: Any) -> RavineSearchCV:  # noqa: N803
        """Runs the trials, and fits the best estimator.

        Args:
            X: Rows of features, n × d.
            y: n targets.
            groups: n group labels, for splitters that use them.
            fit_params: For the estimator's ``fit``; those of n entries are cut like rows.

        Raises:
            TypeError: When the estimator cannot be tuned, or `param_distributions` is no dict of distributions.
            ValueError: When the study is not to be maximised, `max_iter` is not positive, `subsample` is out of range,
                or `scoring` is more than one metric.
        """
        self._check()
        X, y, groups = indexable(X, y, groups)  # noqa: N806
        rng = check_random_state(self.random_state)
        self.sample_indices_ = self._rows(_num_samples(X), rng)
        splitter = check_cv(self.cv, y, classifier=is_classifier(self.estimator))
        self.scorer_ = check_scoring(self.estimator, scoring=self.scoring)
        self.study_ = self._study(rng)
        objective = CrossValidation(self, X, y, groups, fit_params, splitter)
        self.n_splits_ = objective.n_splits
        self.study_.optimize(
            objective, n_trials=self.n_trials, timeout=self.timeout, n_jobs=self.n_jobs or 1,
            callbacks=self.callbacks, catch=self.catch,
        )  # fmt: skip
        if self.refit:
            self._fit_best(X, y, fit_params)
        return self

    @property
    def _estimator_type(self) -> Any:
        """What the estimator is, as scikit-learn before 1.6 asks for it."""
        return getattr(self.estimator, "_estimator_type", None)

    def __sklearn_tags__(self) -> Any:
        """What the estimator is and takes: so folds of a search around this one are stratified for a classifier."""
        from sklearn.utils import get_tags

        tags, inner = super().__sklearn_tags__(), get_tags(self.estimator)
        tags.estimator_type = inner.estimator_type
        tags.classifier_tags, tags.regressor_tags = inner.classifier_tags, inner.regressor_tags
        tags.input_tags.pairwise, tags.input_tags.sparse = inner.input_tags.pairwise, inner.input_tags.sparse
        return tags

    def _check(self) -> None:
        if not hasattr(self.estimator, "fit"):
            raise TypeError(f"estimator must have a method `fit`: {self.estimator!r} has none")
        if not isinstance(self.param_distributions, Mapping):
            raise TypeError(f"param_distributions must be a dict, not {type(self.param_distributions)}")
        for name, domain in self.param_distributions.items():
            if not isinstance(domain, BaseDistribution):
                raise TypeError(f"the distribution of {name!r} must be one of ravine.distributions, not {domain!r}")
        if self.enable_pruning and not hasattr(self.estimator, "partial_fit"):
            raise ValueError(f"pruning needs a method `partial_fit`: {self.estimator!r} has none")
        if self.max_iter <= 0:
            raise ValueError(f"max_iter must be positive, not {self.max_iter}")
        if isinstance(self.scoring, (list, tuple, set, Mapping)):
            raise ValueError(f"scoring must be the one metric that trials are judged by, not {self.scoring!r}")
        if self.study is not None and self.study.direction != StudyDirection.MAXIMIZE:
            raise ValueError("direction of study must be 'maximize'.")

    def _rows(self, count: int, rng: Any) -> Any:
        """The rows that trials see, sorted."""
        wanted = int(self.subsample * count) if isinstance(self.subsample, float) else self.subsample
        if not 0 < wanted <= count:
            raise ValueError(f"subsample must choose from 1 to {count} rows, not {wanted}")
        if wanted == count:
            return np.arange(count)
        return np.sort(rng.choice(count, wanted, replace=False))

    def _study(self, rng: Any) -> Study:
        if self.study is not None:
            return self.study
        from ravine.samplers import TPESampler

        return create_study(direction="maximize", sampler=TPESampler(seed=int(rng.randint(2**31 - 1))))

    def _fit_best(self, X: Any, y: Any, fit_params: Mapping[str, Any]) -> None:  # noqa: N803
        self.best_estimator_ = clone(self.estimator).set_params(**self.study_.best_params)
        start = time.perf_counter()
        arguments = (X,) if y is None else (X, y)
        self.best_estimator_.fit(*arguments, **fit_params)
        self.refit_time_ = time.perf_counter() - start

    @property
    def best_index_(self) -> int:
        """The best trial's number."""
        return self.best_trial_.number

    @property
    def best_params_(self) -> dict[str, Any]:
        """The best trial's parameters."""
        return self.best_trial_.params

    @property
    def best_score_(self) -> float:
        """The mean score of the best trial's folds."""
        return self.best_trial_.value  # type: ignore[return-value]

    @property
    def best_trial_(self) -> FrozenTrial:
        """The best trial."""
        self._check_searched()
        return self.study_.best_trial

    @property
    def trials_(self) -> list[FrozenTrial]:
        """All trials."""
        self._check_searched()
        return self.study_.trials

    @property
    def n_trials_(self) -> int:
        """How many trials there are."""
        return len(self.trials_)

    @property
    def user_attrs_(self) -> dict[str, Any]:
        """The study's attributes."""
        self._check_searched()
        return self.study_.user_attrs

    @property
    def cv_results_(self) -> dict[str, Any]:
        """Parameters and scores of the trials that ended well, as `GridSearchCV` lays them out."""
        ended = [trial for trial in self.trials_ if trial.state == TrialState.COMPLETE]
        names = sorted({name for trial in ended for name in trial.params})
        results: dict[str, Any] = {"params": [trial.params for trial in ended]}
        for name in names:
            results[f"param_{name}"] = np.array([trial.params.get(name) for trial in ended], dtype=object)
        for key in dict.fromkeys(key for trial in ended for key in trial.user_attrs):
            results[key] = np.array([trial.user_attrs.get(key, np.nan) for trial in ended])
        scores = np.array([trial.value for trial in ended], dtype=float)
        results["rank_test_score"] = 1 + (scores[None, :] > scores[:, None]).sum(axis=1)
        return results

    @property
    def trials_dataframe(self) -> Callable[..., Any]:
        """The study's :meth:`trials_dataframe <ravine.study.Study.trials_dataframe>`."""
        self._check_searched()
        return self.study_.trials_dataframe

    @property
    def set_user_attr(self) -> Callable[..., None]:
        """The study's :meth:`set_user_attr <ravine.study.Study.set_user_attr>`."""
        self._check_searched()
        return self.study_.set_user_attr

    def _check_searched(self) -> None:
        check_is_fitted(self, "study_")

    @property
    def classes_(self) -> Any:
        """The classes of the best estimator."""
        return self._best().classes_

    @property
    def n_features_in_(self) -> int:
        """How many features the best estimator saw."""
        return self._best().n_features_in_  # type: ignore[no-any-return]

    def _best(self) -> Any:
        check_is_fitted(self, "best_estimator_", msg="fit the search with refit=True first")
        return self.best_estimator_

    def score(self, X: Any, y: Any = None) -> float:  # noqa: N803
        """The best estimator's score, by `scoring`."""
        return self.scorer_(self._best(), X, y)  # type: ignore[no-any-return]

    def score_samples(self, X: Any) -> Any:  # noqa: N803
        """The best estimator's scores of rows."""
        return self._best().score_samples(X)

    @available_if(_best_has("predict"))
    def predict(self, X: Any, **options: Any) -> Any:  # noqa: N803
        """The best estimator's predictions."""
        return self._best().predict(X, **options)

    @available_if(_best_has("predict_proba"))
    def predict_proba(self, X: Any) -> Any:  # noqa: N803
        """The best estimator's probabilities of classes."""
        return self._best().predict_proba(X)

    @available_if(_best_has("predict_log_proba"))
    def predict_log_proba(self, X: Any) -> Any:  # noqa: N803
        """Their logarithms."""
        return self._best().predict_log_proba(X)

    @available_if(_best_has("decision_function"))
    def decision_function(self, X: Any) -> Any:  # noqa: N803
        """The best estimator's decision function."""
        return self._best().decision_function(X)

    @available_if(_best_has("transform"))
    def transform(self, X: Any) -> Any:  # noqa: N803
        """Rows as the best estimator transforms them."""
        return self._best().transform(X)

    @available_if(_best_has("inverse_transform"))
    def inverse_transform(self, X: Any) -> Any:  # noqa: N803
        """Transformed rows as they were."""
        return self._best().inverse_transform(X)


class OptunaSearchCV(RavineSearchCV):
    """:class:`RavineSearchCV` under the name that programs written for Optuna use."""
