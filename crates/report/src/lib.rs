//! What people read: tables, exports, SVG charts, static HTML.
//!
//! Everything starts from a [`View`]: one study as columns and rows.
//!
//! - [`page`]: the report, one HTML file, and the drawings as SVG files beside it
//! - [`chart`]: what is drawn; [`plot`]: with what (scales, ticks, axes, an SVG writer, two colour schemes)
//! - [`terminal`]: tables and a small chart of characters
//! - [`export`]: `results.jsonl`, `params.csv`, JSON, and the [`export::Projection`] that keeps the files true
//! - [`files`]: how they are written whole
//! - [`summary`], [`importance`]: what follows from the rows
//! - [`mod@format`]: how numbers, times and sizes look, everywhere

pub mod chart;
pub mod export;
pub mod files;
pub mod format;
mod from_study;
pub mod importance;
pub mod page;
pub mod plot;
pub mod summary;
pub mod terminal;
mod view;

pub use view::{Cell, Column, Direction, Kind, Objective, Row, State, View};
