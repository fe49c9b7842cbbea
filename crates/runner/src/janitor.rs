//! `keep = k`: what trials outside of the `k` best left for later use is deleted: `artifacts/` and `checkpoint/`, never
//! what was recorded of them.
//!
//! The folders may be large and their disk slow, so a thread of its own deletes them.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use exec::layout;
use search::{PrunerSpec, TrialId};
use session::Session;
use study::{RunKey, Study, Trial};

use crate::Finish;

/// How often it looks at most.
const EVERY: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Debug)]
pub(crate) struct Janitor {
    keep: usize,
    /// Trials that ended may go on from their checkpoints, as long as the study does.
    promotes: bool,
    /// By the steady clock, and how many trials had ended then.
    looked: Option<(Duration, u64)>,
    /// Trials whose folders were handed over, each with its round: one that goes on leaves new ones.
    done: BTreeSet<(TrialId, u32)>,
    folders: Option<Sender<PathBuf>>,
    troubles: Receiver<String>,
    thread: Option<JoinHandle<()>>,
}

impl Janitor {
    /// `None` where everything is kept.
    pub(crate) fn new(keep: Option<u32>, pruner: Option<&PrunerSpec>) -> Option<Self> {
        let keep = keep? as usize;
        let (folders, work) = channel::<PathBuf>();
        let (tell, troubles) = channel();
        let sweep = move || {
            for folder in work {
                if let Err(error) = remove(&folder) {
                    // Nobody listens once the runner leaves.
                    let _ = tell.send(format!("cannot delete {}: {error}", folder.display()));
                }
            }
        };
        Some(Janitor {
            keep,
            promotes: pruner.is_some_and(PrunerSpec::promotes),
            looked: None,
            done: BTreeSet::new(),
            folders: Some(folders),
            troubles,
            thread: Some(std::thread::spawn(sweep)),
        })
    }

    /// Hands over what need not be kept any more. Gives what a person should know.
    pub(crate) fn tick(&mut self, session: &Session, directory: &dyn Fn(RunKey) -> PathBuf) -> Vec<String> {
        if !self.promotes {
            let now = session.clock().steady();
            session.with_study(|study| {
                let ended = study.counts().ended();
                let is_due =
                    self.looked.is_none_or(|(at, then)| ended != then && now.saturating_sub(at) >= EVERY);
                if is_due {
                    self.looked = Some((now, ended));
                    self.look(study, directory);
                }
            });
        }
        self.troubles.try_iter().collect()
    }

    /// The last look, and the deletions that are left.
    pub(crate) fn finish(
        &mut self,
        session: &Session,
        finish: Finish,
        directory: &dyn Fn(RunKey) -> PathBuf,
    ) -> Vec<String> {
        if !self.promotes || matches!(finish, Finish::Limit | Finish::Exhausted(_)) {
            session.with_study(|study| self.look(study, directory));
        }
        self.folders = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        self.troubles.try_iter().collect()
    }

    fn look(&mut self, study: &Study, directory: &dyn Fn(RunKey) -> PathBuf) {
        for trial in surplus(study, self.keep) {
            if !self.done.insert((trial.number(), trial.round())) {
                continue;
            }
            let runs: BTreeSet<PathBuf> =
                trial.runs().filter_map(|run| directory(run.key()).parent().map(PathBuf::from)).collect();
            for run in runs {
                for folder in [layout::artifacts(&run), layout::checkpoint(&run)] {
                    let _ = self.folders.as_ref().map(|folders| folders.send(folder));
                }
            }
        }
    }
}

/// The trials that are over, are not among the `keep` best (with several objectives: not on the front), and from which no
/// other starts.
fn surplus(study: &Study, keep: usize) -> Vec<Trial<'_>> {
    let best = if study.directions().len() > 1 { study.pareto() } else { study.best_k(keep) };
    let mut kept: BTreeSet<TrialId> = best.iter().map(|trial| trial.number()).collect();
    kept.extend(study.pending().filter_map(|trial| trial.parent()));
    let ended = study.trials().filter(|trial| trial.state().is_ended());
    ended.filter(|trial| !kept.contains(&trial.number())).collect()
}

fn remove(folder: &std::path::Path) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use study::{DecisionId, EventBody, Objective, Settings, StudyCreated, TrialCreated, TrialEnded};

    use super::*;

    /// A study that minimises; a trial without a value is not over.
    fn study(trials: &[(Option<f64>, Option<u64>)]) -> Study {
        let settings = Settings { objectives: vec![Objective::minimize("loss")], ..Settings::default() };
        let mut bodies = vec![EventBody::StudyCreated(StudyCreated::new("test", 1, settings))];
        for (number, (value, parent)) in (0..).zip(trials) {
            let mut created = TrialCreated::sampled(TrialId(number), DecisionId(number), Default::default());
            created.parent = parent.map(TrialId);
            bodies.push(EventBody::TrialCreated(created));
            bodies.extend(
                value.map(|value| EventBody::TrialEnded(TrialEnded::complete(TrialId(number), [value]))),
            );
        }
        Study::of(bodies).unwrap()
    }

    fn numbers(study: &Study, keep: usize) -> Vec<u64> {
        surplus(study, keep).iter().map(|trial| trial.number().0).collect()
    }

    #[test]
    fn the_best_and_those_that_are_not_over_are_kept() {
        let study = study(&[(Some(3.0), None), (Some(1.0), None), (Some(2.0), None), (None, None)]);
        assert_eq!(numbers(&study, 2), [0]);
        assert_eq!(numbers(&study, 1), [0, 2]);
        assert_eq!(numbers(&study, 9), [0; 0]);
    }

    #[test]
    fn a_trial_from_which_another_starts_is_kept_until_that_one_is_over() {
        let running = study(&[(Some(3.0), None), (Some(1.0), None), (None, Some(0))]);
        assert_eq!(numbers(&running, 1), [0; 0]);
        let over = study(&[(Some(3.0), None), (Some(1.0), None), (Some(0.5), Some(0))]);
        assert_eq!(numbers(&over, 1), [0, 1]);
    }

    #[test]
    fn what_is_not_there_needs_no_deletion() {
        let folder = tempfile::tempdir().unwrap();
        assert!(remove(&folder.path().join("artifacts")).is_ok());
    }
}
