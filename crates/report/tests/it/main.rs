//! The crate's tests from outside: made-up studies in, what people read out.

mod fixture;
