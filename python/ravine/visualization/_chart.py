"""What a plot shows, without saying how it is drawn.

Each plot builds one :class:`Chart`; plotly, matplotlib and ravine's own SVG draw the same one. Colours are *roles*
("accent", "best", "infeasible", …) or numbers on a :class:`ColorScale`; each way of drawing has its own colours for
them.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

#: Numbers beyond are drawn here: so the distance of two is a number. Programs take the largest there is for "very bad".
LARGEST = sys.float_info.max / 8

AxisKind = Literal["linear", "log", "category", "date"]

# Where a role's colour is one of a series, it is "series0", "series1", …
Role = str


def drawable(number: float) -> float:
    """A number as it is drawn; what is not finite stays so."""
    return min(max(number, -LARGEST), LARGEST) if math.isfinite(number) else number


@dataclass
class Axis:
    """One axis of a panel.

    Attributes:
        title: What it measures.
        kind: How values lie on it. On a "category" axis values are texts; on a "date" one `datetime`s.
        range: Its ends, in values (for categories in places: 0 is the first); None: as the marks need it.
        categories: The order of the texts of a "category" axis; None: as they come.
    """

    title: str = ""
    kind: AxisKind = "linear"
    range: tuple[float, float] | None = None
    categories: list[str] | None = None


@dataclass
class ColorScale:
    """How numbers become colours.

    Attributes:
        title: What the numbers are.
        low: The number at one end.
        high: The number at the other.
        palette: "blues" and "reds" go from pale to strong, "rank" from blue over grey to red.
        reverse: Whether low numbers are the strong ones.
        ticks: Pairs of a number and its text; None: a few round numbers.
    """

    title: str
    low: float
    high: float
    palette: Literal["blues", "reds", "rank"] = "blues"
    reverse: bool = False
    ticks: list[tuple[float, str]] | None = None

    def place(self, value: float) -> float:
        """Where in 0…1 (pale to strong) a number lies."""
        span = self.high - self.low
        unit = 0.5 if span == 0 else min(max((value - self.low) / span, 0.0), 1.0)
        return 1.0 - unit if self.reverse else unit


@dataclass
class Points:
    """Dots. `color` is a role, or one number for each dot together with `scale`.

    `error` are half-widths of vertical bars; `hover` one text for each dot; `z` a third coordinate.
    """

    x: Sequence[Any]
    y: Sequence[Any]
    name: str
    color: Role | Sequence[float] = "accent"
    scale: ColorScale | None = None
    greyed: Sequence[bool] | None = None
    error: Sequence[float] | None = None
    hover: Sequence[str] | None = None
    z: Sequence[Any] | None = None
    legend: bool = False

    def strengths(self) -> list[float | None]:
        """For each dot its place in 0…1 on the scale, None for a greyed one; empty without a scale."""
        if self.scale is None:
            return []
        numbers: list[Any] = list(self.color)
        greyed = self.greyed or [False] * len(numbers)
        return [None if grey else self.scale.place(number) for number, grey in zip(numbers, greyed)]


@dataclass
class Line:
    """A line through points; `lower` and `upper` bound a band around it."""

    x: Sequence[Any]
    y: Sequence[float]
    name: str
    color: Role = "best"
    markers: bool = False
    faint: bool = False
    lower: Sequence[float] | None = None
    upper: Sequence[float] | None = None
    legend: bool = True


@dataclass
class Bars:
    """Horizontal bars, the first one lowest; `texts` stand at their ends."""

    labels: Sequence[str]
    values: Sequence[float]
    texts: Sequence[str]
    name: str
    color: Role = "accent"
    hover: Sequence[str] | None = None
    legend: bool = False


@dataclass
class Spans:
    """Stretches of time, one on each row `y`; `starts` and `ends` are `datetime`s."""

    starts: Sequence[Any]
    ends: Sequence[Any]
    y: Sequence[int]
    name: str
    color: Role
    hover: Sequence[str]
    legend: bool = True


@dataclass
class Surface:
    """Values known at some places of a plane: `z` belongs to (x, y)."""

    x: list[Any]
    y: list[Any]
    z: list[float]
    scale: ColorScale
    x_grid: list[Any]
    y_grid: list[Any]


@dataclass
class Dimension:
    """One axis of a parallel-coordinates plot. `values` are numbers; `ticks` pairs of a number and its text."""

    label: str
    values: list[float]
    range: tuple[float, float]
    ticks: list[tuple[float, str]]

    def place(self, value: float) -> float:
        """Where in 0…1 a number lies; the middle when there is one value only."""
        low, high = self.range
        return 0.5 if low == high else (value - low) / (high - low)


@dataclass
class Threads:
    """Trials as lines over the `dimensions`, coloured by `color` on `scale`, drawn in `order`."""

    dimensions: list[Dimension]
    color: list[float]
    scale: ColorScale
    order: list[int]
    feasible: list[bool] | None = None


Mark = Points | Line | Bars | Spans | Surface | Threads


@dataclass
class Panel:
    """Marks in one pair of axes; `z` makes it three-dimensional."""

    x: Axis
    y: Axis
    marks: list[Mark] = field(default_factory=list)
    z: Axis | None = None


@dataclass
class Chart:
    """A whole figure.

    Attributes:
        title: Its heading.
        panels: Rows of panels. An empty list: there is nothing to show.
        legend: Whether marks that ask for it are listed.
        shared: Whether panels of a row share their y axis, and those of a column their x axis.
        x, y: The axes that an empty figure has.
        scale: A colour bar for the whole figure.
    """

    title: str
    panels: list[list[Panel]] = field(default_factory=list)
    legend: bool = True
    shared: bool = False
    x: Axis = field(default_factory=Axis)
    y: Axis = field(default_factory=Axis)
    scale: ColorScale | None = None

    def lists(self, mark: Mark) -> bool:
        """Whether a mark belongs into the legend: it asks for it, or is a group of dots among others."""
        if not self.legend or isinstance(mark, (Surface, Threads)):
            return False
        if isinstance(mark, Points) and not mark.legend:
            grouped = self.scale is None or mark.color == "infeasible"
            return grouped and len(mark.x) > 0
        return mark.legend

    @property
    def marks(self) -> list[Mark]:
        """The marks of all panels."""
        return [mark for row in self.panels for panel in row for mark in panel.marks]
