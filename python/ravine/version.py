"""The version of the package."""

from ravine import __version__

__all__ = ["__version__"]
