"""Objectives in child processes: ``Study.optimize(..., backend="process")``.

A child has the objective and a trial whose every call goes through a pipe to the true one here; so studies, samplers and
pruners need not know of it. Children are spawned, not forked: a fork would copy locks of threads that it does not copy.
"""

from __future__ import annotations

import multiprocessing
import pickle
import queue
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from ravine.exceptions import TrialPruned

if TYPE_CHECKING:
    from ravine.trial import Trial

#: What a trial in a child can be asked for.
_METHODS = frozenset(
    "suggest_float suggest_int suggest_categorical suggest_uniform suggest_loguniform suggest_discrete_uniform report "
    "should_prune set_user_attr set_constraint".split()
)
_PROPERTIES = frozenset(
    "number params distributions user_attrs system_attrs datetime_start relative_params constraints".split()
)


class RemoteTrial:
    """The trial that an objective gets in a child process: as the true one, but for its study."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def __getattr__(self, name: str) -> Any:
        if name in _PROPERTIES:
            return self._ask(name, None, None)
        if name in _METHODS:
            return lambda *args, **kwargs: self._ask(name, args, kwargs)
        raise AttributeError(f"a trial in a child process has no {name!r}: the study stays in the parent")

    def _ask(self, name: str, args: Any, kwargs: Any) -> Any:
        self._pipe.send(("ask", name, args, kwargs))
        fine, answer = self._pipe.recv()
        if not fine:
            raise answer
        return answer


def _work(pipe: Connection, packed: bytes) -> None:
    """What a child does: trial after trial, until the parent closes the pipe."""
    # Ctrl-C is the parent's to handle; it ends its children.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        func = pickle.loads(packed)
    except BaseException as error:
        pipe.send(("broken", repr(error), None, None))
        return
    while True:
        try:
            pipe.recv()
        except EOFError:
            return
        try:
            result = ("value", func(RemoteTrial(pipe)), None, None)
        except TrialPruned as pruned:
            result = ("pruned", str(pruned), None, None)
        except BaseException as error:
            result = ("error", error, None, None)
        try:
            pipe.send(result)
        except (pickle.PicklingError, TypeError, AttributeError):
            pipe.send(
                ("error", RuntimeError(f"{result[1]!r} cannot be sent to the parent process"), None, None)
            )


class _Worker:
    def __init__(self, packed: bytes) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs, packed), daemon=True)
        self.process.start()
        theirs.close()

    def run(self, trial: Trial) -> Any:
        """Runs the objective with a trial in the child: its value."""
        self.pipe.send("run")
        while True:
            kind, what, args, kwargs = self.pipe.recv()
            if kind == "value":
                return what
            if kind == "pruned":
                raise TrialPruned(what)
            if kind == "error":
                raise what
            if kind == "broken":
                raise ImportError(
                    f"the objective cannot be found in a child process: {what}. Define it in a module, and begin the "
                    "program that calls optimize with `if __name__ == '__main__':`"
                )
            self.pipe.send(self._answer(trial, what, args, kwargs))

    @staticmethod
    def _answer(trial: Trial, name: str, args: Any, kwargs: Any) -> tuple[bool, Any]:
        try:
            found = getattr(trial, name)
            return True, found if args is None else found(*args, **kwargs)
        except Exception as error:
            return False, error

    def end(self) -> None:
        self.pipe.close()
        self.process.terminate()
        self.process.join()


class Workers:
    """So many children, each with the objective."""

    def __init__(self, func: Callable[[Trial], Any], count: int) -> None:
        try:
            self._packed = pickle.dumps(func)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise ValueError(
                f"the objective {func!r} cannot be sent to another process ({error}): use a function that is defined at "
                "the top of a module, not a lambda or a function within a function, or backend='thread'"
            ) from error
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        self._all = [_Worker(self._packed) for _ in range(count)]
        for worker in self._all:
            self._idle.put(worker)

    def run(self, trial: Trial) -> Any:
        """The objective, as `optimize` calls it: runs in whichever child is idle."""
        worker = self._idle.get()
        try:
            return worker.run(trial)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            worker.process.join()
            code = worker.process.exitcode
            self._all.remove(worker)
            worker = _Worker(self._packed)
            self._all.append(worker)
            raise RuntimeError(
                f"the process that ran trial {trial.number} ended with exit code {code}"
            ) from None
        finally:
            self._idle.put(worker)

    def close(self) -> None:
        """Ends the children."""
        for worker in self._all:
            worker.end()
