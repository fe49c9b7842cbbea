"""Serves a search to the engine: lines of JSON on the standard input and output."""

from __future__ import annotations

import contextlib
import json
import sys
import traceback
from typing import TYPE_CHECKING, Any, TextIO, cast

from . import messages
from .program import EXHAUSTED, WAIT, Answer, SearchProgram
from .selector import Selector, SelectorProgram

if TYPE_CHECKING:
    from ravine.samplers import BaseSampler


def serve_sampler(
    search: SearchProgram | Selector | BaseSampler,
    *,
    source: TextIO | None = None,
    sink: TextIO | None = None,
) -> None:
    """Serves a search until the engine has no more questions.

    What the search prints goes to the standard error, and so into ``sampler.log`` of the study's folder: the
    standard output is for answers alone.

    Args:
        search: A :class:`SearchProgram`, a :class:`Selector`, or a sampler of the define-by-run interface,
            such as one that derives from ``ravine.samplers.BaseSampler``.
        source: Where the engine's lines come from; the standard input where absent.
        sink: Where answers go; the standard output where absent.

    Raises:
        TypeError: It is none of these.
    """
    program = _program(search)
    source = sys.stdin if source is None else source
    sink = sys.stdout if sink is None else sink
    with contextlib.redirect_stdout(sys.stderr):
        for line in source:
            answer = _answer(program, json.loads(line))
            if answer is not None:
                print(json.dumps(answer), file=sink, flush=True)


def _program(search: object) -> SearchProgram:
    if isinstance(search, SearchProgram):
        return search
    if isinstance(search, Selector):
        return SelectorProgram(search)
    if hasattr(search, "sample_relative") and hasattr(search, "sample_independent"):
        from .define_by_run import SamplerProgram

        return SamplerProgram(cast("BaseSampler", search))
    raise TypeError(f"a search is a SearchProgram, a Selector or a sampler, not {search!r}")


def _answer(search: SearchProgram, message: dict[str, Any]) -> dict[str, Any] | None:
    """What is said to one line of the engine, if anything."""
    if "start" in message:
        start = message["start"]
        search.space = messages.parameters(start)
        search.seed, search.objectives = start["seed"], start["objectives"]
        search.start()
    elif "tell" in message:
        search.tell(messages.told(message["tell"]))
    elif "repetition" in message:
        told = message["repetition"]
        search.tell_repetition(told["trial"], told["repetition"], messages.numbers(told["values"]))
    elif "ask" in message:
        ask = message["ask"]
        refused = tuple(ask.get("refused", ()))
        try:
            return _line(search.ask(messages.Ask(ask["decision"], ask.get("budget"), refused, search.seed)))
        except Exception as error:
            traceback.print_exc()
            return {"error": f"{type(error).__name__}: {error}"}
    return None


def _line(answer: Answer) -> dict[str, Any]:
    if answer is None or answer is WAIT:
        return {"wait": True}
    if answer is EXHAUSTED:
        return {"exhausted": True}
    if isinstance(answer, messages.Again):
        return _said({"repeat": answer.trial, "runs": answer.runs, "memo": answer.memo})
    if isinstance(answer, messages.Proposal):
        return _said({"point": _plain(answer.point), "parent": answer.parent, "memo": answer.memo})
    return {"point": _plain(answer)}


def _said(line: dict[str, Any]) -> dict[str, Any]:
    """A line without what is None."""
    return {key: value for key, value in line.items() if value is not None}


def _plain(point: Any) -> dict[str, Any]:
    """A point as JSON has it: NumPy's scalars as Python's."""
    return {
        str(path): value.tolist() if type(value).__module__ == "numpy" else value for path, value in dict(point).items()
    }
