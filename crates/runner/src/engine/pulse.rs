//! What happens by time: the look at what others wrote, the proof of life, runs of runners that died.

use std::collections::BTreeSet;
use std::time::Duration;

use exec::Executor;
use study::{Course, Phase, RunKey, Study, TrialId};

use super::{Desk, Engine};
use crate::RunnerError;
use crate::dispatcher::Input;
use crate::watch::Happening;

/// How often the log is looked at for what others wrote, and the display is drawn.
const TICK: Duration = Duration::from_millis(100);
/// How often this process shows that it lives.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// What was seen and done when; times are the steady clock's.
#[derive(Debug)]
pub(super) struct Pulse {
    /// The log up to which what others wrote was looked at.
    pub(super) seen: u64,
    /// How much others had said by then.
    heard: u64,
    ticked: Option<Duration>,
    beat: Duration,
    phase: Phase,
    /// Signals acted upon.
    interrupts: usize,
}

impl Pulse {
    pub(super) fn begin(now: Duration) -> Self {
        Pulse { seen: 0, heard: 0, ticked: None, beat: now, phase: Phase::Open, interrupts: 0 }
    }

    pub(super) fn until_tick(&self, now: Duration) -> Duration {
        self.ticked.map_or(Duration::ZERO, |ticked| (ticked + TICK).saturating_sub(now))
    }
}

impl<E: Executor, D: Desk> Engine<E, D> {
    /// Looks at what others wrote, shows that this process lives, brings the files and the display up to date; each when
    /// it is time.
    pub(super) fn beat(&mut self, inputs: &mut Vec<Input>) -> Result<(), RunnerError> {
        let interrupts = self.desk.interrupts();
        inputs.extend((self.pulse.interrupts..interrupts).map(|_| Input::Interrupt));
        self.pulse.interrupts = self.pulse.interrupts.max(interrupts);
        let now = self.now();
        if !self.pulse.until_tick(now).is_zero() {
            return Ok(());
        }
        self.pulse.ticked = Some(now);
        let head = self.session.refresh()?;
        if head != self.pulse.seen {
            self.pulse.seen = head;
            inputs.push(Input::Changed);
            let heard = self.session.heard();
            if std::mem::replace(&mut self.pulse.heard, heard) != heard {
                inputs.extend(self.look_around()?);
            }
        }
        self.follow_phase(inputs);
        if now.saturating_sub(self.pulse.beat) >= HEARTBEAT {
            self.pulse.beat = now;
            self.session.heartbeat()?;
            self.desk.beat();
            self.take_over()?;
            inputs.extend(self.pick_up()?);
        }
        self.desk.tick(&self.session);
        Ok(())
    }

    /// Others wrote something: a trial of ours may be over, and where there is room and nothing to do, work that they left
    /// may be done here.
    fn look_around(&mut self) -> Result<Vec<Input>, RunnerError> {
        let waiting = self.dispatcher.waiting().map(|run| run.trial);
        let trials: BTreeSet<TrialId> = self.claims.keys().map(|run| run.trial).chain(waiting).collect();
        let mut over = Vec::new();
        for trial in trials {
            match self.session.course(trial) {
                Some(Course::Open { due, unwanted }) => over.push(self.narrow(trial, &due, unwanted)),
                Some(Course::Over(_)) => {}
                None => {
                    let ours: Vec<RunKey> =
                        self.claims.keys().filter(|run| run.trial == trial).copied().collect();
                    ours.into_iter().for_each(|run| self.unwanted(run));
                    over.push(Input::Wanted(trial, Vec::new()));
                }
            }
        }
        let mut inputs = self.overtaken();
        inputs.extend(over);
        if self.dispatcher.is_idle() {
            inputs.extend(self.pick_up()?);
        }
        Ok(inputs)
    }

    /// `ravine stop`, `pause` and `resume` from another terminal.
    fn follow_phase(&mut self, inputs: &mut Vec<Input>) {
        let phase = self.session.with_study(Study::phase);
        if phase == self.pulse.phase {
            return;
        }
        self.pulse.phase = phase;
        match phase {
            Phase::Stopped => inputs.push(Input::Stop),
            Phase::Paused => {
                inputs.push(Input::Pause);
                self.see(&Happening::Paused(true));
            }
            Phase::Open => {
                inputs.extend([Input::Resume, Input::Changed]);
                self.see(&Happening::Paused(false));
            }
        }
    }
}
