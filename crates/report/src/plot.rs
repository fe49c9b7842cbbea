//! A small plotting core: an SVG writer, scales with good ticks, axes, and the two colour schemes.
//!
//! It knows nothing of studies; `chart` draws those with it.

pub mod axis;
pub mod scale;
pub mod svg;
pub mod text;
pub mod theme;
pub mod ticks;
