//! House rules and chores, run as `cargo xtask`.
fn main() {}
