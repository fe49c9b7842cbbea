//! What every executor must do, as functions that panic when one does not.
//!
//! An implementation says how its programs look ([`Ground`]) and calls [`crate::executor_conformance_tests!`], which makes
//! one test of each promise. The suite looks at no clock: a simulated executor may let time pass as it likes, as long as it
//! passes while somebody waits.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a suite of assertions")]

use std::time::Duration;

use study::{How, RunEnded, RunKey, RunLimit};

use crate::{Executor, Known, RunId, RunNews, RunOrder, StepLimit};

/// Where the suite runs: an executor, and programs for it. Each test has one of its own.
pub trait Ground {
    /// The executor.
    type Executor: Executor;

    /// The executor, as a process that comes new meets it. The one of before, if there was any, is dropped by then, without
    /// a word of farewell: what it had not sent is lost, and all that runs goes on.
    fn meet(&mut self) -> Self::Executor;

    /// An order for a program that behaves so.
    fn order(&mut self, id: RunId, program: Program) -> RunOrder;
}

/// How a program of the suite behaves. Its reports name the steps from 0 on and the metric `loss`, whose value is the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// Makes so many reports, and exits with this code.
    Ends {
        /// How many.
        reports: u64,
        /// With which code.
        code: i32,
    },
    /// Makes so many reports, and does nothing until it is asked to end.
    Stays {
        /// How many.
        reports: u64,
        /// Ignores SIGTERM.
        stubborn: bool,
    },
}

/// One test for each promise; `$ground` is a function that returns a new [`Ground`].
#[macro_export]
macro_rules! executor_conformance_tests {
    ($ground:path) => {
        $crate::executor_conformance_tests! { @ $ground;
            a_run_starts_and_reports_in_order_and_ends,
            a_program_that_fails_is_told_with_its_exit_code,
            many_runs_at_once_have_each_their_own_news,
            a_stopped_run_says_who_stopped_it_first,
            a_stubborn_run_is_killed_after_its_grace,
            a_killed_run_has_no_grace,
            a_run_that_is_being_stopped_can_be_killed,
            a_run_that_takes_too_long_is_ended,
            a_run_is_stopped_at_its_last_step_and_ends_well,
            a_living_run_is_known_and_taken_over_from_its_beginning,
            an_ending_is_told_once_to_each_who_asks_until_it_is_acknowledged,
            an_order_that_comes_twice_starts_one_run,
            a_run_that_nobody_knows_is_lost,
            another_epoch_is_another_run,
            words_about_unknown_runs_are_ignored,
            a_wait_without_news_ends_at_its_limit,
        }
    };
    (@ $ground:path; $($promise:ident),* $(,)?) => {
        $(#[test] fn $promise() {
            $crate::conformance::$promise(&mut $ground());
        })*
    };
}

/// One wait of the suite; no promise needs more than `WAITS` of them.
const WAIT: Duration = Duration::from_millis(100);
const WAITS: usize = 600;
/// Longer than any test: who waits for it fails.
const NEVER: Duration = Duration::from_secs(1_000_000);

fn id(trial: u64) -> RunId {
    RunId { run: RunKey::first(search::TrialId(trial)), epoch: 1 }
}

/// Waits for all news of a run up to one that satisfies.
fn until<E: Executor>(executor: &mut E, id: RunId, last: impl Fn(&RunNews) -> bool) -> Vec<RunNews> {
    let mut heard = Vec::new();
    for _ in 0..WAITS {
        for news in executor.wait(Some(WAIT)).unwrap() {
            if news.id() == id {
                heard.push(news);
            }
        }
        if heard.last().is_some_and(&last) {
            return heard;
        }
    }
    panic!("run {id}: the news does not come, after {heard:?}");
}

/// All news of a run, and its ending.
fn to_the_end<E: Executor>(executor: &mut E, id: RunId) -> (Vec<RunNews>, RunEnded) {
    let mut heard = until(executor, id, |news| matches!(news, RunNews::Ended(_)));
    match heard.pop() {
        Some(RunNews::Ended(ended)) => (heard, *ended),
        other => panic!("run {id}: the ending is last, not {other:?}"),
    }
}

/// Waits for the report with this index.
fn until_reported<E: Executor>(executor: &mut E, id: RunId, index: u64) {
    let is = |news: &RunNews| matches!(news, RunNews::Reported { index: at, .. } if *at == index);
    until(executor, id, is);
}

/// That news tells of a start and then of reports 0, 1, … below `reports`.
fn assert_in_order(news: &[RunNews], reports: u64) {
    assert!(matches!(news.first(), Some(RunNews::Started { .. })), "it starts first: {news:?}");
    let told: Vec<_> = news[1..]
        .iter()
        .map(|news| match news {
            RunNews::Reported { index, step, values, .. } => (*index, *step, values["loss"].0),
            other => panic!("after the start come reports, not {other:?}"),
        })
        .collect();
    let wanted: Vec<_> = (0..reports).map(|index| (index, Some(index), index as f64)).collect();
    assert_eq!(told, wanted);
}

/// That a run has nothing more to say.
fn assert_quiet<E: Executor>(executor: &mut E) {
    for _ in 0..3 {
        assert_eq!(executor.wait(Some(WAIT)).unwrap(), [], "all was told");
    }
}

fn stays<G: Ground>(ground: &mut G, executor: &mut G::Executor, stubborn: bool, grace: Duration) {
    let mut order = ground.order(id(0), Program::Stays { reports: 1, stubborn });
    order.grace = grace;
    executor.start(order);
    until_reported(executor, id(0), 0);
}

/// News comes in one order, and the ending counts the reports.
pub fn a_run_starts_and_reports_in_order_and_ends<G: Ground>(ground: &mut G) {
    let mut executor = ground.meet();
    executor.start(ground.order(id(0), Program::Ends { reports: 5, code: 0 }));
    let (news, ended) = to_the_end(&mut executor, id(0));
    assert_in_order(&news, 5);
    assert_eq!((ended.end.how, ended.end.reached), (How::Ok, Some(4)));
    assert_eq!((ended.metrics["loss"].count, ended.metrics["loss"].last.value.0), (5, 4.0));
    executor.acknowledge(id(0));
    assert_quiet(&mut executor);
}

/// An exit code that does not mean success is a failure, with what was reported before.
pub fn a_program_that_fails_is_told_with_its_exit_code<G: Ground>(ground: &mut G) {
    let mut executor = ground.meet();
    executor.start(ground.order(id(0), Program::Ends { reports: 1, code: 3 }));
    let (_, ended) = to_the_end(&mut executor, id(0));
    assert_eq!((ended.end.how, ended.end.exit_code), (How::Failed, Some(3)));
    assert_eq!(ended.metrics["loss"].count, 1);
    // The order says what success is.
    let mut order = ground.order(id(1), Program::Ends { reports: 0, code: 3 });
    order.ok = vec![3];
    executor.start(order);
    assert_eq!(to_the_end(&mut executor, id(1)).1.end.how, How::Ok);
}

/// Runs do not mix.
pub fn many_runs_at_once_have_each_their_own_news<G: Ground>(ground: &mut G) {
    let mut executor = ground.meet();
    for trial in 0..20 {
        executor.start(ground.order(id(trial), Program::Ends { reports: trial % 4, code: 0 }));
    }
    let mut heard: Vec<Vec<RunNews>> = vec![Vec::new(); 20];
    for _ in 0..WAITS {
        for news in executor.wait(Some(WAIT)).unwrap() {
            heard[news.id().run.trial.0 as usize].push(news);
        }
        if heard.iter().all(|news| matches!(news.last(), Some(RunNews::Ended(_)))) {
            break;
        }
    }
    for (news, trial) in heard.iter().zip(0..) {
        assert!(matches!(news.last(), Some(RunNews::Ended(_))), "run {trial} ends: {news:?}");
        assert_in_order(&news[..news.len() - 1], trial % 4);
    }
}

/// The first reason counts; a run that is stopped keeps what it reported.
pub fn a_stopped_run_says_who_stopped_it_first<G: Ground>(ground: &mut G) {
    let mut executor = ground.meet();
    stays(ground, &mut executor, false, NEVER);
    executor.stop(id(0), How::Pruned, Some("the rule".to_owned()));
    executor.stop(id(0), How::Killed, Some("too late".to_owned()));
    let (_, ended) = to_the_end(&mut executor, id(0));
    assert_eq!((ended.end.how, ended.end.message.as_deref()), (How::Pruned, Some("the rule")));
    assert_eq!(ended.metrics["loss"].count, 1);
}

/// Who ignores that it is asked to end is ended.
pub fn a_stubborn_run_is_killed_after_its_grace<G: Ground>(ground: &mut G) {
    let mut executor = ground.meet();
    stays(ground, &mut executor, true, Duration::from_millis(50));
    executor.stop(id(0), How::Pruned, None);
    assert_eq!(to_the_end(&mut executor, id(0)).1.end.how, How::Pruned);
}

/// Kill means now.
pub fn a_killed_run_has_no_grace<G: Ground>(ground: &mut G) {
    let mut executor = ground.meet();
    stays(ground, &mut executor, true, NEVER);
    executor.kill(id(0), How::Killed, Some("now".to_owned()));
    let (_, ended) = to_the_end(&mut executor, id(0));
    assert_eq!((ended.end.how, ended.end.message.as_deref()), (How::Killed, Some("now")));
}

/// Kill cuts a grace short, and the first reason stays.
pub fn a_run_that_is_being_stopped_can_be_killed<G: Ground>(ground: &mut G) {
    let mut executor = ground.meet();
    stays(ground, &mut executor, true, NEVER);
    executor.stop(id(0), How::Pruned, None);
    assert_quiet(&mut executor);
    executor.kill(id(0), How::Killed, None);
    assert_eq!(to_the_end(&mut executor, id(0)).1.end.how, How::Pruned);
}

/// A time limit ends a run, with its grace.
pub fn a_run_that_takes_too_long_is_ended<G: Ground>(ground: &mut G) {
    let mut executor = ground.meet();
    let mut order = ground.order(id(0), Program::Stays { reports: 1, stubborn: true });
    (order.timeout, order.grace) = (Some(Duration::from_millis(300)), Duration::from_millis(50));
    executor.start(order);
    let own = to_the_end(&mut executor, id(0)).1.end;
    assert_eq!((own.how, own.hopeless), (How::Timeout, false));
    let mut order = ground.order(id(1), Program::Stays { reports: 1, stubborn: false });
    (order.timeout, order.trial_left) = (Some(NEVER), Some(Duration::from_millis(100)));
    executor.start(order);
    let trials = to_the_end(&mut executor, id(1)).1.end;
    assert_eq!((trials.how, trials.hopeless), (How::Timeout, true), "{trials:?}");
}

/// A limit on steps: what comes after it counts for nothing, and the run has ended well.
pub fn a_run_is_stopped_at_its_last_step_and_ends_well<G: Ground>(ground: &mut G) {
    let mut executor = ground.meet();
    for (trial, patience) in [(0, Duration::ZERO), (1, NEVER)] {
        let mut order = ground.order(id(trial), Program::Stays { reports: 9, stubborn: false });
        order.step_limit = Some(StepLimit { step: 3, patience });
        executor.start(order);
        let (_, ended) = to_the_end(&mut executor, id(trial));
        assert_eq!((ended.end.how, ended.end.limit), (How::Ok, Some(RunLimit::Step)));
        assert_eq!((ended.end.reached, ended.metrics["loss"].last.value.0), (Some(3), 3.0));
    }
}

/// Runs outlive who started them, and who takes them over misses nothing.
pub fn a_living_run_is_known_and_taken_over_from_its_beginning<G: Ground>(ground: &mut G) {
    let mut executor = ground.meet();
    let order = ground.order(id(0), Program::Stays { reports: 3, stubborn: false });
    let directory = order.directory.clone();
    executor.start(order);
    until_reported(&mut executor, id(0), 2);
    drop(executor);
    let mut executor = ground.meet();
    let is_it = |known: &Known| known.id == id(0) && known.alive;
    assert!(executor.known().iter().any(is_it), "{:?}", executor.known());
    executor.claim(id(0), directory);
    executor.stop(id(0), How::Killed, None);
    let (news, ended) = to_the_end(&mut executor, id(0));
    assert_in_order(&news, 3);
    assert_eq!((ended.end.how, ended.metrics["loss"].count), (How::Killed, 3));
}

/// Nobody hears an ending twice, and nobody who needs it misses it, nor what the run had reported.
pub fn an_ending_is_told_once_to_each_who_asks_until_it_is_acknowledged<G: Ground>(ground: &mut G) {
    let mut executor = ground.meet();
    let order = ground.order(id(0), Program::Ends { reports: 2, code: 0 });
    let directory = order.directory.clone();
    executor.start(order);
    let (_, ended) = to_the_end(&mut executor, id(0));
    assert_quiet(&mut executor);
    drop(executor);
    let mut executor = ground.meet();
    let is_it = |known: &Known| known.id == id(0) && !known.alive;
    assert!(executor.known().iter().any(is_it), "{:?}", executor.known());
    executor.claim(id(0), directory);
    let (news, again) = to_the_end(&mut executor, id(0));
    let reports = news.iter().filter(|news| matches!(news, RunNews::Reported { .. })).count();
    assert_eq!((reports, again), (2, ended));
    executor.acknowledge(id(0));
    // Sends it.
    assert_quiet(&mut executor);
    drop(executor);
    let executor = ground.meet();
    assert!(!executor.known().iter().any(|known| known.id == id(0)), "{:?}", executor.known());
}

/// Who was cut off cannot know whether its order had arrived, and may give it again.
pub fn an_order_that_comes_twice_starts_one_run<G: Ground>(ground: &mut G) {
    let mut executor = ground.meet();
    let order = ground.order(id(0), Program::Stays { reports: 1, stubborn: false });
    executor.start(order.clone());
    until_reported(&mut executor, id(0), 0);
    drop(executor);
    let mut executor = ground.meet();
    executor.start(order);
    until_reported(&mut executor, id(0), 0);
    executor.stop(id(0), How::Killed, None);
    assert_eq!(to_the_end(&mut executor, id(0)).1.metrics["loss"].count, 1);
}

/// What left no trace is told all the same.
pub fn a_run_that_nobody_knows_is_lost<G: Ground>(ground: &mut G) {
    let mut executor = ground.meet();
    let directory = ground.order(id(0), Program::Ends { reports: 0, code: 0 }).directory;
    executor.claim(id(0), directory);
    let (news, ended) = to_the_end(&mut executor, id(0));
    assert_eq!((news.len(), ended.end.how), (0, How::Lost));
}

/// Epochs tell attempts apart (invariant FIRST ENDING WINS).
pub fn another_epoch_is_another_run<G: Ground>(ground: &mut G) {
    let mut executor = ground.meet();
    let order = ground.order(id(0), Program::Ends { reports: 0, code: 0 });
    let directory = order.directory.clone();
    executor.start(order);
    to_the_end(&mut executor, id(0));
    let other = RunId { epoch: 2, ..id(0) };
    executor.claim(other, directory);
    assert_eq!(to_the_end(&mut executor, other).1.end.how, How::Lost);
}

/// They may come late, or from somebody who was mistaken.
pub fn words_about_unknown_runs_are_ignored<G: Ground>(ground: &mut G) {
    let mut executor = ground.meet();
    executor.stop(id(8), How::Pruned, None);
    executor.kill(id(8), How::Killed, None);
    executor.acknowledge(id(8));
    assert_quiet(&mut executor);
    executor.start(ground.order(id(0), Program::Ends { reports: 0, code: 0 }));
    assert_eq!(to_the_end(&mut executor, id(0)).1.end.how, How::Ok);
}

/// A wait comes to its end.
pub fn a_wait_without_news_ends_at_its_limit<G: Ground>(ground: &mut G) {
    let mut executor = ground.meet();
    assert_quiet(&mut executor);
    assert_eq!(executor.wait(Some(Duration::ZERO)).unwrap(), []);
}
