"""What proposes the values of trials."""

from __future__ import annotations

from ravine.samplers import nsgaii
from ravine.samplers._base import BaseSampler
from ravine.samplers._brute_force import BruteForceSampler
from ravine.samplers._engine import (
    AutoSampler,
    CmaEsSampler,
    GPSampler,
    QMCSampler,
    RandomSampler,
    TPESampler,
)
from ravine.samplers._genetic import BaseGASampler
from ravine.samplers._grid import GridSampler
from ravine.samplers._nsga import NSGAIIISampler, NSGAIISampler
from ravine.samplers._partial_fixed import PartialFixedSampler

__all__ = [
    "AutoSampler",
    "BaseGASampler",
    "BaseSampler",
    "BruteForceSampler",
    "CmaEsSampler",
    "GPSampler",
    "GridSampler",
    "NSGAIIISampler",
    "NSGAIISampler",
    "PartialFixedSampler",
    "QMCSampler",
    "RandomSampler",
    "TPESampler",
    "nsgaii",
]
