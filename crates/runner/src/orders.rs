//! From a trial's point to the order that runs it: command, environment, configuration files, directory.

use std::path::{Path, PathBuf};
use std::time::Duration;

use exec::{Command, Gpus, Layout, RunId, RunOrder, StepLimit, layout};
use indexmap::IndexMap;
use search::PrunerSpec;
use space::{Json, Point, Space};
use spec::template::{
    RenderError, Rendered, RunScope, StageResult, axis_variable, stage_variable, variables,
};
use spec::{Stage, StudyFile};
use study::schedule::Lease;
use study::{Axis, Digests, Judge, RunKey};

use crate::engine::Errand;

/// How long a program may go on after it reported its level, to write its checkpoint and its last figures.
const LEVEL_PATIENCE: Duration = Duration::from_secs(600);

/// Why a run cannot be ordered. It ends that run, not the study (invariant ONE RUN, ONE BAD END). The stage is not named:
/// who tells it knows of which it is.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// A placeholder has no value in this trial.
    #[error("{place}: {source}")]
    Render {
        /// Where in its stage.
        place: String,
        /// What is wrong.
        source: RenderError,
    },
    /// A configuration file cannot be made.
    #[error("file {template}: {message}")]
    Runcard {
        /// The file to start from.
        template: String,
        /// What is wrong.
        message: String,
    },
    /// A tied value cannot be computed in this configuration, and the program would run without it.
    #[error("{0}")]
    Tied(#[from] space::SpaceError),
    /// The study file has no such stage.
    #[error("there is no stage {0}")]
    NoStage(u32),
}

/// Makes orders for one study.
#[derive(Clone, Debug)]
pub struct Orders<'a> {
    file: &'a StudyFile,
    space: &'a Space,
    seed: u64,
    layout: Layout,
    /// The study file's folder, absolute: where relative paths of the file start from.
    base: PathBuf,
    /// What the study judges by.
    metrics: Vec<String>,
}

impl<'a> Orders<'a> {
    /// Of the study in `home` (absolute) with this seed.
    pub fn new(file: &'a StudyFile, seed: u64, home: &Path) -> std::io::Result<Self> {
        let base = base(file)?;
        // Settings that are no rules are refused elsewhere.
        let metrics = Judge::new(&file.settings)
            .map(|judge| judge.names().map(str::to_owned).collect())
            .unwrap_or_default();
        Ok(Orders { file, space: &file.space, seed, layout: Layout::new(home), base, metrics })
    }

    /// The folder of one attempt.
    pub fn directory(&self, run: RunKey) -> PathBuf {
        layout::attempt(&self.folder(run), run.attempt)
    }

    /// The folder of all attempts of a run.
    fn folder(&self, run: RunKey) -> PathBuf {
        let stage = self.file.stages.get(run.stage as usize).map_or("run", |stage| &stage.name);
        let labels: Vec<(&str, String)> = match self.axes(run) {
            // Repetitions that a sampler asked for, of a study without axes.
            axes if axes.is_empty() && run.repetition > 0 => vec![("repetition", run.repetition.to_string())],
            axes => axes.into_iter().map(|(axis, index)| (axis.name.as_str(), axis.label(index))).collect(),
        };
        self.layout.run(run.trial.0, stage, labels.iter().map(|(name, label)| (*name, label.as_str())))
    }

    /// Where a run stands on each axis of repetition; nowhere in a stage that runs once.
    fn axes(&self, run: RunKey) -> Vec<(&Axis, u32)> {
        let axes = &self.file.settings.repeat;
        match self.file.stages.get(run.stage as usize) {
            Some(stage) if stage.once => Vec::new(),
            _ => axes.iter().zip(study::coordinates(axes, run.repetition)).collect(),
        }
    }

    /// The order for one attempt.
    ///
    /// # Errors
    /// A placeholder without a value, a template that cannot be read.
    pub fn order(&self, errand: &Errand<'_>) -> Result<RunOrder, OrderError> {
        let (id, point) = (errand.id, errand.point);
        let stage = self.stage(id.run)?;
        self.space.check_tied(point)?;
        let directory = self.directory(id.run);
        let values = self.scope(errand, &directory);
        let command = ordered(stage.command.render(&values).map_err(render("run"))?);
        let config = self.space.resolve(point);
        let mut order = RunOrder::new(id, directory.clone(), command);
        order.pool = stage.pool;
        order.environment = self.environment(stage, &values, &config)?;
        order.cwd = Some(self.cwd(stage, &values)?);
        order.timeout = stage.timeout.map(Into::into);
        order.trial_left = errand.left;
        order.grace = stage.grace.into();
        order.ok = stage.ok.clone();
        order.capture = stage.capture.iter().map(|(name, regex)| (name.clone(), regex.clone())).collect();
        order.metrics.clone_from(&self.metrics);
        order.log_limit = stage.log_limit.0;
        order.files = self.runcards(stage, &values)?;
        order.files.extend(self.chosen(id.run, &config));
        order.config = Some(config);
        order.folders = self.folders(stage, &values);
        self.hold(stage, errand.lease, &mut order);
        order.step_limit = self.step_limit(stage, errand);
        order.inherit = self.inherited(errand);
        Ok(order)
    }

    fn stage(&self, run: RunKey) -> Result<&Stage, OrderError> {
        self.file.stages.get(run.stage as usize).ok_or(OrderError::NoStage(run.stage))
    }

    /// What a run holds, as its order says it.
    fn hold(&self, stage: &Stage, lease: &Lease, order: &mut RunOrder) {
        order.cpus = lease.cpus().max(1);
        order.memory = Some(stage.demand.memory).filter(|memory| *memory > 0);
        if stage.pin {
            order.cores.clone_from(&lease.cores);
        }
        // Where no stage asks for gpus, the environment stays as it is.
        if self.file.stages.iter().any(|stage| stage.demand.gpus.amount() > 0.0) {
            let indices = lease.gpus.iter().map(|gpu| gpu.index).collect();
            let share = lease.gpus.first().map_or(1.0, |gpu| gpu.share.as_f64());
            order.gpus = Some(Gpus { indices, share });
        }
    }

    /// The step after which a run is ended: its stage's own, or its trial's level. A program that knows its level has time
    /// to end by itself.
    fn step_limit(&self, stage: &Stage, errand: &Errand<'_>) -> Option<StepLimit> {
        let own = stage.step_limit.map(|step| StepLimit { step, patience: Duration::ZERO });
        let level = errand.level.map(|level| StepLimit { step: level.0, patience: LEVEL_PATIENCE });
        own.into_iter().chain(level).min_by_key(|limit| limit.step)
    }

    /// The checkpoint and artifacts of the trial that this one starts from.
    fn inherited(&self, errand: &Errand<'_>) -> Vec<(PathBuf, PathBuf)> {
        let Some(trial) = errand.parent else { return Vec::new() };
        let (from, to) = (self.folder(RunKey { trial, ..errand.id.run }), self.folder(errand.id.run));
        vec![
            (layout::checkpoint(&from), layout::checkpoint(&to)),
            (layout::artifacts(&from), layout::artifacts(&to)),
        ]
    }

    /// The command of one attempt as it would be typed into a shell.
    ///
    /// # Errors
    /// As [`Orders::order`].
    pub fn shown(&self, run: RunKey, point: &Point) -> Result<String, OrderError> {
        let stage = self.stage(run)?;
        let lease = Lease { cores: (0..stage.demand.cpus.min).collect(), ..Lease::default() };
        let (id, earlier) = (RunId { run, epoch: 0 }, IndexMap::new());
        let errand = Errand { id, point, lease: &lease, level: None, parent: None, earlier, left: None };
        let values = self.scope(&errand, &self.directory(run));
        Ok(stage.command.render(&values).map_err(render("run"))?.shown())
    }

    /// Where a stage's program runs.
    fn cwd(&self, stage: &Stage, values: &RunScope<'_>) -> Result<PathBuf, OrderError> {
        let Some(cwd) = &stage.cwd else { return Ok(self.base.clone()) };
        let outcome = cwd.render(values).map_err(render("cwd"))?;
        Ok(self.base.join(outcome.required("a working directory").map_err(render("cwd"))?))
    }

    fn scope<'p>(&'p self, errand: &Errand<'p>, directory: &Path) -> RunScope<'p> {
        let run = errand.id.run;
        let folder = self.folder(run);
        let axes = self.axes(run).into_iter().map(|(axis, index)| (axis.name.clone(), axis.value(index)));
        let pruner = self.file.settings.pruner.as_ref();
        let to_the_end = || pruner.and_then(PrunerSpec::max_resource);
        RunScope {
            space: self.space,
            point: errand.point,
            run_dir: directory.display().to_string(),
            checkpoint_dir: layout::checkpoint(&folder).display().to_string(),
            artifacts_dir: layout::artifacts(&folder).display().to_string(),
            seed: program_seed(self.seed, run),
            trial: run.trial.0,
            repetition: run.repetition,
            axes: axes.collect(),
            level: errand.level.map(|level| level.0).or_else(to_the_end),
            resource: pruner.and_then(PrunerSpec::resource),
            cpus: errand.lease.cpus().max(1),
            gpus: errand.lease.gpu_amount(),
            python: python(),
            stages: self.results(errand),
        }
    }

    /// What the earlier stages gave to a run.
    fn results(&self, errand: &Errand<'_>) -> IndexMap<String, StageResult> {
        let result = |(run, metrics): &(RunKey, Digests)| {
            let name = self.file.stages.get(run.stage as usize)?.name.clone();
            let dir = self.directory(*run).display().to_string();
            let last = metrics.iter().map(|(name, digest)| (name.clone(), digest.last.value));
            Some((name, StageResult { dir, metrics: last.collect() }))
        };
        errand.earlier.values().filter_map(result).collect()
    }

    fn environment(
        &self,
        stage: &Stage,
        values: &RunScope<'_>,
        config: &space::Json,
    ) -> Result<Vec<(String, String)>, OrderError> {
        let mut environment = variables(config);
        environment.push(("RAVINE_TRIAL".to_owned(), values.trial.to_string()));
        environment.push(("RAVINE_SEED".to_owned(), values.seed.to_string()));
        environment.push(("RAVINE_STUDY".to_owned(), self.file.name.clone()));
        environment.push(("RAVINE_REPETITION".to_owned(), values.repetition.to_string()));
        environment.extend(values.level.map(|level| ("RAVINE_LEVEL".to_owned(), level.to_string())));
        let resource = values.resource.zip(values.level);
        environment.extend(resource.map(|(name, level)| (axis_variable(name), level.to_string())));
        environment.extend(values.axes.iter().map(|(axis, value)| (axis_variable(axis), plain(value))));
        let results = values.stages.iter();
        environment.extend(results.map(|(stage, result)| (stage_variable(stage), result.dir.clone())));
        environment.push(("RAVINE_BASE_DIR".to_owned(), self.base.display().to_string()));
        environment.push(("RAVINE_CHECKPOINT_DIR".to_owned(), values.checkpoint_dir.clone()));
        environment.push(("RAVINE_ARTIFACTS_DIR".to_owned(), values.artifacts_dir.clone()));
        for (name, template) in &stage.env {
            let outcome = template.render(values).map_err(render(&format!("env.{name}")))?;
            // Inactive: the variable is left out.
            environment.extend(outcome.text().map(|text| (name.clone(), text)));
        }
        Ok(environment)
    }

    fn runcards(&self, stage: &Stage, values: &RunScope<'_>) -> Result<Vec<(PathBuf, String)>, OrderError> {
        let mut files = Vec::with_capacity(stage.files.len());
        for card in &stage.files {
            let failed = |message: String| OrderError::Runcard { template: card.template.clone(), message };
            let path = self.base.join(&card.template);
            let text = std::fs::read_to_string(&path)
                .map_err(|error| failed(format!("cannot read {}: {error}", path.display())))?;
            let written = card.write(&text, values).map_err(|error| failed(error.to_string()))?;
            let target = card.target.render(values).map_err(render("file.target"))?;
            let target = target.required("a file's name").map_err(render("file.target"))?;
            files.push((PathBuf::from(target), written));
        }
        Ok(files)
    }

    /// What was chosen, in the trial's own folder: written with its first run, and left alone by later attempts and stages.
    fn chosen(&self, run: RunKey, config: &Json) -> Option<(PathBuf, String)> {
        let path = self.layout.trial(run.trial.0).join(layout::CONFIG);
        // An earlier attempt may have been lost before it wrote anything.
        let is_first = run.stage == 0 && run.repetition == 0 && (run.attempt == 0 || !path.exists());
        is_first.then(|| (path, format!("{config:#}\n")))
    }

    /// `checkpoint/` and `artifacts/` are made for programs that name them.
    fn folders(&self, stage: &Stage, values: &RunScope<'_>) -> Vec<PathBuf> {
        let named = |name: &str| {
            stage.command.placeholders().iter().any(|placeholder| placeholder.name == name)
                || stage.env.iter().any(|(_, template)| template.placeholders().any(|p| p.name == name))
        };
        let folders = [("checkpoint_dir", &values.checkpoint_dir), ("artifacts_dir", &values.artifacts_dir)];
        folders.into_iter().filter(|(name, _)| named(name)).map(|(_, path)| PathBuf::from(path)).collect()
    }
}

/// A value as a variable of the environment has it.
fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A rendered command as an order has it.
pub(crate) fn ordered(rendered: Rendered) -> Command {
    match rendered {
        Rendered::Program(arguments) => Command::Program(arguments),
        Rendered::Shell(line) => Command::Shell(line),
    }
}

/// The study file's folder, absolute: where its relative paths start, and its programs run.
pub(crate) fn base(file: &StudyFile) -> std::io::Result<PathBuf> {
    let folder = file.folder();
    std::path::absolute(if folder.as_os_str().is_empty() { Path::new(".") } else { &folder })
}

fn render(place: &str) -> impl Fn(RenderError) -> OrderError {
    move |source| OrderError::Render { place: place.to_owned(), source }
}

/// The Python interpreter of stages that name none: the one that runs `ravine.run`, which says so by a variable, or
/// `python3` of the run's PATH.
pub fn python() -> String {
    std::env::var("RAVINE_PYTHON")
        .ok()
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "python3".to_owned())
}

/// The seed that a program gets, below 2³¹: from (study, trial, stage, repetition), never the attempt, so that a run
/// that is done again does the same.
pub fn program_seed(study: u64, run: RunKey) -> u32 {
    let place = (u64::from(run.stage) << 32) | u64::from(run.repetition);
    let mut stream = space::Stream::new(study ^ place.rotate_left(17), PROGRAM_SEEDS, run.trial.0);
    (stream.next_u64() >> 33) as u32
}

/// The purpose of the stream that programs' seeds come from; the samplers' purposes count up from 0.
const PROGRAM_SEEDS: u64 = u64::MAX;
