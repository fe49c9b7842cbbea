"""The rule itself: a study ends when what is left to gain is below the error."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING

from ravine import _notice
from ravine.logging import get_logger
from ravine.terminator._error import (
    DEPRECATED,
    BaseErrorEvaluator,
    CrossValidationErrorEvaluator,
    StaticErrorEvaluator,
)
from ravine.terminator._improvement import (
    BaseImprovementEvaluator,
    BestValueStagnationEvaluator,
    RegretBoundEvaluator,
)
from ravine.trial import TrialState

if TYPE_CHECKING:
    from ravine.study import Study
    from ravine.trial import FrozenTrial

_logger = get_logger(__name__)


class BaseTerminator(abc.ABC):
    """Judges whether a study should end. Own ones implement :meth:`should_terminate`."""

    @abc.abstractmethod
    def should_terminate(self, study: Study) -> bool:
        """Whether the study should end now."""


class Terminator(BaseTerminator):
    """Ends a study when what is left to gain is below the error.

    Args:
        improvement_evaluator: What judges the gain; None: :class:`RegretBoundEvaluator`.
        error_evaluator: What judges the error; None: 0 for :class:`BestValueStagnationEvaluator`, else
            :class:`CrossValidationErrorEvaluator`.
        min_n_trials: Before so many trials ended well nothing ends.

    Raises:
        ValueError: When `min_n_trials` is not positive.
    """

    def __init__(
        self,
        improvement_evaluator: BaseImprovementEvaluator | None = None,
        error_evaluator: BaseErrorEvaluator | None = None,
        min_n_trials: int = 20,
    ) -> None:
        _notice.warn(DEPRECATED, FutureWarning)
        if min_n_trials <= 0:
            raise ValueError("`min_n_trials` is expected to be a positive integer.")
        self._improvement = improvement_evaluator or default_improvement_evaluator()
        self._error = error_evaluator or default_error_evaluator(self._improvement)
        self._min_n_trials = min_n_trials

    def should_terminate(self, study: Study) -> bool:
        """Whether the study should end now."""
        ended = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if len(ended) < self._min_n_trials:
            return False
        trials = study.trials
        improvement = self._improvement.evaluate(trials=trials, study_direction=study.direction)
        error = self._error.evaluate(trials=trials, study_direction=study.direction)
        return bool(improvement < error)


class TerminatorCallback:
    """A callback of :meth:`Study.optimize <ravine.study.Study.optimize>` that asks a terminator after each trial.

    Args:
        terminator: The one to ask; None: a :class:`Terminator`.
    """

    def __init__(self, terminator: BaseTerminator | None = None) -> None:
        _notice.warn(DEPRECATED, FutureWarning)
        self._terminator = terminator or Terminator()

    def __call__(self, study: Study, trial: FrozenTrial) -> None:
        if self._terminator.should_terminate(study=study):
            _logger.info("The study has been stopped by the terminator.")
            study.stop()


def default_improvement_evaluator() -> BaseImprovementEvaluator:
    """What judges the gain when nothing is said."""
    return RegretBoundEvaluator()


def default_error_evaluator(improvement: BaseImprovementEvaluator) -> BaseErrorEvaluator:
    """What judges the error when nothing is said."""
    if isinstance(improvement, BestValueStagnationEvaluator):
        return StaticErrorEvaluator(constant=0)
    return CrossValidationErrorEvaluator()
