//! From a trial's point to the order that runs it: command, environment, configuration files, directory.

use std::path::{Path, PathBuf};

use exec::{Command, Layout, RunOrder, layout};
use indexmap::IndexMap;
use space::{Point, Space};
use spec::template::{RenderError, Rendered, RunScope, variables};
use spec::{Stage, StudyFile};
use study::{Judge, RunKey};

use crate::engine::Errand;

/// Why a run cannot be ordered. It ends that run, not the study (invariant ONE RUN, ONE BAD END).
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// A placeholder has no value in this trial.
    #[error("stage `{stage}`, {place}: {source}")]
    Render {
        /// The stage.
        stage: String,
        /// Where in it.
        place: String,
        /// What is wrong.
        source: RenderError,
    },
    /// A configuration file cannot be made.
    #[error("stage `{stage}`, file {template}: {message}")]
    Runcard {
        /// The stage.
        stage: String,
        /// The file to start from.
        template: String,
        /// What is wrong.
        message: String,
    },
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

    /// How many cpus a run of this stage takes at least.
    pub(crate) fn cpus(&self, run: RunKey) -> u32 {
        self.file.stages.get(run.stage as usize).map_or(1, |stage| stage.demand.cpus.min)
    }

    /// The folder of all attempts of a run.
    fn folder(&self, run: RunKey) -> PathBuf {
        let stage = self.file.stages.get(run.stage as usize).map_or("run", |stage| &stage.name);
        self.layout.run(run.trial.0, stage, [])
    }

    /// The order for one attempt of a trial at `point`.
    ///
    /// # Errors
    /// A placeholder without a value, a template that cannot be read.
    pub fn order(&self, errand: &Errand<'_>) -> Result<RunOrder, OrderError> {
        let (id, point) = (errand.id, errand.point);
        let stage = self.file.stages.get(id.run.stage as usize).ok_or(OrderError::NoStage(id.run.stage))?;
        let directory = self.directory(id.run);
        let values = self.scope(id.run, &directory, point);
        let command = ordered(stage.command.render(&values).map_err(render(stage, "run"))?);
        let config = self.space.resolve(point);
        let mut order = RunOrder::new(id, directory.clone(), command);
        order.environment = self.environment(stage, &values, &config)?;
        order.cwd = Some(self.cwd(stage, &values)?);
        order.cpus = errand.lease.cpus().max(1);
        let timeouts = stage.timeout.map(Into::into).into_iter().chain(errand.left);
        order.timeout = timeouts.min();
        order.grace = stage.grace.into();
        order.ok = stage.ok.clone();
        order.capture = stage.capture.iter().map(|(name, regex)| (name.clone(), regex.clone())).collect();
        order.metrics.clone_from(&self.metrics);
        order.log_limit = stage.log_limit.0;
        order.config = Some(config);
        order.files = self.runcards(stage, &values)?;
        order.folders = self.folders(stage, &values);
        Ok(order)
    }

    /// The command of one attempt as it would be typed into a shell.
    ///
    /// # Errors
    /// As [`Orders::order`].
    pub fn shown(&self, run: RunKey, point: &Point) -> Result<String, OrderError> {
        let stage = self.file.stages.get(run.stage as usize).ok_or(OrderError::NoStage(run.stage))?;
        let directory = self.directory(run);
        let values = self.scope(run, &directory, point);
        Ok(stage.command.render(&values).map_err(render(stage, "run"))?.shown())
    }

    /// Where a stage's program runs.
    fn cwd(&self, stage: &Stage, values: &RunScope<'_>) -> Result<PathBuf, OrderError> {
        let Some(cwd) = &stage.cwd else { return Ok(self.base.clone()) };
        let outcome = cwd.render(values).map_err(render(stage, "cwd"))?;
        Ok(self.base.join(outcome.required("a working directory").map_err(render(stage, "cwd"))?))
    }

    fn scope<'p>(&'p self, run: RunKey, directory: &Path, point: &'p Point) -> RunScope<'p> {
        let folder = self.folder(run);
        RunScope {
            space: self.space,
            point,
            run_dir: directory.display().to_string(),
            checkpoint_dir: layout::checkpoint(&folder).display().to_string(),
            artifacts_dir: layout::artifacts(&folder).display().to_string(),
            seed: program_seed(self.seed, run),
            trial: run.trial.0,
            repetition: run.repetition,
            axes: IndexMap::new(),
            level: None,
            resource: None,
            cpus: self.file.stages.get(run.stage as usize).map_or(1, |stage| stage.demand.cpus.min),
            gpus: 0.0,
            stages: IndexMap::new(),
        }
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
        environment.push(("RAVINE_CHECKPOINT_DIR".to_owned(), values.checkpoint_dir.clone()));
        environment.push(("RAVINE_ARTIFACTS_DIR".to_owned(), values.artifacts_dir.clone()));
        for (name, template) in &stage.env {
            let outcome = template.render(values).map_err(render(stage, &format!("env.{name}")))?;
            // Inactive: the variable is left out.
            environment.extend(outcome.text().map(|text| (name.clone(), text)));
        }
        Ok(environment)
    }

    fn runcards(&self, stage: &Stage, values: &RunScope<'_>) -> Result<Vec<(PathBuf, String)>, OrderError> {
        let mut files = Vec::with_capacity(stage.files.len());
        for card in &stage.files {
            let failed = |message: String| OrderError::Runcard {
                stage: stage.name.clone(),
                template: card.template.clone(),
                message,
            };
            let path = self.base.join(&card.template);
            let text = std::fs::read_to_string(&path)
                .map_err(|error| failed(format!("cannot read {}: {error}", path.display())))?;
            let written = card.write(&text, values).map_err(|error| failed(error.to_string()))?;
            let target = card.target.render(values).map_err(render(stage, "file.target"))?;
            let target = target.required("a file's name").map_err(render(stage, "file.target"))?;
            files.push((PathBuf::from(target), written));
        }
        Ok(files)
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

fn render<'a>(stage: &'a Stage, place: &'a str) -> impl Fn(RenderError) -> OrderError + 'a {
    move |source| OrderError::Render { stage: stage.name.clone(), place: place.to_owned(), source }
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
