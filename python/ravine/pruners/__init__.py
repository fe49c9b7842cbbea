"""What stops trials early."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ravine.pruners._base import BasePruner
from ravine.pruners._halving import HyperbandPruner, SuccessiveHalvingPruner
from ravine.pruners._percentile import MedianPruner, PercentilePruner
from ravine.pruners._rules import NopPruner, PatientPruner, ThresholdPruner
from ravine.pruners._wilcoxon import WilcoxonPruner

if TYPE_CHECKING:
    from ravine.study import Study
    from ravine.trial import FrozenTrial

__all__ = [
    "BasePruner",
    "HyperbandPruner",
    "MedianPruner",
    "NopPruner",
    "PatientPruner",
    "PercentilePruner",
    "SuccessiveHalvingPruner",
    "ThresholdPruner",
    "WilcoxonPruner",
]


def _filter_study(study: Study, trial: FrozenTrial) -> Study:
    """The study as a sampler sees it: with Hyperband the trials of the same bracket."""
    pruner = study.pruner
    if isinstance(pruner, HyperbandPruner):
        return pruner._create_bracket_study(study, pruner._get_bracket_id(study, trial))
    return study
