//! A world: hosts, a database, runners that start, work, die and start again, until their study is over.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use session::{Definition, Options, Session};
use store::{Clock, Record, StoreError};
use study::{Enqueued, Objective, Settings};

use crate::chance::Chance;
use crate::db::Db;
use crate::faulty::{Bystanders, Faulty, Trouble, Waits};
use crate::life::{Life, LockFiles, Register};
use crate::machine::Machine;
use crate::plan::Plan;
use crate::program::Program;
use crate::seat::{Seat, State};
use crate::time::{HostClock, Instant, SECOND, ServerClock, Time};

/// The configurations of the grid that some worlds search.
pub(crate) const GRID: usize = 27;
/// More steps than any world needs.
const MOST_STEPS: u64 = 400_000;
/// More appends than any world needs.
const MOST_APPENDS: usize = 4_000;
/// Runners inside of runners' calls.
const MOST_DEPTH: usize = 2;

/// A host: its clock, its supervisor, whether it sleeps.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) name: String,
    pub(crate) clock: Arc<HostClock>,
    pub(crate) machine: Arc<Mutex<Machine>>,
    pub(crate) asleep_until: AtomicU64,
}

/// See the module.
pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) time: Arc<Time>,
    pub(crate) chance: Arc<Chance>,
    pub(crate) db: Arc<Db>,
    pub(crate) trouble: Arc<Trouble>,
    pub(crate) hosts: Vec<Host>,
    pub(crate) register: Arc<Register>,
    pub(crate) seats: Vec<Mutex<Seat>>,
    pub(crate) program: Program,
    pub(crate) itself: Weak<World>,
    broken: Mutex<Vec<String>>,
    depth: AtomicUsize,
    /// What the study's limit is by now.
    pub(crate) limit: AtomicU64,
    /// Whether a runner left since there was nothing more to do.
    pub(crate) said_over: AtomicBool,
}

impl World {
    pub(crate) fn new(plan: Plan) -> Arc<Self> {
        let time = Arc::new(Time::default());
        let chance = Arc::new(Chance::new(plan.seed, 0));
        let (mean, shape) = (plan.run_ms * 1_000, plan.shape.clone());
        let program = Program { seed: plan.seed, mean, failing: plan.failing, shape };
        let trouble = Trouble { unsure: plan.unsure, unread: plan.unread, full_until: AtomicU64::new(0) };
        let hosts = (0..plan.hosts).map(|number| {
            let (time, chance) = (Arc::clone(&time), Arc::clone(&chance));
            let clock = HostClock::new(Arc::clone(&time), Arc::clone(&chance));
            let machine = Machine::new(time, chance, program.clone(), plan.delay_ms * 1_000, plan.doubled);
            Host {
                name: format!("host{number}"),
                clock: Arc::new(clock),
                machine: Arc::new(Mutex::new(machine)),
                asleep_until: AtomicU64::new(0),
            }
        });
        let hosts: Vec<Host> = hosts.collect();
        // On one host the database goes by that host's clock; else it has a server of its own.
        let clock: Arc<dyn Clock> = match &hosts[..] {
            [only] => Arc::clone(&only.clock) as Arc<dyn Clock>,
            _ => Arc::new(ServerClock(Arc::clone(&time))),
        };
        let seats: Vec<_> =
            (0..plan.runners).map(|index| Mutex::new(Seat::new(index % plan.hosts))).collect();
        Arc::new_cyclic(|itself| World {
            db: Arc::new(Db::new(clock)),
            trouble: Arc::new(trouble),
            hosts,
            register: Arc::new(Register::default()),
            seats,
            program,
            itself: itself.clone(),
            broken: Mutex::default(),
            depth: AtomicUsize::new(0),
            limit: AtomicU64::new(plan.trials),
            said_over: AtomicBool::new(false),
            time,
            chance,
            plan,
        })
    }

    /// Lives until the study is over; returns its log.
    pub(crate) fn live(&self) -> Result<Vec<Record>, String> {
        self.create().map_err(|error| format!("the study cannot be created: {error}"))?;
        let mut fate = crate::fate::Fate::of(self);
        for _ in 0..MOST_STEPS {
            if let Some(broken) = self.broken().or_else(|| self.db.broken().into_iter().next()) {
                return Err(broken);
            }
            if self.db.appends() > MOST_APPENDS {
                break;
            }
            if !fate.goes_on(self).map_err(|error| format!("nobody can look at the study: {error}"))? {
                return self.db.log().map_err(|error| error.to_string());
            }
        }
        Err(format!("the study does not come to its end:\n{}", self.describe()))
    }

    fn create(&self) -> Result<(), session::SessionError> {
        let settings = Settings { objectives: vec![Objective::minimize("loss")], ..Settings::default() };
        let mut definition = Definition::new("sim", self.plan.seed, settings);
        definition.settings.stop.trials = Some(self.plan.trials);
        definition.settings.lag = self.plan.lag;
        let parameters = match self.plan.sampler {
            "grid" => serde_json::json!({ "x": { "int": [-4, 4] }, "y": { "int": [0, 2] } }),
            _ => serde_json::json!({ "x": { "float": [-5.0, 5.0] }, "y": { "int": [0, 9] } }),
        };
        let read = |error| session::SessionError::Declaration {
            study: "sim".to_owned(),
            what: "space",
            source: error,
        };
        self.plan.shape.settle(&mut definition.settings).map_err(read)?;
        definition.space = Some(session::Declaration {
            parameters: serde_json::from_value(parameters).map_err(read)?,
            constraints: Vec::new(),
        });
        definition.sampler =
            serde_json::from_value(serde_json::json!({ "name": self.plan.sampler })).map_err(read)?;
        for number in 0..self.plan.points {
            definition.points.push(self.point(number));
        }
        Session::create(self.honest_store(), &definition, self.options(0, "user"))?.close()
    }

    /// A point to be tried next.
    pub(crate) fn point(&self, number: u64) -> Enqueued {
        let x = number as i64 % 4;
        Enqueued {
            point: [("x".to_owned(), x.into())].into_iter().collect(),
            result: None,
            given: false,
            attributes: study::Assignment::new(),
        }
    }

    /// A way to the database on which nothing goes wrong.
    pub(crate) fn honest_store(&self) -> Arc<dyn store::Store> {
        Arc::new(self.store(&Arc::new(Life::new()), Arc::new(Trouble::default()), None))
    }

    /// The way of a runner.
    pub(crate) fn runners_store(&self, index: usize, life: &Arc<Life>) -> Arc<dyn store::Store> {
        let bystanders: Weak<dyn Bystanders> = self.itself.clone();
        let store = self.store(life, Arc::clone(&self.trouble), Some((index, bystanders)));
        if self.plan.patient {
            let waits = Waits(Arc::clone(&self.time));
            Arc::new(store::Patient::new(Arc::new(store), Arc::new(waits)))
        } else {
            Arc::new(store)
        }
    }

    fn store(
        &self,
        life: &Arc<Life>,
        trouble: Arc<Trouble>,
        bystanders: Option<(usize, Weak<dyn Bystanders>)>,
    ) -> Faulty {
        Faulty {
            db: Arc::clone(&self.db),
            life: Arc::clone(life),
            time: Arc::clone(&self.time),
            chance: Arc::clone(&self.chance),
            trouble,
            bystanders,
        }
    }

    /// A session's name, clock and knowledge of others on this host.
    pub(crate) fn options(&self, host: usize, name: &str) -> Options {
        let host = &self.hosts[host];
        let mut options = Options::named(format!("{}:{name}", host.name));
        options.host = Some(host.name.clone());
        options.clock = Arc::clone(&host.clock) as Arc<dyn Clock>;
        options.liveness =
            Arc::new(LockFiles { register: Arc::clone(&self.register), host: host.name.clone() });
        options
    }

    pub(crate) fn machine(&self, host: usize) -> MutexGuard<'_, Machine> {
        self.hosts[host].machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn seat(&self, index: usize) -> MutexGuard<'_, Seat> {
        self.seats[index].lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_awake(&self, host: usize) -> bool {
        self.hosts[host].asleep_until.load(Ordering::Relaxed) <= self.time.now()
    }

    /// A promise was broken.
    pub(crate) fn breaks(&self, what: String) {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }

    fn broken(&self) -> Option<String> {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).first().cloned()
    }

    /// The study as an onlooker finds it.
    pub(crate) fn look(&self) -> Result<Session, session::SessionError> {
        Session::open(self.honest_store(), "sim", self.options(0, "user"))
    }

    fn describe(&self) -> String {
        let mut text = format!("{:?}\nafter {:.3} s\n", self.plan, self.time.now() as f64 / SECOND as f64);
        for seat in &self.seats {
            let seat = seat.lock().unwrap_or_else(PoisonError::into_inner);
            text.push_str(&match &seat.state {
                State::Off { until } => format!("off until {until}\n"),
                State::On(running) => format!("on {:?}, wakes at {}\n", seat.host, running.wake),
            });
        }
        text.push_str(&listing(self.db.log()));
        text
    }

    /// When a runner has something to do next.
    pub(crate) fn next_of(&self, index: usize) -> Option<Instant> {
        let seat = self.seat(index);
        let asleep = self.hosts[seat.host].asleep_until.load(Ordering::Relaxed);
        seat.next().map(|next| next.max(asleep))
    }
}

impl Bystanders for World {
    fn is_given_up(&self, runner: &str) {
        let host = runner.split_once(':').and_then(|(host, _)| self.hosts.iter().find(|h| h.name == host));
        // One that slept for long may be taken for dead; one whose database was out of reach too.
        let awake = host.is_some_and(|host| host.asleep_until.load(Ordering::Relaxed) == 0);
        let reached = self.plan.unsure + self.plan.unread == 0.0 && self.plan.every.full == 0;
        if awake && reached && self.register.is_alive(runner) {
            self.breaks(format!("FIRST ENDING WINS: {runner} lives, and was taken for dead"));
        }
    }

    fn let_others_act(&self, me: usize) {
        if self.plan.interleaved <= 0.0 || self.depth.load(Ordering::Relaxed) >= MOST_DEPTH {
            return;
        }
        if !self.chance.happens(self.plan.interleaved) {
            return;
        }
        let other = self.chance.below(self.seats.len() as u64) as usize;
        if other == me {
            return;
        }
        if let Ok(mut seat) = self.seats[other].try_lock()
            && matches!(seat.state, State::On(_))
            && self.is_awake(seat.host)
        {
            self.depth.fetch_add(1, Ordering::Relaxed);
            seat.act(self, other);
            self.depth.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// The log, for people.
pub(crate) fn listing(log: Result<Vec<Record>, StoreError>) -> String {
    let Ok(log) = log else { return String::new() };
    let lines = log.iter().map(|event| format!("{:>5} {} {}\n", event.seq, event.kind, event.body));
    lines.collect()
}
