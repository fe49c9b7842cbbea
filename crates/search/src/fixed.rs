//! A list of configurations, evaluated in order.

use serde_json::{Map, Value, json};
use space::{Point, Space};

use crate::strategy::{Draft, Strategy};
use crate::{Ask, Observed, SearchError};

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
        let points = tables.iter().enumerate().map(|(i, table)| {
            point(space, table).map_err(|why| SearchError::Unsuitable(format!("points[{i}]: {why}")))
        });
        Ok(Fixed { points: points.collect::<Result<_, _>>()?, next: 0 })
    }
}

fn point(space: &Space, table: &Map<String, Value>) -> Result<Point, String> {
    let mut point = Point::empty(space.parameters().len());
    for (i, parameter) in space.parameters().iter().enumerate() {
        let value = table.get(&parameter.path);
        match (space.is_active(i, &point), value) {
            (true, Some(value)) => {
                let value = parameter.domain.from_json(value);
                point.set(i, Some(value.map_err(|why| format!("{}: {why}", parameter.path))?));
            }
            (true, None) => return Err(format!("{} has no value", parameter.path)),
            (false, Some(_)) => return Err(format!("{} is not active here", parameter.path)),
            (false, None) => {}
        }
    }
    match table.keys().find(|path| space.index(path).is_none()) {
        Some(path) => Err(format!("the space has no parameter `{path}`")),
        None => Ok(point),
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
            None => Draft::Exhausted,
        })
    }
}
