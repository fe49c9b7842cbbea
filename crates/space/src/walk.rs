//! Ways through a finite space that keep nothing but a place: in order, and in a seeded random order without
//! repetition.

use num_bigint::BigUint;

use crate::{Point, Space, Stream};

/// Rounds of the Feistel network; four make a random permutation of random round functions (Luby and Rackoff 1988), the
/// others make up for small halves.
const ROUNDS: usize = 8;

/// The purpose of the streams that the round keys are drawn from; samplers use small numbers.
const PURPOSE: u64 = u64::MAX;

/// A seeded random order of the numbers 0…n−1, for n of any size: a Feistel network over the next power of four, walked
/// until it lands below n (Black and Rogaway 2002). Takes the same memory for each n.
#[derive(Clone, Debug, PartialEq)]
pub struct Shuffled {
    count: BigUint,
    half: u64,
    seed: u64,
    keys: [u64; ROUNDS],
}

impl Shuffled {
    /// An order of 0…count−1.
    pub fn new(count: BigUint, seed: u64) -> Self {
        let bits = if count == BigUint::ZERO { 0 } else { (&count - 1u8).bits() };
        let mut stream = Stream::new(seed, PURPOSE, 0);
        Shuffled {
            count,
            half: bits.div_ceil(2).max(1),
            seed,
            keys: std::array::from_fn(|_| stream.next_u64()),
        }
    }

    /// How many numbers there are.
    pub fn count(&self) -> &BigUint {
        &self.count
    }

    /// The number at `place`; `None` past the end. Different places have different numbers.
    pub fn at(&self, place: &BigUint) -> Option<BigUint> {
        if *place >= self.count {
            return None;
        }
        match (u64::try_from(place), u64::try_from(&self.count)) {
            (Ok(place), Ok(count)) if self.half <= 31 => {
                let mut at = self.small(place);
                while at >= count {
                    at = self.small(at);
                }
                Some(at.into())
            }
            _ => {
                let mut at = self.large(place);
                while at >= self.count {
                    at = self.large(&at);
                }
                Some(at)
            }
        }
    }

    fn small(&self, at: u64) -> u64 {
        let mask = (1 << self.half) - 1;
        let (mut left, mut right) = (at >> self.half, at & mask);
        for key in self.keys {
            (left, right) = (right, left ^ (mixed(right ^ key) & mask));
        }
        left << self.half | right
    }

    fn large(&self, at: &BigUint) -> BigUint {
        let mut left = at >> self.half;
        let mut right = at ^ (&left << self.half);
        for key in self.keys {
            let noise = self.noise(&right, key);
            (left, right) = (right, left ^ noise);
        }
        (left << self.half) | right
    }

    /// As many random bits as half a number has, from a stream named by all bits of `half`.
    fn noise(&self, half: &BigUint, key: u64) -> BigUint {
        let name = half.iter_u64_digits().fold(key, |name, digit| mixed(name.rotate_left(17) ^ digit));
        let mut stream = Stream::new(self.seed, PURPOSE, name);
        let words: Vec<u32> = (0..self.half.div_ceil(32)).map(|_| stream.next_u64() as u32).collect();
        let spare = words.len() as u64 * 32 - self.half;
        BigUint::new(words) >> spare
    }
}

/// The finisher of SplitMix64 (Steele, Lea and Flood 2014).
fn mixed(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

impl Space {
    /// All configurations that keep the space constraints, in the order of [`nth`](Self::nth), made one at a time;
    /// none where the space is not numbered. Where constraints leave little of a large space, a step can take long.
    pub fn enumerate(&self) -> impl Iterator<Item = Point> {
        let count = self.numbered().cloned().unwrap_or(BigUint::ZERO);
        let mut index = BigUint::ZERO;
        std::iter::from_fn(move || {
            while index < count {
                let point = self.nth(&index)?;
                index += 1u8;
                if self.allows(&point) {
                    return Some(point);
                }
            }
            None
        })
    }

    /// All configurations that keep the space constraints, each once, in a random order that follows from `seed`.
    /// `None` where the space is not numbered. [`Shuffled`] with [`nth`](Self::nth) gives any place of the same order.
    pub fn without_replacement(&self, seed: u64) -> Option<impl Iterator<Item = Point>> {
        let order = Shuffled::new(self.numbered()?.clone(), seed);
        let mut place = BigUint::ZERO;
        Some(std::iter::from_fn(move || {
            while let Some(index) = order.at(&place) {
                place += 1u8;
                let point = self.nth(&index)?;
                if self.allows(&point) {
                    return Some(point);
                }
            }
            None
        }))
    }
}
