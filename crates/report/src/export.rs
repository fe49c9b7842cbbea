//! What other programs read: `results.jsonl`, `params.csv`, JSON. The same study gives the same bytes.

mod json;
mod params;
mod projection;
mod results;

pub use json::json;
pub use params::{csv, csv_header, csv_line};
pub use projection::{PARAMS, Projection, RESULTS};
pub use results::{jsonl, jsonl_line};

use serde_json::{Map, Value as Json};
use space::Space;
use study::{Study, TrialId};

use crate::view::{Row, View};

/// Where exports take their rows from: a whole [`View`], or a study's fold of which rows are made only when they
/// are written.
pub trait Source {
    /// Names, objectives and columns; its rows are not looked at.
    fn view(&self) -> &View;
    /// The finished trials in the order of their endings, each with its place in it (any number that does not
    /// fall).
    fn finished(&self) -> Vec<Finished>;
    /// The row of a trial and the configuration that its program got, where known.
    fn read(&self, number: u64) -> Option<(Row, Option<Json>)>;
}

/// A finished trial: which, and when among all endings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finished {
    /// The place of its ending.
    pub ended: u64,
    /// The trial's number.
    pub number: u64,
}

impl Source for View {
    fn view(&self) -> &View {
        self
    }

    fn finished(&self) -> Vec<Finished> {
        let over = self.rows.iter().filter(|row| row.state.is_finished());
        let mut all: Vec<Finished> =
            over.map(|row| Finished { ended: row.ended.unwrap_or(0), number: row.number }).collect();
        all.sort_unstable();
        all
    }

    fn read(&self, number: u64) -> Option<(Row, Option<Json>)> {
        let at = self.rows.binary_search_by_key(&number, |row| row.number).ok()?;
        Some((self.rows[at].clone(), None))
    }
}

/// A study's fold as a source.
pub struct Fold<'a> {
    study: &'a Study,
    space: Option<&'a Space>,
    head: View,
}

impl<'a> Fold<'a> {
    /// `space` is the declared one; without it records hold no resolved configuration.
    pub fn new(study: &'a Study, space: Option<&'a Space>) -> Self {
        Fold { study, space, head: View::head(study, space) }
    }
}

impl Source for Fold<'_> {
    fn view(&self) -> &View {
        &self.head
    }

    fn finished(&self) -> Vec<Finished> {
        let over = self.study.trials().filter(|trial| trial.state().is_ended());
        let finished =
            over.map(|trial| Finished { ended: trial.ended_at().unwrap_or(0), number: trial.number().0 });
        let mut all: Vec<Finished> = finished.collect();
        all.sort_unstable();
        all
    }

    fn read(&self, number: u64) -> Option<(Row, Option<Json>)> {
        let trial = self.study.trial(TrialId(number))?;
        let config = self.space.and_then(|space| resolved(space, &trial.point()));
        Some((self.head.row(trial), config))
    }
}

/// The configuration that a program gets for sampled values; `None` where they are not of this space.
fn resolved(space: &Space, params: &Map<String, Json>) -> Option<Json> {
    space.from_json(params).ok().map(|point| space.resolve(&point))
}
