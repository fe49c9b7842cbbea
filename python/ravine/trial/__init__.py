"""Trials: the one an objective is called with, fixed ones to try an objective, and frozen ones to look at."""

from __future__ import annotations

from ravine.trial._base import BaseTrial
from ravine.trial._fixed import FixedTrial
from ravine.trial._frozen import FrozenTrial, create_trial
from ravine.trial._state import TrialState
from ravine.trial._trial import Trial

__all__ = ["BaseTrial", "FixedTrial", "FrozenTrial", "Trial", "TrialState", "create_trial"]
