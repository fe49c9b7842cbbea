//! Drives one study: a pure dispatcher, and the loop that performs its effects.
//!
//! [`open`] makes an [`Open`] study of a study file, [`drive`] runs its trials in slots until it is over. Whoever wants to
//! look on is a [`Watcher`]. The loop itself is an [`Engine`], which does not know whether its world is real.

mod capacity;
mod dispatcher;
mod drive;
mod earlier;
mod engine;
mod error;
mod files;
mod git;
mod home;
mod hooks;
mod janitor;
mod life;
mod metrics;
mod once;
mod open;
mod options;
mod orders;
mod patience;
mod post;
mod provenance;
mod rerun;
mod room;
mod scribe;
mod sha256;
mod unmeasured;
mod watch;

pub use dispatcher::{Dispatcher, Dry, Effect, Finish, Input};
pub use drive::{Driven, drive};
pub use engine::{Desk, Engine, Errand, Rules, StageRule, Step};
pub use error::RunnerError;
pub use home::Home;
pub use life::{Locks, unix_ms};
pub use open::{Open, open, origin};
pub use options::Options;
pub use orders::{OrderError, Orders, program_seed, python};
pub use provenance::{PROVENANCE, records};
pub use rerun::{Rerun, Rerunned};
pub use room::check_room;
pub use scribe::resolved;
pub use watch::{Happening, Opening, Unwatched, Voice, Watcher};
