//! The phrases that every display shares: a trial's parameters, its values, a limit, why a runner leaves.

use report::format;
use runner::{Finish, Opening};
use study::{Limit, Rule, State, Study, Trial};

/// `lr=0.01 layers=2 optimizer=adam`.
pub fn parameters(trial: Trial<'_>) -> String {
    let shown: Vec<String> =
        trial.parameters().map(|(path, value)| format!("{path}={}", format::json(&value))).collect();
    shown.join(" ")
}

/// `val_error 0.0277`, or one such pair for each objective.
pub fn values(study: &Study, trial: Trial<'_>) -> String {
    let objectives = &study.settings().objectives;
    let shown: Vec<String> = objectives
        .iter()
        .zip(trial.values())
        .map(|(objective, value)| format!("{} {}", objective.title(), format::number(value.0)))
        .collect();
    shown.join("  ")
}

/// How a trial ended, in a few words: its values, or why it has none.
pub fn outcome(study: &Study, trial: Trial<'_>) -> String {
    match trial.state() {
        State::Complete if trial.is_feasible() => values(study, trial),
        State::Complete => format!("{}  breaks a constraint", values(study, trial)),
        State::Pruned => match study.waits_at(trial) {
            // Until its rule lets it: promotion, or the next turn of a population.
            Some(level) => format!("at {}, may go on  {}", level.0, values(study, trial)),
            None => format!("stopped early  {}", values(study, trial)),
        },
        State::Failed => first_line(trial.message().unwrap_or("failed")).to_owned(),
        State::Queued => "queued".to_owned(),
        State::Running => "running".to_owned(),
    }
}

/// How large the front is; where no trial keeps the constraints there is none yet.
pub fn front(study: &Study) -> String {
    let front = study.pareto();
    match front.as_slice() {
        [] => "no trial is complete yet".to_owned(),
        [first, ..] if !first.is_feasible() => {
            "no trial keeps the constraints; `ravine best` shows what comes nearest".to_owned()
        }
        [only] => format!("trial {}; `ravine best` shows it", only.number().0),
        _ => format!("{} trials; `ravine best` lists them", front.len()),
    }
}

/// The first line of a message that may hold a program's last words.
pub fn first_line(message: &str) -> &str {
    message.lines().next().unwrap_or_default()
}

/// `23 of 60 finished, 25 started`, `1m 2s / 2h`. What counts towards `trials` is what was started.
pub fn limit(study: &Study, limit: &Limit) -> String {
    match limit.rule {
        Rule::Trials => {
            let (ended, most) = (study.counts().ended(), limit.limit.0);
            let started = if limit.used.0 > ended as f64 {
                format!(", {} started", limit.used.0)
            } else {
                String::new()
            };
            format!("{ended} of {most} finished{started}")
        }
        Rule::NoImprovement | Rule::Failures => {
            format!("{}/{}", limit.used.0, limit.limit.0)
        }
        Rule::Time | Rule::Compute | Rule::GpuTime => {
            format!("{} / {}", format::duration(limit.used.0), format::duration(limit.limit.0))
        }
        Rule::Resource => format!("{} / {}", format::si(limit.used.0), format::si(limit.limit.0)),
        Rule::Target if limit.used.0.is_nan() => format!("none yet / {}", format::number(limit.limit.0)),
        Rule::Target => format!("{} / {}", format::number(limit.used.0), format::number(limit.limit.0)),
        Rule::When(index) => {
            let condition = study.condition(index).unwrap_or_default();
            let used = match limit.used.0 {
                used if used.is_nan() => String::new(),
                used => format!("  (now {})", format::number(used)),
            };
            format!("{condition}{used}")
        }
    }
}

/// Why a study whose trials fail is left, with the last error.
fn broken(study: &Study) -> String {
    let failed = |trial: &Trial<'_>| trial.state() == State::Failed;
    let last = study.trials().filter(failed).max_by_key(|trial| trial.ended_at());
    let message = last.and_then(|trial| trial.message()).unwrap_or("failed");
    format!("the limit on failures is reached; the last said: {}", first_line(message))
}

/// `12 complete · 1 failed · 2 running`.
pub fn counts(study: &Study) -> String {
    let counts = study.counts();
    let named = [
        (counts.complete, "complete"),
        (counts.pruned, "pruned"),
        (counts.failed, "failed"),
        (counts.running, "running"),
        (counts.queued, "queued"),
    ];
    let shown: Vec<String> =
        named.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    if shown.is_empty() { "no trials yet".to_owned() } else { shown.join(" · ") }
}

/// `tpe · seed 7 · 2 at a time`.
pub fn opening(study: &Study, opening: &Opening) -> String {
    format!("{} · seed {} · {} at a time", opening.sampler, study.seed(), opening.slots)
}

/// `runs of an earlier process: 2 taken over, 1 lost and run again`.
pub fn recovered(adopted: usize, lost: usize) -> String {
    let named = [(adopted, "taken over"), (lost, "lost and run again")];
    let told: Vec<String> =
        named.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    format!("runs of an earlier process: {}", told.join(", "))
}

/// Why a runner leaves, as a sentence's end.
pub fn finish(study: &Study, finish: Finish, now: u64) -> String {
    let elsewhere = match (finish, study.pending().count()) {
        (Finish::Interrupted | Finish::Stopped, _) | (_, 0) => String::new(),
        (_, 1) => "; a trial still runs elsewhere".to_owned(),
        (_, trials) => format!("; {trials} trials still run elsewhere"),
    };
    reason(study, finish, now) + &elsewhere
}

fn reason(study: &Study, finish: Finish, now: u64) -> String {
    match finish {
        Finish::Limit => match study.stopped_by(now) {
            Some(reached) if reached.rule == Rule::Target => "the target is reached".to_owned(),
            Some(Limit { rule: Rule::When(index), .. }) => {
                format!("`{}` holds", study.condition(index).unwrap_or_default())
            }
            // Where no trial succeeded, the last one's words are shown anyway.
            Some(reached) if reached.rule == Rule::Failures && study.counts().complete > 0 => broken(study),
            Some(reached) => format!("the limit on {} is reached", reached.rule.name().replace('_', " ")),
            None => "a limit is reached".to_owned(),
        },
        Finish::Exhausted(spent) => spent.to_string(),
        Finish::Interrupted => "interrupted; the same command goes on from here".to_owned(),
        Finish::Stopped => "stopped; `ravine run` goes on from here".to_owned(),
    }
}

/// Where the results of a start come from, by its record of provenance: `commit 15782af474 · host box · ravine 0.1.0`.
pub fn origin(record: &serde_json::Value) -> String {
    let word = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mut told = Vec::new();
    if let Some(git) = record.get("git") {
        let commit: String = word(&git["commit"]).chars().take(10).collect();
        let changed = match (git["dirty"].as_bool(), git["diff"].as_str()) {
            (Some(true), Some(diff)) => format!(" and changes ({diff})"),
            (Some(true), None) => " and changes".to_owned(),
            _ => String::new(),
        };
        told.push(format!("commit {commit}{changed}"));
    }
    told.push(format!("host {}", word(&record["host"])));
    told.push(format!("ravine {}", word(&record["ravine"])));
    told.join(" · ")
}
