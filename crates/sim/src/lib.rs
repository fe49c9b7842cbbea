//! The world as a test double: hosts with clocks and supervisors, a database, runners, and all that goes wrong with them.
//!
//! The runners are the real ones: [`runner::Engine`] on a real [`session::Session`] on a real [`store::Memory`]. Time is
//! virtual, programs are functions of a seed, and one thread steps all runners in the order in which things happen,
//! so that a world follows from its seed to the last bit: a seed that breaks a promise is the whole report of the bug.
//!
//! What goes wrong: runners are killed between any two effects, and others act inside their calls of the store; supervisors are
//! killed, power fails, hosts sleep, clocks are an hour off; the database is locked, its disk full, and an append that was said to
//! have failed was made; news are late, in any order, and come twice; people interrupt, pause, stop, enqueue and raise limits.

mod chance;
mod check;
mod db;
mod desk;
mod executor;
mod fate;
mod faulty;
mod life;
mod machine;
mod plan;
mod program;
mod seat;
mod shape;
mod time;
mod world;

use crate::plan::Plan;
use crate::world::World;

/// What came of a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// How many events its log holds.
    pub events: usize,
    /// How long it lasted, in ms of its own time.
    pub lasted_ms: u64,
    /// The log, a line for each event. Two runs of one seed have the same.
    pub log: String,
}

/// Lets the world of a seed live, and checks every promise.
///
/// # Errors
/// The promise that was broken, and how.
pub fn play(seed: u64) -> Result<Played, String> {
    live(Plan::draw(seed)).map(|(played, _)| played)
}

/// The same of a study of several stages and repetitions, whose runs take different room, with a rule that stops or promotes
/// its trials.
///
/// # Errors
/// The promise that was broken, and how.
pub fn play_pipeline(seed: u64) -> Result<Played, String> {
    live(Plan::draw(seed).shaped()).map(|(played, _)| played)
}

/// Lets a study with a lag live in two worlds, and compares what came of it (invariant LAG).
///
/// # Errors
/// The promise that was broken, and how.
pub fn play_twice(seed: u64) -> Result<(), String> {
    compare(Plan::draw_two(Plan::draw(seed)))
}

/// The same of a study as [`play_pipeline`] has it.
///
/// # Errors
/// The promise that was broken, and how.
pub fn play_pipeline_twice(seed: u64) -> Result<(), String> {
    compare(Plan::draw_two(Plan::draw(seed).shaped()))
}

fn compare((wild, calm): (Plan, Plan)) -> Result<(), String> {
    let shape = format!("{:?}", wild.shape);
    let (first, second) = (live(wild)?, live(calm)?);
    // A trial that misfortune hits three times has failed, and the search knows.
    if first.1 == second.1 || first.0.log.contains("it was lost 3 times") {
        return Ok(());
    }
    let lines = first.1.lines().zip(second.1.lines()).find(|(first, second)| first != second);
    Err(format!("LAG: two worlds came to different studies, first in {lines:?}\n{shape}\n{}", first.0.log))
}

/// A world's account, and the canonical export of its study.
fn live(plan: Plan) -> Result<(Played, String), String> {
    let world = World::new(plan);
    let log = world.live()?;
    world
        .check(&log)
        .map_err(|broken| format!("{broken}\n{:?}\n{}", world.plan, world::listing(Ok(log.clone()))))?;
    let canonical = check::fold(&log)?.canonical().map_err(|error| error.to_string())?;
    let lasted_ms = world.time.now() / 1000;
    Ok((Played { events: log.len(), lasted_ms, log: world::listing(Ok(log)) }, canonical))
}
