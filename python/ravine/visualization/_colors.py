"""Colours of roles and scales, for libraries that want them written out (plotly, matplotlib)."""

from __future__ import annotations

from ravine.visualization._chart import Points

# On a light ground; ravine's own SVG has both grounds in `_svg/theme.py`.
ROLES = {
    "accent": "#2a5bd7",
    "best": "#c2410c",
    "dot": "#14171c",
    "infeasible": "#cccccc",
    "complete": "#2a5bd7",
    "pruned": "#d98a04",
    "fail": "#c2410c",
    "running": "#15803d",
    "waiting": "#8b94a3",
}
SERIES = ["#2a5bd7", "#c2410c", "#15803d", "#8b3fbf", "#b7791f", "#0e7490", "#be185d", "#5c6470"]

# From pale to strong (rank: from the lowest value to the highest), evenly spaced.
PALETTES = {
    "blues": ["#eaf0fd", "#bccdf6", "#86a3ea", "#4b73dc", "#2a4fb8", "#16307d"],
    "reds": ["#fdeee6", "#f8c9ae", "#ef9a6c", "#dc6530", "#b5420f", "#7d2c06"],
    "rank": ["#1d4fd0", "#7f9fe8", "#cfd6e2", "#efab86", "#c2410c"],
}


def color_of(role: str) -> str:
    """The colour of a role, as #rrggbb."""
    if role.startswith("series"):
        return SERIES[int(role[len("series") :]) % len(SERIES)]
    return ROLES[role]


def colors_of(mark: Points) -> list[str]:
    """The colour of each dot of a mark that has a scale."""
    palette = mark.scale.palette if mark.scale is not None else "blues"
    return [color_of("infeasible") if place is None else mixed(palette, place) for place in mark.strengths()]


def mixed(palette: str, place: float) -> str:
    """The colour at a place in 0…1 of a palette, as #rrggbb."""
    stops = PALETTES[palette]
    scaled = min(max(place, 0.0), 1.0) * (len(stops) - 1)
    below = min(int(scaled), len(stops) - 2)
    share = scaled - below
    pairs = zip(_channels(stops[below]), _channels(stops[below + 1]))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _channels(color: str) -> list[int]:
    return [int(color[i : i + 2], 16) for i in (1, 3, 5)]
