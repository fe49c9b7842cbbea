"""``ravine.Experiment``: many configurations through the same functions, in this process or in several."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from numbers import Integral, Real
from pathlib import Path
from types import FrameType
from typing import Any

from . import records
from .pool import Outcome, Pool
from .scores import ExperimentResult, Functions, Job, traceback_of


class Experiment:
    """Prepares, fits and measures: the same functions for many configurations.

    Each function gets the configuration with ``experiment_id``, ``run_id`` (the repetition, from 0) and
    ``out_path``, a folder that is there for what it wishes to keep.
    """

    def __init__(
        self,
        pre: Callable[..., Any] | None = None,
        fit: Callable[..., Any] | None = None,
        post: Callable[..., Any] | None = None,
        *,
        repetitions: int = 1,
        timeout: float | None = None,
        retries: int = 0,
        processes: int | None = None,
        seed: int | None = None,
        verbose: bool = True,
    ) -> None:
        """An experiment of these functions.

        Args:
            pre: ``pre(config)`` prepares; what it returns is the second argument of ``fit``.
            fit: ``fit(config, prepared)``, without ``pre`` ``fit(config)``. Its wall time is the score
                ``fit_time``.
            post: ``post(config, fitted)`` gives a dict of scores. Without it, ``fit`` gives that.
            repetitions: How often each configuration is run, 1 or more; one that has ``repetitions`` says it
                itself.
            timeout: After so many seconds an experiment ends as failed, all its repetitions together; None: never.
            retries: How often an experiment that failed is tried again.
            processes: None runs in this process, one after another. Else so many processes at a time, a fresh
                one for each experiment: its functions and configuration are pickled to get there, and nothing
                of it is left when it has ended. There a time-out ends whatever runs; here it cannot interrupt
                a long call into C.
            seed: Gives each repetition a ``seed`` of its own in its configuration, unless that says one.
            verbose: Say on the standard error how things go.

        Raises:
            TypeError: There is no ``fit``, or what should be a number is none.
            ValueError: A number is out of its range.
        """
        if fit is None:
            raise TypeError("an experiment needs `fit`")
        _at_least(1, repetitions=repetitions)
        _at_least(0, retries=retries)
        if timeout is not None:
            _above_zero(timeout)
        if processes is not None:
            _at_least(1, processes=processes)
        self._functions = Functions(pre, fit, post)
        self.repetitions = repetitions
        self.timeout = timeout
        self.retries = retries
        self.processes = processes
        self.seed = seed
        self.verbose = verbose

    def run(
        self,
        configs: Iterable[Mapping[str, Any]],
        out_path: str | os.PathLike[str],
        *,
        force: bool = False,
        resume: bool = False,
    ) -> list[ExperimentResult]:
        """Runs an experiment for each configuration.

        ``out_path/ID/config.json`` is written before each, a line of ``out_path/results.jsonl`` when it has
        ended well. One that fails, or runs out of time, has no line; its traceback is printed, and the others
        go on.

        Args:
            configs: The configurations; the ``ID`` of each is its place, from 0.
            out_path: The folder for all that comes of it.
            force: Whether the folder may have something in it: old results are deleted, all else is kept.
            resume: Go on in a folder: an experiment that has a line of results there, with the same
                configuration and as many repetitions, is not run again.

        Returns:
            How each ended, in the order of the configurations.

        Raises:
            ValueError: The folder is not empty, or has results that cannot be read; it is to be forced and gone on
                with; there is a time-out for this process outside of its main thread.
            TypeError: A configuration is no dict; it or a function cannot be sent to another process.
            KeyboardInterrupt: What has ended is written, what runs is ended.
        """
        if force and resume:
            raise ValueError("`force` deletes the results that `resume` goes on with: one of the two")
        folder = Path(out_path)
        jobs = [self._job(number, config, folder) for number, config in enumerate(configs)]
        if self.processes is not None:
            Pool.check(self._functions)
        elif self.timeout is not None and threading.current_thread() is not threading.main_thread():
            raise ValueError("a time-out within this process works in its main thread only: say processes=1")
        records.prepare(folder, force, resume)
        results = self._earlier(jobs, folder) if resume else {}
        for job, outcome, attempts in self._outcomes([job for job in jobs if job.number not in results]):
            results[job.number] = self._conclude(job, outcome, attempts, folder)
            self._say(results[job.number], len(results), len(jobs))
        return [results[job.number] for job in jobs]

    def _earlier(self, jobs: Sequence[Job], folder: Path) -> dict[int, ExperimentResult]:
        """The results that need no run; lines of others are taken out of the file."""
        recorded = records.recorded(folder)
        results = {}
        for job in jobs:
            line = recorded.get(job.number, {})
            scores = line.get("scores", {})
            if _settings(line) == _settings(job.record()) and len(scores.get("fit_time", ())) == job.repetitions:
                results[job.number] = ExperimentResult(job.number, job.config, scores, attempts=0)
        records.rewrite(folder, (line for number, line in recorded.items() if number in results))
        return results

    def _job(self, number: int, config: Mapping[str, Any], folder: Path) -> Job:
        if not isinstance(config, Mapping):
            raise TypeError(f"configuration {number} is a dict, not {config!r}")
        repetitions = config.get("repetitions", self.repetitions)
        _at_least(1, repetitions=repetitions)
        return Job(self._functions, number, dict(config), folder / str(number), repetitions, self.seed)

    def _outcomes(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, Outcome, int]]:
        """The end of each job, as they end, and how often each was begun."""
        if self.processes is None:
            for job in jobs:
                records.write_config(job.folder, job.record())
                attempts, outcome = 1, _run_here(job, self.timeout)
                while outcome.error is not None and attempts <= self.retries:
                    attempts, outcome = attempts + 1, _run_here(job, self.timeout)
                yield job, outcome, attempts
            return
        begun = dict.fromkeys((job.number for job in jobs), 0)
        with Pool(self.processes, self.timeout) as pool:
            waiting = list(reversed(jobs))
            while waiting or pool.is_busy:
                while waiting and pool.has_room:
                    job = waiting.pop()
                    records.write_config(job.folder, job.record())
                    begun[job.number] += 1
                    pool.start(job)
                for job, outcome in pool.wait():
                    if outcome.error is not None and begun[job.number] <= self.retries:
                        waiting.append(job)
                    else:
                        yield job, outcome, begun[job.number]

    def _conclude(self, job: Job, outcome: Outcome, attempts: int, folder: Path) -> ExperimentResult:
        if outcome.scores is not None:
            records.append_result(folder, {**job.record(), "scores": outcome.scores})
        return ExperimentResult(job.number, job.config, outcome.scores, outcome.error, attempts, outcome.seconds)

    def _say(self, result: ExperimentResult, done: int, total: int) -> None:
        if result.error is not None:
            print(f"experiment {result.experiment_id} failed:\n{result.error.rstrip()}", file=sys.stderr)
        elif self.verbose:
            print(
                f"experiment {result.experiment_id}: {result.seconds:.3g} s ({done} of {total})",
                file=sys.stderr,
            )


def _settings(record: Mapping[str, Any]) -> Any:
    """What a record says of the configuration, wherever its folder lies."""
    return records.jsonable({key: value for key, value in record.items() if key not in ("out_path", "scores")})


def _at_least(least: int, **numbers: Any) -> None:
    for name, value in numbers.items():
        if not isinstance(value, Integral) or isinstance(value, bool):
            raise TypeError(f"`{name}` is a whole number, not {value!r}")
        if value < least:
            raise ValueError(f"`{name}` is {least} or more, not {value}")


def _above_zero(timeout: Any) -> None:
    if not isinstance(timeout, Real) or isinstance(timeout, bool):
        raise TypeError(f"`timeout` is a number of seconds, not {timeout!r}")
    if not timeout > 0:
        raise ValueError(f"`timeout` is above 0, or None for none, not {timeout}")


def _run_here(job: Job, timeout: float | None) -> Outcome:
    begin = time.perf_counter()
    try:
        with _alarm(timeout):
            scores = job.run()
    except _OutOfTime:
        return Outcome(None, f"it ran out of time after {timeout:g} s", time.perf_counter() - begin)
    except Exception as error:
        return Outcome(None, traceback_of(error), time.perf_counter() - begin)
    return Outcome(scores, None, time.perf_counter() - begin)


class _OutOfTime(BaseException):
    """No Exception, so that functions that catch those do not catch it."""


@contextmanager
def _alarm(timeout: float | None) -> Iterator[None]:
    """Raises :class:`_OutOfTime` after so many seconds."""
    if timeout is None:
        yield
        return

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise _OutOfTime

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, timeout)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
