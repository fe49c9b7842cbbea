//! How a command fails: one message, one hint, one documented exit code.

use std::fmt;

/// The exit codes of `ravine`, as documented in `docs/reference/exit-codes.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// What was asked for is done.
    Done = 0,
    /// A study ended, or was asked, without one successful trial.
    NoResult = 1,
    /// The command line is wrong.
    Usage = 2,
    /// The study file, an expression or a parameter is wrong.
    StudyFile = 3,
    /// What is there already forbids it: a changed space, a study of that name, a newer format.
    Refused = 4,
    /// The database cannot be read or written.
    Database = 5,
    /// Files, folders or processes: not writable, not found, disk full.
    Environment = 6,
    /// As many trials failed in a row as `[stop] failures` allows.
    Failures = 7,
    /// Ctrl-C, or `ravine stop` from elsewhere.
    Interrupted = 130,
}

/// A command's failure, as a person reads it.
#[derive(Debug)]
pub struct Failure {
    /// What the shell sees.
    pub exit: Exit,
    /// What happened and where; may span lines when a source line is shown.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Whether `message` is already laid out with its own heading, as diagnostics of study files are.
    pub rendered: bool,
}

impl Failure {
    /// A failure with its message; add a hint with [`Failure::hint`].
    pub fn new(exit: Exit, message: impl fmt::Display) -> Self {
        Failure { exit, message: message.to_string(), hint: None, rendered: false }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl fmt::Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }

    /// A diagnostic that is laid out already.
    pub fn rendered(exit: Exit, message: impl fmt::Display) -> Self {
        Failure { rendered: true, ..Failure::new(exit, message) }
    }
}

impl Failure {
    /// The reader of our output went away (`ravine trials | head`): nothing to say.
    pub fn is_silent(&self) -> bool {
        self.message.is_empty()
    }
}

impl From<std::io::Error> for Failure {
    /// Errors of writing to standard output, the only bare ones: files are reported with their path.
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Failure::new(Exit::Done, "");
        }
        Failure::new(Exit::Environment, format!("cannot write the output: {error}"))
    }
}

impl From<spec::SpecErrors> for Failure {
    fn from(errors: spec::SpecErrors) -> Self {
        Failure::rendered(Exit::StudyFile, errors.to_string().trim_end())
    }
}

impl From<store::StoreError> for Failure {
    fn from(error: store::StoreError) -> Self {
        let failure = Failure::new(store_exit(&error), &error);
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

impl From<session::SessionError> for Failure {
    fn from(error: session::SessionError) -> Self {
        let exit = match error {
            session::SessionError::Store(error) => return error.into(),
            session::SessionError::Newer { .. } => Exit::Refused,
            session::SessionError::Fold { .. } | session::SessionError::History { .. } => Exit::Database,
            session::SessionError::Contended { .. } | session::SessionError::Snapshot(_) => Exit::Database,
            _ => Exit::StudyFile,
        };
        Failure::new(exit, error)
    }
}

impl From<runner::RunnerError> for Failure {
    fn from(error: runner::RunnerError) -> Self {
        use runner::RunnerError as E;
        let hint = error.hint();
        let failure = match error {
            E::Session(error) => error.into(),
            E::Store(error) => error.into(),
            E::Earlier { .. } | E::Unfit { .. } => Failure::new(Exit::StudyFile, error),
            E::Orphaned { .. } => Failure::new(Exit::Database, error),
            E::Changed { .. }
            | E::Seed { .. }
            | E::NotReproducible { .. }
            | E::OtherFile { .. }
            | E::Busy { .. } => Failure::new(Exit::Refused, error),
            error => Failure::new(Exit::Environment, error),
        };
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

/// A study that is not there or is too new is refused; a disk that is full is the machine's; the rest is the database's.
fn store_exit(error: &store::StoreError) -> Exit {
    use store::ErrorKind as K;
    match &error.kind {
        K::NoSuchStudy { .. } | K::StudyExists { .. } | K::Newer { .. } => Exit::Refused,
        K::Full | K::Denied { .. } | K::Missing { .. } | K::ReadOnly => Exit::Environment,
        _ => Exit::Database,
    }
}
