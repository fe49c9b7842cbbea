//! A host's supervisor and disk: runs that live in virtual time, their endings, and the news on their way to who owns them.

use std::collections::BTreeMap;
use std::sync::Arc;

use exec::{Known, RunId, RunNews, RunOrder};
use indexmap::IndexMap;
use study::{Digests, How, Real, RunEnd, RunEnded};

use crate::chance::Chance;
use crate::program::{Course, Program};
use crate::time::{Instant, SECOND, Time};

/// Who gets news: one connection of one process.
pub(crate) type ClientId = u64;

/// See the module.
#[derive(Debug)]
pub(crate) struct Machine {
    time: Arc<Time>,
    chance: Arc<Chance>,
    program: Program,
    /// The largest delay of news, in µs.
    delay: Instant,
    doubled: f64,
    alive: BTreeMap<RunId, Alive>,
    /// What the disk holds: `exit.json` in the runs' directories.
    exits: BTreeMap<RunId, Exit>,
    /// Endings that the supervisor keeps until they are acknowledged.
    kept: BTreeMap<RunId, Option<ClientId>>,
    mail: BTreeMap<ClientId, Vec<Letter>>,
    clients: ClientId,
    /// Which supervisor it is; grows when one is killed.
    pub(crate) generation: u64,
    /// Until then its disk is full, and nothing can be started.
    pub(crate) full_until: Instant,
}

#[derive(Debug)]
struct Alive {
    owner: Option<ClientId>,
    began: Instant,
    ends: Instant,
    course: Course,
    stopped: bool,
}

/// A run's directory once it is over.
#[derive(Clone, Debug)]
struct Exit {
    ended: RunEnded,
    /// What it reported: the steps and the values.
    reports: Vec<(u64, f64)>,
}

#[derive(Debug)]
struct Letter {
    due: Instant,
    news: RunNews,
}

impl Machine {
    pub(crate) fn new(
        time: Arc<Time>,
        chance: Arc<Chance>,
        program: Program,
        delay: Instant,
        doubled: f64,
    ) -> Self {
        Machine {
            time,
            chance,
            program,
            delay,
            doubled,
            alive: BTreeMap::new(),
            exits: BTreeMap::new(),
            kept: BTreeMap::new(),
            mail: BTreeMap::new(),
            clients: 0,
            generation: 0,
            full_until: 0,
        }
    }

    /// A process connects: its number, and the runs that are there.
    pub(crate) fn meet(&mut self) -> (ClientId, Vec<Known>) {
        self.settle();
        self.clients += 1;
        self.mail.insert(self.clients, Vec::new());
        let alive = self.alive.iter().map(|(id, run)| Known {
            id: *id,
            alive: true,
            owned: run.owner.is_some_and(|owner| self.mail.contains_key(&owner)),
        });
        let ended = self.kept.iter().map(|(id, owner)| Known {
            id: *id,
            alive: false,
            owned: owner.is_some_and(|owner| self.mail.contains_key(&owner)),
        });
        (self.clients, alive.chain(ended).collect())
    }

    /// A process is gone; its runs go on.
    pub(crate) fn leave(&mut self, client: ClientId) {
        self.mail.remove(&client);
    }

    pub(crate) fn start(&mut self, order: &RunOrder, client: ClientId) {
        self.settle();
        let id = order.id;
        if self.alive.contains_key(&id) || self.kept.contains_key(&id) {
            return self.claim(id, client);
        }
        let now = self.time.now();
        if now < self.full_until {
            let end = RunEnd { message: Some("no space left".to_owned()), ..RunEnd::new(How::Killed, 0.0) };
            let ended = RunEnded { run: id.run, epoch: id.epoch, end, metrics: Digests::new() };
            return self.tell_end(client, ended);
        }
        let x = order.config.as_ref().and_then(|config| config.get("x")?.as_f64()).unwrap_or(f64::NAN);
        let level = order.step_limit.map(|limit| limit.step);
        let course = self.program.course(id.run, x, level);
        let ends = now + course.time;
        self.alive.insert(id, Alive { owner: Some(client), began: now, ends, course, stopped: false });
        self.announce(id, client);
    }

    pub(crate) fn claim(&mut self, id: RunId, client: ClientId) {
        self.settle();
        if let Some(run) = self.alive.get_mut(&id) {
            let before = run.owner.replace(client);
            // What was under way to the one before may still arrive there.
            if self.chance.happens(0.5)
                && let Some(mail) = before.and_then(|before| self.mail.get_mut(&before))
            {
                mail.retain(|letter| letter.news.id() != id);
            }
            return self.announce(id, client);
        }
        match self.exits.get(&id).cloned() {
            Some(Exit { ended, reports }) => {
                self.kept.insert(id, Some(client));
                let due = self.time.now() + self.chance.below(self.delay + 1);
                for (index, (step, value)) in (0..).zip(reports) {
                    self.post(client, Letter { due, news: reported(id, index, step, value) });
                }
                self.post(client, Letter { due, news: RunNews::Ended(Box::new(ended)) });
            }
            None => {
                let end = RunEnd::new(How::Lost, 0.0);
                let lost = RunEnded { run: id.run, epoch: id.epoch, end, metrics: Digests::new() };
                self.tell_end(client, lost);
            }
        }
    }

    pub(crate) fn stop(&mut self, id: RunId, how: How, message: Option<String>, at_once: bool) {
        self.settle();
        let now = self.time.now();
        let grace = if at_once { 0 } else { self.chance.below(SECOND) };
        let Some(run) = self.alive.get_mut(&id) else { return };
        if run.stopped && !at_once || run.ends <= now + grace {
            return;
        }
        run.stopped = true;
        run.ends = now + grace;
        run.course.end =
            RunEnd { message, ..RunEnd::new(how, (run.ends - run.began) as f64 / SECOND as f64) };
        run.course.metrics = Digests::new();
        let (ends, owner) = (run.ends, run.owner);
        for mail in self.mail.values_mut() {
            mail.retain(|letter| letter.news.id() != id || letter.due <= ends && !is_end(&letter.news));
        }
        if let Some(ended) = self.ending(id)
            && let Some(owner) = owner
        {
            let due = ends + self.chance.below(self.delay + 1);
            self.post(owner, Letter { due, news: RunNews::Ended(Box::new(ended)) });
        }
    }

    pub(crate) fn acknowledge(&mut self, id: RunId) {
        self.settle();
        self.kept.remove(&id);
    }

    /// The news that have come by now, earliest first.
    pub(crate) fn news(&mut self, client: ClientId) -> Vec<RunNews> {
        self.settle();
        let now = self.time.now();
        let Some(mail) = self.mail.get_mut(&client) else { return Vec::new() };
        let (mut come, rest): (Vec<_>, Vec<_>) = mail.drain(..).partition(|letter| letter.due <= now);
        *mail = rest;
        come.sort_by_key(|letter| letter.due);
        come.into_iter().map(|letter| letter.news).collect()
    }

    /// When the next news will be there.
    pub(crate) fn next_news(&self, client: ClientId) -> Option<Instant> {
        self.mail.get(&client)?.iter().map(|letter| letter.due).min()
    }

    /// The supervisor is killed: its runs end with it, and leave no ending.
    pub(crate) fn kill(&mut self) {
        self.settle();
        self.generation += 1;
        self.alive.clear();
        self.kept.clear();
        self.mail.values_mut().for_each(Vec::clear);
    }

    /// The power goes: with the supervisor and all processes, some of what was not synced to disk.
    pub(crate) fn lose_power(&mut self) {
        self.kill();
        self.mail.clear();
        let chance = Arc::clone(&self.chance);
        self.exits.retain(|_, _| chance.happens(0.5));
    }

    /// The runs that live.
    pub(crate) fn living(&mut self) -> Vec<RunId> {
        self.settle();
        self.alive.keys().copied().collect()
    }

    /// Writes the endings of runs that have ended by now.
    pub(crate) fn settle(&mut self) {
        let now = self.time.now();
        let over: Vec<RunId> =
            self.alive.iter().filter(|(_, run)| run.ends <= now).map(|(id, _)| *id).collect();
        for id in over {
            if let Some(ended) = self.ending(id)
                && let Some(run) = self.alive.remove(&id)
            {
                let told = run.reports().map(|(_, step, value)| (step, value)).collect();
                self.exits.insert(id, Exit { ended, reports: told });
                self.kept.insert(id, run.owner);
            }
        }
    }

    fn ending(&self, id: RunId) -> Option<RunEnded> {
        let course = &self.alive.get(&id)?.course;
        let (end, metrics) = (course.end.clone(), course.metrics.clone());
        Some(RunEnded { run: id.run, epoch: id.epoch, end, metrics })
    }

    /// Puts all news of a run under way, in order and each with a delay of its own.
    fn announce(&mut self, id: RunId, client: ClientId) {
        let Some(run) = self.alive.get(&id) else { return };
        let (began, ends) = (run.began, run.ends);
        let mut news = vec![(began, RunNews::Started { id, pid: 1 })];
        for (index, (at, step, value)) in (0..).zip(run.reports()) {
            news.push((at, reported(id, index, step, value)));
        }
        news.extend(self.ending(id).map(|ended| (ends, RunNews::Ended(Box::new(ended)))));
        let mut earliest = self.time.now();
        for (at, news) in news {
            earliest = earliest.max(at) + self.chance.below(self.delay + 1) / 4;
            self.post(client, Letter { due: earliest, news });
        }
    }

    fn tell_end(&mut self, client: ClientId, ended: RunEnded) {
        let due = self.time.now() + self.chance.below(self.delay + 1);
        self.post(client, Letter { due, news: RunNews::Ended(Box::new(ended)) });
    }

    fn post(&mut self, client: ClientId, letter: Letter) {
        let again = self.chance.happens(self.doubled).then(|| Letter {
            due: letter.due + self.chance.below(self.delay + SECOND),
            news: letter.news.clone(),
        });
        if let Some(mail) = self.mail.get_mut(&client) {
            mail.push(letter);
            mail.extend(again);
        }
    }
}

impl Alive {
    /// When it reports, which step, and what, before its end.
    fn reports(&self) -> impl Iterator<Item = (Instant, u64, f64)> {
        let all = self.course.reports.iter().map(|(after, step, value)| (self.began + after, *step, *value));
        all.filter(|(at, ..)| *at <= self.ends)
    }
}

fn reported(id: RunId, index: u64, step: u64, value: f64) -> RunNews {
    let values: IndexMap<String, Real> = [("loss".to_owned(), Real(value))].into_iter().collect();
    RunNews::Reported { id, index, step: Some(step), values }
}

fn is_end(news: &RunNews) -> bool {
    matches!(news, RunNews::Ended(_))
}
