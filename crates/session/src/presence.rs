//! Who drives the study: sessions announce themselves, show that they live, and note those that died.
//!
//! A session's epoch is the place in the log of its announcement, so no two are ever equal; every run that it
//! starts carries it (invariant FIRST ENDING WINS). That it lives is shown by a lease of its own, which it renews;
//! expiry is judged by the store's clock only.

use std::sync::PoisonError;
use std::time::Duration;

use store::{Durability, Lease};
use study::{EventBody, RunEnd, RunEnded, RunKey, RunnerStarted, RunnerStopped};

use crate::{Session, SessionError};

/// For so long a session that shows no sign of life counts as alive.
const ALIVE: Duration = Duration::from_secs(60);
/// So long before that its lease is renewed.
const RENEW_MS: u64 = 40_000;

/// Whether and as whom this session is announced.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    announced: Option<(u64, Lease)>,
}

impl Session {
    /// Announces this session as one that runs trials, if it is not yet, and returns its epoch. Runners that are
    /// found dead are noted as stopped.
    ///
    /// # Errors
    /// Where the store refuses.
    pub fn attend(&self) -> Result<u64, SessionError> {
        let mut presence = self.presence.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((epoch, lease)) = &mut presence.announced {
            let epoch = *epoch;
            if lease.expires_at.saturating_sub(self.store.now_ms()?) < RENEW_MS {
                *lease = self.store.renew(lease, ALIVE)?;
            }
            return Ok(epoch);
        }
        self.refresh()?;
        let mut bodies = self.dead_runners()?;
        let lease = self.store.acquire(self.id, &role(&self.options.name), &self.options.name, ALIVE)?;
        let lease = match lease {
            store::Acquired::Mine(lease) | store::Acquired::Held(lease) => lease,
        };
        let host = self.options.host.clone();
        bodies.push(EventBody::RunnerStarted(RunnerStarted { runner: self.options.name.clone(), host }));
        // The announcement is the last of them.
        let epoch = self.append(bodies, Durability::Committed)?.last;
        presence.announced = Some((epoch, lease));
        Ok(epoch)
    }

    /// Shows that this session lives; to be called at least every twenty seconds by who runs trials for longer.
    ///
    /// # Errors
    /// Where the store refuses, or another process took this one for dead.
    pub fn heartbeat(&self) -> Result<(), SessionError> {
        self.attend().map(|_| ())
    }

    /// This session's epoch, if it has announced itself.
    pub fn epoch(&self) -> Option<u64> {
        let presence = self.presence.lock().unwrap_or_else(PoisonError::into_inner);
        presence.announced.as_ref().map(|(epoch, _)| *epoch)
    }

    /// The runners of the study that live, as far as it is known here; those that are gone without a farewell are left out.
    ///
    /// # Errors
    /// Where the store refuses.
    pub fn living(&self) -> Result<Vec<String>, SessionError> {
        let dead = self.dead_runners()?;
        let is_dead = |name: &str| {
            dead.iter()
                .any(|body| matches!(body, EventBody::RunnerStopped(stopped) if stopped.runner == name))
        };
        Ok(self.with_study(|study| {
            study.runners().map(|(name, _)| name.to_owned()).filter(|name| !is_dead(name)).collect()
        }))
    }

    /// Runs that are open and whose runner is gone: to be adopted, if their supervisor lives, or given up.
    ///
    /// # Errors
    /// Where the store refuses.
    pub fn lost_runs(&self) -> Result<Vec<RunKey>, SessionError> {
        self.refresh()?;
        let living = self.living()?;
        let lives = |name: &str| living.iter().any(|living| living == name);
        let state = self.lock();
        let alive: Vec<u64> =
            state.study.runners().filter(|(name, _)| lives(name)).map(|(_, runner)| runner.epoch).collect();
        let open = state.study.pending().flat_map(|trial| trial.runs().filter(|run| run.how().is_none()));
        Ok(open.filter(|run| !alive.contains(&run.epoch())).map(|run| run.key()).collect())
    }

    /// Ends a run as another process's that is gone, or as one's own that cannot be found again. `end` tells how;
    /// mostly [`study::How::Lost`]. A run that has ended meanwhile stays as it ended.
    ///
    /// # Errors
    /// Where the store refuses.
    pub fn give_up(&self, run: RunKey, end: RunEnd) -> Result<(), SessionError> {
        let epoch =
            self.lock().study.trial(run.trial).and_then(|trial| trial.run(run)).map(|run| run.epoch());
        if let Some(epoch) = epoch {
            let metrics = study::Digests::new();
            let body = EventBody::RunEnded(RunEnded { run, epoch, end, metrics });
            self.append(vec![body], Durability::Synced)?;
        }
        Ok(())
    }

    /// The study's runners that are known to be dead, or whose leases expired or were given back without a farewell.
    fn dead_runners(&self) -> Result<Vec<EventBody>, SessionError> {
        let names: Vec<String> =
            self.with_study(|study| study.runners().map(|(name, _)| name.to_owned()).collect());
        let now = self.store.now_ms()?;
        let mut dead = Vec::new();
        for runner in names.into_iter().filter(|name| *name != self.options.name) {
            let lease = self.store.holder(self.id, &role(&runner))?;
            let expired = lease.as_ref().is_none_or(|lease| lease.expires_at <= now);
            let alive = self.options.liveness.is_alive(&runner).unwrap_or(!expired);
            if !alive {
                let ttl = u64::try_from(ALIVE.as_millis()).unwrap_or(u64::MAX);
                let seen = lease.map(|lease| lease.expires_at.saturating_sub(ttl));
                dead.push(EventBody::RunnerStopped(RunnerStopped { runner, seen }));
            }
        }
        Ok(dead)
    }

    pub(crate) fn leave(&self) -> Result<(), SessionError> {
        let mut presence = self.presence.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((_, lease)) = presence.announced.take() else { return Ok(()) };
        let runner = self.options.name.clone();
        self.append(
            vec![EventBody::RunnerStopped(RunnerStopped { runner, seen: None })],
            Durability::Synced,
        )?;
        Ok(self.store.release(&lease)?)
    }
}

fn role(runner: &str) -> String {
    format!("runner/{runner}")
}
