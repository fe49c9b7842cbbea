//! What `ravine run` shows while it runs: a live block on a terminal, plain lines elsewhere, or JSON lines.

mod bests;
mod hush;
mod json;
mod live;
mod plain;
pub mod words;

use runner::Watcher;

use crate::args::Run;
use crate::term;

/// The display that fits the arguments and the place where output goes.
pub fn for_run(arguments: &Run) -> Box<dyn Watcher> {
    if arguments.json {
        Box::new(json::JsonLines)
    } else if arguments.quiet {
        Box::new(runner::Unwatched)
    } else if term::is_interactive() {
        Box::new(live::Live::new())
    } else {
        Box::new(plain::Plain::default())
    }
}
