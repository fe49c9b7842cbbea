//! The clock that a store stamps events and judges leases by.

use std::fmt::Debug;
use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Tells the time to a store; a test passes one that it moves by hand.
///
/// A store on a server (PostgreSQL) asks the server instead: between hosts only the database's clock counts.
pub trait Clock: Send + Sync + Debug {
    /// Milliseconds since 1970-01-01T00:00:00Z. May go back when somebody sets the machine's clock.
    fn now_ms(&self) -> u64;

    /// The time since a moment of the clock's own choice. Never goes back, whoever sets the machine's clock, so it is what
    /// pauses and time-outs are measured by.
    fn steady(&self) -> Duration;
}

/// What the machine's steady time is counted from.
static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        millis(since)
    }

    fn steady(&self) -> Duration {
        BEGAN.elapsed()
    }
}

/// A duration in whole milliseconds, saturating.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
