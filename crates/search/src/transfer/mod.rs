//! `[transfer]`: earlier studies shape the start of a search, under any sampler, and cannot spoil it.
//!
//! Of each earlier study only the ranks of its trials count: its values may be of another size, another data set. Its
//! good region (the best fifth) proposes some of the first points: its best configuration, then such as lie near a
//! good one. What the two spaces do not share is drawn at random.
//!
//! Two bounds keep a misleading study from harm. Of the first n trials 2√n at most come from earlier studies, and 20 in
//! all. And each proposal is judged by the sampler's own trials: one that is worse than half of them has lost, one that is
//! better than three quarters has won, and a study that has lost three times more than it has won is not asked again. So a
//! useless one costs three trials (with several studies one more for each, up to seven).
//!
//! Who proposed a trial stands in its decision's memo, so that replay gives the same standing (invariant HISTORY). The
//! sampler learns of these trials as of points that a person gave.

mod earlier;
mod standing;

use std::sync::Arc;

use serde_json::{Value, json};
use space::{Domain, Point, Scalar, Space, Stream};

use crate::strategy::{Draft, Strategy, stream};
use crate::{Ask, DecisionId, Observed, SearchError};
use standing::Standing;

pub(crate) use earlier::nearest;
pub use earlier::{Earlier, Good};

/// The key in a memo under which stands which earlier study proposed the point.
const KEY: &str = "transfer";
/// So often a new point is drawn from an earlier study before the sampler is asked instead.
const TRIES: u32 = 16;
/// How far a number is moved from a good trial's, in its range: at least, at most.
const MOVE: (f64, f64) = (0.02, 0.2);
/// How often an option is drawn anew.
const OTHER_OPTION: f64 = 0.1;

/// A sampler with earlier studies.
pub(crate) struct Transfer {
    inner: Box<dyn Strategy>,
    space: Arc<Space>,
    studies: Vec<Study>,
    standing: Standing,
}

/// An earlier study in this space.
struct Study {
    points: Vec<Vec<Option<Scalar>>>,
    /// For each parameter how widely the good values lie: a standard deviation in its range.
    spread: Vec<f64>,
}

impl Transfer {
    pub(crate) fn new(inner: Box<dyn Strategy>, space: Arc<Space>, earlier: &[Earlier]) -> Self {
        let studies = earlier.iter().map(|earlier| Study::new(earlier, &space)).collect();
        Transfer { inner, space, studies, standing: Standing::default() }
    }

    /// A point of an earlier study: its best one first, then others near a good one.
    fn propose(&self, study: &Study, first: bool, stream: &mut Stream) -> Option<Point> {
        let weights: Vec<f64> = (0..study.points.len()).rev().map(|rank| rank as f64 + 1.0).collect();
        let near = if first { 0 } else { stream.weighted(&weights) };
        let good = study.points.get(near)?;
        Some(self.space.complete(|i, _| {
            let parameter = &self.space.parameters()[i];
            match &good[i] {
                Some(value) if first => value.clone(),
                Some(value) => moved(&parameter.domain, value, study.spread[i], stream),
                None => parameter.default.clone().unwrap_or_else(|| parameter.domain.sample(stream)),
            }
        }))
    }
}

impl Study {
    fn new(earlier: &Earlier, space: &Space) -> Self {
        let points = earlier.points(space);
        let spread = (0..space.parameters().len()).map(|i| spread(&space.parameters()[i].domain, &points, i));
        Study { spread: spread.collect(), points }
    }
}

fn is_line(domain: &Domain) -> bool {
    matches!(domain, Domain::Float(_) | Domain::Int(_))
}

fn unit(domain: &Domain, value: &Scalar) -> f64 {
    let mut unit = [0.0];
    domain.to_unit(value, &mut unit);
    unit[0]
}

/// Scott's rule of the good values of one parameter, within bounds.
fn spread(domain: &Domain, points: &[Vec<Option<Scalar>>], i: usize) -> f64 {
    if !is_line(domain) {
        return 0.0;
    }
    let units: Vec<f64> = points.iter().filter_map(|point| Some(unit(domain, point[i].as_ref()?))).collect();
    let count = (units.len() as f64).max(1.0);
    let mean = units.iter().sum::<f64>() / count;
    let variance = units.iter().map(|u| (u - mean) * (u - mean)).sum::<f64>() / count;
    (variance.sqrt() * libm::pow(count, -0.2)).clamp(MOVE.0, MOVE.1)
}

/// A value near another one.
fn moved(domain: &Domain, value: &Scalar, spread: f64, stream: &mut Stream) -> Scalar {
    match domain {
        Domain::Float(_) | Domain::Int(_) => {
            let place = unit(domain, value) + spread * stream.normal();
            // Mirrored at the ends, so that they are not where all that misses comes to lie.
            let place = if place < 0.0 { -place } else { place };
            let place = if place > 1.0 { 2.0 - place } else { place };
            domain.from_unit(&[place.clamp(0.0, 1.0)])
        }
        Domain::Choice(_) if stream.uniform() < OTHER_OPTION => domain.sample(stream),
        Domain::Choice(_) | Domain::Permutation(_) => value.clone(),
    }
}

impl Strategy for Transfer {
    fn learn(&mut self, events: &[Observed]) {
        let mut told = Vec::with_capacity(events.len());
        for event in events {
            let from = |memo: &Option<Value>| Some(memo.as_ref()?.get(KEY)?.as_u64()? as usize);
            let study = match event {
                Observed::Created { memo, .. } => from(memo),
                _ => None,
            };
            self.standing.take_in(event, || study);
            told.push(match event {
                Observed::Created { trial, point, level, parent, .. } if study.is_some() => {
                    let (trial, point, level, parent) = (*trial, point.clone(), *level, *parent);
                    Observed::Created { trial, decision: None, point, level, parent, memo: None }
                }
                other => other.clone(),
            });
        }
        self.inner.learn(&told);
    }

    fn draw(
        &mut self,
        ask: &Ask<'_>,
        attempt: u32,
        accept: &dyn Fn(&Point) -> bool,
    ) -> Result<Draft, SearchError> {
        // The first decision is the sampler's own in any case: it may have something to say there.
        let next = self.standing.next(self.studies.len()).filter(|_| ask.decision > DecisionId(0));
        if attempt == 0
            && let Some((number, before)) = next
        {
            for attempt in 0..TRIES {
                let first = before == 0 && attempt == 0;
                let proposed = self.propose(&self.studies[number], first, &mut stream(ask, attempt));
                if let Some(point) = proposed.filter(|point| accept(point)) {
                    return Ok(Draft::Point(point, Some(json!({ KEY: number }))));
                }
            }
        }
        self.inner.draw(ask, attempt, accept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Outcome, TrialId};

    fn line() -> Arc<Space> {
        let declared =
            serde_json::from_value(json!({"x": {"float": [0.0, 1.0]}, "y": {"float": [0.0, 1.0]}}));
        Arc::new(Space::build(&declared.unwrap(), &[]).unwrap())
    }

    fn earlier(x: f64) -> Earlier {
        let point = json!({"x": x, "other": 3}).as_object().cloned().unwrap();
        Earlier::new("there", vec![point; 10], 40)
    }

    /// Lives through `trials` decisions of random search under an earlier study whose best lies at x = 0.9; how many came
    /// of it.
    fn lived(trials: u64, slots: u64, value: impl Fn(f64) -> f64) -> usize {
        let space = line();
        let mut transfer = Transfer::new(Box::new(crate::random::Random), space.clone(), &[earlier(0.9)]);
        let (mut count, mut waiting) = (0, Vec::new());
        for decision in 0..trials {
            let ask = Ask { space: &space, seed: 3, decision: DecisionId(decision), budget: None };
            let Draft::Point(point, memo) = transfer.draw(&ask, 0, &|_| true).unwrap() else {
                unreachable!()
            };
            count += usize::from(memo.is_some());
            let x = point.get(0).and_then(Scalar::number).unwrap();
            let trial = TrialId(decision);
            let (decision, point) = (Some(ask.decision), Arc::new(point));
            let created = Observed::Created { trial, decision, point, level: None, parent: None, memo };
            transfer.learn(&[created]);
            waiting.push((trial, value(x)));
            if waiting.len() as u64 == slots {
                for (trial, value) in waiting.drain(..) {
                    let outcome = Outcome::Complete { values: vec![value], violations: vec![] };
                    transfer.learn(&[Observed::Ended { trial, outcome }]);
                }
            }
        }
        count
    }

    #[test]
    fn a_good_study_proposes_a_shrinking_share() {
        for (trials, most) in [(10, 6), (40, 12), (200, 20)] {
            let count = lived(trials, 1, |x| (x - 0.9).abs());
            assert!(count <= most && count + 2 >= most / 2, "{count} of {trials}");
        }
    }

    #[test]
    fn a_misleading_study_costs_a_few_trials_whatever_the_number_of_slots() {
        for slots in [1, 8, 64] {
            let count = lived(200, slots, |x| -(x - 0.9).abs());
            assert!((1..=4).contains(&count), "{count} with {slots} slots");
        }
    }

    #[test]
    fn only_what_both_spaces_have_is_taken() {
        let given = |json: Value| Earlier::new("", vec![json.as_object().cloned().unwrap()], 1);
        assert_eq!(given(json!({"x": 0.3, "z": 1})).common(&line()), 1);
        assert_eq!(given(json!({"x": "a", "y": [1]})).common(&line()), 0);
        // Out of the range: the nearest end.
        assert_eq!(given(json!({"x": 7.0})).points(&line()), [vec![Some(Scalar::Float(1.0)), None]]);
    }
}
