//! Dense linear algebra for models of at most a few thousand points: products, Cholesky's factor and its triangular
//! solves, and the eigenvectors of a symmetric matrix. Pure.
//!
//! Results have the same bits on every machine (invariant HISTORY). Each sum is made in an order that is written here, in
//! lanes whose number does not depend on the machine; nothing is fused. [`wide`] compiles a loop once for plain and once
//! for AVX2 vectors and runs what the machine has, which changes the speed and no bit. That is why this is not a binding to
//! a general library: those choose their order of summation, and fused operations, by the processor that they meet.
//!
//! Matrices are stored by rows ([`Matrix`]). The inner loop of all of it is one: [`product::subtract_product`].

mod cholesky;
mod eigen;
mod matrix;
pub mod product;

pub use cholesky::Cholesky;
pub use eigen::{Eigen, symmetric_eigen};
pub use matrix::Matrix;

/// Runs `body` compiled for the widest vectors that the machine has and this crate knows. The closure, and what it calls,
/// must be `#[inline(always)]` to be compiled anew; the bits of the result are the same either way, as the compiler neither
/// reorders nor fuses floating-point operations.
#[inline(always)]
pub fn wide<R>(body: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(body)
}
