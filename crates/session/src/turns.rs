//! Threads that ask one session at once: whoever decides first decides for all that wait, in one commit.
//!
//! So a disk that syncs a thousand times a second does not hold eight clients to a thousand trials a second.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::brain::Brain;
use crate::decide::Request;
use crate::{Answer, Session, SessionError};

/// The requests that wait for the brain, in the order of their coming.
#[derive(Debug, Default)]
pub(crate) struct Waiting(Mutex<Vec<Arc<Slot>>>);

/// One request, and its answer when somebody gave it.
#[derive(Debug)]
struct Slot {
    request: Request,
    answer: Mutex<Option<Result<Answer, SessionError>>>,
}

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Slot>>> {
        // Slots are pushed and taken whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    fn put(&self, answer: Result<Answer, SessionError>) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
    }

    fn take(&self) -> Option<Result<Answer, SessionError>> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Session {
    /// Decides for a request, and for those of other threads that came before the brain was free.
    pub(crate) fn decide(&self, request: Request) -> Result<Answer, SessionError> {
        let slot = Arc::new(Slot { request, answer: Mutex::default() });
        self.waiting.lock().push(Arc::clone(&slot));
        let mut brain = self.brain();
        if let Some(answer) = slot.take() {
            return answer;
        }
        let waiting = std::mem::take(&mut *self.waiting.lock());
        let (same, others): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|waiting| waiting.request.epoch == slot.request.epoch);
        self.serve_all(&mut brain, &same);
        self.serve_all(&mut brain, &others);
        // If whoever held the brain before died over it, this one is still to be served.
        slot.take().unwrap_or_else(|| self.decide_alone(&mut brain, slot.request.clone()))
    }

    /// Requests of one epoch: in one commit if that works out, else one by one.
    fn serve_all(&self, brain: &mut Brain, slots: &[Arc<Slot>]) {
        if slots.len() > 1 && self.may_foresee(brain) {
            let of = |slot: &Arc<Slot>| slot.request.clone();
            let all = Request {
                endings: slots.iter().flat_map(|slot| of(slot).endings).collect(),
                events: slots.iter().flat_map(|slot| of(slot).events).collect(),
                want: slots.iter().map(|slot| slot.request.want).sum(),
                epoch: slots[0].request.epoch,
            };
            if let Ok(answer) = self.try_together(brain, &all) {
                return self.hand_out(brain, slots, answer);
            }
        }
        for slot in slots {
            slot.put(self.decide_alone(brain, slot.request.clone()));
        }
    }

    /// Hands out the trials of one commit, in the order of the requests; all their endings are in the log by now.
    fn hand_out(&self, brain: &mut Brain, slots: &[Arc<Slot>], answer: Answer) {
        let mut trials = answer.trials().into_iter();
        for slot in slots {
            let mine: Vec<_> = trials.by_ref().take(slot.request.want).collect();
            slot.put(if mine.is_empty() {
                // Nothing is left for it; asked alone, it learns why.
                let rest = Request { endings: Vec::new(), events: Vec::new(), ..slot.request.clone() };
                self.decide_alone(brain, rest)
            } else {
                Ok(Answer::Trials(mine))
            });
        }
    }
}
