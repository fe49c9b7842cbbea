//! The statements, all in one transaction, so that a study that is being written is seen as it was at one moment.

use std::collections::HashMap;

use rusqlite::types::Type;
use rusqlite::{Connection, Error, OptionalExtension, Result, Row};

use super::{Notes, Param, State, Study, Trial};

/// Those of the tables that are not there.
pub(super) fn missing_tables<'a>(connection: &Connection, names: &[&'a str]) -> Result<Vec<&'a str>> {
    let mut statement =
        connection.prepare("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?1")?;
    let mut missing = Vec::new();
    for name in names {
        if statement.query_row([name], |row| row.get::<_, i64>(0))? == 0 {
            missing.push(*name);
        }
    }
    Ok(missing)
}

/// The names of the studies.
pub(super) fn names(connection: &Connection) -> Result<Vec<String>> {
    let mut statement = connection.prepare("SELECT study_name FROM studies ORDER BY study_id")?;
    statement.query_map([], |row| row.get(0))?.collect()
}

/// The study of this name.
pub(super) fn study(connection: &Connection, name: &str) -> Result<Option<Study>> {
    let connection = connection.unchecked_transaction()?;
    let found = connection
        .query_row("SELECT study_id FROM studies WHERE study_name = ?1", [name], |row| row.get::<_, i64>(0))
        .optional()?;
    let Some(id) = found else { return Ok(None) };
    let mut directions = connection
        .prepare("SELECT direction FROM study_directions WHERE study_id = ?1 ORDER BY objective")?;
    let maximize = directions.query_map([id], |row| Ok(row.get::<_, String>(0)? == "MAXIMIZE"))?;
    let notes = |owner: &str| -> Result<Vec<(String, String)>> {
        let sql =
            format!("SELECT key, value_json FROM study_{owner}_attributes WHERE study_id = ?1 ORDER BY 1");
        let mut statement = connection.prepare(&sql)?;
        statement.query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    };
    Ok(Some(Study {
        name: name.to_owned(),
        maximize: maximize.collect::<Result<_>>()?,
        notes: Notes { user: notes("user")?, system: notes("system")? },
        trials: trials(&connection, id)?,
        is_utc: false,
    }))
}

/// The trials of a study. Each table is gone through once, whatever the number of trials.
fn trials(connection: &Connection, study: i64) -> Result<Vec<Trial>> {
    let mut statement = connection.prepare(
        "SELECT trial_id, number, state, datetime_start, datetime_complete FROM trials WHERE study_id = ?1 ORDER BY number",
    )?;
    let mut places = HashMap::new();
    let mut trials = Vec::new();
    let mut rows = statement.query([study])?;
    while let Some(row) = rows.next()? {
        places.insert(row.get::<_, i64>(0)?, trials.len());
        trials.push(Trial {
            number: row.get::<_, i64>(1)?.unsigned_abs(),
            state: state(row)?,
            started: row.get(3)?,
            ended: row.get(4)?,
            values: Vec::new(),
            params: Vec::new(),
            reports: Vec::new(),
            notes: Notes::default(),
        });
    }
    let mut each = |table: &str,
                    columns: &str,
                    order: &str,
                    take: &dyn Fn(&mut Trial, &Row<'_>) -> Result<()>| {
        let sql = format!(
            "SELECT own.trial_id, {columns} FROM trial_{table} own JOIN trials USING (trial_id) WHERE study_id = ?1 \
             ORDER BY {order}"
        );
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query([study])?;
        while let Some(row) = rows.next()? {
            let place = places.get(&row.get::<_, i64>(0)?).copied();
            if let Some(trial) = place.and_then(|place| trials.get_mut(place)) {
                take(trial, row)?;
            }
        }
        Ok::<(), Error>(())
    };
    each("params", "param_name, param_value, distribution_json", "param_id", &|trial, row| {
        trial.params.push(Param { name: row.get(1)?, value: row.get(2)?, distribution: row.get(3)? });
        Ok(())
    })?;
    each("values", "value, value_type", "objective", &|trial, row| {
        trial.values.push(number(row, 1)?);
        Ok(())
    })?;
    each(
        "intermediate_values",
        "step, intermediate_value, intermediate_value_type",
        "step",
        &|trial, row| {
            trial.reports.push((row.get(1)?, number(row, 2)?));
            Ok(())
        },
    )?;
    each("user_attributes", "key, value_json", "trial_user_attribute_id", &|trial, row| {
        trial.notes.user.push((row.get(1)?, row.get(2)?));
        Ok(())
    })?;
    each("system_attributes", "key, value_json", "trial_system_attribute_id", &|trial, row| {
        trial.notes.system.push((row.get(1)?, row.get(2)?));
        Ok(())
    })?;
    Ok(trials)
}

fn state(row: &Row<'_>) -> Result<State> {
    let name: String = row.get(2)?;
    Ok(match name.as_str() {
        "RUNNING" => State::Running,
        "COMPLETE" => State::Complete,
        "PRUNED" => State::Pruned,
        "FAIL" => State::Failed,
        "WAITING" => State::Waiting,
        _ => {
            let what = format!("a trial is in the state {name:?}, which is none").into();
            return Err(Error::FromSqlConversionFailure(2, Type::Text, what));
        }
    })
}

/// A number; those that the database has no value for are kept as a type beside an empty column.
fn number(row: &Row<'_>, column: usize) -> Result<f64> {
    let kind: String = row.get(column + 1)?;
    Ok(match kind.as_str() {
        "INF_POS" => f64::INFINITY,
        "INF_NEG" => f64::NEG_INFINITY,
        "NAN" => f64::NAN,
        _ => row.get(column)?,
    })
}
