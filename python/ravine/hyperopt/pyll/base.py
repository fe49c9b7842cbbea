"""Nodes and scope together, where programs for hyperopt look for them: ``from ….pyll.base import scope``."""

from __future__ import annotations

from ravine.hyperopt.pyll.nodes import Apply, Literal, as_apply, clone, dfs, rec_eval, toposort
from ravine.hyperopt.pyll.symbols import SymbolTable, scope

__all__ = ["Apply", "Literal", "SymbolTable", "as_apply", "clone", "dfs", "rec_eval", "scope", "toposort"]
