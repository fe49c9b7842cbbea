"""The scikit-learn search."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import ravine
from ravine.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from ravine.integration import OptunaSearchCV, RavineSearchCV
from sklearn.base import BaseEstimator, clone, is_classifier, is_regressor
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import GroupKFold, ShuffleSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

X, Y = load_iris(return_X_y=True)
SPACE = {"C": FloatDistribution(1e-3, 1e3, log=True), "kernel": CategoricalDistribution(["rbf", "linear"])}


def search(estimator: Any = None, space: Any = None, **options: Any) -> RavineSearchCV:
    options = {"n_trials": 6, "random_state": 0, "cv": 3, **options}
    return RavineSearchCV(estimator or SVC(), space or SPACE, **options)


def test_it_finds_parameters_and_is_the_best_estimator() -> None:
    found = search(n_trials=12).fit(X, Y)
    assert found.best_score_ > 0.9 and set(found.best_params_) == {"C", "kernel"}
    assert found.score(X, Y) > 0.9 and list(found.classes_) == [0, 1, 2] and found.n_features_in_ == 4
    assert (found.predict(X) == found.best_estimator_.predict(X)).all() and found.decision_function(X).shape == (150, 3)
    assert found.n_trials_ == 12 and found.n_splits_ == 3 and found.refit_time_ > 0
    assert found.best_index_ == found.best_trial_.number and len(found.sample_indices_) == 150


def test_results_are_laid_out_as_those_of_grid_search() -> None:
    found = search(return_train_score=True).fit(X, Y)
    results = found.cv_results_
    assert len(results["params"]) == 6 and results["rank_test_score"].min() == 1
    for key in (
        "param_C",
        "split2_test_score",
        "mean_test_score",
        "std_test_score",
        "mean_train_score",
        "mean_fit_time",
    ):
        assert len(results[key]) == 6
    assert results["mean_test_score"].max() == pytest.approx(found.best_score_)


def test_the_same_state_gives_the_same_search() -> None:
    assert search().fit(X, Y).best_params_ == search().fit(X, Y).best_params_


def test_it_clones_and_sets_parameters_like_any_estimator() -> None:
    copy = clone(search(n_trials=3))
    assert copy.get_params()["n_trials"] == 3
    copy.set_params(n_trials=2, estimator__degree=2)
    assert copy.fit(X, Y).n_trials_ == 2


def test_pipelines_and_integers_are_tuned() -> None:
    pipeline = make_pipeline(StandardScaler(), SVC())
    found = search(pipeline, {"svc__degree": IntDistribution(1, 3), "svc__kernel": CategoricalDistribution(["poly"])})
    assert found.fit(X, Y).best_params_["svc__degree"] in (1, 2, 3)


def test_pruning_fits_step_by_step() -> None:
    space = {"alpha": FloatDistribution(1e-6, 1e2, log=True)}
    found = search(SGDClassifier(random_state=0), space, enable_pruning=True, max_iter=4, n_trials=12).fit(X, Y)
    states = {trial.state.name for trial in found.trials_}
    assert states <= {"COMPLETE", "PRUNED"} and sorted(found.best_trial_.intermediate_values) == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="partial_fit"):
        search(enable_pruning=True).fit(X, Y)


def test_trials_may_see_some_rows_only() -> None:
    assert len(search(subsample=0.5).fit(X, Y).sample_indices_) == 75
    assert len(search(subsample=60).fit(X, Y).sample_indices_) == 60
    with pytest.raises(ValueError, match="subsample"):
        search(subsample=500).fit(X, Y)


def test_groups_and_weights_reach_their_places() -> None:
    groups = np.arange(len(X)) % 5
    found = search(cv=GroupKFold(5), n_trials=2)
    found.fit(X, Y, groups=groups, sample_weight=np.ones(len(X)))
    assert found.n_splits_ == 5


def test_a_splitter_that_draws_gives_all_trials_the_same_folds() -> None:
    space = {"C": CategoricalDistribution([1.0])}
    found = search(space=space, cv=ShuffleSplit(3), n_trials=3).fit(X, Y)
    assert len({trial.value for trial in found.trials_}) == 1


def test_a_fit_that_fails_has_the_error_score() -> None:
    space = {"C": CategoricalDistribution([-1.0, 1.0])}
    with pytest.warns(RuntimeWarning, match="fit failed"):
        found = search(space=space, error_score=0.0, n_trials=8).fit(X, Y)
    assert found.best_params_ == {"C": 1.0} and min(trial.value for trial in found.trials_) == 0.0
    with pytest.raises(ValueError):
        search(space={"C": CategoricalDistribution([-1.0])}, error_score="raise").fit(X, Y)


class Breaking(SGDClassifier):
    """Fits no further after two steps."""

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        if self.alpha > 0.5 and getattr(self, "t_", 0) > 2 * len(X):
            raise ArithmeticError("it has diverged")
        return super().partial_fit(X, y, classes, sample_weight)


def test_a_step_that_fails_has_the_error_score_too() -> None:
    space = {"alpha": CategoricalDistribution([0.0001, 0.9])}
    options: dict[str, Any] = {"enable_pruning": True, "max_iter": 4, "n_trials": 6, "return_train_score": True}
    with pytest.warns(RuntimeWarning, match="it has diverged"):
        found = search(Breaking(random_state=0), space, error_score=-1.0, **options).fit(X, Y)
    assert found.best_params_ == {"alpha": 0.0001}
    broken = [trial for trial in found.trials_ if trial.params["alpha"] == 0.9]
    assert broken and all(trial.value == -1 or trial.state.name == "PRUNED" for trial in broken)
    assert all(len(trial.intermediate_values) <= 3 for trial in broken), "none goes on in vain"
    with pytest.raises(ArithmeticError):
        search(Breaking(), {"alpha": CategoricalDistribution([0.9])}, error_score="raise", **options).fit(X, Y)


def test_a_study_of_ones_own_must_be_maximised() -> None:
    study = ravine.create_study(direction="maximize")
    assert search(study=study, n_trials=2).fit(X, Y).study_ is study
    with pytest.raises(ValueError, match="maximize"):
        search(study=ravine.create_study()).fit(X, Y)


def test_callbacks_are_called() -> None:
    seen = []
    search(callbacks=[lambda study, trial: seen.append(trial.number)], n_trials=3).fit(X, Y)
    assert seen == [0, 1, 2]


def test_what_cannot_be_tuned_is_refused() -> None:
    with pytest.raises(TypeError, match="fit"):
        RavineSearchCV(object(), SPACE).fit(X, Y)
    with pytest.raises(TypeError, match="distribution"):
        search(space={"C": [1, 2]}).fit(X, Y)
    with pytest.raises(ValueError, match="max_iter"):
        search(max_iter=0).fit(X, Y)


def test_before_it_is_fitted_it_says_so() -> None:
    for act in (lambda: search().best_params_, lambda: search().predict(X), lambda: search().trials_):
        with pytest.raises(NotFittedError):
            act()
    found = search(refit=False, n_trials=2).fit(X, Y)
    assert found.best_params_
    with pytest.raises(NotFittedError, match="refit"):
        found.predict(X)


def test_optunas_name_is_the_same_search() -> None:
    assert issubclass(OptunaSearchCV, RavineSearchCV)
    assert OptunaSearchCV(SVC(), SPACE, n_trials=1).fit(X, Y).n_trials_ == 1


def test_methods_are_those_of_the_estimator() -> None:
    assert not hasattr(search(), "transform") and hasattr(search(), "decision_function")


def test_sparse_features_are_taken() -> None:
    import scipy.sparse as scipy_sparse

    found = search(SGDClassifier(), {"alpha": FloatDistribution(1e-5, 1e-1, log=True)}, n_trials=2, subsample=0.8)
    found.fit(scipy_sparse.csr_matrix(X), Y)
    assert found.best_score_ > 0.5 and len(found.sample_indices_) == 120


class Weighed(BaseEstimator):  # type: ignore[misc]
    """An estimator without targets, which wants a weight for each row it is given."""

    def __init__(self, shift: float = 0.0) -> None:
        self.shift = shift

    def fit(self, X: Any, y: Any = None, weight: Any = None, name: Any = None) -> Weighed:  # noqa: N803
        assert len(weight) == len(X) and name == "rows"
        return self

    def score(self, X: Any, y: Any = None) -> float:  # noqa: N803
        return -abs(self.shift)


def test_weights_follow_their_rows_also_without_targets() -> None:
    found = search(Weighed(), {"shift": FloatDistribution(-1, 1)}, n_trials=3, error_score="raise", subsample=0.5)
    assert found.fit(X, weight=np.arange(150), name="rows").best_score_ <= 0


def test_a_search_is_the_kind_of_its_estimator() -> None:
    assert is_classifier(search()) and is_regressor(search(SVR())) and not is_classifier(search(SVR()))
    assert cross_val_score(search(n_trials=2), X, Y, cv=3).min() > 0.8


@pytest.mark.parametrize("scoring", [["accuracy", "f1_macro"], {"a": "accuracy"}])
def test_trials_are_judged_by_one_metric(scoring: Any) -> None:
    with pytest.raises(ValueError, match="one metric"):
        search(scoring=scoring).fit(X, Y)
