//! The candidates of one group, which come out best first.
//!
//! Of most candidates a bound of the score is enough to know that another is better: first from the prior's share of the
//! worse trials' density, then with the kernels that are near. Always the one with the highest bound is scored more
//! closely, until it is known in full. The order is the same as if all were.

use space::{Scalar, Stream};

use super::Group;
use super::axis::Place;

/// Values drawn together.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    /// Which one it is in the order drawn.
    number: usize,
    log_better: f64,
    /// The logarithm of the ratio of densities, or a number that it is not above.
    score: f64,
    known: Known,
}

/// What of the worse trials' density a score is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Known {
    Prior,
    Near,
    All,
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Candidates {
    /// Those not taken out yet, in the order drawn.
    left: Vec<Candidate>,
    /// Of all, one after the other.
    places: Vec<Place>,
    dimensions: usize,
}

impl Candidates {
    /// Draws `count` candidates from the density of the better trials.
    pub(crate) fn draw(group: &mut Group, count: u32, stream: &mut Stream) -> Self {
        let dimensions = group.better.dimensions();
        let mut places = Vec::with_capacity(count as usize * dimensions);
        let draw = |number| {
            group.better.draw(stream, &mut places);
            let own = &places[number * dimensions..];
            let log_better = group.better.log_density(own);
            let score = ratio(log_better, group.worse.log_share_of_prior(own));
            Candidate { number, log_better, score, known: Known::Prior }
        };
        Candidates { left: (0..count as usize).map(draw).collect(), places, dimensions }
    }

    fn places(&self, candidate: &Candidate) -> &[Place] {
        &self.places[candidate.number * self.dimensions..][..self.dimensions]
    }

    /// How many are left.
    pub(crate) fn len(&self) -> usize {
        self.left.len()
    }

    /// Takes out the best of those left; of equals the first drawn.
    pub(crate) fn next(&mut self, group: &mut Group) -> Option<Vec<(usize, Scalar)>> {
        loop {
            // Of equal scores one of which less is known comes first, to be scored more closely.
            let before = |a: &Candidate, b: &Candidate| {
                a.score.total_cmp(&b.score).then(b.known.cmp(&a.known)).is_gt()
            };
            let first = (1..self.left.len())
                .fold(0, |best, i| if before(&self.left[i], &self.left[best]) { i } else { best });
            let best = *self.left.get(first)?;
            let places = self.places(&best);
            let (log_worse, known) = match best.known {
                Known::Prior => (group.worse.log_density_at_least(places), Known::Near),
                Known::Near => (group.worse.log_density(places), Known::All),
                Known::All => {
                    let values = group.better.values(places).collect();
                    self.left.remove(first);
                    return Some(values);
                }
            };
            self.left[first] = Candidate { score: ratio(best.log_better, log_worse), known, ..best };
        }
    }
}

fn ratio(log_better: f64, log_worse: f64) -> f64 {
    let score = log_better - log_worse;
    if score.is_nan() { f64::NEG_INFINITY } else { score }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use space::Space;

    use super::*;
    use crate::tpe::groups::variables;
    use crate::tpe::members::Fate;
    use crate::tpe::parzen::Parzen;
    use crate::{TpeOptions, TrialId};

    #[test]
    fn the_order_is_that_of_full_scores() {
        let declared = json!({
            "a": {"float": [0.0, 1.0]}, "b": {"float": [1e-4, 1.0], "log": true},
            "n": {"int": [0, 30]}, "c": {"choice": ["x", "y", "z"]},
        });
        let space = Space::build(&serde_json::from_value(declared).unwrap(), &[]).unwrap();
        let (variables, options) = (&variables(&space, true, None)[0], TpeOptions::default());
        for seed in 0..40 {
            let mut group = Group {
                better: Parzen::new(variables, &options, true, None),
                worse: Parzen::new(variables, &options, false, None),
            };
            let mut stream = Stream::new(seed, 0, 0);
            for trial in 0..20 * (1 + seed) {
                let side = if trial % 12 == 0 { &mut group.better } else { &mut group.worse };
                side.insert(TrialId(trial), &space.sample(&mut stream), Fate::Failed);
            }
            let mut candidates = Candidates::draw(&mut group, 24, &mut stream);
            let mut expected = candidates.left.clone();
            for c in &mut expected {
                c.score = ratio(c.log_better, group.worse.log_density(candidates.places(c)));
            }
            expected.sort_by(|a, b| b.score.total_cmp(&a.score));
            for candidate in expected {
                let values = group.better.values(candidates.places(&candidate)).collect();
                assert_eq!(candidates.next(&mut group), Some(values));
            }
            assert_eq!(candidates.next(&mut group), None);
        }
    }
}
