//! Words said once: a study's parameter paths, metric names, labels and hosts, and the shapes of its points.
//!
//! A hundred thousand trials share a handful of names. With each trial keeping only numbers, a finished one fits
//! in well under 1 KB.

use indexmap::IndexSet;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use space::Domain;

use crate::event::Assignment;
use crate::json_text;

/// The number of a word.
pub(crate) type NameId = u32;

/// No domain: the parameter is declared, not suggested.
pub(crate) const NO_DOMAIN: u32 = u32::MAX;

/// One slot of a shape: the parameter's path, and the number of the domain that was suggested for it.
pub(crate) type Slot = (NameId, u32);

/// A sampled value in 16 bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Cell {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(NameId),
    /// Permutations and whatever else; kept as text in snapshots.
    Other(#[serde(with = "json_text")] Box<Json>),
}

/// The words and shapes of one study.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Names {
    words: IndexSet<Box<str>>,
    shapes: IndexSet<Box<[Slot]>>,
    #[serde(with = "json_text")]
    domains: Vec<Domain>,
}

impl Names {
    pub(crate) fn word(&self, id: NameId) -> &str {
        self.words.get_index(id as usize).map_or("", |word| word)
    }

    pub(crate) fn find(&self, word: &str) -> Option<NameId> {
        self.words.get_index_of(word).map(|index| index as NameId)
    }

    pub(crate) fn intern(&mut self, word: &str) -> NameId {
        match self.find(word) {
            Some(id) => id,
            None => self.words.insert_full(word.into()).0 as NameId,
        }
    }

    pub(crate) fn shape(&self, id: u32) -> &[Slot] {
        self.shapes.get_index(id as usize).map_or(&[], |shape| shape)
    }

    pub(crate) fn intern_shape(&mut self, slots: &[Slot]) -> u32 {
        match self.shapes.get_index_of(slots) {
            Some(index) => index as u32,
            None => self.shapes.insert_full(slots.into()).0 as u32,
        }
    }

    pub(crate) fn domain(&self, id: u32) -> Option<&Domain> {
        self.domains.get(id as usize)
    }

    /// Domains are few; a program suggests the same ones again and again, so the newest are looked at first.
    pub(crate) fn intern_domain(&mut self, domain: &Domain) -> u32 {
        match self.domains.iter().rposition(|known| known == domain) {
            Some(index) => index as u32,
            None => {
                self.domains.push(domain.clone());
                self.domains.len() as u32 - 1
            }
        }
    }

    pub(crate) fn cell(&mut self, value: &Json) -> Cell {
        match value {
            Json::Null => Cell::Null,
            Json::Bool(value) => Cell::Bool(*value),
            Json::String(text) => Cell::Text(self.intern(text)),
            Json::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(int), _) => Cell::Int(int),
                (None, Some(float)) if number.is_f64() => Cell::Float(float),
                _ => Cell::Other(Box::new(value.clone())),
            },
            Json::Array(_) | Json::Object(_) => Cell::Other(Box::new(value.clone())),
        }
    }

    pub(crate) fn json(&self, cell: &Cell) -> Json {
        match cell {
            Cell::Null => Json::Null,
            Cell::Bool(value) => Json::Bool(*value),
            Cell::Int(value) => Json::from(*value),
            Cell::Float(value) => Json::from(*value),
            Cell::Text(id) => Json::from(self.word(*id)),
            Cell::Other(json) => (**json).clone(),
        }
    }

    /// A point's shape and cells.
    pub(crate) fn pack(&mut self, point: &Assignment) -> (u32, Box<[Cell]>) {
        let slots: Vec<Slot> = point.keys().map(|path| (self.intern(path), NO_DOMAIN)).collect();
        let cells = point.values().map(|value| self.cell(value)).collect();
        (self.intern_shape(&slots), cells)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_point_unpacks_to_the_same_json() {
        let point: Assignment = serde_json::from_str(
            r#"{"lr": 0.001, "n": 3, "big": 18446744073709551615, "opt": "adam", "on": true, "none": null,
                "order": ["b", "a"], "whole": 2.0}"#,
        )
        .unwrap();
        let mut names = Names::default();
        let (shape, cells) = names.pack(&point);
        let back: Assignment = names
            .shape(shape)
            .iter()
            .zip(&cells)
            .map(|((path, _), cell)| (names.word(*path).to_owned(), names.json(cell)))
            .collect();
        assert_eq!(serde_json::to_string(&back).unwrap(), serde_json::to_string(&point).unwrap());
        assert_eq!(names.pack(&point).0, shape, "equal points share a shape");
    }

    #[test]
    fn a_cell_takes_sixteen_bytes() {
        assert_eq!(size_of::<Cell>(), 16);
    }
}
