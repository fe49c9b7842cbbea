"""What each plot shows: its chart, and that SVG, plotly and matplotlib draw it."""

from __future__ import annotations

import math
import sys
import warnings
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import ravine
from ravine import visualization
from ravine.distributions import CategoricalDistribution, FloatDistribution
from ravine.study import Study
from ravine.trial import TrialState, create_trial
from ravine.visualization._chart import Bars, Chart, Line, Points, Spans, Surface, Threads

pytestmark = pytest.mark.filterwarnings("ignore::ravine.exceptions.ExperimentalWarning")

SVG = "{http://www.w3.org/2000/svg}"

# Each plot of a study of one objective, and what its figures are called.
OF_ONE: dict[str, Callable[..., Any]] = {
    "Contour Plot": visualization.plot_contour,
    "Empirical Distribution Function Plot": visualization.plot_edf,
    "Hyperparameter Importances": visualization.plot_param_importances,
    "Intermediate Values Plot": visualization.plot_intermediate_values,
    "Optimization History Plot": visualization.plot_optimization_history,
    "Parallel Coordinate Plot": visualization.plot_parallel_coordinate,
    "Rank (Objective Value)": visualization.plot_rank,
    "Slice Plot": visualization.plot_slice,
    "Timeline Plot": visualization.plot_timeline,
}
BACKENDS = ["svg", "plotly", "matplotlib"]


def chart(plot: Callable[..., Any], *args: Any, **kwargs: Any) -> Chart:
    return plot(*args, backend="svg", **kwargs).chart


def marks(plot: Callable[..., Any], *args: Any, **kwargs: Any) -> list[Any]:
    return chart(plot, *args, **kwargs).marks


def values_study(values: list[float], **options: Any) -> Study:
    """A study whose trial i has x = i and this value."""
    study = ravine.create_study(**options)
    for number, value in enumerate(values):
        study.add_trial(
            create_trial(params={"x": float(number)}, distributions={"x": FloatDistribution(0, 100)}, value=value)
        )
    return study


def drawn(plot: Callable[..., Any], backend: str, *args: Any, **kwargs: Any) -> Any:
    """A figure, drawn to its end."""
    if backend == "matplotlib":
        import matplotlib

        matplotlib.use("agg")
    figure = plot(*args, backend=backend, **kwargs)
    if backend == "svg":
        ElementTree.fromstring(figure.to_svg())
    elif backend == "plotly":
        figure.to_json()
    else:
        import matplotlib.pyplot

        matplotlib.pyplot.close("all")
    return figure


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("title", OF_ONE)
def test_each_plot_is_drawn(title: str, backend: str, mixed: Study) -> None:
    figure = drawn(OF_ONE[title], backend, mixed)
    if backend == "plotly":
        assert figure.layout.title.text == title and len(figure.data) > 0


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("title", OF_ONE)
def test_a_study_without_trials_gives_an_empty_figure(title: str, backend: str, empty: Study) -> None:
    figure = drawn(OF_ONE[title], backend, empty)
    if backend == "svg":
        assert figure.chart.marks == []
    if backend == "plotly":
        assert len(figure.data) == 0 and figure.layout.title.text == title


@pytest.mark.parametrize("values", [(1e308, -1e308, 0.0), (sys.float_info.max, -sys.float_info.max), (1e308, 1e308)])
@pytest.mark.parametrize("title", OF_ONE)
def test_the_largest_numbers_there_are_can_be_drawn(title: str, values: tuple[float, ...]) -> None:
    wide = FloatDistribution(-8e307, 8e307)
    study = ravine.create_study()
    for place, value in enumerate(values * 3):
        trial = create_trial(
            value=value, params={"x": value / 3, "y": float(place)}, intermediate_values={0: value, 1: -value},
            distributions={"x": wide, "y": FloatDistribution(0, 100)},
        )  # fmt: skip
        study.add_trial(trial)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        svg = OF_ONE[title](study, backend="svg").to_svg()
    places = [value for element in ElementTree.fromstring(svg).iter() for value in element.attrib.values()]
    assert not any(value in ("nan", "inf", "-inf") for value in places)


@pytest.mark.parametrize("plot", [
    visualization.plot_contour, visualization.plot_edf, visualization.plot_optimization_history,
    visualization.plot_rank, visualization.plot_slice,
])  # fmt: skip
def test_several_objectives_need_a_target(plot: Callable[..., Any], pareto: Study) -> None:
    with pytest.raises(ValueError, match="target"):
        plot(pareto, backend="svg")
    assert marks(plot, pareto, target=lambda trial: trial.values[0], target_name="first")


def test_a_target_without_a_name_is_told(mixed: Study) -> None:
    with pytest.warns(UserWarning, match="target_name"):
        visualization.plot_slice(mixed, target=lambda trial: trial.number, backend="svg")


@pytest.mark.parametrize("plot", [
    visualization.plot_contour, visualization.plot_parallel_coordinate, visualization.plot_rank,
    visualization.plot_slice,
])  # fmt: skip
def test_a_parameter_that_is_not_there_is_refused(plot: Callable[..., Any], mixed: Study) -> None:
    with pytest.raises(ValueError, match="Parameter nowhere does not exist in your study."):
        plot(mixed, params=["x", "nowhere"], backend="svg")


def test_values_that_are_not_finite_are_left_out() -> None:
    study = values_study([1.0, math.inf, 2.0])
    (points,) = marks(visualization.plot_slice, study)
    assert points.y == [1.0, 2.0]


def test_history_shows_values_and_the_best_so_far() -> None:
    points, best, infeasible = marks(visualization.plot_optimization_history, values_study([3.0, 1.0, 2.0]))
    assert points.x == [0, 1, 2] and points.y == [3.0, 1.0, 2.0] and points.name == "Objective Value"
    assert best.y == [3.0, 1.0, 1.0] and best.name == "Best Value" and infeasible.x == []
    _, best, _ = marks(visualization.plot_optimization_history, values_study([3.0, 1.0, 5.0], direction="maximize"))
    assert best.y == [3.0, 3.0, 5.0]


def test_history_of_a_target_has_no_best() -> None:
    found = marks(visualization.plot_optimization_history, values_study([1.0]), target=lambda t: 2.0, target_name="two")
    assert [type(mark) for mark in found] == [Points, Points] and found[0].y == [2.0]


def test_history_keeps_infeasible_trials_apart() -> None:
    study = values_study([3.0])
    study.add_trial(create_trial(value=-9.0, constraints={"c": 1.0}))
    _, best, infeasible = marks(visualization.plot_optimization_history, study)
    assert infeasible.x == [1] and infeasible.y == [-9.0] and best.y == [3.0, 3.0]


def test_several_histories_are_told_apart_or_averaged() -> None:
    studies = [values_study([4.0, 2.0], study_name="a"), values_study([6.0, 6.0], study_name="b")]
    names = [mark.name for mark in marks(visualization.plot_optimization_history, studies)]
    assert "Objective Value of a" in names and "Best Value of b" in names
    points, best = marks(visualization.plot_optimization_history, studies, error_bar=True)
    assert points.y == [5.0, 4.0] and list(points.error) == [1.0, 2.0]
    assert best.y == [5.0, 4.0] and best.lower == [4.0, 2.0] and best.upper == [6.0, 6.0]


def test_edf_rises_from_the_best_to_one() -> None:
    (line,) = marks(visualization.plot_edf, values_study([1.0, 2.0, 4.0]))
    assert line.x[0] == 1.0 and line.x[-1] == 4.0 and line.y[0] == pytest.approx(1 / 3) and line.y[-1] == 1.0
    assert list(line.y) == sorted(line.y) and len(line.x) == 100


def test_intermediate_values_are_in_the_order_of_steps() -> None:
    study = ravine.create_study()
    study.add_trial(create_trial(value=1.0, intermediate_values={5: 1.0, 2: 3.0}))
    study.add_trial(create_trial(state=TrialState.FAIL, intermediate_values={1: 1.0}))
    (line,) = marks(visualization.plot_intermediate_values, study)
    assert list(line.x) == [2, 5] and list(line.y) == [3.0, 1.0] and line.name == "Trial0"


def test_slices_have_one_panel_for_each_parameter(mixed: Study) -> None:
    panels = chart(visualization.plot_slice, mixed).panels
    assert [panel.x.title for panel in panels[0]] == ["kind", "layers", "momentum", "rate", "x"]
    assert [panel.x.kind for panel in panels[0]] == ["category", "log", "linear", "log", "linear"]
    momentum = panels[0][2].marks[0]
    assert len(momentum.x) == sum("momentum" in t.params for t in mixed.trials if t.state == TrialState.COMPLETE)


def test_a_contour_shows_the_best_of_trials_at_one_place() -> None:
    study = ravine.create_study()
    domains = {"x": FloatDistribution(0, 1), "c": CategoricalDistribution(["a", "b"])}
    for x, c, value in [(0.0, "a", 5.0), (0.0, "a", 3.0), (1.0, "b", 4.0)]:
        study.add_trial(create_trial(params={"x": x, "c": c}, distributions=domains, value=value))
    surface, dots, _ = marks(visualization.plot_contour, study, ["x", "c"])
    assert isinstance(surface, Surface) and sorted(surface.z) == [3.0, 4.0] and len(dots.x) == 3
    assert surface.x_grid == ["a", "b"] and surface.y_grid[0] < 0.0 and surface.y_grid[-1] > 1.0


def test_a_contour_of_one_parameter_is_empty(mixed: Study) -> None:
    assert chart(visualization.plot_contour, mixed, ["x"]).panels == []


def test_ranks_share_the_mean_of_equal_values() -> None:
    (points, *_) = marks(visualization.plot_rank, values_study([1.0, 3.0, 3.0, 9.0]), ["x"])
    assert points.color == pytest.approx([0.0, 0.5, 0.5, 1.0])


def test_importances_are_bars_from_the_least_to_the_most(mixed: Study) -> None:
    (bars,) = marks(visualization.plot_param_importances, mixed)
    assert isinstance(bars, Bars) and bars.values == sorted(bars.values) and bars.labels[-1] == "x"
    assert sum(bars.values) == pytest.approx(1.0)


def test_importances_of_several_objectives_stand_side_by_side(pareto: Study) -> None:
    with pytest.warns(UserWarning):
        first, second = marks(visualization.plot_param_importances, pareto)
    assert first.name == "Objective Value 0" and second.name == "Objective Value 1"


def test_parallel_lines_go_through_the_objective_and_all_parameters(mixed: Study) -> None:
    (threads,) = marks(visualization.plot_parallel_coordinate, mixed)
    assert isinstance(threads, Threads)
    names = [dimension.label for dimension in threads.dimensions]
    assert names == ["Objective Value", "kind", "layers", "momentum", "rate", "x"]
    momentum = threads.dimensions[3]
    assert momentum.ticks[0][1] == "None" and momentum.range[0] == momentum.ticks[0][0]
    for dimension in threads.dimensions:
        assert all(-1e-9 <= dimension.place(value) <= 1 + 1e-9 for value in dimension.values)


def test_parallel_lines_of_several_objectives_are_coloured_by_rank(pareto: Study) -> None:
    (threads,) = marks(visualization.plot_parallel_coordinate, pareto)
    best = {trial.number for trial in pareto.best_trials}
    assert {place for place, rank in enumerate(threads.color) if rank == 0} == best
    assert threads.scale.title == "Pareto Rank" and threads.dimensions[1].label == "Objective 1"


@pytest.mark.parametrize("backend", BACKENDS)
def test_pareto_front_marks_the_best(pareto: Study, backend: str) -> None:
    drawn(visualization.plot_pareto_front, backend, pareto)
    dominated, best = marks(visualization.plot_pareto_front, pareto)
    assert len(best.x) == len(pareto.best_trials) and len(best.x) + len(dominated.x) == len(pareto.trials)
    dominated, _ = marks(visualization.plot_pareto_front, pareto, include_dominated_trials=False)
    assert dominated.x == []


@pytest.mark.parametrize("backend", BACKENDS)
def test_three_objectives_have_a_third_axis(backend: str) -> None:
    study = ravine.create_study(directions=["minimize"] * 3)
    for values in ([1.0, 2.0, 3.0], [3.0, 2.0, 1.0], [3.0, 3.0, 3.0]):
        study.add_trial(create_trial(values=values))
    figure = drawn(visualization.plot_pareto_front, backend, study, target_names=["a", "b", "c"])
    if backend == "svg":
        assert figure.chart.panels[0][0].z.title == "c" and figure.to_svg().count(">c</text>") == 2
    if backend == "plotly":
        assert {trace.type for trace in figure.data} == {"scatter3d"}


def test_pareto_front_refuses_what_does_not_fit(pareto: Study, mixed: Study) -> None:
    plot = visualization.plot_pareto_front
    with pytest.raises(ValueError, match="2 or 3"):
        plot(mixed, backend="svg")
    with pytest.raises(ValueError, match="length of `target_names` is supposed to be 2"):
        plot(pareto, target_names=["one"], backend="svg")
    with pytest.raises(ValueError, match="sequence"):
        plot(pareto, targets=lambda trial: trial.values[0], backend="svg")
    with pytest.raises(ValueError, match="2 or 3 targets"):
        plot(pareto, targets=lambda trial: [1.0] * 4, backend="svg")
    with pytest.warns(FutureWarning):
        _, feasible, best = marks(plot, pareto, constraints_func=lambda trial: [1.0 if trial.number < 5 else 0.0])
    assert len(feasible.x) + len(best.x) == len(pareto.trials) - 5


@pytest.mark.parametrize("backend", BACKENDS)
def test_hypervolume_grows(pareto: Study, backend: str) -> None:
    drawn(visualization.plot_hypervolume_history, backend, pareto, [30.0, -1.0])
    (line,) = marks(visualization.plot_hypervolume_history, pareto, [30.0, -1.0])
    assert list(line.y) == sorted(line.y) and line.y[-1] > 0


def test_hypervolume_of_known_points() -> None:
    study = ravine.create_study(directions=["minimize", "maximize"])
    for values in ([1.0, 1.0], [0.5, 0.5], [9.0, 9.0]):
        study.add_trial(create_trial(values=values))
    (line,) = marks(visualization.plot_hypervolume_history, study, [2.0, 0.0])
    assert line.y == pytest.approx([1.0, 1.25, 1.25])


def test_hypervolume_refuses_what_does_not_fit(pareto: Study, mixed: Study) -> None:
    with pytest.raises(ValueError, match="one objective"):
        visualization.plot_hypervolume_history(mixed, [1.0])
    with pytest.raises(ValueError, match="reference point"):
        visualization.plot_hypervolume_history(pareto, [1.0])


def test_timeline_has_a_row_for_each_trial(mixed: Study) -> None:
    spans = marks(visualization.plot_timeline, mixed)
    assert all(isinstance(mark, Spans) for mark in spans)
    assert sorted(y for mark in spans for y in mark.y) == list(range(60))
    assert [mark.name for mark in spans] == ["COMPLETE", "PRUNED"]
    recent = marks(visualization.plot_timeline, mixed, n_recent_trials=5)
    assert sorted(y for mark in recent for y in mark.y) == list(range(55, 60))
    with pytest.raises(ValueError, match="positive"):
        visualization.plot_timeline(mixed, n_recent_trials=0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_terminator_improvement_shows_gain_and_error(backend: str) -> None:
    from ravine.terminator import BestValueStagnationEvaluator

    study = values_study([float(value) for value in range(30)])
    options = {"plot_error": True, "improvement_evaluator": BestValueStagnationEvaluator(9), "min_n_trials": 10}
    drawn(visualization.plot_terminator_improvement, backend, study, **options)
    faint, judged, error = marks(visualization.plot_terminator_improvement, study, **options)
    assert faint.faint and not judged.faint and judged.y[-1] == 9 - 29 and set(error.y) == {0}
    assert isinstance(error, Line)


def test_figures_save_and_show_themselves(mixed: Study, tmp_path: Path) -> None:
    figure = visualization.plot_slice(mixed, backend="svg")
    figure.save(tmp_path / "plot.svg", theme="dark")
    figure.save(tmp_path / "plot.html")
    root = ElementTree.parse(tmp_path / "plot.svg").getroot()
    assert root.tag == f"{SVG}svg" and root.get("class") == "rv rv-dark"
    page = (tmp_path / "plot.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") and "prefers-color-scheme" in page and "<svg" in page
    assert figure._repr_html_().startswith("<div") and figure._repr_svg_().startswith("<svg")
    assert repr(figure) == "Figure('Slice Plot')"
    with pytest.raises(ValueError, match="SVG"):
        figure.save(tmp_path / "plot.png")
    with pytest.raises(ValueError, match="theme"):
        figure.to_svg("sepia")
    with pytest.raises(AttributeError, match="install plotly"):
        figure.update_layout(width=100)


def test_names_cannot_break_a_drawing() -> None:
    study = ravine.create_study(study_name="<a & b>")
    study.add_trial(create_trial(params={"<x>": 1.0}, distributions={"<x>": FloatDistribution(0, 1)}, value=1.0))
    study.set_user_attr("&", "<")
    for plot in (visualization.plot_slice, visualization.plot_edf, visualization.plot_timeline):
        ElementTree.fromstring(plot(study, backend="svg").to_svg())


def test_plots_that_optuna_calls_experimental_say_so(pareto: Study) -> None:
    with pytest.warns(ravine.exceptions.ExperimentalWarning):
        visualization.plot_hypervolume_history(pareto, [30.0, -1.0], backend="svg")


def test_an_unknown_backend_is_refused(mixed: Study) -> None:
    with pytest.raises(ValueError, match="backend"):
        visualization.plot_slice(mixed, backend="gnuplot")


def test_without_plotly_plots_are_svg(mixed: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert visualization.is_available() is False
    assert isinstance(visualization.plot_slice(mixed), visualization.Figure)
    with pytest.raises(ImportError, match=r"ravine\[plotly\]"):
        visualization.plot_slice(mixed, backend="plotly")


def test_matplotlib_has_the_same_functions(mixed: Study) -> None:
    import matplotlib

    matplotlib.use("agg")
    import inspect

    from ravine.visualization import matplotlib as module

    for name in visualization.__all__:
        if name.startswith("plot_"):
            ours = inspect.signature(getattr(visualization, name)).parameters
            theirs = inspect.signature(getattr(module, name)).parameters
            assert list(theirs) == [parameter for parameter in ours if parameter != "backend"]
    assert module.is_available()
    assert module.plot_slice(mixed, ["x"]).get_xlabel() == "x"
    assert module.plot_contour(mixed, ["x", "rate", "layers"]).shape == (3, 3)


def test_a_running_trial_reaches_up_to_now() -> None:
    study = ravine.create_study()
    study.optimize(lambda trial: 1.0, n_trials=1)
    study.ask()
    study.enqueue_trial({"x": 1.0})
    spans = {mark.name: mark for mark in marks(visualization.plot_timeline, study)}
    assert set(spans) == {"COMPLETE", "RUNNING", "WAITING"}
    assert spans["RUNNING"].ends[0] > spans["COMPLETE"].ends[0]


def test_metric_names_are_the_axes_names() -> None:
    study = ravine.create_study(directions=["minimize", "minimize"])
    study.set_metric_names(["loss", "size"])
    study.add_trial(create_trial(values=[1.0, 2.0]))
    panel = chart(visualization.plot_pareto_front, study).panels[0][0]
    assert (panel.x.title, panel.y.title) == ("loss", "size")


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "choices",
    [
        [[64], [32, 16]],
        [(1, 2), (3,)],
        [{"depth": 1}, {"depth": 2}],
        [float("nan"), 1.0, float("inf")],
        [None, True, "a"],
    ],
    ids=["lists", "tuples", "dicts", "numbers that are none", "kinds"],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_choices_of_every_sort_are_plotted(choices: list[Any], backend: str) -> None:
    study = ravine.create_study(sampler=ravine.samplers.RandomSampler(seed=1))
    study.optimize(lambda t: t.suggest_float("x", 0, 1) + (t.suggest_categorical("c", choices) is None), n_trials=12)
    for plot in OF_ONE.values():
        drawn(plot, backend, study)


@pytest.mark.parametrize("backend", BACKENDS)
def test_values_of_every_size_are_plotted(backend: str) -> None:
    for values in ([1.0, float("inf"), -2.0], [float("-inf")] * 2, [sys.float_info.max, 0.0, 1.0]):
        study = values_study(values)
        drawn(visualization.plot_optimization_history, backend, [study, study], error_bar=True)
        for plot in OF_ONE.values():
            drawn(plot, backend, study)
