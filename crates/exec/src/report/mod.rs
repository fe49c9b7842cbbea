//! What programs report while they run: report lines.
//!
//! A report is a line of standard output that is a JSON object with numbers (`{"step": 3, "val_error": 0.12}`), a line
//! appended to `$RAVINE_REPORT`, or what a capture pattern finds in a line of output. All of them end, in the order
//! in which they were seen, in the attempt's `metrics.jsonl`, of which the supervisor is the only writer: a
//! program's half-written line can so never run into another.

mod capture;
mod collector;
mod lines;
mod parse;
mod steps;
mod texts;

pub use capture::{CaptureError, Captures};
pub use lines::{MAX_LINE, Splitter};
pub use parse::{Report, STEP_NAMES, parse};

pub(crate) use collector::{Collected, Collector, read_metrics};
pub(crate) use steps::{Progress, Steps};
