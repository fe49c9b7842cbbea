"""A pruner for objectives that are a mean over problem instances, seeds or folds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ravine._notice import experimental, warn
from ravine.pruners._base import BasePruner, check
from ravine.study._study_direction import StudyDirection

if TYPE_CHECKING:
    from ravine.study import Study
    from ravine.trial import FrozenTrial


# So many differences are judged exactly: always, and where none are alike or zero (as SciPy does).
_FEW = 13
_SEVERAL = 50


@experimental("3.6.0")
class WilcoxonPruner(BasePruner):
    """Stops a trial that is significantly worse than the best one, by Wilcoxon's signed-rank test.

    Steps are instances: the values that both trials reported at the same step are compared.

    Args:
        p_threshold: A trial is stopped below this p-value, 0 to 1.
        n_startup_steps: So many instances must be there before any trial is stopped.
    """

    def __init__(self, *, p_threshold: float = 0.1, n_startup_steps: int = 2) -> None:
        check(n_startup_steps >= 0, f"n_startup_steps must be nonnegative but got {n_startup_steps}.")
        check(0.0 <= p_threshold <= 1.0, f"p_threshold must be between 0 and 1 but got {p_threshold}.")
        self._n_startup_steps = n_startup_steps
        self._p_threshold = p_threshold

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        own = trial.intermediate_values
        if not own:
            return False
        if not all(map(math.isfinite, own.values())):
            warn(
                f"The intermediate values of the current trial (trial {trial.number}) contain infinity/NaNs. "
                "WilcoxonPruner will not prune this trial."
            )
            return False
        try:
            best = study.best_trial
        except ValueError:
            return False
        theirs = best.intermediate_values
        if not theirs:
            warn(
                "The best trial has no intermediate values so WilcoxonPruner cannot prune trials. If you have added the "
                "best trial with Study.add_trial, please consider setting intermediate_values argument."
            )
            return False
        if not all(map(math.isfinite, theirs.values())):
            warn(
                f"The intermediate values of the best trial (trial {best.number}) contain infinity/NaNs. "
                "WilcoxonPruner will not prune the current trial."
            )
            return False
        common = [step for step in own if step in theirs]
        if len(common) < len(own):
            warn(
                "WilcoxonPruner finds steps existing in the current trial but does not exist in the best trial. Those "
                "values are ignored."
            )
        if len(common) < max(2, self._n_startup_steps):
            return False
        sign = -1.0 if study.direction == StudyDirection.MAXIMIZE else 1.0
        worse_by = [sign * (own[step] - theirs[step]) for step in sorted(common)]
        mean = sum(own.values()) / len(own)
        their_mean = sum(theirs.values()) / len(theirs)
        if sign * mean <= sign * their_mean:
            return False
        return greater(worse_by) < self._p_threshold


def greater(differences: list[float]) -> float:
    """The p-value that differences are not above zero on the whole; those that are zero count half on each side.

    Exact up to 13 differences, and up to 50 without ties and zeros; normal otherwise.
    """
    sizes = sorted({abs(d) for d in differences})
    count = {size: sum(abs(d) == size for d in differences) for size in sizes}
    # Twice the ranks, which are whole: equal sizes share the mean of theirs.
    ranks, below = {}, 0
    for size in sizes:
        ranks[size] = 2 * below + count[size] + 1
        below += count[size]
    n = len(differences)
    moving = [ranks[abs(d)] for d in differences if d != 0.0]
    above = sum(ranks[d] for d in differences if d > 0.0)
    if n <= _FEW or (n <= _SEVERAL and 0.0 not in count and len(sizes) == n):
        return _exact(above, moving)
    mean = n * (n + 1) / 4.0
    ties = sum(times**3 - times for times in count.values())
    variance = n * (n + 1) * (2 * n + 1) / 24.0 - ties / 48.0
    if variance <= 0.0:
        return 1.0
    zeros = count.get(0.0, 0) * ranks.get(0.0, 0) / 4.0
    return 0.5 * math.erfc((above / 2.0 + zeros - mean) / math.sqrt(2.0 * variance))


def _exact(above: int, ranks: list[int]) -> float:
    """How likely a sum of ranks of at least `above` is, if each of them is in it or not by a fair coin."""
    ways = [1] + [0] * sum(ranks)
    for rank in ranks:
        for total in range(len(ways) - 1, rank - 1, -1):
            ways[total] += ways[total - rank]
    return sum(ways[above:]) / 2.0 ** len(ranks)
