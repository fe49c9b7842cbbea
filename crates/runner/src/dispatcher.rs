//! What to do next, decided without doing it: a state machine over waiting runs, running attempts and orders to stop.
//!
//! [`Dispatcher::step`] takes one input and answers with effects; it has no clock, no files and no processes, so a
//! test can drive it through any order of events. Which of the waiting runs fit is the [`Schedule`]'s to say.

use std::collections::{BTreeMap, BTreeSet};

use search::{Spent, TrialId};
use study::schedule::{Capacity, Demand, Lease, Request, Schedule};
use study::{Due, RunKey};

/// Something that the loop learned.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Runs that may start from some time on, each with what it takes.
    Due(Vec<(Due, Request)>),
    /// The session decided so many trials; this answers one [`Effect::Decide`], once their runs are due.
    Decided,
    /// The session had nothing more; this too answers one [`Effect::Decide`].
    Dry(Dry),
    /// An attempt of another life of this process, or of a dead one, still lives and is ours now.
    Adopted(RunKey, Lease),
    /// An attempt ended and its ending is recorded; or it is not ours to start.
    Ended(RunKey),
    /// What may still start of a trial: whatever else of it waits is not wanted any more.
    Wanted(TrialId, Vec<RunKey>),
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
    /// Time went by: a new try may have waited long enough.
    Time,
}

/// Why there is nothing to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dry {
    /// The sampler waits for a result.
    Wait,
    /// The sampler has nothing more to propose, for this reason.
    Exhausted(Spent),
    /// A stop rule is reached.
    Limit,
}

/// Something for the loop to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Ask the session for so many trials; answer with [`Input::Decided`] or [`Input::Dry`].
    Decide(usize),
    /// Start these attempts, each with what it holds.
    Start(Vec<(RunKey, Lease)>),
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
    /// The sampler has nothing more to propose, for this reason.
    Exhausted(Spent),
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
    /// All was over, for this reason.
    Over(Finish),
}

/// What a new trial begins with.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    /// What its first run takes.
    pub demand: Demand,
    /// How many such runs it begins with: its repetitions, where they start together.
    pub runs: u32,
}

/// The state: which runs wait, which hold a lease, and whether new ones may start.
#[derive(Clone, Debug)]
pub struct Dispatcher {
    schedule: Schedule<RunKey>,
    opening: Opening,
    /// How many first runs there are at a time.
    slots: u32,
    running: BTreeSet<RunKey>,
    /// What waits for room or for its time.
    waiting: BTreeMap<RunKey, Request>,
    /// What of that waits for its time, in ms since 1970.
    later: BTreeSet<(u64, RunKey)>,
    /// How many runs of a trial's first stage wait for room.
    first: usize,
    phase: Phase,
    /// Whether a question is open.
    asked: bool,
    dry: Option<Dry>,
}

/// So many trials are asked for at once at most: a decision's commit is held in memory.
const MOST_AT_ONCE: u32 = 1_000;

impl Dispatcher {
    /// A dispatcher over what there is to share out, none of it taken.
    pub fn new(capacity: Capacity, opening: Opening) -> Self {
        let schedule = Schedule::new(capacity);
        Dispatcher {
            slots: schedule.room(&opening.demand),
            schedule,
            opening,
            running: BTreeSet::new(),
            waiting: BTreeMap::new(),
            later: BTreeSet::new(),
            first: 0,
            phase: Phase::Open,
            asked: false,
            dry: None,
        }
    }

    /// The attempts that hold a lease.
    pub fn running(&self) -> &BTreeSet<RunKey> {
        &self.running
    }

    /// How many first runs of trials there are at a time, where nothing else runs.
    pub fn slots(&self) -> u64 {
        u64::from(self.slots)
    }

    /// How many trials have a new try that waits for its time.
    pub fn backed_off(&self) -> u64 {
        self.later.iter().map(|(_, run)| run.trial).collect::<BTreeSet<TrialId>>().len() as u64
    }

    /// The attempts that wait for room or for their time.
    pub fn waiting(&self) -> impl Iterator<Item = RunKey> {
        self.waiting.keys().copied()
    }

    /// Whether a run waits or holds a lease.
    pub fn knows(&self, run: RunKey) -> bool {
        self.running.contains(&run) || self.waiting.contains_key(&run)
    }

    /// What a running attempt holds.
    pub fn lease(&self, run: RunKey) -> Option<&Lease> {
        self.schedule.lease(&run)
    }

    /// Whether there is room and nothing to fill it with: time to look for work that others left.
    pub fn is_idle(&self) -> bool {
        self.phase == Phase::Open && self.dry.is_some() && self.schedule.waiting() == 0
    }

    /// Whether the last input left nothing to do, for good.
    pub fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over(_))
    }

    /// Whether the running ones are being ended.
    pub fn is_ending(&self) -> bool {
        matches!(self.phase, Phase::Ending(_))
    }

    /// When the next run that waits for its time may start, in ms since 1970.
    pub fn next_time(&self) -> Option<u64> {
        let (time, _) = self.later.first().filter(|_| self.phase == Phase::Open)?;
        Some(*time)
    }

    /// The first step: nothing is known yet but what there is to share out.
    pub fn begin(&mut self, now: u64) -> Vec<Effect> {
        self.step(Input::Time, now)
    }

    /// Takes in one input at a time (ms since 1970) and says what follows from it.
    pub fn step(&mut self, input: Input, now: u64) -> Vec<Effect> {
        let mut effects = Vec::new();
        match input {
            Input::Due(runs) => {
                for (due, request) in runs {
                    self.add(due, request, now);
                }
            }
            Input::Decided => self.asked = false,
            Input::Dry(dry) => {
                self.asked = false;
                self.dry = Some(dry);
            }
            Input::Adopted(run, lease) => {
                self.forget(run);
                self.schedule.restore(run, lease);
                self.running.insert(run);
                if matches!(self.phase, Phase::Ending(_)) {
                    effects.push(Effect::End(run));
                }
            }
            Input::Ended(run) => {
                self.running.remove(&run);
                self.schedule.release(&run);
                self.wet(|dry| dry == Dry::Wait);
            }
            Input::Wanted(trial, runs) => {
                let unwanted: Vec<RunKey> =
                    self.waiting_of(trial).filter(|run| !runs.contains(run)).collect();
                unwanted.into_iter().for_each(|run| self.forget(run));
            }
            Input::Changed => self.wet(|_| true),
            Input::Time => {}
            Input::Pause if self.phase == Phase::Open => self.phase = Phase::Paused,
            Input::Resume if self.phase == Phase::Paused => self.phase = Phase::Open,
            Input::Pause | Input::Resume => {}
            Input::Interrupt => self.interrupt(&mut effects),
            Input::Stop => self.end(Finish::Stopped, &mut effects),
        }
        self.fill(now, &mut effects);
        effects
    }

    fn add(&mut self, due: Due, request: Request, now: u64) {
        if self.knows(due.run) {
            return;
        }
        let run = due.run;
        if due.not_before > now {
            self.later.insert((due.not_before, run));
            self.waiting.insert(run, request);
            return;
        }
        // What never fits was refused with the study file; where the place shrank since, it waits for a larger one.
        if self.schedule.wait(run, &request).is_ok() {
            self.first += usize::from(run.stage == 0);
            self.waiting.insert(run, request);
        }
    }

    fn waiting_of(&self, trial: TrialId) -> impl Iterator<Item = RunKey> {
        let from = RunKey { stage: 0, repetition: 0, attempt: 0, trial };
        self.waiting.range(from..).map(|(run, _)| *run).take_while(move |run| run.trial == trial)
    }

    fn forget(&mut self, run: RunKey) {
        if self.waiting.remove(&run).is_none() {
            return;
        }
        if self.schedule.withdraw(&run) {
            self.first -= usize::from(run.stage == 0);
        } else {
            self.later.retain(|(_, other)| *other != run);
        }
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
            Phase::Ending(_) | Phase::Over(_) => {}
        }
    }

    fn end(&mut self, finish: Finish, effects: &mut Vec<Effect>) {
        if !matches!(self.phase, Phase::Ending(_) | Phase::Over(_)) {
            self.phase = Phase::Ending(finish);
            effects.push(Effect::Ending);
            effects.extend(self.running.iter().map(|run| Effect::End(*run)));
        }
    }

    /// Places what waits, asks for more while there is room, and ends when nothing runs and nothing more will.
    fn fill(&mut self, now: u64, effects: &mut Vec<Effect>) {
        let has_work = !(self.waiting.is_empty() && self.running.is_empty());
        if let Phase::Over(Finish::Limit | Finish::Exhausted(_)) = self.phase
            && has_work
        {
            // Of a runner that died while this one was about to leave.
            self.phase = Phase::Open;
        }
        if self.phase == Phase::Open {
            self.place(now, effects);
        }
        let finish = match (self.phase, self.dry) {
            (Phase::Draining(finish) | Phase::Ending(finish), _) => Some(finish),
            (Phase::Open | Phase::Paused, _) if !self.waiting.is_empty() => None,
            (Phase::Open | Phase::Paused, Some(Dry::Exhausted(spent))) => Some(Finish::Exhausted(spent)),
            (Phase::Open | Phase::Paused, Some(Dry::Limit)) => Some(Finish::Limit),
            _ => None,
        };
        if let Some(finish) = finish
            && self.running.is_empty()
            && !self.asked
        {
            self.phase = Phase::Over(finish);
            effects.push(Effect::Finish(finish));
        }
        if self.phase == Phase::Open && self.dry.is_none() && !self.asked && self.first == 0 {
            let room = self.schedule.room(&self.opening.demand).min(MOST_AT_ONCE);
            if room > 0 {
                self.asked = true;
                effects.push(Effect::Decide(room.div_ceil(self.opening.runs.max(1)) as usize));
            }
        }
    }

    fn place(&mut self, now: u64, effects: &mut Vec<Effect>) {
        while let Some((time, run)) = self.later.first().copied()
            && time <= now
        {
            self.later.remove(&(time, run));
            if let Some(request) = self.waiting.remove(&run) {
                self.add(Due { run, not_before: 0 }, request, now);
            }
        }
        let placed = self.schedule.place(now);
        for (run, _) in &placed {
            self.waiting.remove(run);
            self.first -= usize::from(run.stage == 0);
            self.running.insert(*run);
        }
        if !placed.is_empty() {
            effects.push(Effect::Start(placed));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(number: u64) -> RunKey {
        RunKey::first(TrialId(number))
    }

    fn dispatcher(cpus: u32) -> Dispatcher {
        Dispatcher::new(Capacity::cpus(cpus), Opening { demand: Demand::cpus(1), runs: 1 })
    }

    fn due(runs: &[RunKey]) -> Input {
        wide(runs, 1)
    }

    fn wide(runs: &[RunKey], cpus: u32) -> Input {
        let request =
            |run: &RunKey| Request { demand: Demand::cpus(cpus), kind: run.stage, ..Request::default() };
        Input::Due(runs.iter().map(|run| (Due { run: *run, not_before: 0 }, request(run))).collect())
    }

    fn over(trial: u64) -> Input {
        Input::Wanted(TrialId(trial), Vec::new())
    }

    /// Effects without the cores.
    fn names(effects: Vec<Effect>) -> Vec<String> {
        let name = |effect| match effect {
            Effect::Start(runs) => {
                let runs: Vec<String> = runs.iter().map(|(run, _)| run.trial.0.to_string()).collect();
                format!("start {}", runs.join(" "))
            }
            Effect::Decide(count) => format!("decide {count}"),
            other => format!("{other:?}"),
        };
        effects.into_iter().map(name).collect()
    }

    /// A dispatcher whose first question was answered with these trials.
    fn running(cpus: u32, trials: u64) -> Dispatcher {
        let mut dispatcher = dispatcher(cpus);
        dispatcher.begin(0);
        dispatcher.step(due(&(0..trials).map(run).collect::<Vec<_>>()), 0);
        dispatcher
    }

    #[test]
    fn free_room_is_asked_for_once_and_filled() {
        let mut dispatcher = dispatcher(2);
        assert_eq!(names(dispatcher.begin(0)), ["decide 2"]);
        assert_eq!(names(dispatcher.step(due(&[run(0), run(1)]), 0)), ["start 0 1"]);
        assert_eq!(names(dispatcher.step(Input::Decided, 0)), [""; 0]);
        assert_eq!(names(dispatcher.step(Input::Ended(run(0)), 0)), ["decide 1"]);
        assert_eq!(names(dispatcher.step(Input::Ended(run(1)), 0)), [""; 0], "one question at a time");
        assert_eq!(names(dispatcher.step(due(&[run(2)]), 0)), ["start 2"]);
        assert_eq!(names(dispatcher.step(Input::Decided, 0)), ["decide 1"], "and then the next");
    }

    #[test]
    fn trials_of_several_repetitions_are_asked_for_as_room_is_filled() {
        let mut dispatcher = Dispatcher::new(Capacity::cpus(8), Opening { demand: Demand::cpus(1), runs: 5 });
        assert_eq!(names(dispatcher.begin(0)), ["decide 2"]);
        let repetitions = |trial| (0..5).map(move |repetition| RunKey { repetition, ..run(trial) });
        let runs: Vec<RunKey> = repetitions(0).chain(repetitions(1)).collect();
        assert_eq!(names(dispatcher.step(due(&runs), 0)), ["start 0 0 0 0 0 1 1 1"]);
        assert_eq!(names(dispatcher.step(Input::Decided, 0)), [""; 0], "two repetitions wait");
        assert_eq!(names(dispatcher.step(Input::Ended(runs[0]), 0)), ["start 1"]);
    }

    #[test]
    fn later_stages_go_before_new_trials() {
        let mut dispatcher = running(2, 2);
        dispatcher.step(Input::Decided, 0);
        let next = RunKey { stage: 1, ..run(0) };
        dispatcher.step(wide(&[next], 2), 0);
        assert_eq!(names(dispatcher.step(over(7), 0)), [""; 0], "it waits for two cores");
        dispatcher.step(Input::Ended(run(0)), 0);
        let placed = dispatcher.step(Input::Ended(run(1)), 0);
        assert!(names(placed).contains(&"start 0".to_owned()));
    }

    #[test]
    fn a_new_try_waits_for_its_time() {
        let mut dispatcher = running(1, 0);
        let request = Request { demand: Demand::cpus(1), ..Request::default() };
        let later = Due { run: run(0), not_before: 500 };
        assert_eq!(names(dispatcher.step(Input::Due(vec![(later, request)]), 100)), [""; 0]);
        assert_eq!(dispatcher.next_time(), Some(500));
        dispatcher.step(Input::Dry(Dry::Limit), 100);
        assert_eq!(names(dispatcher.step(Input::Time, 499)), [""; 0], "and the study waits for it");
        assert_eq!(names(dispatcher.step(Input::Time, 500)), ["start 0"]);
    }

    #[test]
    fn what_waits_of_a_trial_that_is_over_is_forgotten() {
        let mut dispatcher = running(1, 2);
        dispatcher.step(over(1), 0);
        dispatcher.step(Input::Dry(Dry::Limit), 0);
        assert_eq!(names(dispatcher.step(Input::Ended(run(0)), 0)), ["Finish(Limit)"]);
    }

    #[test]
    fn of_a_trial_that_is_decided_only_what_is_still_wanted_starts() {
        let mut dispatcher = dispatcher(1);
        dispatcher.begin(0);
        let repetitions: Vec<RunKey> = (0..4).map(|repetition| RunKey { repetition, ..run(0) }).collect();
        assert_eq!(names(dispatcher.step(due(&repetitions), 0)), ["start 0"]);
        dispatcher.step(Input::Decided, 0);
        dispatcher.step(Input::Wanted(TrialId(0), vec![repetitions[2]]), 0);
        let started = dispatcher.step(Input::Ended(repetitions[0]), 0);
        assert!(matches!(started.as_slice(), [Effect::Start(runs)] if runs[0].0 == repetitions[2]));
        assert_eq!(names(dispatcher.step(Input::Ended(repetitions[2]), 0)), ["decide 1"]);
    }

    #[test]
    fn a_runner_that_was_about_to_leave_stays_where_others_left_work() {
        let mut dispatcher = running(1, 1);
        dispatcher.step(Input::Dry(Dry::Limit), 0);
        assert_eq!(names(dispatcher.step(Input::Ended(run(0)), 0)), ["Finish(Limit)"]);
        assert!(dispatcher.is_over());
        assert_eq!(names(dispatcher.step(due(&[]), 0)), [""; 0], "nothing was left");
        assert!(dispatcher.is_over());
        let lease = Lease { cores: vec![0], ..Lease::default() };
        assert_eq!(names(dispatcher.step(Input::Adopted(run(1), lease), 0)), [""; 0]);
        assert!(!dispatcher.is_over());
        assert_eq!(names(dispatcher.step(due(&[run(2)]), 0)), [""; 0]);
        assert_eq!(names(dispatcher.step(Input::Ended(run(1)), 0)), ["start 2"]);
        assert_eq!(names(dispatcher.step(Input::Ended(run(2)), 0)), ["Finish(Limit)"]);
    }

    #[test]
    fn a_limit_lets_running_trials_finish_and_then_ends() {
        let mut dispatcher = running(2, 1);
        assert_eq!(names(dispatcher.step(Input::Dry(Dry::Limit), 0)), [""; 0]);
        assert_eq!(names(dispatcher.step(Input::Ended(run(0)), 0)), ["Finish(Limit)"]);
    }

    #[test]
    fn a_waiting_sampler_is_asked_again_when_a_result_arrives() {
        let mut dispatcher = running(2, 1);
        assert_eq!(names(dispatcher.step(Input::Dry(Dry::Wait), 0)), [""; 0]);
        assert_eq!(names(dispatcher.step(Input::Ended(run(0)), 0)), ["decide 2"]);
    }

    #[test]
    fn one_interrupt_drains_and_two_end() {
        let mut dispatcher = running(1, 2);
        dispatcher.step(Input::Decided, 0);
        assert_eq!(dispatcher.step(Input::Interrupt, 0), [Effect::Draining(Finish::Interrupted)]);
        assert_eq!(dispatcher.step(Input::Interrupt, 0), [Effect::Ending, Effect::End(run(0))]);
        assert_eq!(dispatcher.step(Input::Interrupt, 0), [], "the third changes nothing");
        let last = dispatcher.step(Input::Ended(run(0)), 0);
        assert_eq!(last, [Effect::Finish(Finish::Interrupted)], "what waits does not start");
    }

    #[test]
    fn a_pause_holds_new_runs_back_until_resume() {
        let mut dispatcher = running(1, 2);
        dispatcher.step(Input::Decided, 0);
        assert_eq!(dispatcher.step(Input::Pause, 0), []);
        assert_eq!(dispatcher.step(Input::Ended(run(0)), 0), []);
        assert_eq!(names(dispatcher.step(Input::Resume, 0)), ["start 1"]);
    }

    #[test]
    fn a_stop_while_a_question_is_open_waits_for_its_answer() {
        let mut dispatcher = dispatcher(1);
        dispatcher.begin(0);
        assert_eq!(dispatcher.step(Input::Stop, 0), [Effect::Ending]);
        assert_eq!(dispatcher.step(Input::Dry(Dry::Wait), 0), [Effect::Finish(Finish::Stopped)]);
    }

    #[test]
    fn an_adopted_run_takes_room() {
        let mut dispatcher = dispatcher(2);
        let lease = Lease { cores: vec![0], ..Lease::default() };
        assert_eq!(names(dispatcher.step(Input::Adopted(run(7), lease), 0)), ["decide 1"]);
        assert_eq!(dispatcher.running().len(), 1);
        assert_eq!(names(dispatcher.step(due(&[run(8), run(9)]), 0)), ["start 8"]);
    }

    #[test]
    fn a_run_that_is_adopted_while_all_are_ended_is_ended_too() {
        let mut dispatcher = running(1, 1);
        dispatcher.step(Input::Decided, 0);
        dispatcher.step(Input::Stop, 0);
        let lease = Lease { cores: vec![0], ..Lease::default() };
        assert_eq!(dispatcher.step(Input::Adopted(run(3), lease), 0), [Effect::End(run(3))]);
    }

    #[test]
    fn more_trials_allowed_means_going_on() {
        let mut dispatcher = running(1, 1);
        assert_eq!(dispatcher.step(Input::Dry(Dry::Limit), 0), []);
        assert_eq!(dispatcher.step(Input::Changed, 0), [], "its room is taken");
        assert_eq!(names(dispatcher.step(Input::Ended(run(0)), 0)), ["decide 1"]);
    }
}
