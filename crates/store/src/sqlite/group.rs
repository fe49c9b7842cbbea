//! Group commit: appends that arrive while another is being committed share the next transaction and its sync.
//!
//! There is no writer thread. Whoever finds nobody committing commits, for itself and for all who queued
//! meanwhile; the others wait for it to answer them. An append that comes alone is thus a plain call, with no
//! copy of its events and no change of threads; see the module `sqlite` for what that was measured to be worth.

use std::borrow::Cow;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::faults::Fault;
use super::log;
use super::writer::Writer;
use crate::{Appended, Clock, Draft, Durability, ErrorKind, Guard, StudyId};

/// An append that waits for its turn.
#[derive(Debug)]
pub(super) struct Job<'a> {
    pub(super) study: StudyId,
    pub(super) guard: Cow<'a, Guard>,
    pub(super) drafts: Cow<'a, [Draft]>,
    pub(super) durability: Durability,
}

impl Job<'_> {
    fn into_owned(self) -> Job<'static> {
        Job {
            study: self.study,
            guard: Cow::Owned(self.guard.into_owned()),
            drafts: Cow::Owned(self.drafts.into_owned()),
            durability: self.durability,
        }
    }
}

type Answer = Result<Appended, Fault>;

/// A job in the queue and, later, its answer.
#[derive(Debug)]
struct Ticket {
    job: Job<'static>,
    answer: Mutex<Option<Answer>>,
}

#[derive(Debug, Default)]
struct Queue {
    tickets: Vec<Arc<Ticket>>,
    /// Whether somebody is committing.
    led: bool,
}

/// The queue before the writer.
#[derive(Debug)]
pub(super) struct Group {
    queue: Mutex<Queue>,
    turn: Condvar,
    writer: Mutex<Writer>,
    clock: Arc<dyn Clock>,
}

/// A panic under one of these locks leaves nothing half-done: SQLite's transaction is rolled back by the next
/// use, and the queue is changed in single steps.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Group {
    pub(super) fn new(writer: Writer, clock: Arc<dyn Clock>) -> Self {
        Self { queue: Mutex::default(), turn: Condvar::new(), writer: Mutex::new(writer), clock }
    }

    /// The writer, for what is not an append.
    pub(super) fn writer(&self) -> MutexGuard<'_, Writer> {
        lock(&self.writer)
    }

    /// Appends, alone or together with others.
    pub(super) fn append(&self, job: Job<'_>) -> Answer {
        let mut queue = lock(&self.queue);
        if !queue.led {
            queue.led = true;
            drop(queue);
            let lead = Lead { group: self, tickets: Vec::new() };
            let mut answers = lead.group.commit(&[&job]);
            return answers.pop().unwrap_or_else(|| Err(abandoned()));
        }
        let ticket = Arc::new(Ticket { job: job.into_owned(), answer: Mutex::default() });
        queue.tickets.push(Arc::clone(&ticket));
        loop {
            if let Some(answer) = lock(&ticket.answer).take() {
                return answer;
            }
            if queue.led {
                queue = self.turn.wait(queue).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            queue.led = true;
            let tickets = std::mem::take(&mut queue.tickets);
            drop(queue);
            Lead { group: self, tickets }.commit();
            queue = lock(&self.queue);
        }
    }

    /// Commits jobs in one transaction, synced if one of them asks for it.
    fn commit(&self, jobs: &[&Job<'_>]) -> Vec<Answer> {
        let durability = jobs.iter().map(|job| job.durability).max().unwrap_or(Durability::Committed);
        let done = self.writer().transact(durability, |conn| {
            let at = self.clock.now_ms();
            let append = |job: &&Job<'_>| match log::append(conn, job.study, &job.guard, &job.drafts, at) {
                // Its own misfortune: it changed nothing, and the others go on.
                Err(Fault(kind)) if is_refusal(&kind) => Ok(Err(Fault(kind))),
                Err(fault) => Err(fault),
                Ok(appended) => Ok(Ok(appended)),
            };
            let answers = jobs.iter().map(append).collect::<Result<Vec<_>, _>>()?;
            if durability == Durability::Synced && jobs.iter().all(|job| job.drafts.is_empty()) {
                jobs.first().map_or(Ok(()), |job| log::touch(conn, job.study))?;
            }
            Ok(answers)
        });
        done.unwrap_or_else(|fault| jobs.iter().map(|_| Err(fault.clone())).collect())
    }
}

fn is_refusal(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::NoSuchStudy { .. }
            | ErrorKind::LeaseLost { .. }
            | ErrorKind::Decided { .. }
            | ErrorKind::Moved { .. }
    )
}

fn abandoned() -> Fault {
    ErrorKind::Other(Arc::from(Box::from("the thread that was committing it panicked"))).into()
}

/// The right to commit. However it ends, others get their answers and the right passes on.
struct Lead<'g> {
    group: &'g Group,
    tickets: Vec<Arc<Ticket>>,
}

impl Lead<'_> {
    fn commit(self) {
        let jobs: Vec<&Job<'_>> = self.tickets.iter().map(|ticket| &ticket.job).collect();
        for (ticket, answer) in self.tickets.iter().zip(self.group.commit(&jobs)) {
            *lock(&ticket.answer) = Some(answer);
        }
    }
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        for ticket in &self.tickets {
            lock(&ticket.answer).get_or_insert_with(|| Err(abandoned()));
        }
        lock(&self.group.queue).led = false;
        self.group.turn.notify_all();
    }
}
