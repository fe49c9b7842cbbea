"""An estimator that tunes another one: a pipeline of scikit-learn's on the handwritten digits.

Run: python search_cv.py [trials]
"""

import sys

from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from ravine.distributions import FloatDistribution, IntDistribution
from ravine.integration import RavineSearchCV

SPACE = {
    "reduce__n_components": IntDistribution(8, 48),
    "classify__C": FloatDistribution(1e-2, 1e3, log=True),
    "classify__gamma": FloatDistribution(1e-3, 1e1, log=True),
}


def main(n_trials):
    images, digits = load_digits(return_X_y=True)
    train, test, train_digits, test_digits = train_test_split(images / 16.0, digits, random_state=0)
    pipeline = Pipeline([("reduce", PCA(random_state=0)), ("classify", SVC())])
    search = RavineSearchCV(pipeline, SPACE, n_trials=n_trials, cv=3, random_state=0)
    search.fit(train, train_digits)
    print(f"cross-validated {search.best_score_:.1%}, on new digits {search.score(test, test_digits):.1%}")
    print(search.best_params_)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 25)
