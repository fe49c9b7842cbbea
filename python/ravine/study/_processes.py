"""Objectives in child processes: ``Study.optimize(..., backend="process")``.

A child has the objective and a trial whose every call goes through a pipe to the true one here; so studies, samplers and
pruners need not know of it. Children are spawned, not forked: a fork would copy locks of threads that it does not copy.
"""

from __future__ import annotations

import multiprocessing
import pickle
import queue
import signal
import threading
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from ravine.exceptions import TrialPruned
from ravine.study._tell import tell
from ravine.trial import TrialState

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
        result: tuple[str, Any, str | None, None]
        try:
            result = ("value", func(RemoteTrial(pipe)), None, None)
        except TrialPruned as pruned:
            result = ("pruned", str(pruned), None, None)
        except BaseException as error:
            told = "".join(traceback.format_exception(type(error), error, error.__traceback__))
            result = ("error", _sendable(error), told, None)
        try:
            pipe.send(result)
        except (pickle.PicklingError, TypeError, AttributeError):
            refused = RuntimeError(f"{result[1]!r} cannot be sent to the parent process")
            pipe.send(("error", refused, str(refused), None))


def _sendable(error: BaseException) -> BaseException:
    """The error, if the other side of a pipe can make it again; else one that says what it was."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


class _Elsewhere(Exception):
    """The traceback of an error in a child process; the cause of that error here, so that it is shown."""

    def __init__(self, told: str) -> None:
        super().__init__(f"\n{told}")


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
                raise what from _Elsewhere(args)
            if kind == "broken":
                raise ImportError(
                    f"the objective cannot be found in a child process: {what}. Define it in a module, and begin the "
                    "program that calls optimize with `if __name__ == '__main__':`"
                )
            self._answer(trial, what, args, kwargs)

    def _answer(self, trial: Trial, name: str, args: Any, kwargs: Any) -> None:
        """Answers a call of the child's: with what came of it, or with the error."""
        try:
            found = getattr(trial, name)
            answer = True, found if args is None else found(*args, **kwargs)
        except Exception as error:
            answer = False, _sendable(error)
        try:
            self.pipe.send(answer)
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            # The child waits for an answer, whichever.
            self.pipe.send((False, TypeError(f"what `{name}` gives cannot be sent to the child process: {error}")))

    def end(self) -> None:
        self.process.terminate()
        self.process.join()
        self.pipe.close()


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
        # Threads that outlive an interrupted `optimize` must not start children anew.
        self._lock = threading.Lock()
        self._is_closed = False
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        self._all = [_Worker(self._packed) for _ in range(count)]
        for worker in self._all:
            self._idle.put(worker)

    def run(self, trial: Trial) -> Any:
        """The objective, as `optimize` calls it: runs in whichever child is idle."""
        worker = self._idle.get()
        try:
            return worker.run(trial)
        except (EOFError, OSError) as error:
            if isinstance(error.__cause__, _Elsewhere):
                raise
            worker.process.join()
            code = worker.process.exitcode
            worker = self._replaced(worker)
            raise RuntimeError(f"the process that ran trial {trial.number} ended with exit code {code}") from None
        except (Exception, KeyboardInterrupt):
            raise
        except BaseException:
            # `optimize` leaves the trial as it is, but its objective has ended, or is ended with its process.
            tell(trial.study, trial, state=TrialState.FAIL, skip_if_finished=True, quietly=True)
            raise
        finally:
            self._idle.put(worker)

    def _replaced(self, worker: _Worker) -> _Worker:
        """Another child in the place of one that died; the dead one where all are to end."""
        with self._lock:
            if self._is_closed:
                return worker
            self._all.remove(worker)
            worker.pipe.close()
            self._all.append(_Worker(self._packed))
            return self._all[-1]

    def close(self) -> None:
        """Ends the children. Again, it does nothing."""
        with self._lock:
            self._is_closed = True
            for worker in self._all:
                worker.end()
