//! Configurations that a search may propose, and the commands that they make.

use exec::{Layout, layout};
use indexmap::IndexMap;
use search::PrunerSpec;
use space::{Found, Json, Point, Stream};
use spec::template::{RunScope, Values};
use spec::{Stage, StudyFile};
use study::{RunKey, TrialId};

use super::{DRAWS, SAMPLES};
use crate::failure::{Exit, Failure};

/// One configuration.
pub(super) struct Sample {
    pub(super) config: Json,
    /// Each stage's name and its command in the first repetition.
    pub(super) commands: Vec<(String, String)>,
}

pub(super) fn samples(file: &StudyFile, count: usize) -> Result<Vec<Sample>, Failure> {
    let home = std::path::absolute(file.folder().join("runs").join(&file.name))
        .map_err(|error| Failure::new(Exit::Environment, error))?;
    let layout = Layout::new(home);
    let mut stream = Stream::new(file.seed.unwrap_or(0), SAMPLES, 0);
    let points = (0..DRAWS).map(|_| file.space.sample(&mut stream)).filter(|point| file.space.allows(point));
    let mut samples = Vec::new();
    for (number, point) in (0..).zip(points.take(count)) {
        let commands = file.stages.iter().enumerate().map(|(stage, _)| {
            let run = RunKey { stage: stage as u32, ..RunKey::first(TrialId(number)) };
            command(file, &layout, run, &point)
        });
        let commands = commands.collect::<Result<_, _>>()?;
        samples.push(Sample { config: file.space.resolve(&point), commands });
    }
    Ok(samples)
}

fn command(
    file: &StudyFile,
    layout: &Layout,
    run: RunKey,
    point: &Point,
) -> Result<(String, String), Failure> {
    let stage = &file.stages[run.stage as usize];
    let scope = scope(file, layout, stage, run, point);
    let shown = stage.command.unformatted(&is_result);
    let rendered = shown.render(&Unrun(&scope));
    let rendered = rendered
        .map_err(|error| Failure::new(Exit::StudyFile, format!("stage `{}`, run: {error}", stage.name)))?;
    Ok((stage.name.clone(), rendered.shown()))
}

/// What the first attempt would see, of the first repetition and at the first level.
fn scope<'f>(
    file: &'f StudyFile,
    layout: &Layout,
    stage: &Stage,
    run: RunKey,
    point: &'f Point,
) -> RunScope<'f> {
    let axes = if stage.once { &[] } else { file.settings.repeat.as_slice() };
    let labels: Vec<(&str, String)> = axes.iter().map(|axis| (axis.name.as_str(), axis.label(0))).collect();
    let labels = labels.iter().map(|(axis, label)| (*axis, label.as_str()));
    let folder = layout.run(run.trial.0, &stage.name, labels);
    let pruner = file.settings.pruner.as_ref();
    let first = pruner.and_then(PrunerSpec::first_level).map(|level| level.0);
    RunScope {
        space: &file.space,
        point,
        run_dir: layout::attempt(&folder, run.attempt).display().to_string(),
        checkpoint_dir: layout::checkpoint(&folder).display().to_string(),
        artifacts_dir: layout::artifacts(&folder).display().to_string(),
        seed: runner::program_seed(file.seed.unwrap_or(0), run),
        trial: run.trial.0,
        repetition: run.repetition,
        axes: axes.iter().map(|axis| (axis.name.clone(), axis.value(0))).collect(),
        level: first.or(pruner.and_then(PrunerSpec::max_resource)),
        resource: pruner.and_then(PrunerSpec::resource),
        cpus: stage.demand.cpus.min,
        gpus: stage.demand.gpus.amount(),
        python: runner::python(),
        stages: IndexMap::new(),
    }
}

/// A run's values before anything ran: a result of an earlier stage stands for itself.
struct Unrun<'a>(&'a RunScope<'a>);

impl Values for Unrun<'_> {
    fn value(&self, name: &str) -> Found {
        match self.0.value(name) {
            Found::Unknown if is_result(name) => Found::Value(Json::from(format!("{{{name}}}"))),
            found => found,
        }
    }
}

fn is_result(name: &str) -> bool {
    name.starts_with("stage.")
}
