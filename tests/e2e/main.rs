//! End to end: the real binary, as a person runs it.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod crashes;
mod documents;
mod main_job;
mod orphans;
mod programs;
mod scenarios;
mod scene;
mod steering;
