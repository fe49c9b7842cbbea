"""A chart that shows itself: in notebooks, in a browser, in files."""

from __future__ import annotations

import os
import tempfile
import webbrowser
from html import escape
from pathlib import Path
from typing import Any

from ravine.visualization._chart import Chart
from ravine.visualization._svg.layout import to_svg
from ravine.visualization._svg.theme import Theme

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="{scheme}"><title>{title}</title>
<style>body{{margin:0;padding:24px;display:grid;place-items:center;background:{light}}}
{dark}svg{{max-width:100%;height:auto}}</style></head>
<body>{svg}</body></html>
"""
_LIGHT, _DARK = "#ffffff", "#0e1013"


class Figure:
    """A plot as SVG. Notebooks show it; :meth:`save` and :meth:`show` do elsewhere.

    The theme is "light", "dark", or "auto": as the reader's system has it.
    """

    def __init__(self, chart: Chart) -> None:
        self.chart = chart

    def to_svg(self, theme: Theme = "auto") -> str:
        """The figure as one ``<svg>`` element, complete in itself.

        Raises:
            ValueError: When there is no such theme.
        """
        return to_svg(self.chart, theme)

    def to_html(self, theme: Theme = "auto", full_html: bool = True) -> str:
        """The figure as a page, or with ``full_html=False`` as an element to put into one.

        Raises:
            ValueError: When there is no such theme.
        """
        svg = self.to_svg(theme)
        if not full_html:
            return f'<div style="max-width:100%;overflow-x:auto">{svg}</div>'
        dark = f"@media (prefers-color-scheme:dark){{body{{background:{_DARK}}}}}\n" if theme == "auto" else ""
        return _PAGE.format(
            scheme="light dark" if theme == "auto" else theme,
            title=escape(self.chart.title),
            light=_DARK if theme == "dark" else _LIGHT,
            dark=dark,
            svg=svg,
        )

    def write_html(self, path: str | os.PathLike[str], theme: Theme = "auto", full_html: bool = True) -> None:
        """Writes :meth:`to_html` to a file."""
        Path(path).write_text(self.to_html(theme, full_html), encoding="utf-8")

    def write_image(self, path: str | os.PathLike[str], theme: Theme = "light") -> None:
        """Writes :meth:`to_svg` to a file whose name ends in ``.svg``.

        Raises:
            ValueError: When it ends otherwise: pictures in pixels need plotly and kaleido, or a browser.
        """
        if Path(path).suffix.lower() != ".svg":
            raise ValueError(f"{path}: SVG only; for pixels install plotly and kaleido, or convert an SVG")
        Path(path).write_text(self.to_svg(theme), encoding="utf-8")

    def save(self, path: str | os.PathLike[str], theme: Theme | None = None) -> None:
        """Writes the figure to a file; ``.svg`` or ``.html`` at the end of its name says how.

        Args:
            path: The file.
            theme: None: "light" for SVG, "auto" for HTML.

        Raises:
            ValueError: When the name ends otherwise.
        """
        if Path(path).suffix.lower() in (".html", ".htm"):
            self.write_html(path, theme or "auto")
        else:
            self.write_image(path, theme or "light")

    def show(self) -> None:
        """Shows the figure: in a notebook below the cell, elsewhere in the browser."""
        try:
            from IPython import get_ipython  # type: ignore[import-not-found]
            from IPython.display import display  # type: ignore[import-not-found]
        except ImportError:
            pass
        else:
            if get_ipython() is not None:
                display(self)
                return
        with tempfile.NamedTemporaryFile("w", suffix=".html", prefix="ravine-", delete=False, encoding="utf-8") as file:
            file.write(self.to_html())
        webbrowser.open(Path(file.name).as_uri())

    def _repr_html_(self) -> str:
        return self.to_html(full_html=False)

    def _repr_svg_(self) -> str:
        return self.to_svg()

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"a figure of ravine's own has no `{name}`; if one of plotly's has, install plotly: "
            "`pip install ravine[plotly]`"
        )

    def __repr__(self) -> str:
        return f"Figure({self.chart.title!r})"
