//! What a trial runs: stages and what they take, repetitions, the pruner's rungs.

use report::format;
use search::{AshaKind, Instances, Level, PrunerSpec};
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
    let name = spec.name();
    let resource = spec.resource().unwrap_or("steps");
    match spec {
        PrunerSpec::Patience(options) => match options.rule.as_deref() {
            Some(rule) => format!("{name} around {}", pruner(rule)),
            None => name.to_owned(),
        },
        PrunerSpec::Asha(options) => {
            let rungs = listed(options.rungs().levels());
            format!("{name}, {}: {resource} {rungs}", kind(options.kind()))
        }
        PrunerSpec::Hyperband(_) | PrunerSpec::Bohb(_) => {
            let Some(options) = spec.hyperband() else { return name.to_owned() };
            let brackets = options.brackets();
            let first = brackets.iter().next().map(|bracket| bracket.levels.clone()).unwrap_or_default();
            let shares: Vec<String> =
                brackets.iter().map(|bracket| bracket.configurations.to_string()).collect();
            let (rungs, total) = (listed(first.into_iter()), brackets.configurations());
            let shares = shares.join(", ");
            format!(
                "{name}, {}: {resource} {rungs}; of {total} trials {shares} begin there",
                kind(options.kind())
            )
        }
        PrunerSpec::Pbt(options) => {
            let (members, interval) = (options.population, options.perturbation_interval);
            format!("{name}: {members} members, every {interval} of {} {resource}", options.max_resource)
        }
        PrunerSpec::Wilcoxon(options) => match options.over.unwrap_or_default() {
            Instances::Reports => format!("{name} over reports"),
            Instances::Repetitions => format!("{name} over repetitions"),
        },
        PrunerSpec::Median(_) | PrunerSpec::Percentile(_) | PrunerSpec::Threshold(_) => name.to_owned(),
    }
}

fn kind(kind: AshaKind) -> &'static str {
    match kind {
        AshaKind::Stopping => "stopping",
        AshaKind::Promotion => "promotion",
    }
}

fn listed(levels: impl Iterator<Item = Level>) -> String {
    let mut rungs: Vec<String> = levels.take(MOST_RUNGS + 1).map(|level| level.0.to_string()).collect();
    if rungs.len() > MOST_RUNGS {
        rungs[MOST_RUNGS] = "…".to_owned();
    }
    rungs.join(", ")
}

/// More rungs than this are not listed.
const MOST_RUNGS: usize = 8;
