//! Places where runs go: the supervisor and the run directory.
//!
//! A [`RunOrder`] goes into an [`Executor`], [`RunNews`] comes out. [`Local`] is this machine. What starts the programs is not the process that
//! orders but the study's one supervisor on this host ([`supervise`]), so that runs outlive a killed ravine, and nothing
//! outlives a run (invariants ONE SUPERVISOR, NO ORPHANS). This crate knows nothing of the study's log, and of
//! samplers only that some are programs, which [`Interlocutors`] speaks with.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use ravine_exec::{Command, Executor, Layout, Local, RunId, RunNews, RunOrder, layout};
//! let study = std::path::Path::new("runs/mine");
//! let mut local = Local::connect(study, vec!["ravine".into(), "supervise".into()])?;
//! let id = RunId { run: study::RunKey::first(search::TrialId(0)), epoch: 1 };
//! let run = Layout::new(std::path::absolute(study).unwrap()).run(0, "train", []);
//! local.start(RunOrder::new(id, layout::attempt(&run, 0), Command::Shell("echo '{\"loss\": 1}'".into())));
//! 'news: loop {
//!     for news in local.wait(None)? {
//!         if let RunNews::Ended(ended) = news {
//!             local.acknowledge(id); // once it is recorded
//!             break 'news;
//!         }
//!     }
//! }
//! local.wait(Some(std::time::Duration::ZERO))?; // sends the acknowledgement
//! # Ok(())
//! # }
//! ```

pub mod conformance;
mod connect;
mod dialogue;
mod error;
mod executor;
pub mod layout;
mod local;
mod news;
mod order;
mod process;
pub mod report;
mod supervisor;
mod wire;

pub use dialogue::Interlocutors;
pub use error::LocalError;
pub use executor::{Executor, ExecutorError};
pub use layout::Layout;
pub use local::{Local, Waker};
pub use news::{Known, RunNews};
pub use order::{Command, DEFAULT_GRACE, DEFAULT_LOG_LIMIT, Gpus, RunId, RunOrder, StepLimit};
pub use process::{MemoryControl, allowed_cores, memory_control};
pub use supervisor::{SuperviseError, supervise};
