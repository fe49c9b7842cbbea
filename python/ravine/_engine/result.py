"""What a study found, read from its folder through the engine."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import process

if TYPE_CHECKING:
    import pandas

_NON_FINITE = {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}


@dataclass(frozen=True)
class TrialResult:
    """A trial that has ended."""

    number: int
    """Its number in the study, from 0, in the order of creation."""
    state: str
    """``complete``, ``pruned`` or ``failed``."""
    values: dict[str, float]
    """The objectives' values, by metric; empty where there are none."""
    params: dict[str, Any]
    """The searched values by path: ``lr``, ``units[0]``, ``optimizer.adam.beta1``; without inactive ones."""
    config: dict[str, Any]
    """The configuration that the program got: nested, with constants and tied expressions."""
    metrics: dict[str, Any] = field(default_factory=dict)
    """The last value of each metric."""
    repetitions: dict[str, Any] = field(default_factory=dict)
    """For each metric all repetitions' values, their ``mean_`` and ``std_``; empty without ``[[repeat]]``."""
    violations: list[float] = field(default_factory=list)
    """By how much each constraint is broken: 0 or less is feasible."""
    seconds: float | None = None
    """How long its runs took, in seconds."""
    message: str | None = None
    """Why it failed."""
    record: dict[str, Any] = field(default_factory=dict, repr=False)
    """The whole line of ``results.jsonl``."""

    @property
    def value(self) -> float:
        """The value of the only objective.

        Raises:
            ValueError: There are several, or the trial has none.
        """
        if len(self.values) != 1:
            raise ValueError(f"trial {self.number} has {len(self.values)} objective values, not one")
        return next(iter(self.values.values()))

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> TrialResult:
        """From a line of ``results.jsonl``."""
        plain = _finite(record)
        values = plain.get("values") or {}
        return cls(
            number=plain["trial"],
            state=plain["state"],
            values={name: value for name, value in values.items() if value is not None},
            params=plain.get("params") or {},
            config=plain.get("config") or {},
            metrics=plain.get("metrics") or {},
            repetitions=plain.get("repetitions") or {},
            violations=plain.get("violations") or [],
            seconds=plain.get("seconds"),
            message=plain.get("message"),
            record=dict(record),
        )


def _finite(value: Any) -> Any:
    """Numbers that JSON lacks, in the places where numbers are, as numbers."""
    numeric = ("values", "metrics", "repetitions", "violations")
    return {key: _numbers(part) if key in numeric else part for key, part in value.items()}


def _numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _numbers(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_numbers(part) for part in value]
    return _NON_FINITE.get(value, value) if isinstance(value, str) else value


class StudyResult:
    """A study's results, as they were when they were first asked for; :meth:`refresh` reads them anew."""

    def __init__(self, folder: str | Path) -> None:
        """Of the study in ``folder``, such as ``runs/digits``.

        Raises:
            EngineError: There is no study, or it cannot be read.
        """
        self.folder = Path(folder).absolute()
        self._shown: dict[str, Any] = self._ask("show")

    def _ask(self, command: str, *arguments: str) -> Any:
        return process.ask(command, str(self.folder), *arguments)

    def refresh(self) -> None:
        """Reads the results anew."""
        self._shown = self._ask("show")
        for name in ("trials", "front"):
            self.__dict__.pop(name, None)

    @property
    def name(self) -> str:
        """The study's name."""
        return str(self._shown["study"])

    @property
    def seed(self) -> int:
        """The seed that the search follows from."""
        return int(self._shown["seed"])

    @property
    def counts(self) -> dict[str, int]:
        """How many trials are ``queued``, ``running``, ``complete``, ``pruned`` and ``failed``."""
        return dict(self._shown["counts"])

    @property
    def limits(self) -> list[dict[str, Any]]:
        """The rules of ``[stop]``: ``rule``, ``used``, ``limit``, ``left``, ``reached``."""
        return list(self._shown["limits"])

    @property
    def importance(self) -> dict[str, Any]:
        """How much each parameter matters, by objective; None for one of which too little is known."""
        return dict(self._shown["importance"])

    @cached_property
    def trials(self) -> list[TrialResult]:
        """The trials that have ended, by number."""
        lines = process.tell("export", str(self.folder), "--format", "jsonl").splitlines()
        found = [TrialResult.from_record(json.loads(line)) for line in lines]
        return sorted(found, key=lambda trial: trial.number)

    @cached_property
    def front(self) -> list[TrialResult]:
        """The trials that no other beats in all objectives; of one objective the best trial alone."""
        front: Sequence[Mapping[str, Any]] | None = self._shown["front"]
        if front is None:
            best = self._shown["best"]
            front = [] if best is None else [best]
        by_number = {trial.number: trial for trial in self.trials}
        return [by_number[found["trial"]] for found in front]

    @property
    def best(self) -> TrialResult:
        """The best feasible trial of the only objective.

        Raises:
            ValueError: The study has several objectives (see :attr:`front`), or no trial succeeded.
        """
        if self._shown["front"] is not None:
            raise ValueError("a study of several objectives has no single best trial: see `front`")
        if not self.front:
            raise ValueError(f"the study `{self.name}` has no successful trial")
        return self.front[0]

    @property
    def best_config(self) -> dict[str, Any]:
        """The configuration that the program got in the best trial. Errors are those of :attr:`best`."""
        return self.best.config

    @property
    def best_params(self) -> dict[str, Any]:
        """The searched values of the best trial. Errors are those of :attr:`best`."""
        return self.best.params

    @property
    def best_value(self) -> float:
        """The objective's value in the best trial. Errors are those of :attr:`best`."""
        return self.best.value

    def log(self, trial: int, *, stderr: bool = False) -> str:
        """What a trial's program printed in its last attempt.

        Raises:
            EngineError: There is no such trial, or it printed nothing.
        """
        return process.tell("log", str(trial), "--study", str(self.folder), *(["--stderr"] if stderr else []))

    def to_dataframe(self) -> pandas.DataFrame:
        """One row for each trial: ``number``, ``state``, ``seconds``, ``values.…``, ``params.…``,
        ``metrics.…``.

        Raises:
            ImportError: pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise ImportError("`to_dataframe` needs pandas: pip install 'ravine[pandas]'") from error
        rows = [
            {"number": trial.number, "state": trial.state, "seconds": trial.seconds}
            | {f"values.{name}": value for name, value in trial.values.items()}
            | {f"params.{name}": value for name, value in trial.params.items()}
            | {f"metrics.{name}": value for name, value in trial.metrics.items()}
            for trial in self.trials
        ]
        return pandas.DataFrame(rows)

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {state}" for state, count in self.counts.items() if count)
        return f"<StudyResult {self.name!r}: {counts or 'no trials'}; {self.folder}>"
