//! Keeps the log: SQLite, and the conformance suite that every store passes.
