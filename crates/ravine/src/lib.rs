//! Ravine for Rust programs: re-exports and the study builder.
