//! The `ravine` command.
fn main() {}
