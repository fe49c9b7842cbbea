//! From a text to a checked study file. As much as possible is looked at, so that one reading shows many mistakes.

mod call;
mod command;
mod decode;
pub(crate) mod files;
mod names;
mod options;
mod pruner;
mod scope;
mod search_part;
mod stage;
mod watching;

use std::cell::OnceCell;
use std::collections::HashSet;
use std::ops::Range;
use std::path::Path;
use std::rc::Rc;

use space::{Point, Space, Stream};
use study::{DEFAULT_TRIALS, Judge, Objective, Settings};

use self::scope::Surroundings;
use crate::diagnostic::{Diagnostic, Severity, SpecErrors};
use crate::file::{File, StageForm};
use crate::source::Source;
use crate::stage::Stage;
use crate::store::StoreUrl;
use crate::study_file::StudyFile;
use crate::tree::{self, Node, Tree};
use crate::unsupported;

pub(crate) fn load(source: Source) -> Result<StudyFile, SpecErrors> {
    let mut root = match tree::read(&source.text, source.format) {
        Ok(root) => root,
        Err(problems) => return Err(SpecErrors::new(source, problems)),
    };
    let mut problems = Vec::new();
    unsupported::refuse(&mut root, &mut problems);
    let (file, broken) = decode::decode(&mut root, &mut problems);
    let mut loader = Loader { source: &source, root: &root, broken, problems, tried: OnceCell::new() };
    let study = loader.lower(file);
    // Two of a kind in one value, such as two odd placeholders, are said once.
    let mut said = HashSet::new();
    let problems = loader.problems.into_iter().filter(|problem| said.insert(problem.clone()));
    let (warnings, errors): (Vec<_>, Vec<_>) = problems.partition(|p| p.severity == Severity::Warning);
    match study {
        Some(study) if errors.is_empty() => Ok(StudyFile { source, warnings, ..study }),
        // `lower` gives nothing only where it has said why.
        _ => Err(SpecErrors::new(source, errors)),
    }
}

/// The tree beside what was read from it, and what is wrong so far.
struct Loader<'a> {
    source: &'a Source,
    root: &'a Node,
    /// The top-level keys that could not be read, and the paths of such parameters.
    broken: Vec<String>,
    problems: Vec<Diagnostic>,
    tried: OnceCell<Rc<[Point]>>,
}

impl Loader<'_> {
    /// Conditions can be any expression: a thousand configurations show what any but the rarest has.
    fn tried(&self, space: &Space) -> Rc<[Point]> {
        let draw = || {
            let mut stream = Stream::new(0, 0, 0);
            (0..1000).map(|_| space.sample(&mut stream)).collect()
        };
        Rc::clone(self.tried.get_or_init(draw))
    }

    /// `None` where something is wrong without which the rest cannot be made.
    fn lower(&mut self, file: File) -> Option<StudyFile> {
        let name = self.name(file.name.as_deref());
        if file.seed.is_some_and(|seed| seed > i64::MAX as u64) {
            self.problems.push(Diagnostic::error(self.at("seed"), "a seed is below 2^63"));
        }
        let mut settings = self.settings(&file);
        let default_stop = file.stop.as_ref().is_none_or(|stop| *stop == study::StopRules::default());
        self.executor(&file);
        self.order(&file);
        let hooks = self.hooks(&file.on);
        self.watching(&file);
        let store = self.store(file.store.url.as_deref());
        let space = self.space(&file);
        let pruner = self.pruner(file.pruner.as_ref());
        let surroundings = Surroundings {
            space: space.as_ref().map(|(space, _)| &**space),
            axes: &file.repeat,
            pruner: pruner.as_ref(),
            stages: file.stage.iter().map(StageForm::title).collect(),
            unsure: self.is_broken("repeat") || (file.pruner.is_some() && pruner.is_none()),
        };
        self.clashes(&surroundings);
        let stages = self.stages(file.stage, &surroundings, &file.objective, &file.executor);
        settings.pruner = pruner.and_then(|pruner| self.settle(pruner, &stages, &settings));
        let setup = file.setup.and_then(|setup| self.setup(setup));
        let (space, declaration) = space?;
        settings.stages = stages.iter().map(Stage::rules).collect();
        let sampler = self.sampler(file.sampler.as_ref(), &space, settings.objectives.len())?;
        let sampler = self.accord(settings.pruner.as_ref(), sampler, &space, settings.objectives.len());
        let points = self.points(file.point, &space, &settings);
        self.transfer(&file.transfer.from, &sampler);
        Some(StudyFile {
            source: self.source.clone(),
            name,
            seed: file.seed,
            settings,
            default_stop,
            space,
            declaration,
            points,
            sampler,
            transfer: file.transfer.from,
            setup,
            stages,
            reproducible: file.reproducible,
            limits: file.limits,
            keep: file.keep,
            executor: file.executor,
            store,
            hooks,
            metrics: file.metrics,
            record: file.record,
            warnings: Vec::new(),
        })
    }

    fn name(&mut self, given: Option<&str>) -> String {
        let stem = Path::new(&self.source.name).file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let name = given.map(str::to_owned).or(stem).unwrap_or_default();
        let problem = folder_problem(&name);
        if let Some(problem) = problem {
            let message = format!("`{name}` cannot be a study's name: {problem}");
            let diagnostic = match given {
                Some(_) => Diagnostic::error(self.at("name"), message),
                None => Diagnostic::whole(message),
            };
            self.problems
                .push(diagnostic.help("the name is that of the study's folder, such as `digits-mlp`"));
        }
        name
    }

    fn settings(&mut self, file: &File) -> Settings {
        let mut settings = Settings {
            objectives: file.objective.clone(),
            constraints: file.constraint.clone(),
            cost: file.cost.clone(),
            stop: file.stop.clone().unwrap_or_default(),
            duplicates: file.duplicates,
            repeat: file.repeat.clone(),
            lag: file.lag,
            ..Settings::default()
        };
        if settings.objectives.is_empty() && !self.is_broken("objective") {
            let help = "add [[objective]] with `metric = \"loss\"` and `direction = \"minimize\"`";
            self.problems
                .push(Diagnostic::whole("the file has no [[objective]]: what is a good result?").help(help));
        }
        // A mistake among the repetitions does not hide one of the objectives; what is said twice is shown once.
        let rest = Settings { repeat: Vec::new(), ..settings.clone() };
        self.objectives(&settings);
        for error in [Judge::new(&settings), Judge::new(&rest)].into_iter().filter_map(Result::err) {
            let span = self.inside(&error.place, error.span.as_ref());
            let hint = error.hint.or_else(|| odd_name(&settings, &error.place));
            self.problems.push(Diagnostic::error(span, error.problem).maybe_help(hint));
        }
        for (i, constraint) in settings.constraints.iter().enumerate() {
            self.warn_of_counted(&constraint.expr, &format!("constraint[{i}].expr"));
        }
        if settings.objectives.len() > 1 && settings.stop.target.is_some() {
            let message = "`target` is for one objective, and this study has several";
            self.problems.push(Diagnostic::error(self.at("stop.target"), message));
        }
        for (rule, message) in settings.stop.mistakes() {
            let at = self.at(&format!("stop.{}", rule.name()));
            self.problems.push(Diagnostic::error(at, message).help("leave it out for no such limit"));
        }
        if settings.is_endless() {
            settings.stop.trials = Some(DEFAULT_TRIALS);
        }
        settings
    }

    /// A metric is one objective.
    fn objectives(&mut self, settings: &Settings) {
        for (i, objective) in settings.objectives.iter().enumerate() {
            let same = |other: &&Objective| objective.metric.is_some() && other.metric == objective.metric;
            if settings.objectives[..i].iter().any(|other| same(&other)) {
                let at = self.at(&format!("objective[{i}].metric"));
                let message = "this metric is an objective already";
                self.problems.push(Diagnostic::error(at, message).help("leave one of the two out"));
            }
        }
    }

    /// Warns of the conditions of a constraint that tell a sampler nothing but yes or no.
    fn warn_of_counted(&mut self, expr: &str, path: &str) {
        let Ok(expr) = space::expr::Expr::parse(expr) else { return };
        for term in expr.terms() {
            if term.kind == space::expr::TermKind::Counted {
                let span = self.inside(path, Some(&term.span));
                let message = "this condition counts as broken or not, whatever the distance";
                let help = "written as `a <= b`, a sampler sees how far away a result is";
                self.problems.push(Diagnostic::warning(span, message).help(help));
            }
        }
    }

    fn executor(&mut self, file: &File) {
        for (key, value) in [("parallel", file.executor.parallel), ("cpus", file.executor.cpus)] {
            if value == Some(0) {
                let at = self.at(&format!("executor.{key}"));
                self.problems.push(
                    Diagnostic::error(at, format!("`{key}` is at least 1"))
                        .help("leave it out for all there are"),
                );
            }
        }
    }

    /// What keeps the search the same, and what is kept of it.
    fn order(&mut self, file: &File) {
        if let Some(lag) = file.lag.filter(|lag| !(1..=MOST_LAG).contains(lag)) {
            let message = format!("a lag of {lag} is not between 1 and {MOST_LAG}");
            let help = "leave it out where the order of results may have a bearing on the search";
            self.problems.push(Diagnostic::error(self.at("lag"), message).help(help));
        }
        if file.lag.is_some() && file.reproducible {
            let message = "`reproducible` sets the lag, and the file says one";
            let problem = Diagnostic::error(self.at("reproducible"), message).also(self.at("lag"));
            self.problems.push(problem.help("leave one of the two out"));
        }
        if file.keep == Some(0) {
            let help = "`keep = 1` keeps the best trial's; leave it out to keep all";
            self.problems.push(Diagnostic::error(self.at("keep"), "`keep` is at least 1").help(help));
        }
        if file.limits.trial_time.is_some_and(|time| time.as_millis() == 0) {
            self.problems
                .push(Diagnostic::error(self.at("limits.trial_time"), "a trial needs more time than none"));
        }
    }

    fn store(&mut self, url: Option<&str>) -> StoreUrl {
        let Some(url) = url else { return StoreUrl::default() };
        let at = self.at("store.url");
        if crate::store::password(url).is_some() {
            let message = "the password stands in the file; copies of it are masked";
            let help = "write `${NAME}` instead: it is read from the environment";
            self.problems.push(Diagnostic::warning(at.clone(), message).help(help));
        }
        match StoreUrl::parse(url) {
            Ok(store) => store,
            Err(error) => {
                self.problems.push(Diagnostic::error(at, error.to_string()));
                StoreUrl::default()
            }
        }
    }

    /// Where the caret for a key path belongs.
    fn at(&self, path: &str) -> Range<usize> {
        self.root.find(path).span()
    }

    /// Where the caret belongs for some bytes of the text that stands at a key path.
    fn inside(&self, path: &str, part: Option<&Range<usize>>) -> Range<usize> {
        let found = self.root.find(path);
        match (&found.node.value, part) {
            (Tree::Str(text), Some(part)) => within(&self.source.text, &found.node.span, text, part),
            _ => found.span(),
        }
    }

    /// Whether a top-level key or a parameter was wrong, so that its absence now is no mistake of its own.
    fn is_broken(&self, path: &str) -> bool {
        self.broken.iter().any(|broken| broken == path)
    }
}

/// More decisions at a time than this are a mistake.
const MOST_LAG: u32 = 100_000;

/// Which bytes of the file some bytes of a text's value are: exact where the value stands as it is written, else all of
/// it.
fn within(source: &str, span: &Range<usize>, text: &str, part: &Range<usize>) -> Range<usize> {
    let written = source.get(span.clone()).unwrap_or_default();
    match written.find(text) {
        Some(offset) if !text.is_empty() => span.start + offset + part.start..span.start + offset + part.end,
        _ => span.clone(),
    }
}

/// Why a name cannot be a study's, which is that of its folder; `None` where it can.
pub fn folder_problem(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("it is empty");
    }
    if name == "." || name == ".." {
        return Some("it stands for a folder already");
    }
    if name.contains(['/', '\\']) || name.contains(char::is_control) {
        return Some("it holds a slash or a control character");
    }
    if name.len() > 200 {
        return Some("it is longer than 200 bytes");
    }
    (name.trim() != name).then_some("it starts or ends with a space")
}

/// What to write where a metric's name is no name of an expression, such as `val/acc top-1`.
fn odd_name(settings: &Settings, place: &str) -> Option<String> {
    let named = settings.objectives.iter().enumerate();
    let (_, objective) = named.into_iter().find(|(i, _)| place == format!("objective[{i}].metric"))?;
    let metric = objective.metric.as_deref()?;
    let is_name = metric.ends_with(char::is_alphanumeric) && !metric.contains(['[', '\'']);
    if !is_name {
        return None;
    }
    Some(format!("a metric of this name is written \"metric['{metric}']\""))
}
