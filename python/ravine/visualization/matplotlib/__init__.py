"""The plots of :mod:`ravine.visualization`, drawn by matplotlib: each returns `Axes`, or an array of them.

The arguments are the same; see there.
"""

from __future__ import annotations

import functools
import importlib.util
import inspect
from collections.abc import Callable
from typing import Any

from ravine._notice import experimental
from ravine.visualization import _plots

__all__ = [
    "is_available",
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


def is_available() -> bool:
    """Whether matplotlib is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def _by_matplotlib(plot: Callable[..., Any]) -> Callable[..., Any]:
    """The plot with its backend fixed; the argument `backend` is gone from its signature."""
    # Of an experimental plot the function within: one warning is enough.
    plot = inspect.unwrap(plot)

    @experimental("2.2.0")
    @functools.wraps(plot)
    def drawn(*args: Any, **kwargs: Any) -> Any:
        return plot(*args, **kwargs, backend="matplotlib")

    signature = inspect.signature(plot)
    kept = [parameter for name, parameter in signature.parameters.items() if name != "backend"]
    drawn.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
    drawn.__module__ = __name__
    return drawn


plot_contour = _by_matplotlib(_plots.plot_contour)
plot_edf = _by_matplotlib(_plots.plot_edf)
plot_hypervolume_history = _by_matplotlib(_plots.plot_hypervolume_history)
plot_intermediate_values = _by_matplotlib(_plots.plot_intermediate_values)
plot_optimization_history = _by_matplotlib(_plots.plot_optimization_history)
plot_parallel_coordinate = _by_matplotlib(_plots.plot_parallel_coordinate)
plot_param_importances = _by_matplotlib(_plots.plot_param_importances)
plot_pareto_front = _by_matplotlib(_plots.plot_pareto_front)
plot_rank = _by_matplotlib(_plots.plot_rank)
plot_slice = _by_matplotlib(_plots.plot_slice)
plot_terminator_improvement = _by_matplotlib(_plots.plot_terminator_improvement)
plot_timeline = _by_matplotlib(_plots.plot_timeline)
