//! `ravine enqueue`: a configuration to be tried next.

use std::io::Write;

use serde_json::{Map, Value as Json, json};

use crate::args::Enqueue;
use crate::failure::{Exit, Failure};
use crate::opened;
use crate::term;

/// Checks it against the space, and puts it into the queue, synced.
pub fn run(arguments: &Enqueue) -> Result<Exit, Failure> {
    let params = parameters(arguments)?;
    let home = arguments.within.home()?;
    let session = opened::for_writing(&home)?;
    session.enqueue(study::Enqueued { point: params.clone(), ..study::Enqueued::default() })?;
    if arguments.json {
        return super::json(&json!({"study": home.name(), "params": params}));
    }
    writeln!(term::out(), "{}: enqueued {}", home.name(), Json::Object(params))?;
    Ok(Exit::Done)
}

fn parameters(arguments: &Enqueue) -> Result<Map<String, Json>, Failure> {
    let mut params = match &arguments.params {
        Some(text) => serde_json::from_str(text).map_err(|error| {
            Failure::new(Exit::StudyFile, format!("--params is no JSON object: {error}"))
                .hint("write it like {\"lr\": 0.01}")
        })?,
        None => Map::new(),
    };
    for assignment in &arguments.assignments {
        let Some((name, value)) = assignment.split_once('=') else {
            return Err(Failure::new(Exit::Usage, format!("`{assignment}` is no parameter"))
                .hint("write name=value, such as lr=0.01"));
        };
        // What is not JSON is a text: optimizer=adam needs no quotes.
        let value = serde_json::from_str(value).unwrap_or_else(|_| Json::from(value));
        params.insert(name.trim().to_owned(), value);
    }
    if params.is_empty() {
        return Err(Failure::new(Exit::Usage, "there is no parameter to enqueue")
            .hint("name at least one, such as lr=0.01; the rest takes its default or is drawn"));
    }
    Ok(params)
}
