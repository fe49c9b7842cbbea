"""``fmin``: minimise a function over a space."""

from __future__ import annotations

import functools
import inspect
import logging
import math
import numbers
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from ravine.hyperopt import progress, tpe
from ravine.hyperopt.base import (
    JOB_STATE_DONE,
    JOB_STATE_ERROR,
    JOB_STATE_RUNNING,
    Ctrl,
    Document,
    Trials,
    new_document,
    new_misc,
    spec_from_misc,
    utc_now,
)
from ravine.hyperopt.domain import Domain
from ravine.hyperopt.exceptions import InvalidAnnotatedParameter
from ravine.hyperopt.pyll import Apply, as_apply, dfs, rec_eval
from ravine.hyperopt.watch import Watch

_logger = logging.getLogger(__name__)


def fmin(
    fn: Callable[..., Any],
    space: Any,
    algo: Callable[..., list[Document]] | None = None,
    max_evals: int | None = None,
    timeout: float | None = None,
    loss_threshold: float | None = None,
    trials: Trials | None = None,
    rstate: Any = None,
    allow_trials_fmin: bool = True,
    pass_expr_memo_ctrl: bool | None = None,
    catch_eval_exceptions: bool = False,
    verbose: bool = True,
    return_argmin: bool = True,
    points_to_evaluate: list[Mapping[str, Any]] | None = None,
    max_queue_len: int = 1,
    show_progressbar: bool | Callable[..., AbstractContextManager[Any]] = True,
    early_stop_fn: Callable[..., tuple[bool, list[Any]]] | None = None,
    trials_save_file: str | os.PathLike[str] = "",
) -> Any:
    """Minimises `fn` over `space`.

    Args:
        fn: Gets a value of the space; returns a loss, or a dict with ``status`` (one of ``STATUS_STRINGS``) and, when
            that is "ok", ``loss``. Whatever else is in the dict is kept in the trial's document; ``attachments`` in
            :meth:`Trials.trial_attachments`.
        space: Nested containers with hyperparameters of :mod:`ravine.hyperopt.hp`; or "annotated": the annotations
            of `fn`'s arguments.
        algo: ``tpe.suggest`` (also when absent), ``rand.suggest``, ``atpe.suggest``, ``anneal.suggest``, or one's own.
        max_evals: So many trials in all, those in `trials` included, `points_to_evaluate` not. None: no limit.
        timeout: Seconds after which no new trial starts.
        loss_threshold: Ends the search when a loss is below it.
        trials: Where documents are kept; those it holds already are learned from.
        rstate: Where seeds are drawn from: a numpy generator, a ``random.Random``, or an integer. Absent: the
            environment's ``HYPEROPT_FMIN_SEED``, else chance.
        allow_trials_fmin: Whether to call `trials`' own ``fmin``.
        pass_expr_memo_ctrl: See :class:`~ravine.hyperopt.Domain`.
        catch_eval_exceptions: Whether an exception of `fn` ends its trial only (the document says why).
        verbose: Whether to show progress.
        return_argmin: Whether to return the best values by label; else the best value of the space.
        points_to_evaluate: Values by label (for a choice its option's number), tried first. Only without `trials`.
        max_queue_len: How many trials are suggested at once.
        show_progressbar: Whether to show a bar; or a reporter, see :mod:`ravine.hyperopt.progress`.
        early_stop_fn: See :mod:`ravine.hyperopt.early_stop`.
        trials_save_file: A JSON file that the trials are written to after each round, and read from at the start when
            it exists and `trials` is not given. It is no pickle.

    Returns:
        See `return_argmin`; None when that is False and no trial ended.

    Raises:
        AllTrialsFailed: When no trial ended with status "ok", and the best one is to be returned.
        DuplicateLabel: When two hyperparameters have the same label.
        ValueError: When `timeout` is not positive, or `loss_threshold` is no number.
    """
    _check_positive("timeout", timeout)
    _check_number("loss_threshold", loss_threshold)
    if isinstance(space, str) and space == "annotated":
        space, fn = _annotations(fn), _with_keywords(fn)
    if allow_trials_fmin and trials is not None and type(trials).fmin is not Trials.fmin:
        return trials.fmin(
            fn, space, algo=algo, max_evals=max_evals, timeout=timeout, loss_threshold=loss_threshold, rstate=rstate,
            pass_expr_memo_ctrl=pass_expr_memo_ctrl, catch_eval_exceptions=catch_eval_exceptions, verbose=verbose,
            return_argmin=return_argmin, max_queue_len=max_queue_len, show_progressbar=show_progressbar,
            early_stop_fn=early_stop_fn, trials_save_file=trials_save_file,
        )  # fmt: skip
    if algo is None:
        _logger.warning("TPE is being used as the default algorithm.")
    if trials is None:
        trials = _first_trials(points_to_evaluate, trials_save_file)
    search = FMinIter(
        tpe.suggest if algo is None else algo,
        Domain(fn, space, pass_expr_memo_ctrl=pass_expr_memo_ctrl),
        trials,
        rstate=rstate,
        max_queue_len=max_queue_len,
        max_evals=sys.maxsize if max_evals is None else max_evals,
        timeout=timeout,
        loss_threshold=loss_threshold,
        verbose=verbose,
        show_progressbar=show_progressbar,
        early_stop_fn=early_stop_fn,
        trials_save_file=trials_save_file,
    )
    search.catch_eval_exceptions = catch_eval_exceptions
    search.exhaust()
    if return_argmin:
        if not trials.trials:
            raise ValueError("There are no evaluation tasks, cannot return argmin of task losses.")
        return trials.argmin
    return space_eval(space, trials.argmin) if trials.trials else None


class FMinIter:
    """A search, round by round. See :func:`fmin` for the arguments; iterating yields the trials after each round."""

    catch_eval_exceptions = False

    def __init__(
        self,
        algo: Callable[..., list[Document]],
        domain: Domain,
        trials: Trials,
        rstate: Any = None,
        asynchronous: bool | None = None,
        max_queue_len: int = 1,
        poll_interval_secs: float = 1.0,
        max_evals: int = sys.maxsize,
        timeout: float | None = None,
        loss_threshold: float | None = None,
        verbose: bool = False,
        show_progressbar: bool | Callable[..., AbstractContextManager[Any]] = True,
        early_stop_fn: Callable[..., tuple[bool, list[Any]]] | None = None,
        trials_save_file: str | os.PathLike[str] = "",
    ) -> None:
        if asynchronous or trials.asynchronous:
            raise NotImplementedError("trials that other processes run are not supported; share a study by its storage")
        self.algo = algo
        self.domain = domain
        self.trials = trials
        self.max_queue_len = max_queue_len
        self.max_evals = max_evals
        self.timeout = timeout
        self.loss_threshold = loss_threshold
        self.early_stop_fn = early_stop_fn
        self.early_stop_args: list[Any] = []
        self.trials_save_file = trials_save_file
        self._next_seed = seeds(rstate)
        self._start = time.monotonic()
        self._watch = Watch(trials)
        self._stopped = False
        if not verbose or not show_progressbar:
            self._progress: Callable[..., AbstractContextManager[Any]] = progress.no_progress_callback
        else:
            self._progress = progress.default_callback if show_progressbar is True else show_progressbar

    def exhaust(self) -> FMinIter:
        """Goes on until a limit is reached."""
        self.run(self.max_evals - len(self.trials))
        return self

    def run(self, N: int, block_until_done: bool = True) -> None:  # noqa: N803 (hyperopt's name)
        """Goes on for `N` new trials, or until a limit is reached; trials that wait are run first."""
        new = 0
        watch = self._watch
        watch.look()
        self.trials.refresh()
        with self._progress(initial=watch.done, total=self.max_evals) as bar:
            while not self._over() and (new < N or watch.waiting):
                room = min(self.max_queue_len - len(watch.waiting), N - new)
                if room > 0:
                    suggested = self._suggest(room)
                    new += suggested
                    if not suggested and not watch.waiting:
                        break
                before = watch.done
                self.serial_evaluate()
                self._after_round(bar, watch.done - before)

    def serial_evaluate(self) -> None:
        """Runs the trials that wait."""
        self._watch.look()
        for doc in self._watch.waiting:
            self._evaluate(doc)
        self._watch.look()

    def _suggest(self, count: int) -> int:
        ids = self.trials.new_trial_ids(count)
        docs = self.algo(ids, self.domain, self.trials, self._next_seed())
        self.trials.insert_trial_docs(docs)
        self.trials.refresh()
        self._watch.look()
        return len(docs)

    def _evaluate(self, doc: Document) -> None:
        doc["state"] = JOB_STATE_RUNNING
        doc["book_time"] = doc["refresh_time"] = utc_now()
        ctrl = Ctrl(self.trials, current_trial=doc)
        try:
            doc["result"] = self.domain.evaluate(spec_from_misc(doc["misc"]), ctrl)
            doc["state"] = JOB_STATE_DONE
        except BaseException as error:
            doc["state"] = JOB_STATE_ERROR
            doc["misc"]["error"] = (str(type(error)), str(error))
            # An error's trial is no longer among those that are seen.
            self.trials.refresh()
            if not self.catch_eval_exceptions or not isinstance(error, Exception):
                raise
            _logger.error("trial %s ended by an exception: %r", doc["tid"], error)
        finally:
            doc["refresh_time"] = utc_now()

    def _after_round(self, bar: Any, ended: int) -> None:
        if os.fspath(self.trials_save_file):
            self.trials.save(self.trials_save_file)
        if self.early_stop_fn is not None and self.trials.trials:
            stop, self.early_stop_args = self.early_stop_fn(self.trials, *self.early_stop_args)
            self._stopped = self._stopped or bool(stop)
        if self._watch.best_loss < math.inf:
            bar.postfix = f"best loss: {self._watch.best_loss}"
        if ended > 0:
            bar.update(ended)

    def _over(self) -> bool:
        late = self.timeout is not None and time.monotonic() - self._start >= self.timeout
        reached = self.loss_threshold is not None and self._watch.best_loss < self.loss_threshold
        return self._stopped or late or reached

    def __iter__(self) -> Iterator[Trials]:
        return self

    def __next__(self) -> Trials:
        if self._over() or len(self.trials) >= self.max_evals:
            raise StopIteration
        self.run(1)
        return self.trials


def space_eval(space: Any, hp_assignment: Mapping[str, Any]) -> Any:
    """The value of a space.

    Args:
        space: The space.
        hp_assignment: Values by label, as `fmin` returns them: for a choice its option's number.

    Raises:
        KeyError: When an active hyperparameter has no value.
    """
    expr = as_apply(space)
    labels = {node: node.arg["label"].eval() for node in dfs(expr) if node.name == "hyperopt_param"}
    return rec_eval(expr, {node: hp_assignment[label] for node, label in labels.items() if label in hp_assignment})


def generate_trials_to_calculate(points: Sequence[Mapping[str, Any]]) -> Trials:
    """Trials that wait to be run at these points: values by label."""
    trials = Trials()
    trials.insert_trial_docs(new_document(tid, misc=new_misc(tid, point, point)) for tid, point in enumerate(points))
    trials._ids.update(range(len(points)))
    return trials


def fmin_pass_expr_memo_ctrl(f: Callable[..., Any]) -> Callable[..., Any]:
    """Marks an objective that gets ``expr``, ``memo`` and ``ctrl`` instead of a value of the space."""
    f.fmin_pass_expr_memo_ctrl = True  # type: ignore[attr-defined]
    return f


def partial(fn: Callable[..., Any], **kwargs: Any) -> Callable[..., Any]:
    """``functools.partial`` that keeps the mark of :func:`fmin_pass_expr_memo_ctrl`."""
    bound = functools.partial(fn, **kwargs)
    if hasattr(fn, "fmin_pass_expr_memo_ctrl"):
        bound.fmin_pass_expr_memo_ctrl = fn.fmin_pass_expr_memo_ctrl  # type: ignore[attr-defined]
    return bound


def seeds(rstate: Any) -> Callable[[], int]:
    """A function that draws seeds of 31 bits.

    Args:
        rstate: A numpy ``Generator`` or ``RandomState``, a ``random.Random``, an integer, or None.

    Raises:
        TypeError: When it is something else.
    """
    if rstate is None:
        given = os.environ.get("HYPEROPT_FMIN_SEED", "")
        rstate = random.Random(int(given) if given else None)
    elif isinstance(rstate, numbers.Integral):
        rstate = random.Random(int(rstate))
    if hasattr(rstate, "integers"):
        return lambda: int(rstate.integers(2**31 - 1))
    if isinstance(rstate, random.Random):
        return lambda: rstate.getrandbits(31)
    if hasattr(rstate, "randint"):
        return lambda: int(rstate.randint(2**31 - 1))
    raise TypeError(f"rstate must be a random generator or an integer, not {rstate!r}")


def _first_trials(points: list[Mapping[str, Any]] | None, save_file: str | os.PathLike[str]) -> Trials:
    if os.fspath(save_file) and os.path.exists(save_file):
        return Trials.load(save_file)
    if points is None:
        return Trials()
    if not isinstance(points, list):
        raise TypeError(f"points_to_evaluate must be a list of dicts, not {points!r}")
    return generate_trials_to_calculate(points)


def _annotations(fn: Callable[..., Any]) -> dict[str, Apply]:
    annotations = inspect.get_annotations(fn, eval_str=True)
    annotations.pop("return", None)
    for name, annotation in annotations.items():
        if not isinstance(annotation, Apply):
            raise InvalidAnnotatedParameter(
                annotation, f"the annotation of {name!r} must be a hyperparameter, such as hp.uniform('x', -1, 1)"
            )
    return annotations


def _with_keywords(fn: Callable[..., Any]) -> Callable[[dict[str, Any]], Any]:
    return lambda values: fn(**values)


def _check_positive(name: str, value: Any) -> None:
    if value is not None and (not _is_number(value) or value <= 0):
        raise ValueError(f"The {name} argument should be None or a positive value. Given value: {value}")


def _check_number(name: str, value: Any) -> None:
    if value is not None and not _is_number(value):
        raise ValueError(f"The {name} argument should be None or a numeric value. Given value: {value}")


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)
