"""Curves as SVG, written by hand: mean log score against trials; `auto` and random search with their bootstrap bands.

    python -m proof.plots FOLDER [METHOD ...]
"""

from __future__ import annotations

import math
import pathlib
import sys

from .scores import Bench, Scores, interval, mean

WIDTH, HEIGHT, LEFT, TOP, BOTTOM, RIGHT = 640, 400, 52, 34, 40, 150
# Each method has its colour in all pictures; ours are of one hue.
COLOURS = {
    "ravine-auto": "#c2410c",
    "ravine-tpe": "#f59e0b",
    "ravine-cmaes": "#fbbf24",
    "ravine-gp": "#ea7a4b",
    "optuna-tpe": "#0072b2",
    "optuna-cmaes": "#56b4e9",
    "optuna-gp": "#1e3a8a",
    "rustuna": "#009e73",
    "hyperopt": "#cc79a7",
    "smac-gp": "#882255",
    "smac-forest": "#44aa99",
    "hebo": "#6d28d9",
    "random": "#7f7f7f",
}
BANDS = ("ravine-auto", "random")
TICKS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
SUITES = {"bbob-d5": 100, "bbob-d20": 100, "mixint-d10": 100, "tables": 100, "hypara": 150, "trees": 100}
# Of each method the same pairs are drawn, and it is drawn where it has so large a share of them.
PAIRS, ENOUGH = 15, 1 / 3
Line = list[tuple[int, float, float, float]]


def runs(bench: Bench, suite: str, budget: int) -> dict[str, list[dict]]:
    """The rows of each method that is to be drawn."""
    found: dict[str, list[dict]] = {}
    for row in bench.chosen(suite, budget, 1):
        if row["seed"] < PAIRS:
            found.setdefault(row["method"], []).append(row)
    whole = max(map(len, found.values()), default=0)
    return {name: rows for name, rows in sorted(found.items()) if len(rows) >= ENOUGH * whole}


def curve(bench: Bench, rows: list[dict], budget: int) -> Line:
    """(trials, score, low, high), against random search of the whole budget."""
    line = []
    for trials in sorted({round(10 * (budget / 10) ** (i / 12)) for i in range(13)}):
        scores: Scores = {}
        for row in rows:
            value = bench.reached(row, trials, budget)
            if value is not None:
                scores.setdefault(row["problem"], {})[row["seed"]] = value
        if scores:
            low, high = interval(scores)
            line.append((trials, math.exp(mean(scores)), math.exp(low), math.exp(high)))
    return line


def draw(title: str, lines: dict[str, Line]) -> str:
    """An SVG of all lines on logarithmic axes."""
    points = [point for line in lines.values() for point in line]
    left, right = min(p[0] for p in points), max(p[0] for p in points)
    banded = [p for name in BANDS for p in lines.get(name, [])]
    least = min([p[1] for p in points] + [p[2] for p in banded])
    most = max([p[1] for p in points] + [p[3] for p in banded])

    def x(trials: float) -> float:
        return LEFT + math.log(trials / left) / math.log(right / left) * (WIDTH - LEFT - RIGHT)

    def y(score: float) -> float:
        return TOP + math.log(most / score) / math.log(most / least) * (HEIGHT - TOP - BOTTOM)

    def path(pairs: list[tuple[float, float]]) -> str:
        return " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in pairs)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"',
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="20" font-size="14">{title}</text>',
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">trials</text>',
    ]
    for tick in (10, 20, 50, 100, 200, 300):
        if left <= tick <= right:
            parts.append(f'<path d="M{x(tick):.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#ddd"/>')
            parts.append(f'<text x="{x(tick):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{tick}</text>')
    for tick in TICKS:
        if least <= tick <= most:
            parts.append(f'<path d="M{LEFT} {y(tick):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
            parts.append(f'<text x="{LEFT - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick:g}</text>')
    for i, (name, line) in enumerate(sorted(lines.items(), key=lambda item: -item[1][-1][1])):
        stroke = f'stroke="{COLOURS.get(name, "black")}" stroke-width="{3 if name == "ravine-auto" else 1.5}"'
        if name in BANDS:
            band = [(t, low) for t, _, low, _ in line] + [(t, high) for t, _, _, high in reversed(line)]
            parts.append(f'<polygon points="{path(band)}" fill="{COLOURS[name]}" opacity="0.1"/>')
        middle = path([(t, score) for t, score, _, _ in line])
        parts.append(f'<polyline points="{middle}" fill="none" {stroke}/>')
        row = TOP + 14 + 17 * i
        parts.append(f'<path d="M{WIDTH - RIGHT + 8} {row - 4}h16" {stroke}/>')
        parts.append(f'<text x="{WIDTH - RIGHT + 28}" y="{row}">{name}</text>')
    return "\n".join([*parts, "</svg>\n"])


def main(folder: pathlib.Path, only: list[str]) -> None:
    """One picture for each suite."""
    bench = Bench()
    folder.mkdir(parents=True, exist_ok=True)
    for suite, budget in SUITES.items():
        found = runs(bench, suite, budget)
        lines = {name: curve(bench, rows, budget) for name, rows in found.items() if not only or name in only}
        lines = {name: line for name, line in lines.items() if line}
        if lines:
            title = f"{suite}: score after so many trials (lower is better)"
            (folder / f"{suite}.svg").write_text(draw(title, lines))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), sys.argv[2:])
