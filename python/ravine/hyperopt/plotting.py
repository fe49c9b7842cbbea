"""Plots of trials, drawn with matplotlib into the current figure: ``plotting.main_plot_history(trials)``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ravine.hyperopt.base import STATUS_FAIL, STATUS_NEW, STATUS_OK, STATUS_RUNNING, Trials

default_status_colors = {STATUS_NEW: "k", STATUS_RUNNING: "g", STATUS_OK: "b", STATUS_FAIL: "r"}


def main_plot_history(
    trials: Trials,
    do_show: bool = True,
    status_colors: Mapping[str, str] | None = None,
    title: str = "Loss History",
) -> None:
    """The losses in the order of the trials, coloured by status, and the best one as a line.

    Args:
        trials: The trials.
        do_show: Whether the figure is shown at once.
        status_colors: Colours by status.
        title: The title.

    Raises:
        ValueError: When no trial has a loss.
    """
    from matplotlib import pyplot

    best = trials.average_best_error()
    colors = default_status_colors if status_colors is None else status_colors
    shown = [(loss, colors[s]) for loss, s in zip(trials.losses(), trials.statuses()) if loss is not None and s]
    pyplot.scatter(range(len(shown)), [loss for loss, _ in shown], c=[color for _, color in shown])
    pyplot.axhline(best, c="g")
    _finish("time", "loss", title, do_show)


def main_plot_histogram(trials: Trials, do_show: bool = True, title: str = "Loss Histogram") -> None:
    """How often losses of which size were seen; the arguments are those of :func:`main_plot_history`."""
    from matplotlib import pyplot

    pyplot.hist([loss for loss in trials.losses() if loss is not None])
    _finish("loss", "frequency", title, do_show)


def main_plot_vars(
    trials: Trials,
    do_show: bool = True,
    fontsize: float = 10,
    colorize_best: int | None = None,
    columns: int = 5,
    arrange_by_loss: bool = False,
) -> None:
    """The values of each label, one small plot each: over the trials, or over their losses.

    Dots are grey by loss, the best one darkest. Labels with "log" in their name have a logarithmic axis.

    Args:
        trials: The trials.
        do_show: Whether the figure is shown at once.
        fontsize: The size of titles.
        colorize_best: So many of the best trials are green.
        columns: How many plots stand side by side.
        arrange_by_loss: Whether losses are on the horizontal axis, instead of the trials' numbers.

    Raises:
        ValueError: When no trial has a finite loss.
    """
    from matplotlib import pyplot

    losses = dict(zip(trials.tids, trials.losses()))
    finite = sorted(loss for loss in losses.values() if loss is not None and math.isfinite(loss))
    if not finite:
        raise ValueError("no trial has a finite loss")
    limit = -math.inf if colorize_best is None else finite[min(colorize_best, len(finite)) - 1]
    width = (finite[-1] - finite[0]) or 1.0

    def color(loss: float | None) -> tuple[float, float, float]:
        if loss is None or not math.isfinite(loss):
            return (1.0, 1.0, 1.0)
        share = (loss - finite[0]) / width
        return (0.0, 1.0 - share, 0.0) if loss <= limit else (share, share, share)

    idxs, vals = trials.idxs_vals
    columns = max(min(columns, len(idxs)), 1)
    for position, label in enumerate(sorted(idxs), 1):
        axes = pyplot.subplot(math.ceil(len(idxs) / columns), columns, position)
        axes.set_title(label, fontsize=fontsize)
        axes.tick_params(labelbottom=False)
        if "log" in label:
            axes.set_yscale("log")
        of_trials: list[Any] = [losses[tid] for tid in idxs[label]]
        axes.scatter(of_trials if arrange_by_loss else idxs[label], vals[label], c=[color(loss) for loss in of_trials])
    if do_show:
        pyplot.show()


def _finish(xlabel: str, ylabel: str, title: str, do_show: bool) -> None:
    from matplotlib import pyplot

    pyplot.xlabel(xlabel)
    pyplot.ylabel(ylabel)
    pyplot.title(title)
    if do_show:
        pyplot.show()
