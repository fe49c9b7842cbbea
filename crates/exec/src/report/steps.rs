//! A limit on steps: which reports count, and when the run has come to its end.

use crate::order::StepLimit;

/// How far a run has come in its steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Its last step is still to come, or there is no limit.
    Within,
    /// It has reported its last step, and may still have something to do.
    Reached,
    /// It is to be stopped.
    Beyond,
}

/// Follows a run's steps. What counts depends on the order of the reports alone, never on the time that passed between
/// them: the same program has the same figures on any machine, however late it is stopped (invariant LAG).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Steps {
    limit: Option<StepLimit>,
    /// The step that reached the limit.
    last: Option<u64>,
    progress: Progress,
}

impl Steps {
    /// With a limit, or none.
    pub(crate) fn new(limit: Option<StepLimit>) -> Self {
        Steps { limit, last: None, progress: Progress::Within }
    }

    /// How far it has come.
    pub(crate) fn progress(&self) -> Progress {
        self.progress
    }

    /// Takes the next report's step; whether the report counts.
    pub(crate) fn take(&mut self, step: Option<u64>) -> bool {
        let Some(limit) = self.limit else { return true };
        match (self.progress, step) {
            (Progress::Beyond, _) => return false,
            (Progress::Within, Some(step)) if step >= limit.step => {
                self.last = Some(step);
                let patient = !limit.patience.is_zero();
                self.progress = if patient { Progress::Reached } else { Progress::Beyond };
            }
            (Progress::Reached, step) if step > self.last => {
                self.progress = Progress::Beyond;
                return false;
            }
            _ => {}
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Which of these steps count, and how it stands after them.
    fn taken(limit: Option<(u64, u64)>, steps: &[Option<u64>]) -> (Vec<bool>, Progress) {
        let limit = limit.map(|(step, patience)| StepLimit { step, patience: Duration::from_secs(patience) });
        let mut all = Steps::new(limit);
        (steps.iter().map(|step| all.take(*step)).collect(), all.progress())
    }

    #[test]
    fn without_a_limit_all_counts() {
        assert_eq!(taken(None, &[Some(1), None, Some(u64::MAX)]), (vec![true; 3], Progress::Within));
    }

    #[test]
    fn with_patience_last_words_count_and_a_further_step_does_not() {
        let words = [Some(2), Some(3), Some(3), None];
        assert_eq!(taken(Some((3, 1)), &words), (vec![true; 4], Progress::Reached));
        let further = [Some(3), Some(4), None, Some(3)];
        assert_eq!(taken(Some((3, 1)), &further), (vec![true, false, false, false], Progress::Beyond));
    }

    #[test]
    fn without_patience_nothing_counts_after_the_report_that_reached_it() {
        let steps = [Some(2), Some(3), Some(3), None];
        assert_eq!(taken(Some((3, 0)), &steps), (vec![true, true, false, false], Progress::Beyond));
    }

    #[test]
    fn a_program_that_leaps_over_its_limit_has_reached_it_there() {
        let steps = [Some(10), Some(20), Some(30)];
        assert_eq!(taken(Some((15, 1)), &steps), (vec![true, true, false], Progress::Beyond));
    }
}
