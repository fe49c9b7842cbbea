//! Which of the trials that a display tells of was the best when it ended.
//!
//! A display is told of endings one by one, while the study may know more already: with several slots, or several
//! runners. What it says must not depend on that.

use search::TrialId;
use study::Study;

/// The best of the trials that were told, and of those before.
#[derive(Default)]
pub struct Bests(Option<TrialId>);

impl Bests {
    /// Begins with what is there.
    pub fn begin(&mut self, study: &Study) {
        self.0 = study.best().map(|best| best.number());
    }

    /// Whether this trial, which has ended, is better than all that ended before it.
    pub fn beats(&mut self, study: &Study, number: TrialId) -> bool {
        let (Some(trial), Some(best)) = (study.trial(number), study.best()) else { return false };
        // One that another runner ended is never told here.
        if best.ended_at() < trial.ended_at() {
            self.0 = Some(best.number());
        }
        let is_better = match self.0 {
            Some(known) => known != number && study.outranks(number, known),
            None => trial.state() == study::State::Complete,
        };
        if is_better {
            self.0 = Some(number);
        }
        is_better
    }
}

#[cfg(test)]
mod tests {
    use study::{DecisionId, EventBody, Objective, Settings, StudyCreated, TrialCreated, TrialEnded};

    use super::*;

    /// A study that minimises, with a trial for each value, ended in this order a second apart.
    fn study(values: &[f64]) -> Study {
        let settings = Settings { objectives: vec![Objective::minimize("loss")], ..Settings::default() };
        let mut bodies = vec![EventBody::StudyCreated(StudyCreated::new("test", 1, settings))];
        for (number, value) in (0..).zip(values) {
            let (trial, point) = (TrialId(number), Default::default());
            bodies.push(EventBody::TrialCreated(TrialCreated::sampled(trial, DecisionId(number), point)));
            bodies.push(EventBody::TrialEnded(TrialEnded::complete(trial, [*value])));
        }
        Study::of(bodies).unwrap()
    }

    #[test]
    fn what_is_said_does_not_depend_on_how_much_the_study_knows_already() {
        let values = [5.0, 7.0, 3.0, 4.0, 1.0];
        let want = [true, false, true, false, true];
        let all = study(&values);
        let mut late = Bests::default();
        assert_eq!(std::array::from_fn(|n| late.beats(&all, TrialId(n as u64))), want);
        let mut prompt = Bests::default();
        let told = |n| prompt.beats(&study(&values[..=n]), TrialId(n as u64));
        assert_eq!([0, 1, 2, 3, 4].map(told), want);
    }

    #[test]
    fn what_was_there_before_or_what_another_runner_ended_is_to_be_beaten() {
        let mut bests = Bests::default();
        bests.begin(&study(&[5.0]));
        // Trial 1 was another runner's, and is never told.
        let all = study(&[5.0, 2.0, 3.0, 1.0]);
        assert!(!bests.beats(&study(&[5.0, 2.0, 3.0]), TrialId(2)));
        assert!(bests.beats(&all, TrialId(3)));
        assert!(!bests.beats(&all, TrialId(3)));
    }
}
