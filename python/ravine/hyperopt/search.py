"""The bridge from hyperopt's algorithms to a study: documents in, suggestions out.

An algorithm is a function ``suggest(new_ids, domain, trials, seed)`` that returns new documents. Those here keep one
study per search. Before each round the study is told what the documents say: results of trials it asked for itself, and
trials that came from elsewhere (given points, another algorithm, an earlier search).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

from ravine.hyperopt.base import (
    JOB_STATE_DONE,
    JOB_STATE_NEW,
    JOB_STATE_RUNNING,
    STATUS_OK,
    Document,
    Trials,
    new_misc,
    spec_from_misc,
)
from ravine.hyperopt.kinds import Kind, Option

if TYPE_CHECKING:
    from ravine.hyperopt.domain import Domain
    from ravine.samplers import BaseSampler
    from ravine.trial import Trial


def suggest_with(
    make_sampler: Callable[[int], BaseSampler],
    key: Hashable,
    new_ids: list[Any],
    domain: Domain,
    trials: Trials,
    seed: Any,
) -> list[Document]:
    """Documents of new trials, their values suggested by a sampler.

    Args:
        make_sampler: Makes the sampler from a seed; called once per search.
        key: What tells this algorithm and its options from others.
        new_ids: The numbers of the trials to suggest.
        domain: The search's space.
        trials: What was tried so far.
        seed: An integer; the first one of a search counts.
    """
    search = domain.kept.get(key)
    if search is None or search.documents is not trials._dynamic_trials:
        search = domain.kept[key] = Search(domain, make_sampler(int(seed)), trials._dynamic_trials)
    search.learn(trials)
    return documents(new_ids, domain, trials, search.ask)


def documents(
    new_ids: list[Any], domain: Domain, trials: Trials, values_of: Callable[[Any], dict[str, Any]]
) -> list[Document]:
    """Documents of new trials.

    Args:
        new_ids: Their numbers.
        domain: The search's space.
        trials: Which will hold them.
        values_of: Gets a number, returns that trial's values by label.
    """
    miscs = [new_misc(tid, values_of(tid), domain.params) for tid in new_ids]
    return trials.new_trial_docs(new_ids, [None] * len(new_ids), [domain.new_result() for _ in new_ids], miscs)


class Search:
    """A study that follows the documents of a search.

    Args:
        domain: The search's space.
        sampler: What proposes.
        documents: The documents; others are those of another search.
    """

    def __init__(self, domain: Domain, sampler: BaseSampler, documents: list[Document]) -> None:
        from ravine.storages._memory import UnseenStorage
        from ravine.study import create_study

        self.documents = documents
        self._domain = domain
        self._study = create_study(storage=UnseenStorage(), direction="minimize", sampler=sampler)
        self._asked: dict[Any, Trial] = {}
        self._read = 0
        self._unsettled: list[Document] = []

    def ask(self, tid: Any) -> dict[str, Any]:
        """Values for the trial `tid`, by label."""
        trial = self._study.ask()
        self._asked[tid] = trial
        return self._domain.walk(lambda label, kind: kind.value(_suggest(trial, label, kind)))

    def learn(self, trials: Trials) -> None:
        """Tells the study what ended since the last call."""
        documents_now = trials.documents()
        self._unsettled += documents_now[self._read :]
        self._read = len(documents_now)
        self._unsettled = [doc for doc in self._unsettled if not self._settle(doc)]

    def _settle(self, doc: Document) -> bool:
        """Whether the document's trial has ended; then the study knows it."""
        if doc["state"] in (JOB_STATE_NEW, JOB_STATE_RUNNING):
            return False
        loss = _loss_of(doc)
        trial = self._asked.pop(doc["tid"], None)
        if trial is not None:
            from ravine.trial import TrialState

            if loss is None:
                self._study.tell(trial, state=TrialState.FAIL)
            else:
                self._study.tell(trial, loss, std=_error_of(doc["result"]))
        elif loss is not None:
            self._add(spec_from_misc(doc["misc"]), loss)
        return True

    def _add(self, values: dict[str, Any], loss: float) -> None:
        """Tells the study a trial that it did not ask for; one that does not fit the space is left out."""
        from ravine.trial import create_trial

        kinds: dict[str, Kind] = {}

        def given(label: str, kind: Kind) -> Any:
            kinds[label] = kind
            return values[label]

        try:
            self._domain.walk(given)
        except (KeyError, IndexError):
            return
        params = {label: kind.latent(values[label]) for label, kind in kinds.items()}
        distributions = {label: kind.distribution for label, kind in kinds.items()}
        self._study.add_trial(create_trial(value=loss, params=params, distributions=distributions))


def _suggest(trial: Trial, label: str, kind: Kind) -> Any:
    domain = kind.distribution
    if isinstance(kind, Option):
        return trial.suggest_categorical(label, domain.choices)  # type: ignore[attr-defined]
    if type(domain).__name__ == "IntDistribution":
        return trial.suggest_int(label, domain.low, domain.high)  # type: ignore[attr-defined]
    return trial.suggest_float(label, domain.low, domain.high)  # type: ignore[attr-defined]


def _error_of(result: Document) -> float | None:
    """The standard error of a loss, of a result that tells its variance."""
    variance = float(result.get("loss_variance") or 0.0)
    return math.sqrt(variance) if 0.0 < variance < math.inf else None


def _loss_of(doc: Document) -> float | None:
    result = doc["result"]
    if doc["state"] != JOB_STATE_DONE or result.get("status") != STATUS_OK:
        return None
    loss = float(result["loss"])
    return None if math.isnan(loss) else loss
