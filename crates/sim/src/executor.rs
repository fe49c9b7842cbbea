//! A runner's line to its host's supervisor.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use exec::{Executor, ExecutorError, Known, RunId, RunNews, RunOrder};
use study::How;

use crate::db::Db;
use crate::life::Life;
use crate::machine::{ClientId, Machine};

/// An [`Executor`] whose wait does not wait: the world steps a runner when its time has come.
#[derive(Debug)]
pub(crate) struct Line {
    machine: Arc<Mutex<Machine>>,
    life: Arc<Life>,
    db: Arc<Db>,
    client: ClientId,
    generation: u64,
    known: Vec<Known>,
    unsent: Vec<Request>,
    /// Ordered or claimed and not acknowledged; whether the ending was told.
    open: BTreeMap<RunId, bool>,
}

#[derive(Debug)]
enum Request {
    Start(Box<RunOrder>),
    Claim(RunId),
    Stop(RunId, How, Option<String>, bool),
    Acknowledge(RunId),
}

/// What a dead process is told.
#[derive(Debug, thiserror::Error)]
#[error("this process is dead")]
pub(crate) struct Dead;

impl Line {
    pub(crate) fn connect(machine: Arc<Mutex<Machine>>, life: Arc<Life>, db: Arc<Db>) -> Self {
        let (client, known, generation) = {
            let mut machine = machine.lock().unwrap_or_else(PoisonError::into_inner);
            let (client, known) = machine.meet();
            (client, known, machine.generation)
        };
        Line { machine, life, db, client, generation, known, unsent: Vec::new(), open: BTreeMap::new() }
    }

    fn machine(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When there will be news.
    pub(crate) fn next_news(&self) -> Option<u64> {
        self.machine().next_news(self.client)
    }

    /// Another supervisor is there: of what it knows nothing of, it is asked.
    fn meet_again(&mut self) {
        self.unsent.clear();
        let waiting = self.open.iter().filter(|(_, told)| !**told).map(|(id, _)| Request::Claim(*id));
        self.unsent = waiting.collect();
    }

    fn send(&mut self, request: Request) {
        let client = self.client;
        let mut machine = self.machine.lock().unwrap_or_else(PoisonError::into_inner);
        match request {
            Request::Start(order) => machine.start(&order, client),
            Request::Claim(id) => machine.claim(id, client),
            Request::Stop(id, how, message, at_once) => machine.stop(id, how, message, at_once),
            Request::Acknowledge(id) => {
                machine.acknowledge(id);
                self.db.acknowledged(id);
            }
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.machine().leave(self.client);
    }
}

impl Executor for Line {
    fn known(&self) -> &[Known] {
        &self.known
    }

    fn start(&mut self, order: RunOrder) {
        self.open.insert(order.id, false);
        self.unsent.push(Request::Start(Box::new(order)));
    }

    fn claim(&mut self, id: RunId, _: PathBuf) {
        self.open.insert(id, false);
        self.unsent.push(Request::Claim(id));
    }

    fn stop(&mut self, id: RunId, how: How, message: Option<String>) {
        self.unsent.push(Request::Stop(id, how, message, false));
    }

    fn kill(&mut self, id: RunId, how: How, message: Option<String>) {
        self.unsent.push(Request::Stop(id, how, message, true));
    }

    fn acknowledge(&mut self, id: RunId) {
        self.open.remove(&id);
        self.unsent.push(Request::Acknowledge(id));
    }

    fn wait(&mut self, _: Option<Duration>) -> Result<Vec<RunNews>, ExecutorError> {
        let generation = self.machine().generation;
        if generation != self.generation {
            self.generation = generation;
            self.meet_again();
        }
        for request in std::mem::take(&mut self.unsent) {
            // It may die with half of its words said.
            if !self.life.acts() {
                return Err(ExecutorError::new(Dead));
            }
            self.send(request);
        }
        let news = self.machine().news(self.client);
        for news in &news {
            if let (RunNews::Ended(_), Some(told)) = (news, self.open.get_mut(&news.id())) {
                *told = true;
            }
        }
        Ok(news)
    }
}
