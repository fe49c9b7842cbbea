//! What a seed makes of a world: how large it is, and what goes wrong in it.

use crate::chance::Chance;
use crate::shape::Shape;

/// The shape of a world and the rates of its misfortunes. Each world has some kinds of them only, so that one kind does not
/// hide what another would show.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) sampler: &'static str,
    pub(crate) trials: u64,
    /// The study's lag; its search is the same then in every world.
    pub(crate) lag: Option<u32>,
    /// Points that somebody enqueues before the start.
    pub(crate) points: u64,
    pub(crate) slots: usize,
    pub(crate) hosts: usize,
    pub(crate) runners: usize,
    pub(crate) shape: Shape,
    /// A run's mean time, in ms.
    pub(crate) run_ms: u64,
    /// How many trials fail, of a hundred.
    pub(crate) failing: u64,
    /// The largest delay of news, in ms.
    pub(crate) delay_ms: u64,
    /// News that come twice.
    pub(crate) doubled: f64,
    /// Appends that find the database locked; half of them are made all the same.
    pub(crate) unsure: f64,
    /// Whether runners wait for their database rather than fail.
    pub(crate) patient: bool,
    /// Reads that fail.
    pub(crate) unread: f64,
    /// Other runners acting in the middle of a runner's call of the store.
    pub(crate) interleaved: f64,
    /// Mean times between misfortunes, in ms; 0 is never.
    pub(crate) every: Every,
}

/// See [`Plan::every`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Every {
    /// A runner is killed between two things it does.
    pub(crate) kill: u64,
    /// A supervisor is killed, with its runs.
    pub(crate) supervisor: u64,
    /// The power goes, for all.
    pub(crate) power: u64,
    /// A host is suspended for a while.
    pub(crate) suspend: u64,
    /// A host's clock is set wrong, by up to an hour.
    pub(crate) clock: u64,
    /// The database's disk is full for a while.
    pub(crate) full: u64,
    /// A host's disk is full for a while: its supervisor can start nothing.
    pub(crate) refuse: u64,
    /// Somebody presses Ctrl-C.
    pub(crate) interrupt: u64,
    /// Somebody pauses, resumes or stops the study, enqueues a point, or raises its limit.
    pub(crate) command: u64,
}

impl Plan {
    /// Two worlds in which a study with a lag must come to the same: one with all that goes wrong and does not change what
    /// programs say, and a calm one with other machines.
    pub(crate) fn draw_two(mut wild: Self) -> (Self, Self) {
        let chance = Chance::new(wild.seed, 4);
        wild.lag = Some(chance.between(1, 9) as u32);
        // What is lost too often fails, and what people do has no place among the turns.
        wild.hosts = 1;
        (wild.every.supervisor, wild.every.power, wild.every.command) = (0, 0, 0);
        let calm = Plan {
            slots: (chance.between(1, 9) as usize).max(wild.shape.widest()),
            runners: 1,
            run_ms: 200,
            delay_ms: 0,
            doubled: 0.0,
            unsure: 0.0,
            unread: 0.0,
            interleaved: 0.0,
            every: Every::default(),
            ..wild.clone()
        };
        (wild, calm)
    }

    /// The same with trials of several stages and repetitions, and fewer of them: each has more to it.
    pub(crate) fn shaped(self) -> Self {
        let chance = Chance::new(self.seed, 5);
        let shape = Shape::draw(&chance, self.slots);
        let patient = chance.happens(0.5);
        Plan { trials: self.trials / 3 + 3, run_ms: self.run_ms.min(500), shape, patient, ..self }
    }

    pub(crate) fn draw(seed: u64) -> Self {
        let chance = Chance::new(seed, 1);
        let chance = &chance;
        let calm = chance.happens(0.1);
        let maybe = |value: u64| if !calm && chance.happens(0.4) { value } else { 0 };
        let rate = |value: f64| if !calm && chance.happens(0.4) { value } else { 0.0 };
        let every = Every {
            kill: maybe(4_000),
            supervisor: maybe(10_000),
            power: maybe(20_000),
            suspend: maybe(15_000),
            clock: maybe(8_000),
            full: maybe(12_000),
            refuse: maybe(12_000),
            interrupt: maybe(10_000),
            command: maybe(5_000),
        };
        Plan {
            seed,
            sampler: ["random", "tpe", "sobol", "grid"][chance.below(4) as usize],
            trials: chance.between(15, 45),
            lag: None,
            points: chance.below(4),
            slots: chance.between(1, 7) as usize,
            shape: Shape::plain(),
            hosts: chance.between(1, 4) as usize,
            runners: chance.between(1, 4) as usize,
            run_ms: [50, 500, 2_000][chance.below(3) as usize],
            failing: [0, 10, 40][chance.below(3) as usize],
            delay_ms: [0, 20, 1_000][chance.below(3) as usize],
            doubled: rate(0.1),
            unsure: rate(0.02),
            patient: false,
            unread: rate(0.01),
            interleaved: rate(0.15),
            every,
        }
    }
}
