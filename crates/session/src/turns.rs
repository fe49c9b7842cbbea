//! Threads that ask one session at once: whoever decides first decides for all that wait, in one commit.
//!
//! So a disk that syncs a thousand times a second does not hold eight clients to a thousand trials a second. Who waits
//! for an answer waits for that only, never for the decisions of those behind it.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::brain::Brain;
use crate::request::Request;
use crate::{Answer, Session, SessionError};

/// The requests that nobody serves yet, in the order of their coming.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    queue: Mutex<Queue>,
    /// Answers were given, or the decider's seat is free.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    slots: Vec<Arc<Slot>>,
    /// Whether some thread decides.
    seated: bool,
}

/// One request, and its answer when somebody gave it.
#[derive(Debug)]
struct Slot {
    request: Request,
    answer: Mutex<Option<Result<Answer, SessionError>>>,
}

/// The decider's seat; free again when it is dropped, by a panic too.
struct Seat<'a>(&'a Waiting);

/// What a thread that asked gets.
enum Next<'a> {
    /// Its answer.
    Answered(Result<Answer, SessionError>),
    /// The seat, and all requests that wait.
    Seated(Seat<'a>, Vec<Arc<Slot>>),
}

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Slots are pushed and taken whole.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the answer, or for the seat and with it everything that waits.
    fn answer_or_seat(&self, slot: &Arc<Slot>) -> Next<'_> {
        let mut queue = self.lock();
        queue.slots.push(Arc::clone(slot));
        loop {
            if let Some(answer) = slot.take() {
                return Next::Answered(answer);
            }
            if !queue.seated {
                queue.seated = true;
                let mut slots = std::mem::take(&mut queue.slots);
                // It is not among them where a decider panicked over it.
                if !slots.iter().any(|waiting| Arc::ptr_eq(waiting, slot)) {
                    slots.push(Arc::clone(slot));
                }
                return Next::Seated(Seat(self), slots);
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.0.lock().seated = false;
        self.0.changed.notify_all();
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
    /// Decides for a request, and for those of other threads that came before the decider's seat was free.
    pub(crate) fn decide(&self, request: Request) -> Result<Answer, SessionError> {
        let slot = Arc::new(Slot { request, answer: Mutex::default() });
        let (seat, slots) = match self.waiting.answer_or_seat(&slot) {
            Next::Answered(answer) => return answer,
            Next::Seated(seat, slots) => (seat, slots),
        };
        let mut brain = self.brain();
        let epoch = slot.request.epoch;
        let (same, others): (Vec<_>, Vec<_>) =
            slots.into_iter().partition(|slot| slot.request.epoch == epoch);
        self.serve_all(&mut brain, &same);
        self.serve_all(&mut brain, &others);
        drop(brain);
        drop(seat);
        slot.take().unwrap_or(Ok(Answer::Wait))
    }

    /// Requests of one epoch: in one commit if that works out, else one by one.
    fn serve_all(&self, brain: &mut Brain, slots: &[Arc<Slot>]) {
        if slots.len() > 1 && self.may_foresee(brain) {
            let requests = || slots.iter().map(|slot| &slot.request);
            let all = Request {
                endings: requests().flat_map(|request| request.endings.iter().cloned()).collect(),
                events: requests().flat_map(|request| request.events.iter().cloned()).collect(),
                want: requests().map(|request| request.want).sum(),
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
