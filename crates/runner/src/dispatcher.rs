//! What to do next, decided without doing it: a state machine over slots, running attempts and orders to stop.
//!
//! [`Dispatcher::step`] takes one input and answers with effects; it has no clock, no files and no processes, so a
//! test can drive it through any order of events.

use std::collections::BTreeSet;

use study::RunKey;

/// Something that the loop learned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The session gave runs to start; this answers one [`Effect::Decide`].
    Ready(Vec<RunKey>),
    /// The session gave none, or fewer than asked for; this too answers one [`Effect::Decide`].
    Dry(Dry),
    /// An attempt of another life of this process, or of a dead one, still lives and is ours now.
    Adopted(RunKey),
    /// An attempt ended and its ending is recorded.
    Ended(RunKey),
    /// Ctrl-C, or SIGTERM.
    Interrupt,
    /// `ravine pause`.
    Pause,
    /// `ravine resume`.
    Resume,
    /// `ravine stop`.
    Stop,
    /// The rules or the queue changed: what was dry may not be.
    Changed,
}

/// Why there is nothing to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dry {
    /// The sampler waits for a result.
    Wait,
    /// Every configuration was tried.
    Exhausted,
    /// A stop rule is reached.
    Limit,
}

/// Something for the loop to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ask the session for so many runs; answer with [`Input::Ready`] or [`Input::Dry`].
    Decide(usize),
    /// Start this attempt.
    Start(RunKey),
    /// End this attempt, with its whole process tree.
    End(RunKey),
    /// Say that no new runs start, and why.
    Draining(Finish),
    /// Say that the running ones are being ended.
    Ending,
    /// All is over.
    Finish(Finish),
}

/// Why a runner leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// A stop rule was reached.
    Limit,
    /// Every configuration was tried.
    Exhausted,
    /// Ctrl-C.
    Interrupted,
    /// `ravine stop`.
    Stopped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    Paused,
    /// No new runs; running ones finish.
    Draining(Finish),
    /// Running ones are being ended.
    Ending(Finish),
    Over,
}

/// The state: which attempts hold a slot, and whether new ones may start.
#[derive(Clone, Debug)]
pub struct Dispatcher {
    slots: usize,
    running: BTreeSet<RunKey>,
    phase: Phase,
    /// Runs asked for and not yet given.
    asked: usize,
    dry: Option<Dry>,
}

impl Dispatcher {
    /// A dispatcher of `slots` ≥ 1 runs at a time, none of them taken.
    pub fn new(slots: usize) -> Self {
        Dispatcher { slots: slots.max(1), running: BTreeSet::new(), phase: Phase::Open, asked: 0, dry: None }
    }

    /// The attempts that hold a slot.
    pub fn running(&self) -> &BTreeSet<RunKey> {
        &self.running
    }

    /// Whether it was told to pause.
    pub fn is_paused(&self) -> bool {
        self.phase == Phase::Paused
    }

    /// The first step: nothing is known yet but the slots.
    pub fn begin(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.fill(&mut effects);
        effects
    }

    /// Takes in one input and says what follows from it.
    pub fn step(&mut self, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        match input {
            Input::Ready(runs) => {
                self.asked = 0;
                for run in runs {
                    self.running.insert(run);
                    effects.push(Effect::Start(run));
                    if matches!(self.phase, Phase::Ending(_)) {
                        effects.push(Effect::End(run));
                    }
                }
            }
            Input::Dry(dry) => {
                self.asked = 0;
                self.dry = Some(dry);
            }
            Input::Adopted(run) => {
                self.running.insert(run);
                if matches!(self.phase, Phase::Ending(_)) {
                    effects.push(Effect::End(run));
                }
                // It frees no slot, and more of them may come: nothing is asked for before the next input.
                return effects;
            }
            Input::Ended(run) => {
                self.running.remove(&run);
                self.wet(|dry| dry == Dry::Wait);
            }
            Input::Changed => self.wet(|_| true),
            Input::Pause if self.phase == Phase::Open => self.phase = Phase::Paused,
            Input::Resume if self.phase == Phase::Paused => self.phase = Phase::Open,
            Input::Pause | Input::Resume => {}
            Input::Interrupt => self.interrupt(&mut effects),
            Input::Stop => self.end(Finish::Stopped, &mut effects),
        }
        self.fill(&mut effects);
        effects
    }

    fn wet(&mut self, when: impl Fn(Dry) -> bool) {
        if self.dry.is_some_and(when) {
            self.dry = None;
        }
    }

    /// Once: no new runs. Twice: the running ones are ended.
    fn interrupt(&mut self, effects: &mut Vec<Effect>) {
        match self.phase {
            Phase::Open | Phase::Paused => {
                self.phase = Phase::Draining(Finish::Interrupted);
                effects.push(Effect::Draining(Finish::Interrupted));
            }
            Phase::Draining(_) => self.end(Finish::Interrupted, effects),
            Phase::Ending(_) | Phase::Over => {}
        }
    }

    fn end(&mut self, finish: Finish, effects: &mut Vec<Effect>) {
        if !matches!(self.phase, Phase::Ending(_) | Phase::Over) {
            self.phase = Phase::Ending(finish);
            effects.push(Effect::Ending);
            effects.extend(self.running.iter().map(|run| Effect::End(*run)));
        }
    }

    /// Asks for work while slots are free, and ends when nothing runs and nothing more will.
    fn fill(&mut self, effects: &mut Vec<Effect>) {
        let finish = match (self.phase, self.dry) {
            (Phase::Draining(finish) | Phase::Ending(finish), _) => Some(finish),
            (Phase::Open | Phase::Paused, Some(Dry::Exhausted)) => Some(Finish::Exhausted),
            (Phase::Open | Phase::Paused, Some(Dry::Limit)) => Some(Finish::Limit),
            _ => None,
        };
        if let Some(finish) = finish
            && self.running.is_empty()
            && self.asked == 0
        {
            self.phase = Phase::Over;
            effects.push(Effect::Finish(finish));
        }
        let free = self.slots.saturating_sub(self.running.len());
        if self.phase == Phase::Open && self.dry.is_none() && self.asked == 0 && free > 0 {
            self.asked = free;
            effects.push(Effect::Decide(free));
        }
    }
}

#[cfg(test)]
mod tests {
    use search::TrialId;

    use super::*;

    fn run(number: u64) -> RunKey {
        RunKey::first(TrialId(number))
    }

    #[test]
    fn free_slots_are_asked_for_once_and_filled() {
        let mut dispatcher = Dispatcher::new(2);
        assert_eq!(dispatcher.begin(), [Effect::Decide(2)]);
        assert_eq!(
            dispatcher.step(Input::Ready(vec![run(0), run(1)])),
            [Effect::Start(run(0)), Effect::Start(run(1))]
        );
        assert_eq!(dispatcher.step(Input::Ended(run(0))), [Effect::Decide(1)]);
        assert_eq!(dispatcher.step(Input::Ended(run(1))), [], "one question at a time");
        assert_eq!(
            dispatcher.step(Input::Ready(vec![run(2)])),
            [Effect::Start(run(2)), Effect::Decide(1)],
            "and then the next"
        );
    }

    #[test]
    fn a_limit_lets_running_trials_finish_and_then_ends() {
        let mut dispatcher = Dispatcher::new(2);
        dispatcher.begin();
        dispatcher.step(Input::Ready(vec![run(0)]));
        assert_eq!(dispatcher.step(Input::Dry(Dry::Limit)), []);
        assert_eq!(dispatcher.step(Input::Ended(run(0))), [Effect::Finish(Finish::Limit)]);
    }

    #[test]
    fn a_waiting_sampler_is_asked_again_when_a_result_arrives() {
        let mut dispatcher = Dispatcher::new(2);
        dispatcher.begin();
        dispatcher.step(Input::Ready(vec![run(0)]));
        assert_eq!(dispatcher.step(Input::Dry(Dry::Wait)), []);
        assert_eq!(dispatcher.step(Input::Ended(run(0))), [Effect::Decide(2)]);
    }

    #[test]
    fn one_interrupt_drains_and_two_end() {
        let mut dispatcher = Dispatcher::new(1);
        dispatcher.begin();
        dispatcher.step(Input::Ready(vec![run(0)]));
        assert_eq!(dispatcher.step(Input::Interrupt), [Effect::Draining(Finish::Interrupted)]);
        assert_eq!(dispatcher.step(Input::Interrupt), [Effect::Ending, Effect::End(run(0))]);
        assert_eq!(dispatcher.step(Input::Interrupt), [], "the third changes nothing");
        assert_eq!(dispatcher.step(Input::Ended(run(0))), [Effect::Finish(Finish::Interrupted)]);
    }

    #[test]
    fn a_pause_holds_new_runs_back_until_resume() {
        let mut dispatcher = Dispatcher::new(1);
        dispatcher.begin();
        dispatcher.step(Input::Ready(vec![run(0)]));
        assert_eq!(dispatcher.step(Input::Pause), []);
        assert_eq!(dispatcher.step(Input::Ended(run(0))), []);
        assert_eq!(dispatcher.step(Input::Resume), [Effect::Decide(1)]);
    }

    #[test]
    fn a_stop_while_a_question_is_open_waits_for_its_answer() {
        let mut dispatcher = Dispatcher::new(1);
        dispatcher.begin();
        assert_eq!(dispatcher.step(Input::Stop), [Effect::Ending]);
        assert_eq!(dispatcher.step(Input::Dry(Dry::Wait)), [Effect::Finish(Finish::Stopped)]);
    }

    #[test]
    fn an_adopted_run_takes_a_slot() {
        let mut dispatcher = Dispatcher::new(2);
        dispatcher.step(Input::Adopted(run(7)));
        assert_eq!(dispatcher.running().len(), 1);
        assert_eq!(dispatcher.step(Input::Ready(vec![run(8)])), [Effect::Start(run(8))]);
    }

    #[test]
    fn slots_that_adopted_runs_leave_free_are_asked_for_once_all_are_adopted() {
        let mut dispatcher = Dispatcher::new(4);
        assert_eq!(dispatcher.step(Input::Adopted(run(0))), []);
        assert_eq!(dispatcher.step(Input::Adopted(run(1))), []);
        assert_eq!(dispatcher.begin(), [Effect::Decide(2)]);
    }

    #[test]
    fn a_run_that_is_adopted_while_all_are_ended_is_ended_too() {
        let mut dispatcher = Dispatcher::new(2);
        dispatcher.step(Input::Adopted(run(0)));
        dispatcher.step(Input::Stop);
        assert_eq!(dispatcher.step(Input::Adopted(run(1))), [Effect::End(run(1))]);
    }

    #[test]
    fn more_trials_allowed_means_going_on() {
        let mut dispatcher = Dispatcher::new(1);
        dispatcher.begin();
        dispatcher.step(Input::Ready(vec![run(0)]));
        dispatcher.step(Input::Ended(run(0)));
        // The answer to the open question: the limit is reached, but another trial still runs elsewhere.
        dispatcher.step(Input::Adopted(run(1)));
        assert_eq!(dispatcher.step(Input::Dry(Dry::Limit)), []);
        assert_eq!(dispatcher.step(Input::Changed), [], "its slot is taken");
        assert_eq!(dispatcher.step(Input::Ended(run(1))), [Effect::Decide(1)]);
    }
}
