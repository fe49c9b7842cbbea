//! A part in a study that one process plays at a time: who holds its lease. One that died is relieved at once.

use std::path::Path;
use std::time::Duration;

use session::{Liveness, Session};
use store::{Acquired, Lease, StoreError};

use crate::life::Locks;

/// How long a holder may be silent before another takes over.
const TTL: Duration = Duration::from_secs(10);
/// How often a holder says that it is there.
const RENEW: Duration = Duration::from_secs(2);
/// How often one that does not hold it asks.
const ASK: Duration = Duration::from_millis(500);

/// One process's claim to a part.
#[derive(Debug)]
pub(crate) struct Post {
    role: &'static str,
    name: String,
    locks: Locks,
    held: Option<Lease>,
    /// When the store was last asked, by the steady clock.
    asked: Option<Duration>,
}

/// Whether the part is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    /// As before.
    Still,
    /// From now on: another may have done something since we last held it.
    Anew,
    /// Another's.
    No,
}

impl Post {
    /// Of the runner called `name` in the study in `home`.
    pub(crate) fn new(role: &'static str, home: &Path, name: String) -> Self {
        Post { role, name, locks: Locks::new(home), held: None, asked: None }
    }

    /// Takes the part if it is free, and keeps it.
    pub(crate) fn hold(&mut self, session: &Session) -> Result<Hold, StoreError> {
        let now = session.clock().steady();
        let since = self.asked.map(|asked| now.saturating_sub(asked));
        let store = session.store();
        if let Some(lease) = &self.held {
            if since.is_some_and(|since| since < RENEW) {
                return Ok(Hold::Still);
            }
            self.asked = Some(now);
            if let Ok(renewed) = store.renew(lease, TTL) {
                self.held = Some(renewed);
                return Ok(Hold::Still);
            }
            self.held = None;
        }
        self.asked = Some(now);
        self.held = match store.acquire(session.id(), self.role, &self.name, TTL)? {
            Acquired::Mine(lease) => Some(lease),
            Acquired::Held(lease) if self.locks.is_alive(&lease.holder) == Some(false) => {
                store.steal(&lease, &self.name, TTL)?.mine()
            }
            Acquired::Held(_) => None,
        };
        Ok(if self.held.is_some() { Hold::Anew } else { Hold::No })
    }

    /// Whether the part was this process's when it last asked.
    pub(crate) fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// As [`hold`](Post::hold), for who looks often: whether another let go of it is asked now and then.
    pub(crate) fn glance(&mut self, session: &Session) -> Result<Hold, StoreError> {
        let now = session.clock().steady();
        let was_asked = self.asked.is_some_and(|asked| now.saturating_sub(asked) < ASK);
        if self.held.is_none() && was_asked { Ok(Hold::No) } else { self.hold(session) }
    }

    /// Lets another have it.
    pub(crate) fn leave(&mut self, session: &Session) -> Result<(), StoreError> {
        match self.held.take() {
            Some(lease) => session.store().release(&lease),
            None => Ok(()),
        }
    }
}
