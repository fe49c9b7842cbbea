//! Sobol's sequence, Owen-scrambled: points spread more evenly than random ones.

pub(crate) mod directions;
pub(crate) mod scramble;

use serde_json::json;
use space::{Point, Space};

use self::directions::{BITS, Sequence};
use self::scramble::Scramble;
use crate::strategy::{Draft, Strategy};
use crate::{Ask, Observed, Purpose, SearchError, SobolOptions};

/// The key in a memo under which the index of a trial's point stands.
const INDEX: &str = "sobol";

/// The sequence, and how far it was used.
#[derive(Clone, Debug)]
pub(crate) struct Sobol {
    sequence: Sequence,
    options: SobolOptions,
    /// The index of the next point, as far as the trials seen so far say.
    next: u32,
}

impl Sobol {
    pub(crate) fn new(space: &Space, options: SobolOptions) -> Result<Self, SearchError> {
        Ok(Sobol { sequence: Sequence::new(space.encoding().width())?, options, next: 0 })
    }

    /// The point of this index.
    pub(crate) fn at(&self, ask: &Ask<'_>, index: u32) -> Point {
        ask.space.decode(&self.place(ask, index))
    }

    fn place(&self, ask: &Ask<'_>, index: u32) -> Vec<f64> {
        let scramble = self.options.scramble.then(|| Scramble::new(ask.stream(Purpose::Study).next_u64()));
        let unscrambled = |word: u32| f64::from(word) / (1_u64 << BITS) as f64;
        let words = self.sequence.point(index).enumerate();
        words.map(|(d, word)| scramble.map_or_else(|| unscrambled(word), |s| s.apply(d, word))).collect()
    }
}

impl Strategy for Sobol {
    fn learn(&mut self, events: &[Observed]) {
        for event in events {
            let Observed::Created { memo: Some(memo), .. } = event else { continue };
            let index = memo.get(INDEX).and_then(serde_json::Value::as_u64);
            if let Some(index) = index.and_then(|i| u32::try_from(i).ok()) {
                self.next = self.next.max(index.wrapping_add(1));
            }
        }
    }

    fn draw(
        &mut self,
        ask: &Ask<'_>,
        attempt: u32,
        accept: &dyn Fn(&Point) -> bool,
    ) -> Result<Draft, SearchError> {
        // Points that broke a constraint or were tried before are passed over, never replaced by a random one:
        // what is left of the sequence keeps its structure.
        let index = self.next.wrapping_add(attempt);
        let point = self.at(ask, index);
        Ok(if accept(&point) { Draft::Point(point, Some(json!({ INDEX: index }))) } else { Draft::Refused })
    }
}
