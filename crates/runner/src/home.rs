//! A study's folder: where each of its files lies.

use std::path::{Path, PathBuf};

/// The folder `runs/<study>` and the names in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    folder: PathBuf,
}

impl Home {
    /// The home of the study `name` below `runs`.
    pub fn of(runs: &Path, name: &str) -> Self {
        Home { folder: runs.join(name) }
    }

    /// A folder that is a home already.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Home { folder: folder.into() }
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The study's name: the folder's.
    pub fn name(&self) -> String {
        self.folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// The log.
    pub fn database(&self) -> PathBuf {
        self.folder.join("study.db")
    }

    /// The study file as run; its extension is that of the file given.
    pub fn study_file(&self, extension: &str) -> PathBuf {
        self.folder.join("study").with_extension(extension)
    }

    /// The study file as run, whichever format it was given in.
    pub fn find_study_file(&self) -> Option<PathBuf> {
        ["toml", "yaml", "yml", "json"].iter().map(|e| self.study_file(e)).find(|path| path.is_file())
    }

    /// One line for each finished trial.
    pub fn results(&self) -> PathBuf {
        self.folder.join("results.jsonl")
    }

    /// Parameters and values, one row for each finished trial.
    pub fn params(&self) -> PathBuf {
        self.folder.join("params.csv")
    }

    /// The charts.
    pub fn report(&self) -> PathBuf {
        self.folder.join("report")
    }

    /// What a sampler that is a program writes to its standard error.
    pub fn sampler_log(&self) -> PathBuf {
        self.folder.join("sampler.log")
    }

    /// Whether a study lives here. An empty database is one that is being made.
    pub fn exists(&self) -> bool {
        self.database().metadata().is_ok_and(|database| database.is_file() && database.len() > 0)
    }
}
