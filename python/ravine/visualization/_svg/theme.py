"""Colours and type of drawings, on a light and on a dark ground.

A drawing names classes, and its style sheet says what they look like; with the theme "auto" the reader's system chooses
the ground. Text has a contrast of at least 4.5 : 1 on its ground, marks at least 3 : 1 where colour alone tells them.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

Theme = Literal["auto", "light", "dark"]
LEVELS = 12
SERIES = 8

# name: (on light, on dark). The names are those of ravine's reports.
_TOKENS = {
    "ground": ("#ffffff", "#0e1013"),
    "ink": ("#14171c", "#eceef2"),
    "muted": ("#5c6470", "#9ba3b0"),
    "hair": ("#e9ebef", "#20242b"),
    "rule": ("#cfd4db", "#363c46"),
    "dot": ("#3d4552", "#c3c9d3"),
    "accent": ("#2a5bd7", "#86a5ff"),
    "best": ("#c2410c", "#ff8a5b"),
    "infeasible": ("#b9bfc8", "#4a515d"),
    "complete": ("#2a5bd7", "#86a5ff"),
    "pruned": ("#d98a04", "#f2b544"),
    "fail": ("#c2410c", "#ff8a5b"),
    "running": ("#15803d", "#4fc47f"),
    "waiting": ("#8b94a3", "#6c7584"),
    "series0": ("#2a5bd7", "#86a5ff"),
    "series1": ("#c2410c", "#ff8a5b"),
    "series2": ("#15803d", "#4fc47f"),
    "series3": ("#8b3fbf", "#c58cf0"),
    "series4": ("#b7791f", "#f2b544"),
    "series5": ("#0e7490", "#4cc5df"),
    "series6": ("#be185d", "#f47fb0"),
    "series7": ("#5c6470", "#9ba3b0"),
}

# From pale to strong on each ground, the pale end still to be seen as a dot; rank from the lowest values over grey to
# the highest.
_PALETTES = {
    "blues": (
        ["#bccff8", "#8fadf1", "#5f86e6", "#2a5bd7", "#17338a"],
        ["#34478a", "#4864b4", "#6283dd", "#86a5ff", "#d3deff"],
    ),
    "reds": (
        ["#f6c4a8", "#ec9a6d", "#dc6530", "#b5420f", "#7d2c06"],
        ["#7a3b1c", "#a35127", "#d0662f", "#ff8a5b", "#ffd2bd"],
    ),
    "rank": (
        ["#1d4fd0", "#7f9fe8", "#c9d0dc", "#efa47b", "#c2410c"],
        ["#86a5ff", "#4c66b3", "#454d5b", "#b3613a", "#ff8a5b"],
    ),
}

_FONT = 'Inter,ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif'
_STATIC = (
    f".rv text{{font-family:{_FONT};font-size:12px}}"
    ".rv .title{font-size:16px;font-weight:600;letter-spacing:-.01em}"
    ".rv .small{font-size:11px}.rv .number{font-variant-numeric:tabular-nums}"
    ".rv .end{text-anchor:end}.rv .mid{text-anchor:middle}"
    ".rv .line{fill:none;stroke-linejoin:round;stroke-linecap:round}"
    ".rv .thin{fill:none;stroke-width:1}"
    ".rv .thread{fill:none;stroke-width:1.3;stroke-linejoin:round;stroke-opacity:.6}"
    ".rv .dots{fill:none;stroke-linecap:round}"
    ".rv .band{fill-opacity:.16;stroke:none}.rv .faint{opacity:.4}"
    ".rv .halo{paint-order:stroke;stroke-width:3px;stroke-linejoin:round}"
)


def fill(token: str) -> str:
    """The class that fills with a colour."""
    return f"f-{_plain(token)}"


def stroke(token: str) -> str:
    """The class that draws lines with a colour."""
    return f"s-{_plain(token)}"


def level(palette: str, place: float) -> str:
    """The colour at a place in 0…1 of a palette: the name of one of `LEVELS` steps."""
    return f"{palette}{min(int(place * LEVELS), LEVELS - 1)}"


def _plain(token: str) -> str:
    if token.startswith("series"):
        return f"series{int(token[len('series') :]) % SERIES}"
    return token


@cache
def style(theme: Theme) -> str:
    """The style sheet of a drawing.

    Raises:
        ValueError: When there is no such theme.
    """
    if theme == "auto":
        return f"{_STATIC}{_colors(0)}@media (prefers-color-scheme:dark){{{_colors(1)}}}"
    if theme not in ("light", "dark"):
        raise ValueError(f"theme must be 'auto', 'light' or 'dark', not {theme!r}")
    # A page may hold drawings of several themes: the more special rules win.
    return _STATIC + _colors(0 if theme == "light" else 1, f".rv-{theme}")


def _colors(ground: int, scope: str = "") -> str:
    root = f".rv{scope} "
    return "".join(
        f"{root}.f-{name}{{fill:{color}}}{root}.s-{name}{{stroke:{color}}}" for name, color in _table(ground).items()
    )


def _table(ground: int) -> dict[str, str]:
    colors = {name: pair[ground] for name, pair in _TOKENS.items()}
    for palette, pair in _PALETTES.items():
        for step in range(LEVELS):
            colors[f"{palette}{step}"] = _mixed(pair[ground], step / (LEVELS - 1))
    return colors


def _mixed(stops: list[str], place: float) -> str:
    scaled = place * (len(stops) - 1)
    below = min(int(scaled), len(stops) - 2)
    share = scaled - below
    pairs = [[int(stop[i : i + 2], 16) for stop in stops[below : below + 2]] for i in (1, 3, 5)]
    return "#" + "".join(f"{round(first + (second - first) * share):02x}" for first, second in pairs)
