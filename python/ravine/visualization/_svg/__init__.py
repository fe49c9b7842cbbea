"""Charts as SVG, without any other package."""
