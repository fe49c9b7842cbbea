"""Plots of studies.

With plotly installed the functions return plotly figures; without it (or with ``backend="svg"``) a :class:`Figure` that
notebooks show and that saves itself as SVG or HTML. :mod:`ravine.visualization.matplotlib` has the same functions.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ravine.visualization._backend import is_available
from ravine.visualization._plots import (
    plot_contour,
    plot_edf,
    plot_hypervolume_history,
    plot_intermediate_values,
    plot_optimization_history,
    plot_parallel_coordinate,
    plot_param_importances,
    plot_pareto_front,
    plot_rank,
    plot_slice,
    plot_terminator_improvement,
    plot_timeline,
)
from ravine.visualization._svg.figure import Figure

if TYPE_CHECKING:
    from ravine.visualization import matplotlib

__all__ = [
    "Figure",
    "is_available",
    "matplotlib",
    "plot_contour",
    "plot_edf",
    "plot_hypervolume_history",
    "plot_intermediate_values",
    "plot_optimization_history",
    "plot_parallel_coordinate",
    "plot_param_importances",
    "plot_pareto_front",
    "plot_rank",
    "plot_slice",
    "plot_terminator_improvement",
    "plot_timeline",
]


def __getattr__(name: str) -> Any:
    if name == "matplotlib":
        return importlib.import_module("ravine.visualization.matplotlib")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
