//! Places where runs go: the supervisor and the run directory.
