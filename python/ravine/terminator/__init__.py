"""Rules that end a study when little is left to gain.

Deprecated in Optuna since 4.9; kept for programs that use it. A study's `[stop]` rules, and a sampler that says it has
nothing more to propose, are ravine's own way.
"""

from __future__ import annotations

from ravine.terminator._error import (
    BaseErrorEvaluator,
    CrossValidationErrorEvaluator,
    MedianErrorEvaluator,
    StaticErrorEvaluator,
    report_cross_validation_scores,
)
from ravine.terminator._improvement import (
    BaseImprovementEvaluator,
    BestValueStagnationEvaluator,
    EMMREvaluator,
    RegretBoundEvaluator,
)
from ravine.terminator._terminator import (
    BaseTerminator,
    Terminator,
    TerminatorCallback,
    default_error_evaluator,
    default_improvement_evaluator,
)

__all__ = [
    "BaseErrorEvaluator",
    "BaseImprovementEvaluator",
    "BaseTerminator",
    "BestValueStagnationEvaluator",
    "CrossValidationErrorEvaluator",
    "EMMREvaluator",
    "MedianErrorEvaluator",
    "RegretBoundEvaluator",
    "StaticErrorEvaluator",
    "Terminator",
    "TerminatorCallback",
    "default_error_evaluator",
    "default_improvement_evaluator",
    "report_cross_validation_scores",
]
