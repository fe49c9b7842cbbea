//! End to end: scenarios run by the real binary.
