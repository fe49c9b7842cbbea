//! The study file, checked: all that is needed to run it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;
use search::SamplerSpec;
use serde_json::Map;
use space::{Declarations, Json, Space};
use study::{Real, Settings};

use crate::diagnostic::{Diagnostic, SpecErrors};
use crate::executor::Executor;
use crate::file::Limits;
use crate::source::{Format, Source};
use crate::stage::{Setup, Stage};
use crate::store::StoreUrl;
use crate::watching::{HookSpec, MetricsSpec, RecordSpec};

/// A study file whose every name, expression and placeholder means something.
#[derive(Clone, Debug)]
pub struct StudyFile {
    /// The file itself.
    pub source: Source,
    /// What the study is called: a name that can be a folder's.
    pub name: String,
    /// The seed, below 2⁶³; to be drawn and recorded where absent.
    pub seed: Option<u64>,
    /// What the study is after and when it ends.
    pub settings: Settings,
    /// Whether the file says nothing about its end, so that the default number of trials holds; to be said aloud.
    pub default_stop: bool,
    /// What can be tried.
    pub space: Arc<Space>,
    /// The space and its constraints as the file declares them: what the study's history keeps.
    pub declaration: Declaration,
    /// Configurations to start with, in order.
    pub points: Vec<GivenPoint>,
    /// How to look.
    pub sampler: SamplerSpec,
    /// Folders of earlier studies that shape the start, as the file says them.
    pub transfer: Vec<String>,
    /// What is done once, before the first run.
    pub setup: Option<Setup>,
    /// The programs of a trial, in order; at least one.
    pub stages: Vec<Stage>,
    /// Whether the study's lag is to be the number of slots at its first start.
    pub reproducible: bool,
    /// What one trial may take.
    pub limits: Limits,
    /// Artifacts and checkpoints are kept of so many trials, the best ones; all where absent.
    pub keep: Option<u32>,
    /// Where runs go.
    pub executor: Executor,
    /// Where the study is kept.
    pub store: StoreUrl,
    /// Commands that are run when something happens, in order.
    pub hooks: Vec<HookSpec>,
    /// Where a monitoring system finds the study's figures.
    pub metrics: MetricsSpec,
    /// What the study notes of where its results come from.
    pub record: RecordSpec,
    /// What can be used, but is probably not meant.
    pub warnings: Vec<Diagnostic>,
}

/// The space as the file declares it, without its lines: enough to build it again.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// The entries of `[space]`.
    pub parameters: Declarations,
    /// The expressions of `[[space_constraint]]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub constraints: Vec<String>,
}

impl Declaration {
    /// Builds the space.
    ///
    /// # Errors
    /// Where the declarations contradict themselves; never for one that a [`StudyFile`] was made with.
    pub fn build(&self) -> Result<Space, space::SpaceErrors> {
        let constraints: Vec<&str> = self.constraints.iter().map(String::as_str).collect();
        Space::build(&self.parameters, &constraints)
    }
}

/// A configuration to start with.
#[derive(Clone, Debug, PartialEq)]
pub struct GivenPoint {
    /// Values by parameter path; what is left out takes its default or is drawn.
    pub params: Map<String, Json>,
    /// What it is known to give, by metric; such a point is told, not run.
    pub result: Option<IndexMap<String, Real>>,
}

impl StudyFile {
    /// Reads a file; its format follows from its ending. The templates of its runcards are read too, to see that they have
    /// the keys that are to be set.
    ///
    /// # Errors
    /// A file that cannot be read, and everything that is wrong with what it says.
    pub fn load(path: impl AsRef<Path>) -> Result<StudyFile, SpecErrors> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let empty = |format| Source { name: name.clone(), text: String::new(), format };
        let Some(format) = Format::of(&name) else {
            let problem = Diagnostic::whole("the ending of the file's name says no format")
                .help("a study file is called *.toml, *.yaml, *.yml or *.json");
            return Err(SpecErrors::new(empty(Format::Toml), vec![problem]));
        };
        let bytes = match read(path) {
            Ok(bytes) => bytes,
            Err(problem) => return Err(SpecErrors::new(empty(format), vec![problem])),
        };
        match String::from_utf8(bytes) {
            Ok(text) => {
                let study = StudyFile::parse(&name, &text, format)?;
                match crate::load::files::check(&study) {
                    problems if problems.is_empty() => Ok(study),
                    problems => Err(SpecErrors::new(study.source, problems)),
                }
            }
            Err(error) => {
                let line = error.as_bytes()[..error.utf8_error().valid_up_to()]
                    .iter()
                    .filter(|b| **b == b'\n')
                    .count();
                let message = format!("the file is not text: line {} is not UTF-8", line + 1);
                Err(SpecErrors::new(empty(format), vec![Diagnostic::whole(message)]))
            }
        }
    }

    /// Reads a text; `name` is what messages call it, and where it ends like a path, what the study is called where the
    /// text does not say.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(name: &str, text: &str, format: Format) -> Result<StudyFile, SpecErrors> {
        let source = Source { name: name.to_owned(), text: text.to_owned(), format };
        crate::load::load(source)
    }

    /// The folder that relative paths start from: that of the file.
    pub fn folder(&self) -> PathBuf {
        Path::new(&self.source.name).parent().map(Path::to_path_buf).unwrap_or_default()
    }

    /// The file's text for a copy: a literal password in the store's address is masked.
    pub fn text_for_copy(&self) -> String {
        match self.store.password() {
            Some(password) => self.source.text.replace(password, "***"),
            None => self.source.text.clone(),
        }
    }
}

/// The bytes of a file, as many as are read at most and one more, so that a larger one is noticed.
fn read(path: &Path) -> Result<Vec<u8>, Diagnostic> {
    use std::io::Read;
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path);
    let limit = crate::tree::MAX_BYTES as u64 + 1;
    match file.and_then(|file| file.take(limit).read_to_end(&mut bytes)) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(Diagnostic::whole(format!("the file cannot be read: {error}"))),
    }
}
