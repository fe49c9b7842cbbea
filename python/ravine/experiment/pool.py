"""Experiments in processes of their own: one fresh process for each, and nothing left of it when it has
ended.

A process starts anew (no fork of this one), leads a session of its own, and ends with all its descendants:
when it is done, when its time is over, when this process goes away, however it does.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import multiprocessing.connection
import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from .scores import Functions, Job, traceback_of

_FAREWELL = 5.0
"""How long a process may take to end after it sent its result, in seconds."""


@dataclass(frozen=True)
class Outcome:
    """How one attempt ended: scores or an error, one of the two."""

    scores: dict[str, Any] | None
    error: str | None
    seconds: float


@dataclass
class _Worker:
    """A process at work."""

    job: Job
    process: SpawnProcess
    results: Connection
    begin: float
    deadline: float | None


class Pool:
    """So many processes at a time. Leaving its ``with`` block ends those that run."""

    def __init__(self, size: int, timeout: float | None) -> None:
        """
        Args:
            size: How many processes at a time, 1 or more.
            timeout: After so many seconds a job is ended, its start included; None: never.
        """
        self._size = size
        self._timeout = timeout
        self._workers: list[_Worker] = []
        self._context = multiprocessing.get_context("spawn")

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            _end(worker)
        self._workers.clear()

    @property
    def is_busy(self) -> bool:
        """Whether a job runs."""
        return bool(self._workers)

    @property
    def has_room(self) -> bool:
        """Whether another job may start."""
        return len(self._workers) < self._size

    @staticmethod
    def check(functions: Functions) -> None:
        """
        Raises:
            TypeError: A function belongs to a session or a notebook, which no other process can import.
        """
        is_session = not hasattr(sys.modules["__main__"], "__file__")
        for function in (functions.pre, functions.fit, functions.post):
            if is_session and getattr(function, "__module__", None) == "__main__":
                raise TypeError(
                    f"`{getattr(function, '__name__', function)}` belongs to a session, and another process "
                    "cannot import it: put it into a module, or leave `processes` out"
                )

    def start(self, job: Job) -> None:
        """Starts a job.

        Raises:
            TypeError: Its functions or its configuration cannot be sent to another process.
        """
        receiving, sending = self._context.Pipe(duplex=False)
        process = self._context.Process(target=_work, args=(job, sending), name=f"experiment-{job.number}")
        try:
            process.start()
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            receiving.close()
            raise TypeError(
                f"experiment {job.number} cannot be sent to another process: {error}; functions have to stand at the "
                "top of a module, and values have to be picklable; or leave `processes` out"
            ) from error
        finally:
            sending.close()
        now = time.monotonic()
        deadline = None if self._timeout is None else now + self._timeout
        self._workers.append(_Worker(job, process, receiving, now, deadline))

    def wait(self) -> Iterator[tuple[Job, Outcome]]:
        """Waits until a job has ended, or its time is over; gives those that have."""
        deadlines = [worker.deadline for worker in self._workers if worker.deadline is not None]
        patience = max(0.0, min(deadlines) - time.monotonic()) if deadlines else None
        ready = multiprocessing.connection.wait([worker.results for worker in self._workers], patience)
        now = time.monotonic()
        for worker in list(self._workers):
            is_late = worker.deadline is not None and now >= worker.deadline
            if worker.results not in ready and not is_late:
                continue
            self._workers.remove(worker)
            scores, error = (
                _received(worker)
                if worker.results in ready
                else (None, f"it ran out of time after {self._timeout:g} s")
            )
            _end(worker)
            if scores is None and error is None:
                error = f"its process ended without a result: {_exit(worker.process.exitcode)}"
            yield worker.job, Outcome(scores, error, now - worker.begin)


def _received(worker: _Worker) -> tuple[dict[str, Any] | None, str | None]:
    """What a process sent before it closed its end; nothing where it died."""
    try:
        message = json.loads(worker.results.recv_bytes())
    except (EOFError, OSError):
        message = {"scores": None, "error": None}
    # What it has printed is to be written before it is ended. This wait leaves its number taken, where a join
    # would not.
    multiprocessing.connection.wait([worker.process.sentinel], _FAREWELL)
    return message["scores"], message["error"]


def _exit(code: int | None) -> str:
    if code is not None and code < 0:
        return f"signal {-code}"
    return f"exit code {code}"


def _end(worker: _Worker) -> None:
    """Ends a process and whatever descends from it."""
    pid = worker.process.pid
    if pid is not None:
        # It leads its group from its first line on; before that it has no children and is killed alone. Its
        # number is its own until it is joined, dead or not.
        family = _descendants(pid)
        _kill(os.killpg, pid)
        for member in [pid, *family]:
            _kill(os.kill, member)
    worker.process.join()
    worker.results.close()


def _kill(how: Callable[[int, int], None], target: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        how(target, signal.SIGKILL)


def _descendants(pid: int) -> list[int]:
    """All processes that descend from one, as far as the system tells (Linux)."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    family = [pid]
    for ancestor in family:
        family.extend(child for child, parent in parents.items() if parent == ancestor)
    return family[1:]


def _work(job: Job, results: Connection) -> None:
    """The life of a process: does its job, and sends what came of it as JSON."""
    os.setsid()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    message: dict[str, Any] = {"scores": None, "error": None}
    try:
        message["scores"] = job.run()
    except Exception as error:
        message["error"] = traceback_of(error)
    results.send_bytes(json.dumps(message).encode())
    results.close()


def _end_with_parent() -> None:
    """Ends this process and its group when the one that started it is gone."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.killpg(os.getpid(), signal.SIGKILL)
