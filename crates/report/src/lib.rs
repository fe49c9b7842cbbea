//! What people read: tables, exports, SVG charts, static HTML.
//!
//! Everything starts from a [`View`]: one study as columns and rows.

pub mod chart;
pub mod format;
pub mod importance;
pub mod page;
pub mod plot;
pub mod summary;
mod view;

pub use view::{Cell, Column, Direction, Kind, Objective, Row, State, View};
