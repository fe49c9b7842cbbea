"""Plots of hyperopt's interface."""

from __future__ import annotations

import pytest

from ravine.hyperopt import STATUS_FAIL, STATUS_OK, Trials, fmin, hp, plotting, rand

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("agg")


@pytest.fixture
def trials():
    def objective(values: dict) -> dict:
        return {"loss": values["x"], "status": STATUS_OK} if values["x"] > 0.2 else {"status": STATUS_FAIL}

    space = {"x": hp.uniform("x", 0, 1), "y": hp.choice("y", [0, hp.loguniform("log_rate", -3, 0)])}
    seen = Trials()
    fmin(objective, space, rand.suggest, 20, trials=seen, rstate=1, show_progressbar=False)
    return seen


@pytest.fixture
def figure():
    from matplotlib import pyplot

    yield pyplot.figure()
    pyplot.close("all")


def test_the_history_shows_each_loss_and_the_best(figure, trials):
    plotting.main_plot_history(trials, do_show=False)
    (axes,) = figure.axes
    losses = [loss for loss in trials.losses() if loss is not None]
    assert axes.collections[0].get_offsets()[:, 1].tolist() == losses
    assert axes.lines[0].get_ydata()[0] == min(losses)
    assert (axes.get_title(), axes.get_xlabel(), axes.get_ylabel()) == ("Loss History", "time", "loss")


def test_the_histogram_counts_all_losses(figure, trials):
    plotting.main_plot_histogram(trials, do_show=False, title="T")
    (axes,) = figure.axes
    assert sum(patch.get_height() for patch in axes.patches) == sum(loss is not None for loss in trials.losses())
    assert axes.get_title() == "T"


@pytest.mark.parametrize("options", [{}, {"arrange_by_loss": True, "columns": 1}, {"colorize_best": 3}])
def test_each_label_has_a_plot_of_its_values(figure, trials, options):
    plotting.main_plot_vars(trials, do_show=False, **options)
    assert [axes.get_title() for axes in figure.axes] == ["log_rate", "x", "y"]
    for axes in figure.axes:
        assert len(axes.collections[0].get_offsets()) == len(trials.vals[axes.get_title()])
    assert figure.axes[0].get_yscale() == "log"


def test_without_a_loss_there_is_nothing_to_plot(figure):
    with pytest.raises(ValueError, match="loss"):
        plotting.main_plot_vars(Trials(), do_show=False)
