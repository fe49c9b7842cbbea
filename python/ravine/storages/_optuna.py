"""Studies that Optuna wrote, read from its SQLite database."""

from __future__ import annotations

import datetime
import json
from sqlite3 import Connection
from typing import TYPE_CHECKING, Any, cast

from ravine.distributions import _convert_old_distribution_to_new_distribution, json_to_distribution
from ravine.storages._database import _reading, path_of
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
        KeyError: There is no study of this name.
        ValueError: No name is given, and there is not exactly one study.
    """
    from ravine.study import create_study

    path = path_of(url)
    if not path.is_file():
        raise FileNotFoundError(f"there is no database {path}")
    with _reading(path) as database:
        studies = dict(database.execute("SELECT study_name, study_id FROM studies"))
        if study_name is None:
            if len(studies) != 1:
                raise ValueError(f"give one of the studies in {path} by its name: {', '.join(studies)}")
            study_name = next(iter(studies))
        if study_name not in studies:
            raise KeyError(f"there is no study {study_name!r} in {path}; there are: {', '.join(studies)}")
        study_id = studies[study_name]
        rows = database.execute(
            "SELECT direction FROM study_directions WHERE study_id = ? ORDER BY objective", (study_id,)
        )
        directions = [StudyDirection[direction] for (direction,) in rows]
        user_notes = _notes(database, "study_user_attributes", "study_id", study_id)
        system_notes = _notes(database, "study_system_attributes", "study_id", study_id)
        trials = _trials(database, study_id)
    # All is read by now: what cannot be read leaves no half study behind.
    study = create_study(study_name=study_name, directions=directions, storage=storage, **options)
    for key, value in user_notes:
        study.set_user_attr(key, value)
    for key, value in system_notes:
        study.set_system_attr(key, value)
    for trial in trials:
        study._storage.create_new_trial(study._study_id, template_trial=trial)
    return study


def _notes(database: Connection, table: str, column: str, owner: int) -> list[tuple[str, Any]]:
    rows = database.execute(f"SELECT key, value_json FROM {table} WHERE {column} = ?", (owner,))
    return [(key, json.loads(text)) for key, text in rows]


def _time(text: str | None) -> datetime.datetime | None:
    return None if text is None else datetime.datetime.fromisoformat(text)


#: Numbers that the database has no value for are kept as a type beside an empty column.
_ODD = {"INF_POS": float("inf"), "INF_NEG": float("-inf"), "NAN": float("nan")}


def _trials(database: Connection, study_id: int) -> list[FrozenTrial]:
    rows = database.execute(
        "SELECT trial_id, number, state, datetime_start, datetime_complete FROM trials WHERE study_id = ? "
        "ORDER BY number",
        (study_id,),
    ).fetchall()
    return [_trial(database, *row) for row in rows]


def _trial(
    database: Connection, trial_id: int, number: int, state: str, start: str | None, end: str | None
) -> FrozenTrial:
    params, distributions = {}, {}
    for name, value, text in database.execute(
        "SELECT param_name, param_value, distribution_json FROM trial_params WHERE trial_id = ? ORDER BY param_id",
        (trial_id,),
    ):
        dist = _convert_old_distribution_to_new_distribution(
            json_to_distribution(text), suppress_warning=True
        )
        params[name], distributions[name] = dist.to_external_repr(value), dist
    values = [
        _ODD.get(kind, value)
        for value, kind in database.execute(
            "SELECT value, value_type FROM trial_values WHERE trial_id = ? ORDER BY objective", (trial_id,)
        )
    ]
    reports = {
        step: _ODD.get(kind, value)
        for step, value, kind in database.execute(
            "SELECT step, intermediate_value, intermediate_value_type FROM trial_intermediate_values "
            "WHERE trial_id = ? ORDER BY step",
            (trial_id,),
        )
    }
    return FrozenTrial(
        number=number,
        state=TrialState[state],
        value=None,
        values=cast("list[float]", values) or None,
        datetime_start=_time(start),
        datetime_complete=_time(end),
        params=params,
        distributions=distributions,
        user_attrs=dict(_notes(database, "trial_user_attributes", "trial_id", trial_id)),
        system_attrs=dict(_notes(database, "trial_system_attributes", "trial_id", trial_id)),
        intermediate_values=cast("dict[int, float]", reports),
        trial_id=trial_id,
    )
