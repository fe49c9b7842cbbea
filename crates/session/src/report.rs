//! What running trials report, kept in short until they end.

use indexmap::IndexMap;
use search::TrialId;
use study::{DigestBuilder, Digests, Real};

use crate::{Session, SessionError, tell};

/// One trial's reports so far.
#[derive(Debug, Default)]
pub(crate) struct Reports {
    metrics: IndexMap<String, DigestBuilder>,
    last_step: u64,
}

impl Reports {
    pub(crate) fn digests(&self) -> Digests {
        let digest = |(name, builder): (&String, &DigestBuilder)| Some((name.clone(), builder.finish()?));
        self.metrics.iter().filter_map(digest).collect()
    }

    pub(crate) fn last_step(&self) -> u64 {
        self.last_step
    }
}

impl Session {
    /// Takes in what a trial of this session reports at a step. It is kept in short and written with the trial's
    /// ending; [`Told::Reported`](crate::Told::Reported) ends a trial with just that.
    ///
    /// # Errors
    /// Where there is no such trial, or it is over.
    pub fn report(
        &self,
        trial: TrialId,
        step: u64,
        metrics: impl IntoIterator<Item = (String, Real)>,
    ) -> Result<(), SessionError> {
        tell::open_trial(&self.lock().study, trial)?;
        let mut reports = self.reports();
        let of_trial = reports.entry(trial).or_default();
        of_trial.last_step = of_trial.last_step.max(step);
        for (name, value) in metrics {
            of_trial.metrics.entry(name).or_default().push(step, value);
        }
        Ok(())
    }

    pub(crate) fn reports(&self) -> std::sync::MutexGuard<'_, std::collections::BTreeMap<TrialId, Reports>> {
        // A report is pushed whole or not at all.
        self.reports.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
