//! `[executor]`: where runs go, and what of the place they may take.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use study::schedule::Capacity;

use crate::size::ByteSize;

/// `[executor]`: where runs go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Executor {
    /// The kind of place.
    pub kind: ExecutorKind,
    /// How many runs there are at a time, at most; else what cpus, gpus, memory and resources allow.
    #[schemars(range(min = 1))]
    pub parallel: Option<u32>,
    /// How many processors the study takes; all of the machine's where absent.
    #[schemars(range(min = 1))]
    pub cpus: Option<u32>,
    /// Which gpus the study takes: their numbers (`[0, 1]`), how many (`2` are 0 and 1), or `"auto"`, all of the
    /// machine's; so too where absent.
    pub gpus: GpuSet,
    /// How much memory the study takes, shared out by what stages ask for; all of the machine's where absent.
    pub memory: Option<ByteSize>,
    /// Other things that runs take and give back, by name: `{ licences = 2 }`.
    pub resources: BTreeMap<String, u64>,
}

/// A kind of place where runs go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExecutorKind {
    /// This machine.
    #[default]
    Local,
}

/// Which gpus a study takes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum GpuSet {
    /// All that the machine has.
    #[default]
    Auto,
    /// So many: those numbered from 0.
    Count(u32),
    /// These numbers, each once.
    These(Vec<u32>),
}

impl GpuSet {
    /// Their numbers, on a machine with these.
    pub fn indices(&self, machine: &[u32]) -> Vec<u32> {
        match self {
            GpuSet::Auto => machine.to_vec(),
            GpuSet::Count(count) => (0..*count).collect(),
            GpuSet::These(indices) => indices.clone(),
        }
    }

    /// How many, where the file says it.
    pub fn count(&self) -> Option<usize> {
        match self {
            GpuSet::Auto => None,
            GpuSet::Count(count) => Some(*count as usize),
            GpuSet::These(indices) => Some(indices.len()),
        }
    }
}

impl Executor {
    /// What there is to share out on a machine: what the file says, and the machine's where it says nothing. The
    /// file is believed: more cpus than the machine has are cores 0, 1, … all the same.
    pub fn capacity(&self, machine: &Capacity) -> Capacity {
        let cores = match self.cpus {
            Some(cpus) if cpus as usize > machine.cores.len() => (0..cpus).collect(),
            Some(cpus) => machine.cores.iter().copied().take(cpus as usize).collect(),
            None => machine.cores.clone(),
        };
        Capacity {
            cores,
            gpus: self.gpus.indices(&machine.gpus),
            memory: self.memory.map(|memory| memory.0).or(machine.memory),
            named: self.resources.clone(),
            runs: self.parallel,
        }
    }
}

impl Serialize for GpuSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            GpuSet::Auto => serializer.serialize_str("auto"),
            GpuSet::Count(count) => serializer.serialize_u32(*count),
            GpuSet::These(indices) => indices.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for GpuSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<GpuSet, D::Error> {
        struct Seen;
        impl<'de> Visitor<'de> for Seen {
            type Value = GpuSet;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of numbers such as [0, 1], a count, or \"auto\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<GpuSet, E> {
                match text {
                    "auto" => Ok(GpuSet::Auto),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }

            fn visit_i64<E: de::Error>(self, count: i64) -> Result<GpuSet, E> {
                match u32::try_from(count) {
                    Ok(count) if count <= MOST => Ok(GpuSet::Count(count)),
                    _ => Err(E::invalid_value(de::Unexpected::Signed(count), &self)),
                }
            }

            fn visit_u64<E: de::Error>(self, count: u64) -> Result<GpuSet, E> {
                self.visit_i64(i64::try_from(count).unwrap_or(i64::MAX))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<GpuSet, A::Error> {
                let mut indices = Vec::new();
                while let Some(index) = list.next_element::<u32>()? {
                    if indices.contains(&index) {
                        return Err(de::Error::custom(format!("gpu {index} is there twice")));
                    }
                    indices.push(index);
                }
                Ok(GpuSet::These(indices))
            }
        }
        deserializer.deserialize_any(Seen)
    }
}

/// More gpus than this on one machine are a mistake.
const MOST: u32 = 4096;

impl JsonSchema for GpuSet {
    fn schema_name() -> Cow<'static, str> {
        "GpuSet".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "which gpus: their numbers, how many, or \"auto\" for all of the machine's",
            "default": "auto",
            "anyOf": [
                { "type": "array", "items": { "type": "integer", "minimum": 0 }, "uniqueItems": true },
                { "type": "integer", "minimum": 0, "maximum": MOST },
                { "type": "string", "enum": ["auto"] }
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine() -> Capacity {
        Capacity { gpus: vec![0, 1], memory: Some(64), ..Capacity::cpus(4) }
    }

    #[test]
    fn what_the_file_does_not_say_is_the_machines() {
        assert_eq!(Executor::default().capacity(&machine()), machine());
    }

    #[test]
    fn what_the_file_says_is_believed() {
        let said = Executor {
            parallel: Some(3),
            cpus: Some(8),
            gpus: GpuSet::These(vec![5]),
            memory: Some(ByteSize(10)),
            resources: [("licences".to_owned(), 2)].into(),
            ..Executor::default()
        };
        let capacity = said.capacity(&machine());
        assert_eq!((capacity.cores.len(), capacity.gpus, capacity.memory), (8, vec![5], Some(10)));
        assert_eq!((capacity.named["licences"], capacity.runs), (2, Some(3)));
        let few = Executor { cpus: Some(2), gpus: GpuSet::Count(1), ..Executor::default() };
        assert_eq!((few.capacity(&machine()).cores, few.capacity(&machine()).gpus), (vec![0, 1], vec![0]));
    }

    #[test]
    fn gpus_are_written_as_they_are_read() {
        for text in ["\"auto\"", "2", "[0,3]"] {
            let set: GpuSet = serde_json::from_str(text).expect("a set");
            assert_eq!(serde_json::to_string(&set).expect("text"), text);
        }
        for text in ["\"all\"", "-1", "[1,1]", "[-1]", "1.5", "99999"] {
            assert!(serde_json::from_str::<GpuSet>(text).is_err(), "{text}");
        }
    }
}
