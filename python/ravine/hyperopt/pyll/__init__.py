"""Expressions over hyperparameters: what a hyperopt space is made of.

A space is a graph of :class:`Apply` nodes. Leaves are :class:`Literal` values and hyperparameters; inner nodes call a
function of :data:`scope` on the values of their inputs. ``switch`` is special: only the chosen option is evaluated,
which is what makes the parameters of the other options inactive.
"""

from __future__ import annotations

from ravine.hyperopt.pyll import base, stochastic
from ravine.hyperopt.pyll.base import Apply, Literal, as_apply, clone, dfs, rec_eval, scope, toposort

__all__ = ["Apply", "Literal", "as_apply", "base", "clone", "dfs", "rec_eval", "scope", "stochastic", "toposort"]
