//! What every rule that stops trials must keep.

use space::Stream;

use crate::{Observed, Outcome, Pruner, Question, TrialId, Verdict};

/// Makes the rule under test.
pub type MakePruner<'a> = &'a dyn Fn() -> Box<dyn Pruner>;

/// A value as trials report them, drawn.
type Draw = dyn Fn(&mut Stream, TrialId) -> f64;

/// All that holds for every rule.
pub fn check_pruner(make: MakePruner<'_>) {
    told_at_once_or_one_by_one_a_rule_judges_the_same(make);
    asking_leaves_no_trace(make);
    reports_that_do_not_matter_can_be_left_out(make);
    later_reports_do_not_change_a_verdict(make);
    forks_do_not_learn_from_each_other(make);
    repetitions_do_not_mix(make);
    odd_reports_do_no_harm(make);
}

fn smooth(stream: &mut Stream, trial: TrialId) -> f64 {
    (trial.0 * 7 % 11) as f64 / 5.0 - 1.0 + 0.4 * stream.uniform()
}

fn odd(stream: &mut Stream, trial: TrialId) -> f64 {
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, -1e300, 0.0, -0.0];
    let pick = stream.below(3 * odd.len() as u64);
    odd.get(pick as usize).copied().unwrap_or_else(|| smooth(stream, trial))
}

fn asked(event: &Observed) -> Option<Question> {
    let Observed::Reported { trial, repetition, step, values } = event else { return None };
    Some(Question {
        trial: *trial,
        repetition: *repetition,
        step: *step,
        value: values.first().copied().unwrap_or(f64::NAN),
    })
}

/// A history of trials that run four at a time, in two repetitions one after the other, and end in every way.
fn history(seed: u64, draw: &Draw) -> Vec<Observed> {
    let mut stream = Stream::new(seed, 0, 0);
    let (mut events, mut next) = (Vec::new(), 4);
    // Trial, repetition, next step.
    let mut running: Vec<(TrialId, u32, u64)> = (0..next).map(|number| (TrialId(number), 0, 0)).collect();
    while next < 40 {
        let which = stream.below(running.len() as u64) as usize;
        let Some((trial, repetition, step)) = running.get_mut(which) else { break };
        if *step <= 12 {
            let (trial, repetition, at) = (*trial, *repetition, *step);
            *step += 1 + stream.below(2);
            events.push(Observed::Reported {
                trial,
                repetition,
                step: at,
                values: vec![draw(&mut stream, trial)],
            });
        } else if *repetition == 0 {
            (*repetition, *step) = (1, 0);
        } else {
            let outcome = match trial.0 % 5 {
                3 => Outcome::Failed,
                4 => Outcome::Pruned { step: *step, value: None },
                _ => Outcome::Complete { values: vec![1.0], violations: vec![] },
            };
            events.push(Observed::Ended { trial: *trial, outcome });
            (*trial, *repetition, *step) = (TrialId(next), 0, 0);
            next += 1;
        }
    }
    events
}

fn histories() -> impl Iterator<Item = Vec<Observed>> {
    (0..6).map(|seed| history(seed, if seed % 2 == 0 { &smooth } else { &odd }))
}

/// Each report is learned, and then judged.
fn verdicts(rule: &mut dyn Pruner, events: &[Observed]) -> Vec<Verdict> {
    let judged = |event: &Observed| {
        rule.learn(std::slice::from_ref(event));
        asked(event).map(|question| rule.judge(&question))
    };
    events.iter().filter_map(judged).collect()
}

/// A rule that is told all at once, as after a restart, goes on as one that lived through it.
pub fn told_at_once_or_one_by_one_a_rule_judges_the_same(make: MakePruner<'_>) {
    for events in histories() {
        let lived = verdicts(&mut *make(), &events);
        for cut in [events.len() / 3, events.len() / 2, events.len() - 30] {
            let (before, after) = events.split_at(cut);
            let mut told = make();
            told.learn(before);
            let reports = after.iter().filter_map(asked).count();
            let expected = lived.get(lived.len() - reports..).unwrap_or_default();
            assert_eq!(verdicts(&mut *told, after), expected, "told {cut} events at once");
        }
    }
}

/// Questions change nothing, whether they are asked twice, or about what was never reported.
pub fn asking_leaves_no_trace(make: MakePruner<'_>) {
    for events in histories() {
        let (mut plain, mut asking) = (make(), make());
        for event in &events {
            for trial in 0..3 {
                let trial = TrialId(trial);
                asking.judge(&Question { trial, repetition: 0, step: 5, value: f64::NAN });
                asking.acts_on(&Question { trial, repetition: 1, step: 9, value: -3.0 });
            }
            let first = verdicts(&mut *plain, std::slice::from_ref(event));
            assert_eq!(verdicts(&mut *asking, std::slice::from_ref(event)), first, "{event:?}");
            if let Some(question) = asked(event) {
                assert_eq!(vec![asking.judge(&question)], first, "asked twice: {event:?}");
            }
        }
    }
}

/// A rule that is not told the reports that it does not act on judges as one that is, and lets these go on.
pub fn reports_that_do_not_matter_can_be_left_out(make: MakePruner<'_>) {
    for events in histories() {
        let (mut full, mut spared) = (make(), make());
        for event in &events {
            let verdict = verdicts(&mut *full, std::slice::from_ref(event));
            if asked(event).is_none_or(|question| spared.acts_on(&question)) {
                assert_eq!(verdicts(&mut *spared, std::slice::from_ref(event)), verdict, "{event:?}");
            } else {
                assert_eq!(verdict, [Verdict::Go], "{event:?}: it did not matter");
            }
        }
    }
}

/// The verdict on a report is the same when it is asked for late, after more reports of the same run (invariant LAG).
pub fn later_reports_do_not_change_a_verdict(make: MakePruner<'_>) {
    for events in histories() {
        let (before, after) = events.split_at(events.len() / 2);
        let running = after.iter().filter_map(asked).map(|question| (question.trial, question.repetition));
        for run in running.take(40).collect::<Vec<_>>() {
            let of_run = |event: &&Observed| {
                asked(event).is_some_and(|question| (question.trial, question.repetition) == run)
            };
            let reports: Vec<Observed> = after.iter().filter(of_run).cloned().collect();
            let (mut prompt, mut late) = (make(), make());
            prompt.learn(before);
            late.learn(before);
            let expected = verdicts(&mut *prompt, &reports);
            late.learn(&reports);
            let found: Vec<Verdict> =
                reports.iter().filter_map(asked).map(|question| late.judge(&question)).collect();
            assert_eq!(found, expected, "{run:?}");
        }
    }
}

/// What one of two forks learns does not reach the other.
pub fn forks_do_not_learn_from_each_other(make: MakePruner<'_>) {
    for events in histories() {
        let (before, after) = events.split_at(events.len() / 2);
        let mut trunk = make();
        trunk.learn(before);
        let (mut first, mut second) = (trunk.fork(), trunk.fork());
        let expected = verdicts(&mut *first, after);
        assert_eq!(verdicts(&mut *second, after), expected, "the second fork");
        assert_eq!(verdicts(&mut *trunk, after), expected, "the trunk");
    }
}

/// What a repetition reports says nothing of another one.
pub fn repetitions_do_not_mix(make: MakePruner<'_>) {
    let first = |event: &&Observed| asked(event).is_none_or(|question| question.repetition == 0);
    for events in histories() {
        let alone: Vec<Observed> = events.iter().filter(first).cloned().collect();
        let mut rule = make();
        let mut found = Vec::new();
        for event in &events {
            let verdict = verdicts(&mut *rule, std::slice::from_ref(event));
            found.extend(verdict.into_iter().filter(|_| first(&event)));
        }
        assert_eq!(found, verdicts(&mut *make(), &alone));
    }
}

/// Steps that come in any order, twice, or after the trial's end; numbers at their limits; a trial that is unknown or
/// goes on after its end: no panic, and the same verdicts each time.
pub fn odd_reports_do_no_harm(make: MakePruner<'_>) {
    let mut stream = Stream::new(7, 0, 0);
    let mut events = Vec::new();
    for _ in 0..400 {
        let trial = TrialId(stream.below(12));
        let repetition = if stream.below(9) == 0 { u32::MAX } else { stream.below(2) as u32 };
        let step = match stream.below(8) {
            0 => u64::MAX,
            1 => u64::MAX / 2,
            _ => stream.below(12),
        };
        let values = if stream.below(20) == 0 { vec![] } else { vec![odd(&mut stream, trial)] };
        events.push(match stream.below(8) {
            0 => Observed::Ended { trial, outcome: Outcome::Complete { values, violations: vec![] } },
            1 => Observed::Ended { trial, outcome: Outcome::Failed },
            _ => Observed::Reported { trial, repetition, step, values },
        });
    }
    assert_eq!(verdicts(&mut *make(), &events), verdicts(&mut *make(), &events));
}
