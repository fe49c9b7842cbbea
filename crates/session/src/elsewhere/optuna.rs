//! A study that Optuna wrote, as a study of ravine.

use search::TrialId;
use serde_json::{Map, Value as Json};
use space::{Anchor, ChoiceDomain, ChoiceOption, Domain, FloatDomain, IntDomain};
use store::optuna::{Notes, Param, State, Study, Trial};
use store::{Draft, Durability, Guard, Header, Store};
use study::history::{self, HistoryError};
use study::{Assignment, Ending, EventBody, Objective, Settings, StudyCreated, StudyTagged, Suggested};

use super::{created, ended, note_key, note_of, reported, started, times, titles, violations};
use crate::SessionError;

/// The system's note in which Optuna keeps the names of the objectives.
const METRIC_NAMES: &str = "study:metric_names";
/// What is said of a trial whose process is not known to live.
const LEFT: &str = "it was running when the study was imported";

/// What of a study cannot be kept here.
#[derive(Debug, thiserror::Error)]
#[error("study `{study}`, trial {trial}: the parameter `{parameter}` {what}")]
pub struct Unfit {
    /// The study.
    pub study: String,
    /// The trial's number.
    pub trial: u64,
    /// The parameter.
    pub parameter: String,
    /// What is wrong with it.
    pub what: String,
}

/// Why a study was not taken over.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It holds what has no place in a log.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// It could not be written.
    #[error(transparent)]
    Session(#[from] SessionError),
}

/// Makes a study of this name of all that is known of another tool's: all of it or nothing, synced.
///
/// What was running is failed, since nobody here knows its process. What waited is queued.
///
/// # Errors
/// Where the store has a study of this name, cannot write, or the study holds what has no place in a log.
pub fn import(store: &dyn Store, source: &Study, name: &str, seed: u64) -> Result<(), ImportError> {
    let bodies = events(source, name, seed)?;
    let wrong = |source: HistoryError| SessionError::History { study: name.to_owned(), seq: 0, source };
    let drafts = bodies.iter().map(|body| Ok(Draft::new(body.kind(), body.to_text()?)));
    let drafts = drafts.collect::<Result<Vec<Draft>, HistoryError>>().map_err(wrong)?;
    let header = Header { format: history::FORMAT, min_reader: history::FORMAT };
    let info = store.create_study(name, header).map_err(SessionError::from)?;
    let written = store.append_if(info.id, &Guard::unchanged(0), &drafts, Durability::Synced);
    written.map_err(SessionError::from)?;
    Ok(())
}

/// The log of the study.
fn events(source: &Study, name: &str, seed: u64) -> Result<Vec<EventBody>, Unfit> {
    let metrics = metrics(source);
    let objective = |(title, maximize): (&String, &bool)| match maximize {
        true => Objective::maximize(title.as_str()),
        false => Objective::minimize(title.as_str()),
    };
    let objectives = metrics.iter().zip(&source.maximize).map(objective).collect();
    let settings = Settings { objectives, ..Settings::default() };
    let mut bodies = vec![EventBody::StudyCreated(StudyCreated::new(name, seed, settings))];
    let attributes = notes(&source.notes);
    if !attributes.is_empty() {
        bodies.push(EventBody::StudyTagged(StudyTagged { attributes }));
    }
    for (number, trial) in (0..).zip(&source.trials) {
        tell(&mut bodies, source, TrialId(number), trial, &metrics)?;
    }
    Ok(bodies)
}

/// The names of the objectives: those that they were given, where they can be told apart.
fn metrics(source: &Study) -> Vec<String> {
    let noted = source.notes.system.iter().find(|(key, _)| key == METRIC_NAMES);
    let named: Vec<String> = noted.and_then(|(_, text)| serde_json::from_str(text).ok()).unwrap_or_default();
    let mut different = named.clone();
    different.sort();
    different.dedup();
    let fits = named.len() == source.maximize.len() && different.len() == named.len();
    if fits { named } else { titles(source.maximize.len()) }
}

fn notes(notes: &Notes) -> Assignment {
    let all = [(false, &notes.user), (true, &notes.system)];
    let each = all.into_iter().flat_map(|(system, notes)| {
        notes.iter().map(move |(key, text)| (note_key(key, system), note_of(text)))
    });
    each.collect()
}

/// The events of one trial.
fn tell(
    bodies: &mut Vec<EventBody>,
    source: &Study,
    trial: TrialId,
    given: &Trial,
    metrics: &[String],
) -> Result<(), Unfit> {
    let mut attributes = notes(&given.notes);
    let moment = |text: &Option<String>| text.as_deref().and_then(microseconds).unwrap_or(0);
    if given.started.is_some() {
        attributes.extend([times(moment(&given.started), moment(&given.ended))]);
    }
    let violations = violations(&attributes);
    bodies.push(created(trial, false, attributes));
    for param in &given.params {
        let unfit = |what: String| Unfit {
            study: source.name.clone(),
            trial: given.number,
            parameter: param.name.clone(),
            what,
        };
        let (domain, value) = suggested(param).map_err(unfit)?;
        bodies.push(EventBody::Suggested(Suggested { trial, name: param.name.clone(), domain, value }));
    }
    if given.state == State::Waiting {
        return Ok(());
    }
    bodies.push(started(trial, 0));
    let metric = metrics.first().map_or("value", String::as_str);
    bodies.extend(given.reports.iter().map(|(step, value)| reported(trial, metric, *step, *value)));
    let (ending, message) = match given.state {
        State::Complete => (Ending::Complete, None),
        State::Pruned => (Ending::Pruned, None),
        State::Running => (Ending::Failed, Some(LEFT.to_owned())),
        State::Failed | State::Waiting => (Ending::Failed, None),
    };
    let values = if ending == Ending::Failed { &[] } else { given.values.as_slice() };
    let mut end = ended(trial, ending, values, metrics, violations);
    end.message = message;
    bodies.push(EventBody::TrialEnded(end));
    Ok(())
}

/// The range of a parameter and its value in it; an error is to be read after the parameter's name.
fn suggested(param: &Param) -> Result<(Domain, Json), String> {
    let domain = domain(&param.distribution)?;
    let value = match &domain {
        Domain::Float(_) => Json::from(param.value),
        Domain::Int(_) => Json::from(param.value as i64),
        Domain::Choice(choices) => {
            let option = choices.options().get(param.value as usize);
            option.map(|option| option.label.clone()).ok_or("has a choice that its range does not have")?
        }
        Domain::Permutation(_) => return Err("is an order, which Optuna does not have".to_owned()),
    };
    Ok((domain, value))
}

/// The range that a distribution's JSON describes; those of Optuna 2 are known too.
fn domain(text: &str) -> Result<Domain, String> {
    let odd = |error: &dyn std::fmt::Display| format!("has a range that cannot be kept: {error}: {text}");
    let json: Json = serde_json::from_str(text).map_err(|error| odd(&error))?;
    let attributes = json.get("attributes").and_then(Json::as_object);
    let (Some(name), Some(given)) = (json.get("name").and_then(Json::as_str), attributes) else {
        return Err(odd(&"it has no name or no attributes"));
    };
    let number = |key: &str| given.get(key).and_then(Json::as_f64);
    let whole = |key: &str| given.get(key).and_then(Json::as_i64);
    let log = name.contains("Log") || given.get("log").and_then(Json::as_bool).unwrap_or(false);
    match name {
        "CategoricalDistribution" => choices(given).map_err(|error| odd(&error)),
        "FloatDistribution"
        | "UniformDistribution"
        | "LogUniformDistribution"
        | "DiscreteUniformDistribution" => {
            let (Some(low), Some(high)) = (number("low"), number("high")) else {
                return Err(odd(&"it has no ends"));
            };
            let made = match number("step").or(number("q")) {
                Some(step) => FloatDomain::with_step(low, high, step, Anchor::Low, log),
                None => FloatDomain::new(low, high, log),
            };
            made.map(Domain::Float).map_err(|error| odd(&error))
        }
        "IntDistribution" | "IntUniformDistribution" | "IntLogUniformDistribution" => {
            let (Some(low), Some(high)) = (whole("low"), whole("high")) else {
                return Err(odd(&"it has no ends"));
            };
            let step = if log { 1 } else { whole("step").unwrap_or(1) };
            let made = IntDomain::with_step(low, high, step, Anchor::Low, log);
            made.map(Domain::Int).map_err(|error| odd(&error))
        }
        _ => Err(odd(&"no range is called so")),
    }
}

fn choices(given: &Map<String, Json>) -> Result<Domain, String> {
    let labels = given.get("choices").and_then(Json::as_array).ok_or("it has no choices")?;
    // What is no single value is called by its JSON.
    let label = |choice: &Json| match choice {
        Json::Array(_) | Json::Object(_) => Json::from(choice.to_string()),
        single => single.clone(),
    };
    let options = labels.iter().map(|choice| ChoiceOption::literal(label(choice))).collect();
    ChoiceDomain::new(options, false).map(Domain::Choice).map_err(|error| error.to_string())
}

/// Microseconds since 1970 of a time such as `2024-01-02 03:04:05.000006`, taken as UTC.
fn microseconds(text: &str) -> Option<i64> {
    let (date, clock) = text.split_once([' ', 'T'])?;
    let mut date = date.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let mut clock = clock.split(':');
    let (hours, minutes): (i64, i64) = (clock.next()?.parse().ok()?, clock.next()?.parse().ok()?);
    let seconds = clock.next().unwrap_or("0");
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let seconds: i64 = seconds.parse().ok()?;
    let micros: i64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    // Days since 1970 in the Gregorian calendar, of years that begin in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (153 * month + 2) / 5
        + day
        - 719_469;
    Some((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000_000 + micros)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use store::Memory;
    use study::TrialId;

    use super::*;
    use crate::{Options, Session};

    fn param(name: &str, value: f64, distribution: &str) -> Param {
        Param { name: name.to_owned(), value, distribution: distribution.to_owned() }
    }

    fn trial(number: u64, state: State, values: &[f64]) -> Trial {
        let float = r#"{"name": "FloatDistribution", "attributes": {"low": 0, "high": 1, "log": false, "step": null}}"#;
        let choice = r#"{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, [1, 2]]}}"#;
        Trial {
            number,
            state,
            started: Some("2024-01-02 03:04:05.000006".to_owned()),
            ended: None,
            values: values.to_vec(),
            params: vec![param("x", 0.25, float), param("c", 2.0, choice)],
            reports: vec![(3, f64::NAN)],
            notes: Notes { user: vec![("note".to_owned(), "[1]".to_owned())], system: Vec::new() },
        }
    }

    fn study(trials: Vec<Trial>) -> Study {
        let names = (METRIC_NAMES.to_owned(), "[\"accuracy\"]".to_owned());
        let notes = Notes { user: Vec::new(), system: vec![names] };
        Study { name: "old".to_owned(), maximize: vec![true], notes, trials, is_utc: true }
    }

    #[test]
    fn a_study_keeps_its_trials_their_states_and_its_best() {
        let states = [State::Complete, State::Pruned, State::Failed, State::Running, State::Waiting];
        let values: [&[f64]; 5] = [&[0.5], &[0.9], &[], &[], &[]];
        let trials = (0..).zip(states).zip(values).map(|((n, state), values)| trial(n, state, values));
        let mut trials: Vec<Trial> = trials.collect();
        trials.push(trial(5, State::Complete, &[0.75]));
        let store: Arc<dyn Store> = Arc::new(Memory::new());
        import(store.as_ref(), &study(trials), "new", 7).unwrap();
        let session = Session::open(store, "new", Options::named("test")).unwrap();
        session.with_study(|study| {
            assert_eq!(study.settings().objectives[0].title(), "accuracy");
            let names: Vec<&str> = study.trials().map(|trial| trial.state().name()).collect();
            assert_eq!(names, ["complete", "pruned", "failed", "failed", "queued", "complete"]);
            assert_eq!(study.best().map(|best| best.number()), Some(TrialId(5)));
            let first = study.trial(TrialId(0)).unwrap();
            assert_eq!(first.point()["x"], 0.25);
            assert_eq!(first.point()["c"], "[1,2]");
            assert_eq!(study.trial(TrialId(3)).unwrap().message(), Some(LEFT));
        });
    }

    #[test]
    fn what_cannot_be_kept_is_named_and_nothing_is_made() {
        let huge = r#"{"name": "IntDistribution", "attributes": {"low": 0, "high": 9223372036854775807, "step": 1}}"#;
        let mut bad = trial(3, State::Complete, &[1.0]);
        bad.params.push(param("n", 1.0, huge));
        let store = Memory::new();
        let error = import(&store, &study(vec![bad]), "new", 7).unwrap_err().to_string();
        assert!(error.starts_with("study `old`, trial 3: the parameter `n` has a range"), "{error}");
        assert!(store.studies().unwrap().is_empty());
    }

    #[test]
    fn ranges_of_all_versions_are_read() {
        for (text, expected) in [
            (r#"{"name": "LogUniformDistribution", "attributes": {"low": 1e-5, "high": 0.1}}"#, "a float"),
            (
                r#"{"name": "DiscreteUniformDistribution", "attributes": {"low": 0, "high": 1, "q": 0.25}}"#,
                "a float",
            ),
            (
                r#"{"name": "IntLogUniformDistribution", "attributes": {"low": 1, "high": 64, "step": 1}}"#,
                "an int",
            ),
            (
                r#"{"name": "IntDistribution", "attributes": {"low": 1, "high": 9, "step": 2, "log": false}}"#,
                "an int",
            ),
        ] {
            assert_eq!(domain(text).unwrap().kind(), expected, "{text}");
        }
        assert!(domain(r#"{"name": "Odd", "attributes": {}}"#).is_err());
        assert!(domain("NaN").is_err());
    }

    #[test]
    fn times_are_those_of_the_calendar() {
        assert_eq!(microseconds("1970-01-01 00:00:00.000000"), Some(0));
        assert_eq!(microseconds("2024-02-29 12:30:45.5"), Some(1_709_209_845_500_000));
        assert_eq!(microseconds("1999-12-31T23:59:59"), Some(946_684_799_000_000));
        assert_eq!(microseconds("yesterday"), None);
    }
}
