"""How a trial ends: what was told of it, checked and kept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ravine import logging
from ravine._notice import warn
from ravine.trial import FrozenTrial, Trial, TrialState

if TYPE_CHECKING:
    from ravine.study import Study

_logger = logging.get_logger(__name__)

#: Under which name of the system's notes a trial has the standard errors of its values.
STD = "ravine:std"


class Ending(NamedTuple):
    """How a trial ended."""

    state: TrialState
    values: list[float] | None
    #: Why what the objective returned is no value.
    objection: str | None = None


def record_of(study: Study, trial: Trial | int) -> FrozenTrial:
    """The record of a trial, or of the trial with a number."""
    if isinstance(trial, Trial):
        return study._ledger.shared(trial.number)
    if not isinstance(trial, int):
        raise TypeError("Trial must be a trial object or trial number.")
    try:
        return study._storage.get_trial(study._storage.get_trial_id_from_study_id_trial_number(study._study_id, trial))
    except KeyError as error:
        raise ValueError(f"Cannot tell for trial with number {trial} since it has not been created.") from error


def tell(
    study: Study,
    trial: Trial | int,
    value_or_values: float | Sequence[float] | None = None,
    state: TrialState | None = None,
    skip_if_finished: bool = False,
    quietly: bool = False,
    errors: list[float] | None = None,
) -> Ending:
    """Ends a trial.

    `quietly` hands an objection back instead of warning of it; `errors` are the values' standard errors.
    """
    record = record_of(study, trial)
    if record.state.is_finished() and skip_if_finished:
        _logger.info(
            f"Skipped telling trial {record.number} with values {value_or_values} and state {state} since trial was "
            f"already finished. Finished trial has values {record.values} and state {record.state}."
        )
        return Ending(record.state, record.values)
    if record.state != TrialState.RUNNING:
        raise ValueError(f"Cannot tell a {record.state.name} trial.")
    values = _listed(value_or_values)
    _check_state(state, values)
    ending = _judged(study, record, state, values)
    if ending.objection is not None and not quietly:
        warn(ending.objection)
        ending = ending._replace(objection=None)
    if errors is not None:
        study._storage.set_trial_system_attr(record._trial_id, STD, errors)
    try:
        _after_trial(study, record, ending)
    finally:
        study._storage.set_trial_state_values(record._trial_id, ending.state, ending.values)
    return ending


def _listed(value_or_values: Any) -> Sequence[Any] | None:
    is_listed = value_or_values is None or isinstance(value_or_values, Sequence)
    return value_or_values if is_listed else [value_or_values]


def _check_state(state: TrialState | None, values: Sequence[Any] | None) -> None:
    if state == TrialState.COMPLETE:
        if values is None:
            raise ValueError("No values were told. Values are required when state is TrialState.COMPLETE.")
    elif state in (TrialState.PRUNED, TrialState.FAIL):
        if values is not None:
            raise ValueError(
                "Values were told. Values cannot be specified when state is TrialState.PRUNED or TrialState.FAIL."
            )
    elif state is not None:
        raise ValueError(f"Cannot tell with state {state}.")
    if state is not None and not isinstance(state, TrialState):
        raise TypeError(f"`state` is a TrialState, not {state!r}.")


def _objection(study: Study, values: Sequence[Any]) -> str | None:
    """What speaks against these values."""
    wrong = []
    for value in values:
        try:
            float(value)
        except (ValueError, TypeError):
            wrong.append(f"The value {value!r} could not be cast to float")
        else:
            # A text that looks like a number is none.
            if math.isnan(value):
                wrong.append(f"The value {value} is not acceptable")
    if wrong:
        return "; ".join(wrong)
    if len(values) != len(study.directions):
        return (
            f"The number of the values {len(values)} did not match the number of the objectives {len(study.directions)}"
        )
    return None


def _judged(study: Study, record: FrozenTrial, state: TrialState | None, values: Sequence[Any] | None) -> Ending:
    if state == TrialState.PRUNED:
        # The last report stands for the value, if it is one.
        last = record.last_step
        if last is None or _objection(study, [record.intermediate_values[last]]) is not None:
            return Ending(TrialState.PRUNED, None)
        return Ending(TrialState.PRUNED, [float(record.intermediate_values[last])])
    if state == TrialState.FAIL:
        return Ending(TrialState.FAIL, None)
    if values is None:
        return Ending(TrialState.FAIL, None, "The value None could not be cast to float.")
    objection = _objection(study, values)
    if objection is None:
        return Ending(TrialState.COMPLETE, [float(value) for value in values])
    if state == TrialState.COMPLETE:
        raise ValueError(objection)
    return Ending(TrialState.FAIL, None, objection)


def _after_trial(study: Study, record: FrozenTrial, ending: Ending) -> None:
    from ravine.pruners import _filter_study

    sampler = study.sampler
    if not sampler._is_quiet:
        sampler.after_trial(_filter_study(study, record), record, ending.state, ending.values)
