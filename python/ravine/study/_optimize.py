"""`Study.optimize`: the loop around an objective, in one thread or several."""

from __future__ import annotations

import gc
import math
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ravine import logging
from ravine._notice import warn
from ravine.exceptions import TrialPruned
from ravine.study._tell import Ending, tell
from ravine.trial import TrialState

if TYPE_CHECKING:
    from ravine.study import Study
    from ravine.study._processes import Workers
    from ravine.study._progress import Progress
    from ravine.trial import FrozenTrial, Trial

    Callbacks = Iterable[Callable[[Study, FrozenTrial], None]] | None

_logger = logging.get_logger(__name__)


class Run:
    """One call of `optimize`: what all its threads share."""

    def __init__(
        self,
        study: Study,
        func: Callable[[Trial], float | Sequence[float]],
        timeout: float | None,
        catch: tuple[type[Exception], ...],
        callbacks: Callbacks,
        gc_after_trial: bool,
        progress: Progress | None,
        workers: Workers | None,
    ) -> None:
        self.study = study
        self.func = func
        self.timeout = timeout
        self.catch = catch
        self.callbacks = None if callbacks is None else tuple(callbacks)
        self.gc_after_trial = gc_after_trial
        self.progress = progress
        self.workers = workers
        self.start = time.monotonic()

    def is_over(self) -> bool:
        """Whether no other trial is to be started."""
        return self.study._stop_flag or (self.timeout is not None and time.monotonic() - self.start >= self.timeout)

    def in_turn(self, n_trials: int | None) -> None:
        """Runs trials one after the other, at most so many."""
        local = self.study._thread_local
        local.in_optimize_loop = True
        try:
            if self.callbacks is None and self.progress is None and not self.gc_after_trial:
                self._bare(n_trials)
            else:
                self._attended(n_trials)
        finally:
            self.study._storage.remove_session()

    def _bare(self, n_trials: int | None) -> None:
        # The loop of most programs: there is nothing between trials, and trials may take microseconds.
        study, func, catch, is_over = self.study, self.func, self.catch, self.is_over
        left = math.inf if n_trials is None else n_trials
        while left > 0 and not is_over():
            left -= 1
            _run_trial(study, func, catch)

    def _attended(self, n_trials: int | None) -> None:
        left = math.inf if n_trials is None else n_trials
        while left > 0 and not self.is_over():
            left -= 1
            try:
                number = _run_trial(self.study, self.func, self.catch)
            finally:
                if self.gc_after_trial:
                    gc.collect()
            if self.callbacks is not None:
                for callback in self.callbacks:
                    callback(self.study, self.study._ledger.frozen(number))
            if self.progress is not None:
                self.progress.update(time.monotonic() - self.start, self.study)

    def in_threads(self, n_trials: int | None, n_jobs: int) -> None:
        """Runs trials in so many threads at once."""
        from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

        executor = ThreadPoolExecutor(max_workers=n_jobs)
        pending: set[Future[None]] = set()
        submitted = 0
        try:
            while not self.is_over() and (n_trials is None or submitted < n_trials):
                if len(pending) >= n_jobs:
                    done, pending = wait(pending, return_when=FIRST_COMPLETED)
                    for future in done:
                        future.result()
                    continue
                pending.add(executor.submit(self._one))
                submitted += 1
            while pending:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
        except KeyboardInterrupt:
            # Objectives in threads cannot be stopped from outside; nobody has to wait for them, though.
            self.study._stop_flag = True
            executor.shutdown(wait=False, cancel_futures=True)
            if self.workers is not None:
                # Those in child processes can: their trials are failed before the caller hears of it.
                self.workers.close()
                executor.shutdown(wait=True)
            raise
        except BaseException:
            self.study._stop_flag = True
            raise
        finally:
            if sys.exc_info()[0] is not KeyboardInterrupt:
                executor.shutdown(wait=True)

    def _one(self) -> None:
        sampler = self.study.sampler
        if not sampler._is_native:
            sampler.reseed_rng()
        self.in_turn(1)


def optimize(
    study: Study,
    func: Callable[[Trial], float | Sequence[float]],
    n_trials: int | None,
    timeout: float | None,
    n_jobs: int,
    catch: tuple[type[Exception], ...],
    callbacks: Callbacks,
    gc_after_trial: bool,
    show_progress_bar: bool,
    backend: str,
) -> None:
    """See `Study.optimize`."""
    if study._thread_local.in_optimize_loop:
        raise RuntimeError("Nested invocation of `Study.optimize` method isn't allowed.")
    if backend not in ("thread", "process"):
        raise ValueError(f"`backend` is 'thread' or 'process', not {backend!r}.")
    if n_jobs != -1 and n_jobs <= 0:
        raise ValueError(f"`n_jobs` is 1 or more, or -1 for one per processor, not {n_jobs}.")
    if show_progress_bar and n_trials is None and timeout is not None and n_jobs != 1:
        warn("The timeout-based progress bar is not supported with n_jobs != 1.")
        show_progress_bar = False
    progress = None
    if show_progress_bar:
        from ravine.study._progress import Progress

        progress = Progress.of(n_trials, timeout)
    study._stop_flag = False
    jobs = (os.cpu_count() or 1) if n_jobs == -1 else n_jobs
    study._ledger.budget = None if n_trials is None else len(study._ledger) + max(math.ceil(n_trials), 0)
    workers = None
    try:
        if backend == "process":
            from ravine.study._processes import Workers

            workers = Workers(func, jobs)
            func = workers.run
        run = Run(study, func, timeout, catch, callbacks, gc_after_trial, progress, workers)
        if jobs == 1:
            run.in_turn(n_trials)
        else:
            run.in_threads(n_trials, jobs)
    finally:
        study._thread_local.in_optimize_loop = False
        if workers is not None:
            workers.close()
        if progress is not None:
            progress.close()


def _run_trial(study: Study, func: Callable[[Trial], Any], catch: tuple[type[Exception], ...]) -> int:
    """Runs one trial: its number."""
    if study._storage._beats:
        func = _beating(study, func)
    trial = study._begin()
    try:
        value = func(trial)
    except TrialPruned as pruned:
        number = trial.number
        tell(study, trial, None, TrialState.PRUNED, quietly=True)
        _logger.info("Trial %d pruned. %s", number, pruned)
        return number
    except (Exception, KeyboardInterrupt) as error:
        return _failed(study, trial, error, catch)
    number = trial.number
    if isinstance(value, float) and study._is_quick() and study._ledger.complete(number, value):
        if _logger.isEnabledFor(logging.INFO):
            _log_complete(study, number, [value], trial.params)
        return number
    _end(study, trial, value)
    return number


def _beating(study: Study, func: Callable[[Trial], Any]) -> Callable[[Trial], Any]:
    """The objective, with signs of life while it runs; and trials that give none any more are failed."""
    from ravine.storages._heartbeat import beating, fail_stale

    fail_stale(study)

    def attended(trial: Trial) -> Any:
        # Should this process die, a retry has the same values.
        trial._eager = True
        with beating(study._storage, trial._trial_id):
            return func(trial)

    return attended


def _end(study: Study, trial: Trial, value: Any) -> None:
    """Ends a trial whose objective returned something."""
    ending: Ending | None = None
    try:
        ending = tell(study, trial, value, quietly=True)
    finally:
        # Also where a sampler's `after_trial` raises, the trial has ended.
        if ending is None:
            record = study._ledger.shared(trial.number)
            ending = Ending(record.state, record.values)
        if ending.state == TrialState.COMPLETE:
            _log_complete(study, trial.number, ending.values or [], trial.params)
        elif ending.objection is not None:
            _log_failed(trial, ending.objection, None, value)


def _failed(study: Study, trial: Trial, error: BaseException, catch: tuple[type[Exception], ...]) -> int:
    tell(study, trial, None, TrialState.FAIL, quietly=True)
    _log_failed(trial, repr(error), (type(error), error, error.__traceback__), None)
    if not isinstance(error, catch):
        raise error
    return trial.number


def _log_failed(trial: Trial, message: str, exc_info: Any, value: Any) -> None:
    _logger.warning(
        f"Trial {trial.number} failed with parameters: {trial.params} because of the following error: {message}.",
        exc_info=exc_info,
    )
    _logger.warning(f"Trial {trial.number} failed with value {value!r}.")


def _log_complete(study: Study, number: int, values: list[float], params: dict[str, Any]) -> None:
    if not _logger.isEnabledFor(logging.INFO):
        return
    names = study.metric_names
    if len(values) > 1:
        shown = values if names is None else dict(zip(names, values))
        _logger.info(f"Trial {number} finished with values: {shown} and parameters: {params}.")
        return
    one = values[0] if names is None else {names[0]: values[0]}
    message = f"Trial {number} finished with value: {one} and parameters: {params}."
    try:
        best = study._best_trial()
    except ValueError:  # None that keeps the constraints.
        pass
    else:
        message += f" Best is trial {best.number} with value: {best.value}."
    _logger.info(message)
