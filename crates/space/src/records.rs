//! Points as records hold them: a flat map from paths to values and option labels.

use serde_json::Map;

use crate::{Json, Point, Space, SpaceError, nearest};

impl Space {
    /// The sampled values by path: `{"lr": 0.01, "optimizer": "adam", "optimizer.adam.beta1": 0.9}`. Options are given
    /// by their labels, permutations as lists of items; what is inactive is left out.
    pub fn to_json(&self, point: &Point) -> Map<String, Json> {
        let entry = |(i, parameter): (usize, &crate::Parameter)| {
            point.get(i).map(|value| (parameter.path.clone(), parameter.domain.to_json(value)))
        };
        self.parameters().iter().enumerate().filter_map(entry).collect()
    }

    /// The point that a record stands for: the reverse of [`to_json`](Self::to_json).
    ///
    /// # Errors
    /// An unknown or inactive name, a missing one, or a value out of its domain. Space constraints are not looked at:
    /// a study may have changed them since.
    pub fn from_json(&self, record: &Map<String, Json>) -> Result<Point, SpaceError> {
        let mut point = Point::empty(self.parameters().len());
        let mut used = 0;
        for (i, parameter) in self.parameters().iter().enumerate() {
            if !self.is_active(i, &point) {
                continue;
            }
            let Some(json) = record.get(&parameter.path) else {
                let error = SpaceError::new(&parameter.path, "it has no value");
                return Err(error.hint(format!("it is {}", parameter.domain.describe())));
            };
            let value = parameter.domain.from_json(json);
            point.set(i, Some(value.map_err(|message| SpaceError::new(&parameter.path, message))?));
            used += 1;
        }
        if used < record.len() {
            return Err(self.stray(record, &point));
        }
        Ok(point)
    }

    fn stray(&self, record: &Map<String, Json>, point: &Point) -> SpaceError {
        let stray = record.keys().find(|name| self.index(name).is_none_or(|i| point.get(i).is_none()));
        let name = stray.map_or("", String::as_str);
        match self.index(name) {
            Some(_) => SpaceError::new(name, "it has a value where it is not active").hint("leave it out"),
            None => self.unknown(name),
        }
    }

    pub(crate) fn unknown(&self, name: &str) -> SpaceError {
        let error = SpaceError::new(name, "there is no such parameter");
        match nearest(name, self.parameters().iter().map(|p| p.path.as_str())) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error,
        }
    }
}
