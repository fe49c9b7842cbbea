"""What a search has to know of its trials after each round, without reading all of them again."""

from __future__ import annotations

import math

from ravine.hyperopt.base import JOB_STATE_DONE, JOB_STATE_NEW, JOB_STATE_RUNNING, Document, Trials


class Watch:
    """Follows the documents of a search: which wait, how many are done, the lowest loss.

    Args:
        trials: The trials of the search.
    """

    def __init__(self, trials: Trials) -> None:
        self._trials = trials
        self._read = 0
        self._open: list[Document] = []
        self.done = 0
        self.best_loss = math.inf

    def look(self) -> None:
        """Takes in what has changed since the last look."""
        documents = self._trials.documents()
        fresh = documents[self._read :]
        self._read = len(documents)
        still_open = []
        for doc in self._open + fresh:
            if doc["state"] in (JOB_STATE_NEW, JOB_STATE_RUNNING):
                still_open.append(doc)
            elif doc["state"] == JOB_STATE_DONE:
                self._count(doc)
        self._open = still_open

    @property
    def waiting(self) -> list[Document]:
        """The documents of trials that have not been run."""
        return [doc for doc in self._open if doc["state"] == JOB_STATE_NEW]

    def _count(self, doc: Document) -> None:
        self.done += 1
        loss = doc["result"].get("loss")
        if loss is not None and loss < self.best_loss:
            self.best_loss = float(loss)
