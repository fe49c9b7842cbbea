"""From values to places on an axis, and the ticks of an axis."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from ravine.visualization._chart import Axis, drawable

_ROOM = 0.04
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400, 172800, 604800)


class Scale:
    """An axis with its ends known.

    Args:
        axis: The axis.
        values: What lies on it; the ends come from them unless the axis has its own.
    """

    def __init__(self, axis: Axis, values: Iterable[Any] = ()) -> None:
        self.kind = axis.kind
        self.categories = list(axis.categories or [])
        shown = list(values)
        if self.kind == "category":
            self.categories += [text for text in dict.fromkeys(map(str, shown)) if text not in set(self.categories)]
            self._place_of = {text: place for place, text in enumerate(self.categories)}
        self.whole = bool(shown) and all(isinstance(value, int) for value in shown)
        self.low, self.high = self._ends(axis, shown)

    def _ends(self, axis: Axis, shown: list[Any]) -> tuple[float, float]:
        if self.kind == "category":
            return -0.5, max(len(self.categories), 1) - 0.5
        if axis.range is not None and axis.range[0] < axis.range[1]:
            return self._number(axis.range[0]), self._number(axis.range[1])
        numbers = [number for number in map(self._number, shown) if math.isfinite(number)]
        low, high = min(numbers, default=0.0), max(numbers, default=1.0)
        if low == high:
            # Half of one is lost beside a large number.
            room = max(0.5, abs(low) * 1e-6)
            return low - room, high + room
        room = (high - low) * _ROOM
        return low - room, high + room

    def _number(self, value: Any) -> float:
        if self.kind == "category":
            return float(self._place_of[str(value)])
        if self.kind == "date":
            return float(value.timestamp())
        if self.kind == "log":
            return math.log10(value) if value > 0 else -math.inf
        return drawable(float(value))

    def place(self, value: Any) -> float:
        """Where a value lies: 0 at the low end, 1 at the high one; NaN or infinite when it lies nowhere."""
        return (self._number(value) - self.low) / (self.high - self.low)

    def value(self, place: float) -> float:
        """The number at a place (for categories the option's place)."""
        number = self.low + place * (self.high - self.low)
        return 10.0**number if self.kind == "log" else number

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """At most about `most` places in 0…1, each with its text."""
        if self.kind == "category":
            return [(self.place(text), text) for text in self.categories]
        if self.kind == "date":
            return self._dates(most)
        if self.kind == "log":
            return self._logarithms(most)
        step = _round_step((self.high - self.low) / max(most, 1), self.whole)
        first = math.ceil(self.low / step - 1e-9)
        numbers = [place * step for place in range(first, math.floor(self.high / step + 1e-9) + 1)]
        return [((number - self.low) / (self.high - self.low), short(number, step)) for number in numbers]

    def _logarithms(self, most: int) -> list[tuple[float, str]]:
        decades = range(math.ceil(self.low - 1e-9), math.floor(self.high + 1e-9) + 1)
        if len(decades) >= 2:
            stride = math.ceil(len(decades) / max(most, 1))
            numbers = [(float(decade), _power(decade)) for decade in decades if decade % stride == 0]
        else:
            places = [
                (math.log10(factor) + decade, factor * 10.0**decade)
                for decade in range(math.floor(self.low), math.ceil(self.high) + 1)
                for factor in (1, 2, 3, 5, 7)
            ]
            inside = [(place, value) for place, value in places if self.low <= place <= self.high]
            stride = math.ceil(len(inside) / max(most, 1)) or 1
            numbers = [(place, f"{value:.3g}") for place, value in inside[::stride]]
        return [((number - self.low) / (self.high - self.low), text) for number, text in numbers]

    def _dates(self, most: int) -> list[tuple[float, str]]:
        step = next((s for s in _SECONDS if s >= (self.high - self.low) / max(most, 1)), _SECONDS[-1])
        start = datetime.fromtimestamp(self.low)
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
        at = midnight + timedelta(seconds=math.ceil((start - midnight).total_seconds() / step) * step)
        form = "%d %b" if step >= 86400 else "%H:%M" if step >= 60 else "%H:%M:%S"
        ticks = []
        while at.timestamp() <= self.high:
            ticks.append(((at.timestamp() - self.low) / (self.high - self.low), at.strftime(form)))
            at += timedelta(seconds=step)
        return ticks


def short(number: float, step: float | None = None) -> str:
    """A number as a tick's text; with `step` no finer than that."""
    if number == 0:
        return "0"
    if abs(number) >= 1e5 or abs(number) < 1e-4:
        return f"{number:.3g}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e").replace("-", "−")
    if step is not None:
        digits = max(0, -math.floor(math.log10(step) + 1e-9))
        if round(step * 10**digits, 6) != round(step * 10**digits):
            digits += 1
        return f"{number:.{digits}f}".replace("-", "−")
    return f"{number:.3g}".replace("-", "−")


def _round_step(least: float, whole: bool) -> float:
    """The least of 1, 2, 2.5, 5 times a power of ten that is no smaller."""
    power = 10.0 ** math.floor(math.log10(least))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= least * (1 - 1e-9))
    return max(1.0, float(math.ceil(step))) if whole else step


def _power(decade: int) -> str:
    if -3 <= decade <= 4:
        return f"{10.0**decade:g}"
    return "10" + str(decade).translate(_SUPERSCRIPTS)
