//! The study file: types, TOML, YAML and JSON with spans, schema, checks.
//!
//! [`StudyFile::load`] reads a file and checks all that it needs to be run; what is wrong comes back as [`SpecErrors`],
//! each with its line, a caret and what would be right. [`template`] puts values into commands, [`runcard`] into
//! configuration files.

mod command;
mod cpus;
mod de;
mod diagnostic;
mod diff;
mod executor;
mod file;
mod init;
mod load;
pub mod runcard;
mod schema;
mod size;
mod source;
mod stage;
mod store;
mod study_file;
pub mod template;
mod tree;
mod unsupported;
mod watching;

pub use diagnostic::{Diagnostic, Severity, SpecErrors};
pub use diff::{Change, Class, compare, diff};
pub use executor::{Executor, ExecutorKind, GpuSet};
pub use file::Limits;
pub use init::init;
pub use load::folder_problem;
pub use runcard::Runcard;
pub use schema::{schema, schema_text};
pub use size::{ByteSize, ByteSizeError};
pub use source::{Format, Place, Source};
pub use stage::{Setup, Stage};
pub use store::{StoreUrl, StoreUrlError};
pub use study_file::{Declaration, GivenPoint, StudyFile};
pub use watching::{HookEvent, HookSpec, MetricsSpec, RecordSpec};
