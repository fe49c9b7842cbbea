"""Axes of drawings: places and ticks."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import pytest

from ravine.visualization._chart import Axis, ColorScale
from ravine.visualization._field import interpolate
from ravine.visualization._svg import theme
from ravine.visualization._svg.scale import Scale, short


def texts(scale: Scale, most: int = 5) -> list[str]:
    return [text for _, text in scale.ticks(most)]


def test_ticks_are_round_and_within_the_axis() -> None:
    scale = Scale(Axis(), [0.13, 9.4])
    assert texts(scale) == ["0", "2.5", "5.0", "7.5"]
    assert all(0 <= place <= 1 for place, _ in scale.ticks(5))


def test_ticks_of_whole_numbers_are_whole() -> None:
    assert texts(Scale(Axis(), [0, 1, 2]), 8) == ["0", "1", "2"]


def test_log_ticks_are_powers_of_ten() -> None:
    assert texts(Scale(Axis(kind="log"), [1e-5, 1.0])) == ["10⁻⁴", "0.01", "1"]


def test_a_short_log_axis_has_ticks_between_powers() -> None:
    assert texts(Scale(Axis(kind="log"), [2.0, 8.0])) == ["2", "3", "5", "7"]


def test_categories_come_in_their_order() -> None:
    scale = Scale(Axis(kind="category", categories=["b", "a"]), ["a", "c"])
    assert texts(scale) == ["b", "a", "c"] and scale.place("b") < scale.place("a") < scale.place("c")


def test_dates_have_round_times() -> None:
    start = datetime(2024, 5, 1, 10, 0, 3)
    assert texts(Scale(Axis(kind="date"), [start, start + timedelta(hours=2)]), 4) == ["10:00", "11:00", "12:00"]


def test_an_axis_of_one_value_has_it_in_the_middle() -> None:
    assert Scale(Axis(), [7.0, 7.0]).place(7.0) == 0.5


def test_what_is_not_finite_lies_nowhere() -> None:
    scale = Scale(Axis(kind="log"), [1.0, 10.0, 0.0])
    assert not math.isfinite(scale.place(0.0)) and scale.place(1.0) < 0.1


@pytest.mark.parametrize("number, text", [(0, "0"), (0.5, "0.5"), (-3, "−3"), (1e-7, "1e−7"), (2e6, "2e6")])
def test_numbers_are_short(number: float, text: str) -> None:
    assert short(number) == text


def test_a_surface_goes_through_what_is_known() -> None:
    (line,) = interpolate([0.1, 0.9], [0.5, 0.5], [1.0, 3.0], [0.1, 0.5, 0.9], [0.5])
    assert line == pytest.approx([1.0, 2.0, 3.0], abs=0.01)


def test_reversed_scales_make_low_numbers_strong() -> None:
    assert ColorScale("", 0, 10, reverse=True).place(0) == 1.0
    assert ColorScale("", 5, 5).place(5) == 0.5


def luminance(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("ground", [0, 1])
def test_text_can_be_read_on_both_grounds(ground: int) -> None:
    colors = theme._table(ground)
    for name in ("ink", "muted"):
        pair = sorted([luminance(colors[name]), luminance(colors["ground"])])
        assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5
