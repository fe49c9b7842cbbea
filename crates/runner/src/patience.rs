//! What a runner does while its database is out of reach, locked by another process or on a full disk: it says so once and
//! tries again. Its runs go on meanwhile, and their supervisor keeps what they report.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use store::{ErrorKind, Patience, StoreError};

use crate::watch::Voice;

/// A database that another process has locked is waited for so long. A disk that is full, until somebody makes room.
const LOCKED: Duration = Duration::from_secs(60);
/// The first pause; each doubles it.
const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(2);
/// How often a pause looks whether it is still wanted.
const SLICE: Duration = Duration::from_millis(50);

/// See the module. Until somebody [attends](Waiting::attend) to it, nothing is waited for.
#[derive(Default)]
pub(crate) struct Waiting(Mutex<State>);

#[derive(Default)]
struct State {
    attended: Option<Attended>,
    /// When the present waiting began, and how often Ctrl-C had been pressed by then.
    since: Option<(Instant, usize)>,
}

struct Attended {
    voice: Option<Voice>,
    interrupts: Arc<AtomicUsize>,
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting").finish_non_exhaustive()
    }
}

impl State {
    fn say(&self, line: &str) {
        if let Some(voice) = self.attended.as_ref().and_then(|attended| attended.voice.as_ref()) {
            voice(line);
        }
    }

    fn interrupts(&self) -> usize {
        self.attended.as_ref().map_or(0, |attended| attended.interrupts.load(Ordering::Relaxed))
    }
}

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, State> {
        // It is changed in single steps.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on it waits, says so, and stops waiting at the next interrupt.
    pub(crate) fn attend(&self, voice: Option<Voice>, interrupts: Arc<AtomicUsize>) {
        self.lock().attended = Some(Attended { voice, interrupts });
    }

    /// Whether this waiting is to go on.
    fn goes_on(&self, error: &StoreError) -> bool {
        let state = self.lock();
        let Some((began, interrupts)) = state.since else { return false };
        let in_time = !matches!(error.kind, ErrorKind::Busy { .. }) || began.elapsed() < LOCKED;
        in_time && state.interrupts() == interrupts
    }
}

impl Patience for Waiting {
    fn wait(&self, error: &StoreError, tries: u32) -> bool {
        {
            let mut state = self.lock();
            if state.attended.is_none() {
                return false;
            }
            if tries == 0 {
                state.since = Some((Instant::now(), state.interrupts()));
                state.say(&format!("{error}; waiting, while what runs goes on"));
            }
        }
        let pause = FIRST.saturating_mul(1 << tries.min(8)).min(LONGEST);
        let began = Instant::now();
        while self.goes_on(error) {
            let left = pause.saturating_sub(began.elapsed());
            if left.is_zero() {
                return true;
            }
            std::thread::sleep(left.min(SLICE));
        }
        false
    }

    fn is_over(&self) {
        self.lock().say("the database is there again; going on");
    }
}

#[cfg(test)]
mod tests {
    use store::Place;

    use super::*;

    fn full() -> StoreError {
        StoreError { doing: "append to", place: Place::named("study.db"), kind: ErrorKind::Full }
    }

    #[test]
    fn it_says_once_that_it_waits_and_once_that_it_goes_on() {
        let (said, waiting) = (Arc::new(Mutex::new(Vec::new())), Waiting::default());
        assert!(!waiting.wait(&full(), 0), "nobody attends to it");
        let heard = Arc::clone(&said);
        let voice: Voice = Box::new(move |line| heard.lock().unwrap().push(line.to_owned()));
        waiting.attend(Some(voice), Arc::default());
        assert!(waiting.wait(&full(), 0) && waiting.wait(&full(), 1));
        waiting.is_over();
        let said = said.lock().unwrap();
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said[0].ends_with("; waiting, while what runs goes on"), "{said:?}");
    }

    #[test]
    fn an_interrupt_ends_the_waiting() {
        let (waiting, interrupts) = (Waiting::default(), Arc::new(AtomicUsize::new(1)));
        waiting.attend(None, Arc::clone(&interrupts));
        assert!(waiting.wait(&full(), 0), "one that was pressed before is no reason");
        interrupts.fetch_add(1, Ordering::Relaxed);
        assert!(!waiting.wait(&full(), 1));
    }
}
