"""Which parameters matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ravine.visualization._chart import Axis, Bars, Chart, Panel
from ravine.visualization._trials import (
    Target,
    check_target,
    completed,
    distribution_of,
    finite,
    is_multi_objective,
    logger,
)

if TYPE_CHECKING:
    from ravine.importance import BaseImportanceEvaluator
    from ravine.study import Study


def param_importances(
    study: Study,
    evaluator: BaseImportanceEvaluator | None,
    params: list[str] | None,
    target: Target | None,
    target_name: str,
) -> Chart:
    """The chart; see :func:`ravine.visualization.plot_param_importances`."""
    chart = Chart("Hyperparameter Importances", x=Axis("Hyperparameter Importance"), y=Axis("Hyperparameter"))
    several = is_multi_objective(study) and target is None
    bars = []
    for place, (name, read) in enumerate(_targets(study, target, target_name)):
        check_target(study, read, name)
        found = _bars(study, evaluator, params, read, name)
        if found is not None:
            found.color, found.legend = (f"series{place}", True) if several else ("accent", False)
            bars.append(found)
    if bars:
        labels = list(dict.fromkeys(label for found in bars for label in found.labels))
        chart.y.kind, chart.y.categories = "category", labels
        chart.panels = [[Panel(chart.x, chart.y, list(bars))]]
    return chart


def _targets(study: Study, target: Target | None, target_name: str) -> list[tuple[str, Target | None]]:
    names = study.metric_names
    if target is not None:
        return [(target_name, target)]
    if not is_multi_objective(study):
        return [(names[0] if names else target_name, None)]
    names = names or [f"{target_name} {place}" for place in range(len(study.directions))]
    return [(name, lambda trial, place=place: trial.values[place]) for place, name in enumerate(names)]  # type: ignore[misc]


def _bars(
    study: Study,
    evaluator: BaseImportanceEvaluator | None,
    params: list[str] | None,
    target: Target | None,
    name: str,
) -> Bars | None:
    from ravine.importance import get_param_importances

    trials = finite(completed(study), target)
    if not trials:
        logger.warning("Study instance does not contain completed trials.")
        return None
    importances = get_param_importances(study, evaluator=evaluator, params=params, target=target)
    labels = list(reversed(importances))
    values = [importances[label] for label in labels]
    if not labels:
        return None
    texts = [f"{value:.2f}" if value >= 0.01 else "<0.01" for value in values]
    hover = [
        f"{label} ({type(distribution_of(trials, label)).__name__}): {value}" for label, value in zip(labels, values)
    ]
    return Bars(labels, values, texts, name, hover=hover)
