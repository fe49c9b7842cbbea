"""The plots: each takes a study and returns a figure.

A figure is plotly's when plotly is installed, else ravine's own :class:`~ravine.visualization.Figure` (SVG); the
argument `backend` asks for one: "plotly", "svg" or "matplotlib". In each plot `target` is a function of a trial that
gives the number to plot instead of the objective value (needed with several objectives), and `target_name` what to call
it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ravine._notice import experimental
from ravine.visualization._backend import Backend, draw

if TYPE_CHECKING:
    from ravine.importance import BaseImportanceEvaluator
    from ravine.study import Study
    from ravine.terminator import BaseErrorEvaluator, BaseImprovementEvaluator
    from ravine.trial import FrozenTrial

    Target = Callable[[FrozenTrial], float]


def plot_optimization_history(
    study: Study | Sequence[Study],
    *,
    target: Target | None = None,
    target_name: str = "Objective Value",
    error_bar: bool = False,
    backend: Backend | None = None,
) -> Any:
    """Plots values in the order of trials, and the best so far.

    Args:
        study: A study, or several to compare.
        target: See the module. With it there is no line of the best.
        target_name: See the module.
        error_bar: Whether to show several studies as their mean with its standard deviation.
        backend: See the module.

    Raises:
        ValueError: When a study has several objectives and there is no `target`.
    """
    from ravine.visualization._optimization_history import optimization_history

    return draw(optimization_history(study, target, target_name, error_bar), backend)


def plot_edf(
    study: Study | Sequence[Study],
    *,
    target: Target | None = None,
    target_name: str = "Objective Value",
    backend: Backend | None = None,
) -> Any:
    """Plots for each value the share of trials that are at most so large.

    Args:
        study: A study, or several to compare.
        target: See the module.
        target_name: See the module.
        backend: See the module.

    Raises:
        ValueError: When a study has several objectives and there is no `target`.
    """
    from ravine.visualization._edf import edf

    return draw(edf(study, target, target_name), backend)


def plot_intermediate_values(study: Study, *, backend: Backend | None = None) -> Any:
    """Plots what trials reported, step by step.

    Args:
        study: A study whose trials called ``trial.report``.
        backend: See the module.
    """
    from ravine.visualization._intermediate_values import intermediate_values

    return draw(intermediate_values(study), backend)


@experimental("3.3.0")
def plot_hypervolume_history(study: Study, reference_point: Sequence[float], *, backend: Backend | None = None) -> Any:
    """Plots how much of the space of objectives the trials so far dominate.

    Args:
        study: A study with several objectives.
        reference_point: A point that is worse than what counts, one number for each objective.
        backend: See the module.

    Raises:
        ValueError: When the study has one objective, or the point has not one number for each.
    """
    from ravine.visualization._hypervolume_history import hypervolume_history

    return draw(hypervolume_history(study, reference_point), backend)


def plot_param_importances(
    study: Study,
    evaluator: BaseImportanceEvaluator | None = None,
    params: list[str] | None = None,
    *,
    target: Target | None = None,
    target_name: str = "Objective Value",
    backend: Backend | None = None,
) -> Any:
    """Plots how much each parameter matters, for each objective.

    Args:
        study: A study.
        evaluator: What judges; None: :class:`~ravine.importance.PedAnovaImportanceEvaluator`.
        params: The parameters to judge; None: all.
        target: See the module.
        target_name: See the module.
        backend: See the module.
    """
    from ravine.visualization._param_importances import param_importances

    return draw(param_importances(study, evaluator, params, target, target_name), backend)


def plot_slice(
    study: Study,
    params: list[str] | None = None,
    *,
    target: Target | None = None,
    target_name: str = "Objective Value",
    backend: Backend | None = None,
) -> Any:
    """Plots the objective over each parameter alone.

    Args:
        study: A study.
        params: The parameters to plot; None: all.
        target: See the module.
        target_name: See the module.
        backend: See the module.

    Raises:
        ValueError: When the study has several objectives and there is no `target`, or no trial has a parameter.
    """
    from ravine.visualization._slice import slices

    return draw(slices(study, params, target, target_name), backend)


def plot_contour(
    study: Study,
    params: list[str] | None = None,
    *,
    target: Target | None = None,
    target_name: str = "Objective Value",
    backend: Backend | None = None,
) -> Any:
    """Plots the objective over pairs of parameters, as a surface.

    Args:
        study: A study.
        params: The parameters to plot, two at least; None: all.
        target: See the module.
        target_name: See the module.
        backend: See the module.

    Raises:
        ValueError: When the study has several objectives and there is no `target`, or no trial has a parameter.
    """
    from ravine.visualization._contour import contour

    return draw(contour(study, params, target, target_name), backend)


def plot_rank(
    study: Study,
    params: list[str] | None = None,
    *,
    target: Target | None = None,
    target_name: str = "Objective Value",
    backend: Backend | None = None,
) -> Any:
    """Plots pairs of parameters, each trial coloured by its rank.

    Args:
        study: A study.
        params: The parameters to plot; None: all.
        target: See the module.
        target_name: See the module.
        backend: See the module.

    Raises:
        ValueError: When the study has several objectives and there is no `target`, or no trial has a parameter.
    """
    from ravine.visualization._rank import rank

    return draw(rank(study, params, target, target_name), backend)


def plot_parallel_coordinate(
    study: Study,
    params: list[str] | None = None,
    *,
    target: Target | None = None,
    target_name: str = "Objective Value",
    backend: Backend | None = None,
) -> Any:
    """Plots each trial as a line over the objectives and all parameters.

    With several objectives and no `target` the lines are coloured by Pareto rank.

    Args:
        study: A study.
        params: The parameters to plot; None: all.
        target: See the module.
        target_name: See the module.
        backend: See the module.

    Raises:
        ValueError: When no trial has one of the parameters.
    """
    from ravine.visualization._parallel_coordinate import parallel_coordinate

    return draw(parallel_coordinate(study, params, target, target_name), backend)


def plot_pareto_front(
    study: Study,
    *,
    target_names: list[str] | None = None,
    include_dominated_trials: bool = True,
    constraints_func: Callable[[FrozenTrial], Sequence[float]] | None = None,
    targets: Callable[[FrozenTrial], Sequence[float]] | None = None,
    backend: Backend | None = None,
) -> Any:
    """Plots objectives against each other, and marks the trials that none dominates.

    Three objectives are drawn in three dimensions by plotly and matplotlib, in pairs by SVG.

    Args:
        study: A study with several objectives.
        target_names: What to call them.
        include_dominated_trials: Whether to show the other trials too.
        constraints_func: Deprecated: gives a trial's violations; trials carry their constraints.
        targets: Gives the two or three numbers of a trial to plot; None: its objective values.
        backend: See the module.

    Raises:
        ValueError: When there are not two or three numbers to plot, or their names do not fit.
    """
    from ravine.visualization._pareto_front import pareto_front

    chart = pareto_front(study, target_names, include_dominated_trials, constraints_func, targets)
    return draw(chart, backend)


def plot_timeline(study: Study, n_recent_trials: int | None = None, *, backend: Backend | None = None) -> Any:
    """Plots when each trial ran, coloured by how it ended.

    Args:
        study: A study.
        n_recent_trials: So many of the last trials; None: all.
        backend: See the module.

    Raises:
        ValueError: When `n_recent_trials` is not positive.
    """
    from ravine.visualization._timeline import timeline

    return draw(timeline(study, n_recent_trials), backend)


@experimental("3.2.0")
def plot_terminator_improvement(
    study: Study,
    plot_error: bool = False,
    improvement_evaluator: BaseImprovementEvaluator | None = None,
    error_evaluator: BaseErrorEvaluator | None = None,
    min_n_trials: int = 20,
    *,
    backend: Backend | None = None,
) -> Any:
    """Plots what a terminator would still have expected to gain, trial by trial.

    Args:
        study: A study with one objective.
        plot_error: Whether to show the error that the gain is held against.
        improvement_evaluator: What judges the gain; None: as :class:`~ravine.terminator.Terminator` has it.
        error_evaluator: What judges the error; None: likewise.
        min_n_trials: Before so many trials the line is faint: a terminator would not stop there.
        backend: See the module.

    Raises:
        ValueError: When the study has several objectives.
    """
    from ravine.visualization._terminator_improvement import terminator_improvement

    chart = terminator_improvement(study, plot_error, improvement_evaluator, error_evaluator, min_n_trials)
    return draw(chart, backend)
