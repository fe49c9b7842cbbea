//! A list of configurations, evaluated in order.

use serde_json::{Map, Value, json};
use space::{Point, Space};

use crate::strategy::{Draft, Strategy};
use crate::{Ask, Observed, SearchError, Spent};

/// The key in a memo under which a point's place in the list stands.
const INDEX: &str = "fixed";

/// The list, and how far it was used.
#[derive(Clone, Debug)]
pub(crate) struct Fixed {
    points: Vec<Point>,
    next: usize,
}

impl Fixed {
    /// The list as the study file gives it: tables from path to value, each complete.
    pub(crate) fn new(space: &Space, tables: &[Map<String, Value>]) -> Result<Self, SearchError> {
        if tables.is_empty() {
            return Err(SearchError::Unsuitable(
                "sampler fixed: points is empty; it tries exactly those".to_owned(),
            ));
        }
        let points = tables.iter().enumerate().map(|(i, table)| {
            space.from_json(table).map_err(|why| SearchError::Unsuitable(format!("points[{i}]: {why}")))
        });
        Ok(Fixed { points: points.collect::<Result<_, _>>()?, next: 0 })
    }
}

impl Strategy for Fixed {
    fn learn(&mut self, events: &[Observed]) {
        for event in events {
            let Observed::Created { memo: Some(memo), .. } = event else { continue };
            if let Some(index) = memo.get(INDEX).and_then(Value::as_u64) {
                self.next = self.next.max(index as usize + 1);
            }
        }
    }

    fn draw(
        &mut self,
        _ask: &Ask<'_>,
        _attempt: u32,
        accept: &dyn Fn(&Point) -> bool,
    ) -> Result<Draft, SearchError> {
        let mut rest = self.points.iter().enumerate().skip(self.next);
        Ok(match rest.find(|(_, point)| accept(point)) {
            Some((index, point)) => Draft::Point(point.clone(), Some(json!({ INDEX: index }))),
            None => Draft::Exhausted(Spent::Points),
        })
    }
}
