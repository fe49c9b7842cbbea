//! `ravine check`: a study file validated and explained.

mod pipeline;
mod sample;
mod space_in_words;

use std::io::Write;

use report::format;
use serde_json::{Value as Json, json};
use space::{Parameter, Size, Space, Stream};
use spec::StudyFile;

use self::sample::{Sample, samples};
use crate::args::Check;
use crate::failure::{Exit, Failure};
use crate::locate;
use crate::opened::shown;
use crate::term::{self, FAINT, GOOD, STRONG, WARN, paint};

/// Draws from which the acceptance rate of space constraints is told.
const DRAWS: u32 = 10_000;
/// The purpose of the stream that samples are drawn from; no sampler uses it.
const SAMPLES: u64 = u64::MAX - 1;

/// Says what is wrong, or what would happen.
pub fn run(arguments: &Check) -> Result<Exit, Failure> {
    let file = locate::study_file(&arguments.file)?;
    let samples = samples(&file, arguments.samples as usize)?;
    if arguments.json { super::json(&as_json(&file, &samples)) } else { print(&file, &samples) }
}

/// The share of draws that keep the space constraints; `None` without any.
fn acceptance(space: &Space) -> Option<f64> {
    space.is_constrained().then(|| {
        let mut stream = Stream::new(0, SAMPLES, 1);
        let kept = (0..DRAWS).filter(|_| space.allows(&space.sample(&mut stream))).count();
        kept as f64 / f64::from(DRAWS)
    })
}

fn as_json(file: &StudyFile, samples: &[Sample]) -> Json {
    let space = &file.space;
    let size = match space.size() {
        Size::Finite(size) => json!({"finite": true, "size": size.to_string()}),
        Size::AtMost(size) => json!({"finite": true, "at_most": size.to_string()}),
        Size::Infinite => json!({"finite": false}),
    };
    json!({
        "study": file.name, "seed": file.seed, "settings": file.settings, "sampler": file.sampler,
        "parameters": space.parameters().iter().map(|parameter| json!({
            "path": parameter.path, "domain": parameter.domain, "default": default_of(parameter),
        })).collect::<Vec<_>>(),
        "stages": file.stages.iter().map(|stage| json!({
            "name": stage.name, "once": stage.once, "demand": stage.demand, "priority": stage.priority,
        })).collect::<Vec<_>>(),
        "repetitions": study::repetitions(&file.settings.repeat, 0), "executor": file.executor,
        "size": size, "acceptance": acceptance(space),
        "warnings": file.warnings.iter().map(|warning| warning.message.as_str()).collect::<Vec<_>>(),
        "samples": samples.iter()
            .map(|sample| json!({"config": sample.config, "command": sample.commands.first().map(|(_, command)| command),
                "commands": sample.commands.iter().cloned().collect::<indexmap::IndexMap<_, _>>()}))
            .collect::<Vec<_>>(),
    })
}

fn default_of(parameter: &Parameter) -> Option<Json> {
    parameter.default.as_ref().map(|default| parameter.domain.to_json(default))
}

fn print(file: &StudyFile, samples: &[Sample]) -> Result<Exit, Failure> {
    let mut out = term::out();
    for warning in &file.warnings {
        writeln!(out, "{}", warning.render(&file.source).trim_end())?;
    }
    writeln!(out, "{}  {}", paint(STRONG, &file.name), paint(GOOD, "the file is fine"))?;
    for objective in &file.settings.objectives {
        line(&mut out, "objective", &format!("{} {}", objective.direction.name(), objective.title()))?;
    }
    for constraint in &file.settings.constraints {
        line(&mut out, "feasible", &format!("when {}", constraint.expr))?;
    }
    line(&mut out, "sampler", &sampler(file))?;
    line(&mut out, "space", &size(&file.space))?;
    for entry in space_in_words::lines(&file.space) {
        writeln!(out, "    {entry}")?;
    }
    if let Some(share) = acceptance(&file.space) {
        let text = format!(
            "{} % of {} draws keep the space constraints",
            format::number(100.0 * share),
            format::count(DRAWS as usize)
        );
        let text = if share < 0.01 { paint(WARN, text) } else { text };
        line(&mut out, "accepted", &text)?;
    }
    for (number, stage) in pipeline::stages(file).iter().enumerate() {
        line(&mut out, if number == 0 { "stages" } else { "" }, stage)?;
    }
    if let Some(repeated) = pipeline::repetitions(file) {
        line(&mut out, "repeated", &repeated)?;
    }
    if let Some(pruner) = &file.settings.pruner {
        line(&mut out, "pruner", &pipeline::pruner(pruner))?;
    }
    if let Some(order) = order(file) {
        line(&mut out, "order", &order)?;
    }
    line(&mut out, "limits", &limits(file))?;
    if let Err(error) = runner::check_room(file, &runner::Options::default()) {
        line(&mut out, "here", &paint(WARN, error))?;
    }
    if let Some(keep) = file.keep {
        line(&mut out, "keep", &format!("artifacts and checkpoints of the {keep} best"))?;
    }
    line(
        &mut out,
        "folder",
        &shown(&crate::locate::runs_beside(std::path::Path::new(&file.source.name)).join(&file.name)),
    )?;
    for (number, sample) in samples.iter().enumerate() {
        writeln!(out, "\n{} {}", paint(FAINT, format!("sample {}", number + 1)), sample.config)?;
        let width = sample.commands.iter().map(|(stage, _)| stage.chars().count()).max().unwrap_or(0);
        for (stage, command) in &sample.commands {
            match sample.commands.len() {
                1 => writeln!(out, "  {command}")?,
                _ => writeln!(out, "  {} {command}", paint(FAINT, format!("{stage:<width$}")))?,
            }
        }
    }
    if samples.is_empty() && file.space.is_constrained() {
        writeln!(out, "\n{}", paint(WARN, "no sample kept the space constraints"))?;
    }
    Ok(Exit::Done)
}

fn line(out: &mut impl Write, label: &str, text: &str) -> Result<(), Failure> {
    Ok(writeln!(out, "  {} {text}", paint(FAINT, format!("{label:<9}")))?)
}

fn sampler(file: &StudyFile) -> String {
    let seed =
        file.seed.map_or("a seed that is drawn and recorded".to_owned(), |seed| format!("seed {seed}"));
    format!("{}, {seed}", file.sampler.name())
}

fn size(space: &Space) -> String {
    let count = space.parameters().len();
    let parameters = if count == 1 { "1 parameter".to_owned() } else { format!("{count} parameters") };
    match space.size() {
        Size::Finite(size) if size == 1_u8.into() => format!("{parameters}, 1 configuration"),
        Size::Finite(size) => format!("{parameters}, {} configurations", grouped(&size.to_string())),
        Size::AtMost(size) => format!("{parameters}, at most {} configurations", grouped(&size.to_string())),
        Size::Infinite => format!("{parameters}, infinitely many configurations"),
    }
}

/// `1,234,567`; from a million million on `1.23e15`.
fn grouped(digits: &str) -> String {
    match digits.parse::<usize>() {
        Ok(size) if digits.len() <= 13 => format::count(size),
        _ => {
            let (first, rest) = digits.split_at(1);
            format!("{first}.{}e{}", rest.get(..2).unwrap_or("00"), digits.len() - 1)
        }
    }
}

/// What makes the search the same again.
fn order(file: &StudyFile) -> Option<String> {
    match file.settings.lag {
        Some(lag) => Some(format!("the same from any number of slots, lag {lag}")),
        None => file.reproducible.then(|| {
            "the same from any number of slots, lag as many as there are at the first start".to_owned()
        }),
    }
}

fn limits(file: &StudyFile) -> String {
    let rules = &file.settings.stop;
    let rules = serde_json::to_value(rules).unwrap_or_default();
    let rules = rules.as_object().into_iter().flatten().filter(|(rule, _)| *rule != "when");
    let mut shown: Vec<String> =
        rules.map(|(rule, limit)| format!("{} {}", rule.replace('_', " "), format::json(limit))).collect();
    shown.extend(file.settings.stop.when.iter().map(|condition| format!("when {condition}")));
    shown.extend(file.limits.trial_time.map(|time| format!("{time} for a trial")));
    let why = if file.default_stop { " (the file has no [stop])" } else { "" };
    format!("{}{why}", shown.join(" · "))
}
