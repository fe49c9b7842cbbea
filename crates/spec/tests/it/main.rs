//! What the study file promises, seen from outside.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that is surprised has failed")]

mod commands;
mod hostile;
mod mistakes;
mod pipelines;
mod reading;
mod tools;
