//! What keeps a study from being driven: what was tried, where, and what would be right.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use session::SessionError;
use spec::Change;

/// See the module.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunnerError {
    /// A file or folder of the study cannot be used.
    #[error("cannot use {}: {source}", path.display())]
    Folder {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The log, the fold or the sampler.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// A run that cannot be ordered.
    #[error(transparent)]
    Order(#[from] crate::OrderError),
    /// The supervisor.
    #[error(transparent)]
    Local(#[from] exec::LocalError),
    /// The place where runs go is out of reach.
    #[error(transparent)]
    Executor(#[from] exec::ExecutorError),
    /// The file no longer describes the study that is there.
    #[error("the study `{study}` was started with another {}", Changes(changes))]
    Changed {
        /// Its name.
        study: String,
        /// What differs.
        changes: Vec<Change>,
    },
    /// A seed was asked for, and the study has another.
    #[error("the study `{study}` was started with seed {was}, not {is}")]
    Seed {
        /// Its name.
        study: String,
        /// Recorded.
        was: u64,
        /// Asked for.
        is: u64,
    },
    /// The file asks for a reproducible search, and the study was begun without.
    #[error(
        "the study `{study}` was started without `reproducible`: what it decided so far went by what had ended by then"
    )]
    NotReproducible {
        /// Its name.
        study: String,
    },
    /// Another file has a study of the same name in the same place.
    #[error("the study `{study}` in {} was started from {}, not from {}", folder.display(), before.display(), now.display())]
    OtherFile {
        /// Its name.
        study: String,
        /// Its folder.
        folder: PathBuf,
        /// The file it was started from.
        before: PathBuf,
        /// The file that was given.
        now: PathBuf,
    },
    /// There are results, and no log that they would follow from.
    #[error("{} holds results, but its database `study.db` is empty or gone", folder.display())]
    Orphaned {
        /// The study's folder.
        folder: PathBuf,
    },
    /// An earlier study that this one is to start from is of no use.
    #[error("cannot start from the earlier study `{folder}`: {message}")]
    Earlier {
        /// Its folder, as the file says it.
        folder: String,
        /// Why.
        message: String,
    },
    /// Another process drives the study.
    #[error("the study `{study}` is being run by another process")]
    Busy {
        /// Its name.
        study: String,
    },
    /// The machine does not let a trial's program run: its folder cannot be written, or its supervisor was told to end.
    /// The trial is not over.
    #[error("trial {trial} cannot be run: {message}")]
    KeptOut {
        /// Its number.
        trial: u64,
        /// Why.
        message: String,
    },
    /// A stage asks for more than this machine has, so that it would wait for ever.
    #[error("stage `{stage}` could never run here: it takes {takes}, and {has}")]
    Unfit {
        /// Its name.
        stage: String,
        /// What cannot be had.
        takes: String,
        /// What there is, and where that is said.
        has: String,
        /// What a person can do about it.
        way: String,
    },
    /// The study's `[setup]` command failed.
    #[error("the setup command `{command}` failed: {message}")]
    Setup {
        /// As it would be typed.
        command: String,
        /// How.
        message: String,
    },
}

impl RunnerError {
    /// A file or folder that cannot be used.
    pub(crate) fn folder(path: &Path, source: io::Error) -> Self {
        RunnerError::Folder { path: path.to_path_buf(), source }
    }

    /// What a person can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            RunnerError::Changed { .. } => Some(
                "give the file another `name`, or move the study that is there aside with `ravine run --new`"
                    .to_owned(),
            ),
            RunnerError::Seed { .. } => {
                Some("leave --seed out, or start anew with `ravine run --new`".to_owned())
            }
            RunnerError::NotReproducible { .. } => {
                Some("leave `reproducible` out, or start anew with `ravine run --new`".to_owned())
            }
            RunnerError::OtherFile { .. } => Some(
                "give one of the files another `name`, or keep its studies elsewhere with --dir".to_owned(),
            ),
            RunnerError::Orphaned { .. } => Some(
                "put the database back, or move the folder aside with `ravine run --new`".to_owned(),
            ),
            RunnerError::Earlier { .. } => Some(
                "`from` in [transfer] names folders such as `runs/digits-small`, from the study file's folder on"
                    .to_owned(),
            ),
            RunnerError::Busy { .. } => Some("stop it first: `ravine stop`".to_owned()),
            RunnerError::Folder { path, source } => match source.kind() {
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    Some("choose a folder that can be written, with --dir".to_owned())
                }
                io::ErrorKind::StorageFull => {
                    Some("make room on the disk; the same command goes on".to_owned())
                }
                io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
                    let file = path.ancestors().find(|path| path.is_file())?;
                    Some(format!(
                        "{} is a file: move it away, or choose another folder with --dir",
                        file.display()
                    ))
                }
                _ => Some("choose another folder with --dir".to_owned()),
            },
            RunnerError::Unfit { way, .. } => Some(way.clone()),
            RunnerError::KeptOut { .. } => {
                Some("nothing is lost: the same command goes on once that is mended".to_owned())
            }
            _ => None,
        }
    }
}

/// What is another one now, then each key with what it was and is.
struct Changes<'a>(&'a [Change]);

impl fmt::Display for Changes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut topics: Vec<&str> = self.0.iter().map(Change::topic).collect();
        topics.dedup();
        f.write_str(&topics.join(", "))?;
        self.0.iter().try_for_each(|change| write!(f, "\n  {change}"))
    }
}
