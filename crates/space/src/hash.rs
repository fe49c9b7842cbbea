//! The identity of a configuration.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Parameter, Point, Scalar};

/// 128 bits that are equal for equal configurations and differ for different ones, whatever the order in which the
/// space declares its parameters. Written as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ConfigHash(u128);

impl fmt::Display for ConfigHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for ConfigHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConfigHash({self})")
    }
}

impl From<ConfigHash> for String {
    fn from(hash: ConfigHash) -> String {
        hash.to_string()
    }
}

/// A text that is not 32 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a configuration's hash: 32 hexadecimal digits")]
pub struct NotAHash(String);

impl FromStr for ConfigHash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let digits = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let bits = digits.then(|| u128::from_str_radix(text, 16).ok()).flatten();
        bits.map(ConfigHash).ok_or_else(|| NotAHash(text.to_owned()))
    }
}

impl TryFrom<String> for ConfigHash {
    type Error = NotAHash;

    fn try_from(text: String) -> Result<Self, NotAHash> {
        text.parse()
    }
}

/// What of a space goes into its configurations' hashes, made once.
#[derive(Clone, Debug)]
pub(crate) struct Hasher {
    /// In the order of their paths.
    parts: Box<[Part]>,
}

/// One parameter: its place in the space, its path, and its options' or items' texts, lengths first.
#[derive(Clone, Debug)]
struct Part {
    index: usize,
    path: Box<[u8]>,
    labels: Box<[Box<[u8]>]>,
}

impl Hasher {
    pub(crate) fn new(parameters: &[Parameter]) -> Self {
        let part = |(index, parameter): (usize, &Parameter)| Part {
            index,
            path: sized(&parameter.path),
            labels: crate::domain::labels(&parameter.domain)
                .into_iter()
                .map(|l| sized(&l.to_string()))
                .collect(),
        };
        let mut parts: Vec<Part> = parameters.iter().enumerate().map(part).collect();
        parts.sort_by(|a, b| parameters[a.index].path.cmp(&parameters[b.index].path));
        Hasher { parts: parts.into() }
    }

    pub(crate) fn hash(&self, point: &Point) -> ConfigHash {
        let mut text = Vec::with_capacity(512);
        for Part { index, path, labels } in &self.parts {
            let Some(value) = point.get(*index) else { continue };
            text.extend_from_slice(path);
            match value {
                // −0 + 0 = +0
                Scalar::Float(x) => tagged(&mut text, b'f', &(x + 0.0).to_bits().to_le_bytes()),
                Scalar::Int(n) => tagged(&mut text, b'i', &n.to_le_bytes()),
                Scalar::Choice(k) => tagged(&mut text, b'c', &labels[*k as usize]),
                Scalar::Order(order) => {
                    tagged(&mut text, b'o', &(order.len() as u32).to_le_bytes());
                    order.iter().for_each(|k| text.extend_from_slice(&labels[*k as usize]));
                }
            }
        }
        let digest = Sha256::digest(&text);
        let mut half = [0; 16];
        half.copy_from_slice(&digest[..16]);
        ConfigHash(u128::from_be_bytes(half))
    }
}

fn tagged(text: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    text.push(tag);
    text.extend_from_slice(bytes);
}

/// Length first, so that no two lists of texts run into the same bytes.
fn sized(text: &str) -> Box<[u8]> {
    let mut bytes = (text.len() as u32).to_le_bytes().to_vec();
    bytes.extend_from_slice(text.as_bytes());
    bytes.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_read_back_from_its_text() {
        let hash = ConfigHash(0x0123_4567_89ab_cdef_0011_2233_4455_6677);
        assert_eq!(hash.to_string(), "0123456789abcdef0011223344556677");
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert!("123".parse::<ConfigHash>().is_err());
        assert!("+123456789abcdef0011223344556677".parse::<ConfigHash>().is_err());
    }
}
