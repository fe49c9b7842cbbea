"""Trials as documents: what was tried, what came out, and the channel between a running trial and its search."""

from __future__ import annotations

import itertools
import logging
import math
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from datetime import datetime, timezone
from os import PathLike
from typing import Any

from ravine.hyperopt.exceptions import AllTrialsFailed, InvalidTrial

STATUS_NEW = "new"
STATUS_RUNNING = "running"
STATUS_SUSPENDED = "suspended"
STATUS_OK = "ok"
STATUS_FAIL = "fail"
STATUS_STRINGS = (STATUS_NEW, STATUS_RUNNING, STATUS_SUSPENDED, STATUS_OK, STATUS_FAIL)

JOB_STATE_NEW = 0
JOB_STATE_RUNNING = 1
JOB_STATE_DONE = 2
JOB_STATE_ERROR = 3
JOB_STATE_CANCEL = 4
JOB_STATES = [JOB_STATE_NEW, JOB_STATE_RUNNING, JOB_STATE_DONE, JOB_STATE_ERROR, JOB_STATE_CANCEL]
JOB_VALID_STATES = {JOB_STATE_NEW, JOB_STATE_RUNNING, JOB_STATE_DONE}

_TRIAL_KEYS = ("tid", "spec", "result", "misc", "state", "owner", "book_time", "refresh_time", "exp_key")
_MISC_KEYS = ("tid", "cmd", "idxs", "vals")

Document = dict[str, Any]

_logger = logging.getLogger(__name__)


class Trials:
    """The trials of a search, as documents.

    A document is a dict with

    - ``tid``: the trial's number,
    - ``state``: one of ``JOB_STATES``,
    - ``result``: what the objective returned: ``status`` (one of ``STATUS_STRINGS``), ``loss`` when that is "ok", and
      whatever else it told,
    - ``misc``: ``vals`` holds for each label ``[value]``, or ``[]`` where the parameter was inactive; ``idxs`` holds
      ``[tid]`` and ``[]`` likewise,
    - ``book_time``, ``refresh_time``: when it started and when it was last heard of (UTC).

    Args:
        exp_key: A name; only documents of that name are seen.
        refresh: Whether to look at the documents at once.
    """

    asynchronous = False

    def __init__(self, exp_key: str | None = None, refresh: bool = True) -> None:
        self._exp_key = exp_key
        self._ids: set[Any] = set()
        self._dynamic_trials: list[Document] = []
        self._trials: list[Document] = []
        self.attachments: dict[str, Any] = {}
        if refresh:
            self.refresh()

    def view(self, exp_key: str | None = None, refresh: bool = True) -> Trials:
        """The same documents, seen under another name."""
        other = type(self)(exp_key, refresh=False)
        other._ids, other._dynamic_trials, other.attachments = self._ids, self._dynamic_trials, self.attachments
        if refresh:
            other.refresh()
        return other

    def refresh(self) -> None:
        """Looks at the documents anew; those that were inserted, failed or cancelled since then count from here on."""
        self._trials = [doc for doc in self.documents() if doc["state"] in JOB_VALID_STATES]
        self._ids.update(doc["tid"] for doc in self._trials)

    def documents(self) -> list[Document]:
        """All documents of this `exp_key` as they are now, also those that ended in an error."""
        if self._exp_key is None:
            return self._dynamic_trials
        return [doc for doc in self._dynamic_trials if doc["exp_key"] == self._exp_key]

    def __iter__(self) -> Iterator[Document]:
        return iter(self._trials)

    def __len__(self) -> int:
        return len(self._trials)

    @property
    def trials(self) -> list[Document]:
        """The documents, without those that ended in an error."""
        return self._trials

    @property
    def tids(self) -> list[Any]:
        """The trials' numbers."""
        return [doc["tid"] for doc in self._trials]

    @property
    def specs(self) -> list[Any]:
        """The documents' ``spec`` (None, in general)."""
        return [doc["spec"] for doc in self._trials]

    @property
    def results(self) -> list[Document]:
        """What the objective returned, trial by trial."""
        return [doc["result"] for doc in self._trials]

    @property
    def miscs(self) -> list[Document]:
        """The documents' ``misc``."""
        return [doc["misc"] for doc in self._trials]

    @property
    def idxs_vals(self) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
        """:attr:`idxs` and :attr:`vals`."""
        return miscs_to_idxs_vals(self.miscs)

    @property
    def idxs(self) -> dict[str, list[Any]]:
        """For each label the numbers of the trials in which it was active."""
        return self.idxs_vals[0]

    @property
    def vals(self) -> dict[str, list[Any]]:
        """For each label its values in those trials."""
        return self.idxs_vals[1]

    def losses(self, bandit: Any = None) -> list[float | None]:
        """The losses, trial by trial; None where there is none."""
        if bandit is not None:
            return [bandit.loss(doc["result"], doc["spec"]) for doc in self._trials]
        return [result.get("loss") for result in self.results]

    def statuses(self, bandit: Any = None) -> list[str | None]:
        """The statuses, trial by trial."""
        if bandit is not None:
            return [bandit.status(doc["result"], doc["spec"]) for doc in self._trials]
        return [result.get("status") for result in self.results]

    @property
    def best_trial(self) -> Document:
        """The document with the lowest loss, among those of status "ok" whose loss is a number; the first of equals.

        Raises:
            AllTrialsFailed: When there is none.
        """
        candidates = [doc for doc in self._trials if _has_loss(doc["result"])]
        if not candidates:
            raise AllTrialsFailed("no trial ended with status 'ok' and a loss that is a number")
        return min(candidates, key=lambda doc: float(doc["result"]["loss"]))

    @property
    def argmin(self) -> dict[str, Any]:
        """The best trial's values by label; inactive ones are left out.

        Raises:
            AllTrialsFailed: When there is no best trial.
        """
        return spec_from_misc(self.best_trial["misc"])

    def average_best_error(self, bandit: Any = None) -> float:
        """The true loss (``true_loss`` of the result, else its loss) of the trial with the lowest loss.

        Raises:
            ValueError: When no trial has a loss.
        """
        results = [result for result in self.results if _has_loss(result)]
        if not results:
            raise ValueError("no trial has a loss")
        best: Any = min(results, key=lambda result: float(result["loss"]))
        return float(best.get("true_loss", best["loss"]))

    def count_by_state_synced(self, arg: int | Iterable[int], trials: list[Document] | None = None) -> int:
        """How many documents are in a state, or in one of several, as of the last :meth:`refresh`.

        Raises:
            TypeError: When `arg` is no state.
        """
        wanted = set(arg) if isinstance(arg, Iterable) else {arg}
        if not wanted <= set(JOB_STATES):
            raise TypeError(f"{arg!r} is no state; states are {JOB_STATES}")
        return sum(doc["state"] in wanted for doc in (self._trials if trials is None else trials))

    def count_by_state_unsynced(self, arg: int | Iterable[int]) -> int:
        """How many documents are in a state, or in one of several, now."""
        return self.count_by_state_synced(arg, self.documents())

    def new_trial_ids(self, n: int) -> list[int]:
        """n numbers that no trial has."""
        unused = (number for number in itertools.count(len(self._ids)) if number not in self._ids)
        fresh = list(itertools.islice(unused, n))
        self._ids.update(fresh)
        return fresh

    def new_trial_docs(
        self, tids: Sequence[Any], specs: Sequence[Any], results: Sequence[Document], miscs: Sequence[Document]
    ) -> list[Document]:
        """Documents of new trials; they are not inserted yet."""
        return [
            new_document(tid, spec, result, misc, self._exp_key)
            for tid, spec, result, misc in zip(tids, specs, results, miscs, strict=True)
        ]

    def insert_trial_doc(self, doc: Document) -> Any:
        """Adds a document (seen after :meth:`refresh`), and returns its number.

        Raises:
            InvalidTrial: When something is missing in it, or it belongs to another `exp_key`.
        """
        return self.insert_trial_docs([doc])[0]

    def insert_trial_docs(self, docs: Iterable[Document]) -> list[Any]:
        """Adds documents (seen after :meth:`refresh`), and returns their numbers.

        Raises:
            InvalidTrial: When something is missing in one, or it belongs to another `exp_key`; none is added then.
        """
        checked = [self.assert_valid_trial(doc) for doc in docs]
        self._dynamic_trials.extend(checked)
        return [doc["tid"] for doc in checked]

    def assert_valid_trial(self, trial: Any) -> Document:
        """The document, if it is one of a trial of this search.

        Raises:
            InvalidTrial: When it is not.
        """
        if not isinstance(trial, Mapping):
            raise InvalidTrial("a trial is a dict, not", trial)
        for key in _TRIAL_KEYS:
            if key not in trial:
                raise InvalidTrial("the trial lacks the key", key)
        for key in _MISC_KEYS:
            if key not in trial["misc"]:
                raise InvalidTrial("the trial's misc lacks the key", key)
        if trial["tid"] != trial["misc"]["tid"]:
            raise InvalidTrial("the trial's tid differs from that of its misc", trial)
        if trial["exp_key"] != self._exp_key:
            raise InvalidTrial("the trial's exp_key is not the one of these trials", (trial["exp_key"], self._exp_key))
        return trial  # type: ignore[return-value]

    def delete_all(self) -> None:
        """Forgets every document and attachment."""
        self._dynamic_trials.clear()
        self._ids.clear()
        self.attachments.clear()
        self.refresh()

    def aname(self, trial: Document, name: str) -> str:
        """Under which name of :attr:`attachments` a trial's attachment lies."""
        return f"ATTACH::{trial['tid']}::{name}"

    def trial_attachments(self, trial: Document) -> MutableMapping[str, Any]:
        """A trial's attachments, by name."""
        return _Attachments(self, trial)

    def save(self, path: str | PathLike[str]) -> None:
        """Writes documents and attachments to a JSON file, whole or not at all. See :meth:`load`.

        Raises:
            TypeError: When a result holds something that JSON cannot.
        """
        from ravine.hyperopt.trials_file import write

        write(path, self)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Trials:
        """The trials of a file that :meth:`save`, or `trials_save_file` of `fmin`, wrote.

        Raises:
            ValueError: When the file holds something else.
        """
        from ravine.hyperopt.trials_file import read

        return read(path, cls)

    def fmin(self, fn: Any, space: Any, algo: Any = None, max_evals: int | None = None, **options: Any) -> Any:
        """:func:`ravine.hyperopt.fmin`, with these trials; silent unless asked."""
        from ravine.hyperopt.fmin import fmin

        options = {"verbose": False, **options, "allow_trials_fmin": False}
        return fmin(fn, space, algo, max_evals, trials=self, **options)


class _Attachments(MutableMapping[str, Any]):
    """One trial's share of the attachments."""

    def __init__(self, trials: Trials, trial: Document) -> None:
        self._all = trials.attachments
        self._prefix = trials.aname(trial, "")

    def __getitem__(self, name: str) -> Any:
        return self._all[self._prefix + name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._all[self._prefix + name] = value

    def __delitem__(self, name: str) -> None:
        del self._all[self._prefix + name]

    def __iter__(self) -> Iterator[str]:
        return (name[len(self._prefix) :] for name in list(self._all) if name.startswith(self._prefix))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Ctrl:
    """What a running trial may use of its search.

    Args:
        trials: The trials of the search.
        current_trial: The document of the running trial.
    """

    debug = _logger.debug
    info = _logger.info
    warn = _logger.warning
    error = _logger.error

    def __init__(self, trials: Trials | None, current_trial: Document | None = None) -> None:
        self.trials = Trials() if trials is None else trials
        self.current_trial = current_trial

    def checkpoint(self, r: Document | None = None) -> None:
        """Keeps a result so far, in case that the trial does not end."""
        if r is not None and self.current_trial is not None:
            self.current_trial["result"] = r

    @property
    def attachments(self) -> MutableMapping[str, Any]:
        """The running trial's attachments, by name."""
        return self.trials.trial_attachments(self.current_trial or {"tid": None})


def new_document(
    tid: Any, spec: Any = None, result: Document | None = None, misc: Document | None = None, exp_key: str | None = None
) -> Document:
    """The document of a new trial."""
    return {
        "state": JOB_STATE_NEW,
        "tid": tid,
        "spec": spec,
        "result": {"status": STATUS_NEW} if result is None else result,
        "misc": new_misc(tid, {}, ()) if misc is None else misc,
        "exp_key": exp_key,
        "owner": None,
        "version": 0,
        "book_time": None,
        "refresh_time": None,
    }


def new_misc(tid: Any, values: Mapping[str, Any], labels: Iterable[str]) -> Document:
    """The ``misc`` of a trial with these values; the other labels are inactive."""
    names = [*labels, *(name for name in values if name not in set(labels))]
    return {
        "tid": tid,
        "cmd": ("domain_attachment", "FMinIter_Domain"),
        "workdir": None,
        "idxs": {name: [tid] if name in values else [] for name in names},
        "vals": {name: [values[name]] if name in values else [] for name in names},
    }


def spec_from_misc(misc: Mapping[str, Any]) -> dict[str, Any]:
    """A trial's values by label, without the inactive ones."""
    return {label: values[0] for label, values in misc["vals"].items() if len(values) > 0}


def miscs_to_idxs_vals(
    miscs: Iterable[Mapping[str, Any]], keys: Iterable[str] | None = None
) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """For each label (of `keys`, or all) the numbers of the trials in which it was active, and its values there."""
    wanted = None if keys is None else list(keys)
    idxs: dict[str, list[Any]] = {key: [] for key in wanted or ()}
    vals: dict[str, list[Any]] = {key: [] for key in wanted or ()}
    for misc in miscs:
        for label, values in misc["vals"].items():
            if wanted is None or label in wanted:
                idxs.setdefault(label, []).extend(misc["idxs"][label])
                vals.setdefault(label, []).extend(values)
    return idxs, vals


def miscs_update_idxs_vals(
    miscs: Sequence[Document],
    idxs: Mapping[str, Sequence[Any]],
    vals: Mapping[str, Sequence[Any]],
    assert_all_vals_used: bool = True,
    idxs_map: Mapping[Any, Any] | None = None,
) -> Sequence[Document]:
    """Puts values into the ``misc`` of trials: the reverse of :func:`miscs_to_idxs_vals`. Own algorithms use it.

    Args:
        miscs: Of the trials; they are changed, and returned.
        idxs: For each label the numbers of the trials in which it is active.
        vals: Its values there.
        assert_all_vals_used: Whether a number that is no trial's is an error; else it is left out.
        idxs_map: Other numbers for some of those in `idxs`.

    Raises:
        KeyError: When a number is no trial's.
    """
    by_number = {misc["tid"]: misc for misc in miscs}
    for misc in miscs:
        misc["idxs"] = {label: [] for label in idxs}
        misc["vals"] = {label: [] for label in idxs}
    for label, numbers in idxs.items():
        for given, value in zip(numbers, vals[label], strict=True):
            number = (idxs_map or {}).get(given, given)
            if assert_all_vals_used or number in by_number:
                by_number[number]["idxs"][label] = [number]
                by_number[number]["vals"][label] = [value]
    return miscs


def trials_from_docs(docs: Iterable[Document], validate: bool = True, **kwargs: Any) -> Trials:
    """Trials that hold these documents.

    Raises:
        InvalidTrial: With `validate`, when one of them is no trial's.
    """
    trials = Trials(**kwargs)
    if validate:
        trials.insert_trial_docs(docs)
    else:
        trials._dynamic_trials.extend(docs)
    trials.refresh()
    return trials


def utc_now() -> datetime:
    """The time in UTC, to milliseconds, without a time zone, as documents hold it."""
    now = datetime.now(timezone.utc).replace(tzinfo=None)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def __getattr__(name: str) -> Any:
    # Where programs for hyperopt look for it; it stands on this module.
    if name == "Domain":
        from ravine.hyperopt.domain import Domain

        return Domain
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _has_loss(result: Mapping[str, Any]) -> bool:
    return result.get("status") == STATUS_OK and not math.isnan(float(result["loss"]))
