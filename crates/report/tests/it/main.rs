//! The crate's tests from outside: made-up studies in, what people read out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod browser;
mod drawings;
mod exports;
mod fixture;
mod from_study;
mod page;
mod terminal;
