"""A search of one's own as a Python class: the program of a study file's sampler ``command``.

The study file says ``[sampler]`` with ``name = "command"`` and ``run = ["python3", "sampler.py"]``, and
sampler.py is:

>>> class Halves(SearchProgram):
...     def ask(self, ask):
...         return {parameter.path: parameter.middle for parameter in self.space}
>>> serve_sampler(Halves())  # doctest: +SKIP

:class:`SearchProgram` knows all that the engine tells (docs/guide/own-sampler.md); :class:`Selector` is the
older, smaller protocol in which a class hands out points and how often each is to be run.
"""

from __future__ import annotations

from .messages import Again, Ask, Parameter, Proposal, Told
from .program import EXHAUSTED, WAIT, SearchProgram
from .selector import Selector
from .serve import serve_sampler

__all__ = [
    "EXHAUSTED",
    "WAIT",
    "Again",
    "Ask",
    "Parameter",
    "Proposal",
    "SearchProgram",
    "Selector",
    "Told",
    "serve_sampler",
]
