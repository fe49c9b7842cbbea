"""Experiments in processes of their own: one fresh process for each, and nothing left of it when it has
ended.

A process starts anew (no fork of this one), leads a session of its own, and ends with all its descendants:
when it is done, when its time is over, when this process goes away, however it does. Its keeper sees to that, a small
process between this one and it.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import multiprocessing.connection
import multiprocessing.util
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from io import RawIOBase
from multiprocessing import spawn
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, Any

from .scores import Functions, Job, traceback_of

_FAREWELL = 5.0
"""How long a process may take to end after it sent its result, in seconds."""

_KEEPER = str(Path(__file__).with_name("keeper.py"))

_BEGIN = """\
import pickle, sys
from multiprocessing.spawn import prepare
orders, results = map(int, sys.argv[1:])
with open(orders, "rb") as file:
    prepare(pickle.load(file))
    work, job = pickle.load(file)
work(job, results)
"""
"""What a process begins with: it becomes as this one, with its path and its main module, as multiprocessing has it."""


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
    keeper: subprocess.Popen[bytes]
    """Its parent, which ends as it does, and all that descends from it before."""
    lifeline: RawIOBase
    """Closed, it has all ended."""
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

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.lifeline.close()
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
        orders = _orders(job)
        receiving, sending = multiprocessing.Pipe(duplex=False)
        broken, lifeline = os.pipe()
        python = os.fsdecode(spawn.get_executable())
        flags: list[str] = multiprocessing.util._args_from_interpreter_flags()  # type: ignore[attr-defined]
        files = [broken, orders.fileno(), sending.fileno()]
        numbers = list(map(str, files))
        try:
            keeper = subprocess.Popen(
                [python, "-IS", _KEEPER, *numbers, python, *flags, "-c", _BEGIN, *numbers[1:]],
                stdin=subprocess.DEVNULL,
                pass_fds=files,
                start_new_session=True,
            )
        except BaseException:
            os.close(lifeline)
            receiving.close()
            raise
        finally:
            os.close(broken)
            orders.close()
            sending.close()
        now = time.monotonic()
        deadline = None if self._timeout is None else now + self._timeout
        self._workers.append(_Worker(job, keeper, open(lifeline, "wb", 0), receiving, now, deadline))

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
                error = f"its process ended without a result: {_exit(worker.keeper.returncode)}"
            yield worker.job, Outcome(scores, error, now - worker.begin)


def _orders(job: Job) -> IO[bytes]:
    """A file that says what a process is to do.

    Raises:
        TypeError: The job's functions or its configuration cannot be sent to another process.
    """
    setting = spawn.get_preparation_data(f"experiment-{job.number}")
    # A secret of this process, for connections that there are none of.
    setting.pop("authkey", None)
    orders = tempfile.TemporaryFile()
    try:
        orders.write(pickle.dumps(setting))
        orders.write(pickle.dumps((_work, job)))
    except (pickle.PicklingError, AttributeError, TypeError, RuntimeError) as error:
        orders.close()
        raise TypeError(
            f"experiment {job.number} cannot be sent to another process: {error}; functions have to stand at the "
            "top of a module, and values have to be picklable; or leave `processes` out"
        ) from error
    orders.seek(0)
    return orders


def _received(worker: _Worker) -> tuple[dict[str, Any] | None, str | None]:
    """What a process sent before it closed its end; nothing where it died."""
    try:
        message = json.loads(worker.results.recv_bytes())
    except (EOFError, OSError):
        message = {"scores": None, "error": None}
    # What it has printed is to be written before it is ended.
    with contextlib.suppress(subprocess.TimeoutExpired):
        worker.keeper.wait(_FAREWELL)
    return message["scores"], message["error"]


def _exit(code: int | None) -> str:
    if code is not None and code < 0:
        return f"signal {-code}"
    return f"exit code {code}"


def _end(worker: _Worker) -> None:
    """Ends a process and whatever descends from it."""
    worker.lifeline.close()
    worker.keeper.wait()
    worker.results.close()


def _work(job: Job, file: int) -> None:
    """The life of a process: does its job, and sends what came of it as JSON."""
    results = Connection(file, readable=False)
    message: dict[str, Any] = {"scores": None, "error": None}
    try:
        message["scores"] = job.run()
    except Exception as error:
        message["error"] = traceback_of(error)
    results.send_bytes(json.dumps(message).encode())
    results.close()
