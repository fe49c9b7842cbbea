"""A study of a scikit-learn model on real data: which forest tells malignant from benign tumours best?

Bad trials are pruned after the first folds. Run: python forest.py [trials]
"""

import sys

from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedKFold

import ravine

FEATURES, MALIGNANT = load_breast_cancer(return_X_y=True)
FOLDS = list(StratifiedKFold(5, shuffle=True, random_state=0).split(FEATURES, MALIGNANT))


def objective(trial):
    """The mean accuracy over the folds."""
    forest = RandomForestClassifier(
        n_estimators=trial.suggest_int("trees", 5, 60, log=True),
        max_depth=trial.suggest_int("depth", 1, 16),
        max_features=trial.suggest_float("features", 0.05, 1.0),
        criterion=trial.suggest_categorical("criterion", ["gini", "entropy"]),
        random_state=0,
    )
    scores = []
    for fold, (train, test) in enumerate(FOLDS):
        forest.fit(FEATURES[train], MALIGNANT[train])
        scores.append(forest.score(FEATURES[test], MALIGNANT[test]))
        trial.report(sum(scores) / len(scores), step=fold)
        if trial.should_prune():
            raise ravine.TrialPruned
    return sum(scores) / len(scores)


def main(n_trials):
    study = ravine.create_study(
        study_name="forest",
        direction="maximize",
        sampler=ravine.samplers.AutoSampler(seed=1),
        pruner=ravine.pruners.MedianPruner(n_startup_trials=5),
    )
    study.optimize(objective, n_trials=n_trials)
    print(f"accuracy {study.best_value:.1%} with {study.best_params}")
    for name, share in ravine.importance.get_param_importances(study).items():
        print(f"{share:6.0%}  {name}")
    for name in ("optimization_history", "slice", "timeline"):
        getattr(ravine.visualization, f"plot_{name}")(study, backend="svg").save(f"{name}.html")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
