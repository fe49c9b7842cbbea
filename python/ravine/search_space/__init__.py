"""What trials have in common."""

from __future__ import annotations

from ravine.search_space._groups import _GroupDecomposedSearchSpace, _SearchSpaceGroup
from ravine.search_space._intersection import IntersectionSearchSpace, intersection_search_space

__all__ = [
    "IntersectionSearchSpace",
    "_GroupDecomposedSearchSpace",
    "_SearchSpaceGroup",
    "intersection_search_space",
]
