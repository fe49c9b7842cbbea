"""Studies that Optuna wrote, read from its SQLite database."""

from __future__ import annotations

import datetime
import json
from typing import TYPE_CHECKING, Any

from ravine._ravine import optuna_names, optuna_study
from ravine.distributions import _convert_old_distribution_to_new_distribution, json_to_distribution
from ravine.storages._database import path_of
from ravine.study._study_direction import StudyDirection
from ravine.trial import FrozenTrial, TrialState

if TYPE_CHECKING:
    from ravine.storages import BaseStorage
    from ravine.study import Study


def load_optuna(
    url: str, study_name: str | None = None, *, storage: str | BaseStorage | None = None, **options: Any
) -> Study:
    """A study of an Optuna database (SQLite, Optuna 3 and later), with all its trials and notes.

    The database is read only; what the study does from now on goes to ``storage``.

    Args:
        url: ``sqlite:///optuna.db``.
        study_name: May be absent where the database has one study only.
        storage: Where the study is kept from now on; in memory where absent.
        options: ``sampler``, ``pruner`` of the study.

    Raises:
        FileNotFoundError: There is no such file.
        KeyError: There is no study of this name.
        ValueError: No name is given, and there is not exactly one study; or the database is not Optuna's, or was written by a
            later version than is known.
    """
    from ravine.study import create_study

    path = path_of(url)
    if study_name is None:
        names = optuna_names(path)
        if len(names) != 1:
            raise ValueError(f"give one of the studies in {path} by its name: {', '.join(names)}")
        study_name = names[0]
    found = optuna_study(path, study_name)
    directions = [StudyDirection.MAXIMIZE if maximize else StudyDirection.MINIMIZE for maximize in found["maximize"]]
    trials = [_trial(trial, found["is_utc"]) for trial in found["trials"]]
    user_notes = [(key, json.loads(text)) for key, text in found["user"]]
    system_notes = [(key, json.loads(text)) for key, text in found["system"]]
    # All is read by now: what cannot be read leaves no half study behind.
    study = create_study(study_name=study_name, directions=directions, storage=storage, **options)
    for key, value in user_notes:
        study.set_user_attr(key, value)
    for key, value in system_notes:
        study.set_system_attr(key, value)
    study._storage._add_trials(study._study_id, trials)
    return study


def _time(text: str | None, is_utc: bool) -> datetime.datetime | None:
    """A time as records have it: local, without a zone."""
    if text is None:
        return None
    moment = datetime.datetime.fromisoformat(text)
    return moment.replace(tzinfo=datetime.timezone.utc).astimezone().replace(tzinfo=None) if is_utc else moment


def _trial(found: dict[str, Any], is_utc: bool) -> FrozenTrial:
    params, distributions = {}, {}
    for name, value, text in found["params"]:
        dist = _convert_old_distribution_to_new_distribution(json_to_distribution(text), suppress_warning=True)
        params[name], distributions[name] = dist.to_external_repr(value), dist
    return FrozenTrial(
        number=found["number"],
        state=TrialState(found["state"]),
        value=None,
        values=found["values"] or None,
        datetime_start=_time(found["started"], is_utc),
        datetime_complete=_time(found["ended"], is_utc),
        params=params,
        distributions=distributions,
        user_attrs={key: json.loads(text) for key, text in found["user"]},
        system_attrs={key: json.loads(text) for key, text in found["system"]},
        intermediate_values=dict(found["reports"]),
        trial_id=found["number"],
    )
