//! How many of a study's runs stand how.

use crate::{Course, How, Judge, Study};

/// A study's runs by how they stand, all attempts counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Runs {
    /// Under way.
    pub running: usize,
    /// They may start as soon as there is room for them, or their time has come.
    pub waiting: usize,
    /// Ended well.
    pub ok: usize,
    /// Ended badly by themselves.
    pub failed: usize,
    /// Stopped at their time limit.
    pub timeout: usize,
    /// Ended by a person, or with the study.
    pub killed: usize,
    /// Their machine or supervisor went away.
    pub lost: usize,
    /// Stopped early by a rule.
    pub pruned: usize,
}

impl Runs {
    /// Each count with its name.
    pub fn named(&self) -> [(&'static str, usize); 8] {
        [
            ("running", self.running),
            ("waiting", self.waiting),
            ("ok", self.ok),
            ("failed", self.failed),
            ("timeout", self.timeout),
            ("killed", self.killed),
            ("lost", self.lost),
            ("pruned", self.pruned),
        ]
    }
}

impl Study {
    /// How its runs stand.
    pub fn runs(&self) -> Runs {
        let mut runs = Runs::default();
        for run in self.trials().flat_map(|trial| trial.runs()) {
            *match run.how() {
                Some(How::Ok) => &mut runs.ok,
                Some(How::Failed) => &mut runs.failed,
                Some(How::Timeout) => &mut runs.timeout,
                Some(How::Killed) => &mut runs.killed,
                Some(How::Lost) => &mut runs.lost,
                Some(How::Pruned) => &mut runs.pruned,
                // The end of a trial is the end of what it did not wait for.
                None => continue,
            } += 1;
        }
        runs.running =
            self.pending().flat_map(|trial| trial.runs()).filter(|run| run.how().is_none()).count();
        // Settings that no judge can be made of never come into a log.
        if let Ok(judge) = Judge::new(self.settings()) {
            let courses = self.pending().filter_map(|trial| self.course(&judge, trial.number(), None));
            runs.waiting =
                courses.map(|course| if let Course::Open { due, .. } = course { due.len() } else { 0 }).sum();
        }
        runs
    }
}

#[cfg(test)]
mod tests {
    use crate::*;

    fn started(trial: TrialId, attempt: u32) -> EventBody {
        let run = RunKey { attempt, ..RunKey::first(trial) };
        EventBody::RunStarted(RunStarted { run, epoch: 1, host: None, cpus: None, gpus: None, lease: None })
    }

    fn ended(trial: TrialId, how: How) -> EventBody {
        let (run, metrics) = (RunKey::first(trial), Digests::new());
        EventBody::RunEnded(RunEnded { run, epoch: 1, end: RunEnd::new(how, 1.0), metrics })
    }

    #[test]
    fn every_run_is_counted_and_a_lost_one_waits_to_be_run_again() {
        let settings = Settings { objectives: vec![Objective::minimize("loss")], ..Settings::default() };
        let mut bodies = vec![EventBody::StudyCreated(StudyCreated::new("demo", 1, settings))];
        for number in (0..4).map(TrialId) {
            let created = TrialCreated::sampled(number, DecisionId(number.0), Assignment::new());
            bodies.push(EventBody::TrialCreated(created));
        }
        bodies.extend([started(TrialId(0), 0), started(TrialId(1), 0), started(TrialId(2), 0)]);
        bodies.extend([ended(TrialId(0), How::Failed), ended(TrialId(1), How::Lost)]);
        bodies.push(EventBody::TrialEnded(TrialEnded::new(TrialId(0), Ending::Failed)));
        let runs = Study::of(bodies).unwrap().runs();
        assert_eq!(runs, Runs { running: 1, waiting: 2, failed: 1, lost: 1, ..Runs::default() });
    }
}
