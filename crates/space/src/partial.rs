//! Points of which only some values are known: `[[point]]` of the study file, enqueued trials, the defaults.

use serde_json::Map;

use crate::tree::Target;
use crate::{Json, Point, Scalar, Space, SpaceError};

/// Values for some of a space's parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct PartialPoint(Box<[Option<Scalar>]>);

impl PartialPoint {
    /// The value given for parameter `i`.
    pub fn get(&self, i: usize) -> Option<&Scalar> {
        self.0.get(i).and_then(Option::as_ref)
    }

    /// How many values are given.
    pub fn given(&self) -> usize {
        self.0.iter().flatten().count()
    }

    /// Whether no value is given.
    pub fn is_empty(&self) -> bool {
        self.given() == 0
    }
}

impl Space {
    /// The defaults that were declared, as far as they can hold together: that of a parameter inside an option only
    /// where the option is the default of its choice.
    pub fn defaults(&self) -> PartialPoint {
        let mut slots: Vec<Option<Scalar>> = Vec::with_capacity(self.parameters().len());
        // What decides comes before what depends on it.
        for (i, parameter) in self.parameters().iter().enumerate() {
            let taken = self.condition(i).option.is_none_or(|(choice, option)| {
                slots.get(choice).is_some_and(|slot| *slot == Some(Scalar::Choice(option)))
            });
            slots.push(parameter.default.clone().filter(|_| taken));
        }
        PartialPoint(slots.into())
    }

    /// A point with the values of `partial` wherever their parameters are active, and those of `fill` elsewhere; see
    /// [`complete`](Self::complete).
    pub fn complete_partial(
        &self,
        partial: &PartialPoint,
        mut fill: impl FnMut(usize, &Point) -> Scalar,
    ) -> Point {
        self.complete(|i, point| partial.get(i).cloned().unwrap_or_else(|| fill(i, point)))
    }

    /// Reads values as a person gives them: by path (`optimizer.adam.beta1`), by short name where the option is given
    /// too (`optimizer.beta1`), lists as arrays, options that hold parameters also as tables
    /// (`optimizer = { name = "adam", beta1 = 0.9 }`). A given parameter of an option implies that option, and a given
    /// array the length of its list. A constant may be given with the value it has, so that a trial's `config.json` can be read where nothing is tied.
    ///
    /// # Errors
    /// An unknown name (with the nearest one), a value out of its domain, or values that exclude each other.
    pub fn partial(&self, given: &Map<String, Json>) -> Result<PartialPoint, SpaceError> {
        let mut reading = Reading {
            space: self,
            slots: vec![None; self.parameters().len()],
            lists: Vec::new(),
            short: Vec::new(),
        };
        reading.table("", given)?;
        // Short names can stand before the options that they are about, or hang on one another.
        while !reading.short.is_empty() {
            let waiting = std::mem::take(&mut reading.short);
            let before = waiting.len();
            for (name, json) in waiting {
                reading.entry(name, json)?;
            }
            if reading.short.len() == before {
                let (name, _) = &reading.short[0];
                let choice = name.rsplit_once('.').map_or("", |(choice, _)| choice);
                let error = SpaceError::new(name, format!("this depends on `{choice}`, which is not given"));
                return Err(error.hint("give it too, or write the whole path with the option's name"));
            }
        }
        reading.imply_lengths()?;
        reading.imply_options()?;
        Ok(PartialPoint(reading.slots.into()))
    }
}

struct Reading<'a> {
    space: &'a Space,
    slots: Vec<Option<Scalar>>,
    /// Lists that are given as arrays, with their lengths.
    lists: Vec<(usize, usize)>,
    /// Short names whose option is not known yet.
    short: Vec<(String, &'a Json)>,
}

impl<'a> Reading<'a> {
    fn table(&mut self, prefix: &str, given: &'a Map<String, Json>) -> Result<(), SpaceError> {
        given.iter().try_for_each(|(name, json)| self.entry(format!("{prefix}{name}"), json))
    }

    fn entry(&mut self, name: String, json: &'a Json) -> Result<(), SpaceError> {
        match self.space.parts().names.get(&name) {
            Some(target) => self.target(&name, target, json),
            None => Err(self.space.unknown(&name)),
        }
    }

    fn target(&mut self, name: &str, target: &'a Target, json: &'a Json) -> Result<(), SpaceError> {
        match target {
            Target::Parameter(i) => self.parameter(*i, json),
            Target::Constant(k) if self.space.parts().constants[*k].value == *json => Ok(()),
            Target::Constant(k) => {
                let value = &self.space.parts().constants[*k].value;
                let error = SpaceError::new(name, format!("this is the constant {value}"));
                Err(error.hint("leave it out, or declare it as a parameter"))
            }
            Target::Tied(k) => {
                let source = self.space.parts().tied[*k].formula.expr.source();
                Err(SpaceError::new(name, format!("this is computed as {source}")).hint("leave it out"))
            }
            Target::List(k) => {
                let list = &self.space.parts().lists[*k];
                let most = list.elements.len();
                let Some(values) = json.as_array().filter(|values| values.len() <= most) else {
                    return Err(SpaceError::new(
                        name,
                        format!("{json} is not a list of at most {most} values"),
                    ));
                };
                self.lists.push((*k, values.len()));
                list.elements.iter().zip(values).try_for_each(|(i, json)| self.parameter(*i, json))
            }
            Target::Chosen(choice, options) => match self.slots[*choice].as_ref().and_then(Scalar::option) {
                None => {
                    self.short.push((name.to_owned(), json));
                    Ok(())
                }
                Some(option) => match options.get(option as usize).and_then(Option::as_ref) {
                    Some(target) => self.target(name, target, json),
                    None => {
                        let choice = &self.space.parameters()[*choice];
                        let label = choice.domain.to_json(&Scalar::Choice(option));
                        Err(SpaceError::new(
                            name,
                            format!("there is no such parameter where `{}` is {label}", choice.path),
                        ))
                    }
                },
            },
        }
    }

    fn parameter(&mut self, i: usize, json: &'a Json) -> Result<(), SpaceError> {
        let parameter = &self.space.parameters()[i];
        let table = json.as_object().filter(|table| table.contains_key("name"));
        let label = table.and_then(|table| table.get("name")).unwrap_or(json);
        let value = parameter.domain.from_json(label).or_else(|message| {
            parameter.domain.option_of_value(json).ok_or_else(|| SpaceError::new(&parameter.path, message))
        })?;
        if self.slots[i].as_ref().is_some_and(|other| *other != value) {
            return Err(SpaceError::new(&parameter.path, "it is given twice, with different values"));
        }
        self.slots[i] = Some(value);
        match (table, label.as_str()) {
            (Some(table), Some(label)) => {
                let prefix = format!("{}.{label}.", parameter.path);
                let others = table.iter().filter(|(key, _)| *key != "name");
                others.into_iter().try_for_each(|(key, json)| self.entry(format!("{prefix}{key}"), json))
            }
            _ => Ok(()),
        }
    }

    /// An array says how long its list is.
    fn imply_lengths(&mut self) -> Result<(), SpaceError> {
        for (k, given) in std::mem::take(&mut self.lists) {
            let list = &self.space.parts().lists[k];
            let Some(i) = list.length else { continue };
            let length = &self.space.parameters()[i];
            let there = self.slots[i].as_ref().map(|value| length.domain.to_json(value));
            let message = match (there, length.domain.from_json(&Json::from(given))) {
                (Some(there), _) if there.as_u64() == Some(given as u64) => continue,
                (Some(there), _) => format!("there are {given} values, but `{}` is {there}", length.path),
                (None, Ok(value)) => {
                    self.slots[i] = Some(value);
                    continue;
                }
                (None, Err(_)) => {
                    format!("there are {given} values, but `{}` is {}", length.path, length.domain.describe())
                }
            };
            return Err(SpaceError::new(&list.path, message).hint("give as many values as the list is long"));
        }
        Ok(())
    }

    /// A value inside an option means that the option is taken.
    fn imply_options(&mut self) -> Result<(), SpaceError> {
        for i in (0..self.slots.len()).rev() {
            let Some((choice, option)) = self.space.condition(i).option.filter(|_| self.slots[i].is_some())
            else {
                continue;
            };
            match &self.slots[choice] {
                None => self.slots[choice] = Some(Scalar::Choice(option)),
                Some(Scalar::Choice(other)) if *other == option => {}
                Some(other) => {
                    let (inner, choice) = (&self.space.parameters()[i], &self.space.parameters()[choice]);
                    let label = choice.domain.to_json(other);
                    let message = format!("it has a value, but `{}` is {label}", choice.path);
                    return Err(SpaceError::new(&inner.path, message).hint("leave one of the two out"));
                }
            }
        }
        Ok(())
    }
}
