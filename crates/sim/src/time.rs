//! Virtual time, and the clocks of hosts, which may be wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use store::Clock;

use crate::chance::Chance;

/// Microseconds since a world began.
pub(crate) type Instant = u64;

/// One second.
pub(crate) const SECOND: Instant = 1_000_000;

/// When worlds begin, in ms since 1970.
const EPOCH_MS: i64 = 1_790_000_000_000;

/// The time that all of a world shares; nobody in it sees it but through a [`HostClock`].
#[derive(Debug, Default)]
pub(crate) struct Time(AtomicU64);

impl Time {
    pub(crate) fn now(&self) -> Instant {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn pass(&self, micros: u64) {
        self.0.fetch_add(micros, Ordering::Relaxed);
    }

    /// Goes on to `instant`; what lies behind is passed already.
    pub(crate) fn reach(&self, instant: Instant) {
        self.0.fetch_max(instant, Ordering::Relaxed);
    }
}

/// The clock of one host.
#[derive(Debug)]
pub(crate) struct HostClock {
    time: Arc<Time>,
    chance: Arc<Chance>,
    /// How wrong its wall clock is, in ms.
    wrong: AtomicI64,
    /// How long it was suspended, in µs: its steady clock stood still.
    asleep: AtomicU64,
}

impl HostClock {
    pub(crate) fn new(time: Arc<Time>, chance: Arc<Chance>) -> Self {
        HostClock { time, chance, wrong: AtomicI64::new(0), asleep: AtomicU64::new(0) }
    }

    /// Somebody sets its wall clock.
    pub(crate) fn set_wrong(&self, ms: i64) {
        self.wrong.store(ms, Ordering::Relaxed);
    }

    /// It was suspended for so long.
    pub(crate) fn slept(&self, micros: u64) {
        self.asleep.fetch_add(micros, Ordering::Relaxed);
    }
}

impl Clock for HostClock {
    fn now_ms(&self) -> u64 {
        let real = EPOCH_MS + (self.time.now() / 1000) as i64;
        u64::try_from(real + self.wrong.load(Ordering::Relaxed)).unwrap_or(0)
    }

    /// To look at it takes time: mostly none to speak of, now and then as long as a proposal of a slow sampler.
    fn steady(&self) -> Duration {
        let micros = if self.chance.happens(0.03) { self.chance.between(500, 4_000) } else { 1 };
        self.time.pass(micros);
        Duration::from_micros(self.time.now().saturating_sub(self.asleep.load(Ordering::Relaxed)))
    }
}

/// The clock of the database, which is right.
#[derive(Debug)]
pub(crate) struct ServerClock(pub(crate) Arc<Time>);

impl Clock for ServerClock {
    fn now_ms(&self) -> u64 {
        u64::try_from(EPOCH_MS + (self.0.now() / 1000) as i64).unwrap_or(0)
    }

    fn steady(&self) -> Duration {
        Duration::from_micros(self.0.now())
    }
}
