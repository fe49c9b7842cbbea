//! The numerics that samplers stand on, value-stable on every platform: the normal distribution with its
//! tails, an exponential that vectorises, and a mixing hash. All transcendental functions come from libm.

pub(crate) mod exp;
pub(crate) mod hash;
pub(crate) mod lbfgsb;
pub(crate) mod normal;
