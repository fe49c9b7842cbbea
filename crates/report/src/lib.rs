//! What people read: tables, exports, SVG charts, static HTML.
//!
//! Everything starts from a [`View`]: one study as columns and rows.

pub mod chart;
pub mod export;
mod files;
pub mod format;
mod from_study;
pub mod importance;
pub mod page;
pub mod plot;
pub mod summary;
pub mod terminal;
mod view;

pub use view::{Cell, Column, Direction, Kind, Objective, Row, State, View};
