"""Nodes and scope together, where programs for hyperopt look for them: ``from ….pyll.base import scope``."""

from __future__ import annotations

from ravine.hyperopt.pyll.nodes import Apply, Literal, as_apply, clone, dfs, rec_eval, toposort
from ravine.hyperopt.pyll.nodes import call as apply
from ravine.hyperopt.pyll.symbols import (
    Lambda,
    PyllImportError,
    SymbolTable,
    SymbolTableEntry,
    bincount,
    p0,
    p1,
    p2,
    p3,
    p4,
    scope,
)

__all__ = [
    "Apply", "Lambda", "Literal", "PyllImportError", "SymbolTable", "SymbolTableEntry", "apply", "as_apply", "bincount",
    "clone", "dfs", "p0", "p1", "p2", "p3", "p4", "rec_eval", "scope", "toposort",
]  # fmt: skip
