//! What happens to a world from outside, and what happens next in it.

use std::sync::atomic::Ordering;

use session::{Session, SessionError};
use study::{Command, Study};

use crate::seat::State;
use crate::shape::Rule;
use crate::time::{Instant, SECOND};
use crate::world::World;

/// After this time nothing goes wrong any more, so that every study can end.
const HORIZON: Instant = 120 * SECOND;

/// The misfortunes that are to come, and the onlooker who sees when all is over.
pub(crate) struct Fate {
    agenda: Vec<(Instant, u64, Incident)>,
    onlooker: Option<Session>,
    enqueued: u64,
}

#[derive(Clone, Copy, Debug)]
enum Incident {
    Kill,
    Supervisor,
    Power,
    Suspend,
    Clock,
    Full,
    Refuse,
    Interrupt,
    Command,
    /// A pause ends. Happens once for each pause, also after the horizon.
    Resume,
}

impl Fate {
    pub(crate) fn of(world: &World) -> Self {
        use Incident as I;
        let every = &world.plan.every;
        let all = [
            (I::Kill, every.kill),
            (I::Supervisor, every.supervisor),
            (I::Power, every.power),
            (I::Suspend, every.suspend),
            (I::Clock, every.clock),
            (I::Full, every.full),
            (I::Refuse, every.refuse),
            (I::Interrupt, every.interrupt),
            (I::Command, every.command),
        ];
        let agenda = all.into_iter().filter(|(_, every)| *every > 0);
        let agenda = agenda.map(|(incident, ms)| (world.chance.waits(ms * 1_000), ms * 1_000, incident));
        Fate { agenda: agenda.collect(), onlooker: None, enqueued: 0 }
    }

    /// Does what comes next; `false` when all is over.
    pub(crate) fn goes_on(&mut self, world: &World) -> Result<bool, SessionError> {
        let next = (0..world.seats.len()).filter_map(|index| Some((world.next_of(index)?, index))).min();
        let incident = self.agenda.iter().enumerate().map(|(at, (due, ..))| (*due, at)).min();
        if let Some((due, at)) = incident
            && next.is_none_or(|(next, _)| due <= next)
        {
            world.time.reach(due);
            self.strikes(world, at)?;
            return Ok(true);
        }
        let Some((due, index)) = next else { return Ok(false) };
        world.time.reach(due);
        let starts = matches!(world.seat(index).state, State::Off { .. });
        if starts && self.is_over(world)? {
            return Ok(false);
        }
        world.seat(index).act(world, index);
        Ok(true)
    }

    fn onlooker(&mut self, world: &World) -> Result<&Session, SessionError> {
        let session = match self.onlooker.take() {
            Some(session) => session,
            None => world.look()?,
        };
        session.refresh()?;
        Ok(self.onlooker.insert(session))
    }

    /// Whether nobody drives the study any more, and nothing is left to do.
    fn is_over(&mut self, world: &World) -> Result<bool, SessionError> {
        if (0..world.seats.len()).any(|index| matches!(world.seat(index).state, State::On(_))) {
            return Ok(false);
        }
        if self.agenda.iter().any(|(_, _, incident)| matches!(incident, Incident::Resume)) {
            return Ok(false);
        }
        // Of promotions only a runner knows whether there are more.
        if world.plan.shape.rule == Some(Rule::Asha) && !world.said_over.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let exhausted = world.plan.sampler == "grid";
        Ok(self.onlooker(world)?.with_study(|study| {
            let done = study.trials_left() == Some(0) || exhausted && tried_all(study);
            done && study.pending().next().is_none()
        }))
    }

    fn strikes(&mut self, world: &World, at: usize) -> Result<(), SessionError> {
        let (due, mean, incident) = self.agenda[at];
        if mean == 0 || due > HORIZON {
            self.agenda.swap_remove(at);
            if mean > 0 {
                return Ok(());
            }
        } else {
            self.agenda[at].0 = world.time.now() + world.chance.waits(mean) + 1;
        }
        let chance = &world.chance;
        let host = chance.below(world.hosts.len() as u64) as usize;
        let seat = chance.below(world.seats.len() as u64) as usize;
        let soon = |most: Instant| world.time.now() + chance.below(most);
        match incident {
            Incident::Kill => {
                if let State::On(running) = &world.seat(seat).state {
                    running.life.end_after(chance.below(40));
                }
            }
            Incident::Supervisor => world.machine(host).kill(),
            Incident::Power => self.power(world),
            Incident::Suspend => {
                let until = soon(90 * SECOND);
                world.hosts[host].asleep_until.store(until, Ordering::Relaxed);
                world.hosts[host].clock.slept(until.saturating_sub(world.time.now()));
            }
            Incident::Clock => {
                let hour = 3_600_000;
                world.hosts[host].clock.set_wrong(chance.below(2 * hour) as i64 - hour as i64);
            }
            Incident::Full => world.trouble.full_until.store(soon(5 * SECOND), Ordering::Relaxed),
            Incident::Refuse => world.machine(host).full_until = soon(2 * SECOND),
            Incident::Interrupt => {
                if let State::On(running) = &world.seat(seat).state {
                    running.interrupts.fetch_add(1 + chance.below(2) as usize, Ordering::Relaxed);
                }
            }
            Incident::Command => self.command(world)?,
            Incident::Resume => self.onlooker(world)?.control(Command::Resume, None)?,
        }
        Ok(())
    }

    /// Everything dies at once, and of the database stays what was synced.
    fn power(&mut self, world: &World) {
        let lasts = world.chance.between(1, 5) * SECOND;
        for index in 0..world.seats.len() {
            let mut seat = world.seat(index);
            if let State::On(running) = &seat.state {
                running.life.end();
            }
            seat.state = State::Off { until: world.time.now() + lasts };
        }
        for host in 0..world.hosts.len() {
            world.machine(host).lose_power();
        }
        world.db.lose_power();
        world.said_over.store(false, Ordering::Relaxed);
        self.onlooker = None;
    }

    /// Somebody at another terminal.
    fn command(&mut self, world: &World) -> Result<(), SessionError> {
        let limit = world.limit.load(Ordering::Relaxed);
        match world.chance.below(4) {
            0 => {
                self.onlooker(world)?.control(Command::Pause, None)?;
                let until = world.time.now() + world.chance.below(5 * SECOND);
                self.agenda.push((until, 0, Incident::Resume));
                Ok(())
            }
            1 => self.onlooker(world)?.control(Command::Stop, None),
            2 => {
                self.enqueued += 1;
                let point = world.point(self.enqueued);
                self.onlooker(world)?.enqueue(point)
            }
            _ if limit < 2 * world.plan.trials => {
                world.limit.store(limit + 3, Ordering::Relaxed);
                let onlooker = self.onlooker(world)?;
                let mut settings = onlooker.with_study(|study| study.settings().clone());
                settings.stop.trials = Some(limit + 3);
                onlooker.change_settings(settings)
            }
            _ => Ok(()),
        }
    }
}

/// Whether each configuration of the grid was tried.
fn tried_all(study: &Study) -> bool {
    let mut seen: Vec<_> = study.trials().filter_map(|trial| trial.hash()).collect();
    seen.sort_unstable();
    seen.dedup();
    seen.len() >= crate::world::GRID
}
