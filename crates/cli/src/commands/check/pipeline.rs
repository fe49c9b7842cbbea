//! What a trial runs: stages and what they take, repetitions, the pruner's rungs.

use report::format;
use search::{AshaKind, PrunerSpec};
use spec::{Stage, StudyFile};
use study::Axis;
use study::schedule::Demand;

/// One line for each stage, aligned; none for a single one of which there is nothing to say.
pub(super) fn stages(file: &StudyFile) -> Vec<String> {
    let stages = &file.stages;
    let width = stages.iter().map(|stage| stage.name.chars().count()).max().unwrap_or(0);
    let is_plain = |stage: &Stage| words(stage) == [cpus(&Demand::default())];
    if let [stage] = stages.as_slice()
        && is_plain(stage)
    {
        return Vec::new();
    }
    stages.iter().map(|stage| format!("{:<width$}  {}", stage.name, words(stage).join(", "))).collect()
}

fn words(stage: &Stage) -> Vec<String> {
    let demand = &stage.demand;
    let mut words = vec![cpus(demand)];
    match demand.gpus.amount() {
        0.0 => {}
        1.0 => words.push("1 gpu".to_owned()),
        gpus if gpus < 1.0 => words.push(format!("{gpus} of a gpu")),
        gpus => words.push(format!("{gpus} gpus")),
    }
    if demand.memory > 0 {
        words.push(format!("{} of memory", format::bytes(demand.memory)));
    }
    words.extend(demand.named.iter().map(|(name, count)| format!("{count} of {name}")));
    if stage.pin {
        words.push("on cores of its own".to_owned());
    }
    words.extend(stage.timeout.map(|timeout| format!("{timeout} at most")));
    words.extend(stage.step_limit.map(|step| format!("to step {step}")));
    match stage.retries {
        0 => {}
        1 => words.push("tried again once".to_owned()),
        retries => words.push(format!("tried again {retries} times")),
    }
    if stage.once {
        words.push("once for a trial".to_owned());
    }
    words
}

fn cpus(demand: &Demand) -> String {
    let cpus = demand.cpus;
    match (cpus.min, cpus.max) {
        (1, 1) => "1 cpu".to_owned(),
        (min, max) if min == max => format!("{min} cpus"),
        (min, max) => format!("{min} to {max} cpus"),
    }
}

/// `5 folds × 3 replicas = 15 runs of a trial`; none where nothing is repeated.
pub(super) fn repetitions(file: &StudyFile) -> Option<String> {
    let axes = &file.settings.repeat;
    if axes.is_empty() {
        return None;
    }
    let all = study::repetitions(axes, 0) as usize;
    let named: Vec<String> = axes.iter().map(named).collect();
    let once = file.stages.iter().filter(|stage| stage.once).count();
    let runs = once + all * (file.stages.len() - once);
    let equal = if axes.len() > 1 || runs != all {
        format!(" = {} runs of a trial", format::count(runs))
    } else {
        " of each trial".to_owned()
    };
    Some(format!("{}{equal}", named.join(" × ")))
}

/// `5 folds`.
fn named(axis: &Axis) -> String {
    let (count, name) = (axis.len(), axis.name.as_str());
    let y = name.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u']));
    match (count, y) {
        (1, _) => format!("1 {name}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        _ if name.ends_with("ch") || name.ends_with("sh") || name.ends_with('x') => {
            format!("{count} {name}es")
        }
        _ if name.ends_with('s') => format!("{count} {name}"),
        _ => format!("{count} {name}s"),
    }
}

/// `asha, promotion: epochs 1, 3, 9, 27, 81`.
pub(super) fn pruner(spec: &PrunerSpec) -> String {
    let rule = match spec {
        PrunerSpec::Patience(options) => options.rule.as_deref(),
        _ => None,
    };
    let around = rule.map(|rule| format!(" around {}", pruner(rule))).unwrap_or_default();
    let PrunerSpec::Asha(options) = spec else { return format!("{}{around}", spec.name()) };
    let kind = match options.kind() {
        AshaKind::Stopping => "stopping",
        AshaKind::Promotion => "promotion",
    };
    let mut rungs: Vec<String> =
        options.rungs().levels().take(MOST_RUNGS + 1).map(|level| level.0.to_string()).collect();
    if rungs.len() > MOST_RUNGS {
        rungs[MOST_RUNGS] = "…".to_owned();
    }
    let resource = options.resource.as_deref().unwrap_or("steps");
    format!("asha, {kind}: {resource} {}", rungs.join(", "))
}

/// More rungs than this are not listed.
const MOST_RUNGS: usize = 8;
