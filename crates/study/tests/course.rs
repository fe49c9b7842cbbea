//! What follows for a trial from how its runs went.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail the test")]

use ravine_study::{
    Axis, Constraint, Course, DecisionId, Digest, DigestBuilder, Digests, Due, Ending, Event, EventBody,
    Foreseen, How, Judge, Level, Objective, OnTimeout, Real, Reported, RunEnd, RunEnded, RunKey, RunStarted,
    Settings, StageRules, Statistic, StopRules, Study, StudyCreated, TrialContinued, TrialCreated,
    TrialEnded, TrialId, TrialRepeated, Verdict,
};

const TRIAL: TrialId = TrialId(0);

/// A study of one trial, and a clock that counts its events in seconds.
struct Bench {
    study: Study,
    judge: Judge,
}

impl Bench {
    fn new(settings: Settings) -> Self {
        let judge = Judge::new(&settings).unwrap();
        let mut bench = Bench { study: Study::new(), judge };
        bench.apply(EventBody::StudyCreated(StudyCreated::new("test", 1, settings)));
        bench.apply(EventBody::TrialCreated(TrialCreated::sampled(TRIAL, DecisionId(0), Default::default())));
        bench
    }

    fn apply(&mut self, body: EventBody) {
        let seq = self.study.seq() + 1;
        self.study.apply(&Event { seq, at: seq * 1000, body }).unwrap();
    }

    fn start(&mut self, stage: u32, repetition: u32, attempt: u32) -> RunKey {
        let run = RunKey { trial: TRIAL, stage, repetition, attempt };
        self.apply(EventBody::RunStarted(RunStarted {
            run,
            epoch: 1,
            host: None,
            cpus: None,
            gpus: None,
            lease: None,
        }));
        run
    }

    /// Starts a run and ends it; what was foreseen of its ending is what the log then says.
    fn run(
        &mut self,
        stage: u32,
        repetition: u32,
        attempt: u32,
        end: RunEnd,
        metrics: &[(&str, f64)],
    ) -> Course {
        let run = self.start(stage, repetition, attempt);
        self.end(run, end, metrics)
    }

    fn end(&mut self, run: RunKey, end: RunEnd, metrics: &[(&str, f64)]) -> Course {
        let ended = RunEnded { run, epoch: 1, end, metrics: digests(metrics) };
        let at = (self.study.seq() + 1) * 1000;
        let foreseen = self.study.course(&self.judge, TRIAL, Some(Foreseen { ended: &ended, at })).unwrap();
        self.apply(EventBody::RunEnded(ended));
        assert_eq!(self.course(), foreseen, "before and after the ending is in the log");
        foreseen
    }

    fn course(&self) -> Course {
        self.study.course(&self.judge, TRIAL, None).unwrap()
    }
}

fn digests(metrics: &[(&str, f64)]) -> Digests {
    metrics.iter().map(|(name, value)| ((*name).to_owned(), Digest::single(*value))).collect()
}

fn ok() -> RunEnd {
    RunEnd::new(How::Ok, 2.0)
}

fn minimized(metric: &str) -> Settings {
    Settings { objectives: vec![Objective::minimize(metric)], ..Settings::default() }
}

/// The runs that may start: stage, repetition, attempt.
fn due(course: &Course) -> Vec<(u32, u32, u32)> {
    let Course::Open { due, .. } = course else { panic!("{course:?}") };
    due.iter().map(|Due { run, .. }| (run.stage, run.repetition, run.attempt)).collect()
}

fn over(course: Course) -> TrialEnded {
    let Course::Over(ended) = course else { panic!("{course:?}") };
    *ended
}

#[test]
fn stages_follow_each_other_and_one_of_them_runs_once() {
    let tune = StageRules { once: true, ..StageRules::named("tune") };
    let stages = vec![tune, StageRules::named("train"), StageRules::named("test")];
    let mut bench =
        Bench::new(Settings { stages, repeat: vec![Axis::counted("fold", 2)], ..minimized("test.loss") });
    assert_eq!(due(&bench.course()), [(0, 0, 0)], "the tuning once, for both folds");
    assert_eq!(due(&bench.run(0, 0, 0, ok(), &[("lr", 0.1)])), [(1, 0, 0), (1, 1, 0)]);
    assert_eq!(
        due(&bench.run(1, 1, 0, ok(), &[("loss", 9.0)])),
        [(1, 0, 0), (2, 1, 0)],
        "each fold goes its own way"
    );
    bench.run(2, 1, 0, ok(), &[("loss", 3.0)]);
    bench.run(1, 0, 0, ok(), &[("loss", 8.0)]);
    let ended = over(bench.run(2, 0, 0, ok(), &[("loss", 1.0)]));
    assert_eq!((ended.state, &ended.values[..]), (Ending::Complete, &[Real(2.0)][..]));
    assert_eq!(ended.metrics["lr"], Real(0.1));
    assert_eq!(ended.metrics["loss"], Real(2.0), "the last stage that reports a name has it");
    assert_eq!(ended.metrics["train.loss"], Real(8.5), "and the other under its stage's");
    assert_eq!(ended.metrics["train.time"], Real(2.0));
    let told: Vec<_> = ended.repetitions.iter().map(|told| (told.repetition, told.values[0].0)).collect();
    assert_eq!(told, [(0, 1.0), (1, 3.0)]);
}

#[test]
fn the_values_are_statistics_of_the_repetitions_with_their_standard_error() {
    let settings = || Settings { repeat: vec![Axis::counted("fold", 4)], ..minimized("loss") };
    let run = |mut bench: Bench| {
        let ends = [1.0, 2.0, 3.0, 6.0].iter().enumerate();
        let courses: Vec<Course> =
            ends.map(|(i, loss)| bench.run(0, i as u32, 0, ok(), &[("loss", *loss)])).collect();
        over(courses.into_iter().last().unwrap())
    };
    let ended = run(Bench::new(settings()));
    assert_eq!(ended.values, [Real(3.0)]);
    // The sample's standard deviation is √(14/3); its mean's error is half of that.
    assert!((ended.errors[0].0 - (14.0_f64 / 3.0).sqrt() / 2.0).abs() < 1e-12);
    assert_eq!(ended.metrics.keys().collect::<Vec<_>>(), ["loss"], "nobody asked for the spread");
    let penalised =
        Settings { objectives: vec![Objective::minimize("mean_loss + 0.5 * std_loss")], ..settings() };
    let ended = run(Bench::new(penalised));
    assert!((ended.values[0].0 - (3.0 + 0.5 * 3.5_f64.sqrt())).abs() < 1e-12);
    assert!(ended.metrics.contains_key("std_loss"));
    let worst = Axis { statistic: Statistic::Worst, ..Axis::counted("fold", 4) };
    assert_eq!(run(Bench::new(Settings { repeat: vec![worst], ..settings() })).values, [Real(6.0)]);
}

#[test]
fn a_failed_run_is_tried_again_after_a_while_and_then_ends_the_trial() {
    let stage = StageRules { retries: 2, ..StageRules::named("train") };
    let mut bench = Bench::new(Settings { stages: vec![stage], ..minimized("loss") });
    let failed = |code| RunEnd { exit_code: Some(code), ..RunEnd::new(How::Failed, 1.0) };
    let first = bench.run(0, 0, 0, failed(1), &[]);
    let Course::Open { due: waiting, .. } = &first else { panic!("{first:?}") };
    assert_eq!(waiting[0].run.attempt, 1);
    assert_eq!(waiting[0].not_before, bench.study.last_at() + 1000);
    let Course::Open { due: waiting, .. } = bench.run(0, 0, 1, failed(2), &[]) else { panic!() };
    assert_eq!(waiting[0].not_before, bench.study.last_at() + 2000, "twice as long");
    let ended = over(bench.run(0, 0, 2, failed(3), &[]));
    assert_eq!(ended.state, Ending::Failed);
    assert_eq!(ended.message.as_deref(), Some("it ended with exit code 3 (tried 3 times)"));
}

#[test]
fn a_run_that_no_other_try_would_mend_is_not_tried_again() {
    for how in [How::Failed, How::Timeout] {
        let stage = StageRules { retries: 2, ..StageRules::named("train") };
        let mut bench = Bench::new(Settings { stages: vec![stage], ..minimized("loss") });
        let message = Some("run: {lr} has no value".to_owned());
        let ended =
            over(bench.run(0, 0, 0, RunEnd { message, hopeless: true, ..RunEnd::new(how, 0.0) }, &[]));
        assert_eq!(ended.message.as_deref(), Some("run: {lr} has no value"));
    }
}

#[test]
fn a_failed_trial_keeps_what_its_earlier_stages_reported() {
    let tune = StageRules { once: true, ..StageRules::named("tune") };
    for repeat in [vec![], vec![Axis::counted("fold", 2)]] {
        let stages = vec![tune.clone(), StageRules::named("train")];
        let mut bench = Bench::new(Settings { stages, repeat, ..minimized("loss") });
        bench.run(0, 0, 0, ok(), &[("lr", 0.1)]);
        let ended = over(bench.run(1, 0, 0, RunEnd::new(How::Failed, 1.0), &[("loss", 9.0)]));
        let known = ["lr", "tune.lr", "loss", "train.loss"].map(|name| ended.metrics.contains_key(name));
        assert_eq!(known, [true, false, true, false], "{:?}", ended.metrics);
        assert_eq!((ended.metrics["lr"], ended.metrics["tune.time"]), (Real(0.1), Real(2.0)));
    }
}

#[test]
fn what_was_lost_or_ended_with_the_study_is_run_again_but_not_for_ever() {
    let mut bench = Bench::new(minimized("loss"));
    assert_eq!(due(&bench.run(0, 0, 0, RunEnd::new(How::Killed, 1.0), &[])), [(0, 0, 1)]);
    for attempt in 1..3 {
        assert_eq!(due(&bench.run(0, 0, attempt, RunEnd::new(How::Lost, 1.0), &[])), [(0, 0, attempt + 1)]);
    }
    let ended = over(bench.run(0, 0, 3, RunEnd::new(How::Lost, 1.0), &[]));
    assert!(ended.message.unwrap().starts_with("it was lost 3 times"));
}

#[test]
fn what_was_lost_is_due_by_any_clock_and_no_other_trial_gets_its_room() {
    let mut bench = Bench::new(minimized("loss"));
    for (attempt, how) in [How::Killed, How::Lost, How::Lost].into_iter().enumerate() {
        let course = bench.run(0, 0, attempt as u32, RunEnd::new(how, 1.0), &[]);
        let Course::Open { due, .. } = &course else { panic!("{course:?}") };
        // Not after its ending: a runner reads its clock before it records that, and need not have the same clock at all.
        assert_eq!(due[0].not_before, 0, "{how:?}");
    }
}

#[test]
fn a_time_out_keeps_what_was_reported_where_the_stage_says_so() {
    let stage = |on_timeout| vec![StageRules { on_timeout, ..StageRules::named("solve") }];
    let run = |on_timeout, metrics: &[(&str, f64)]| {
        let mut bench = Bench::new(Settings { stages: stage(on_timeout), ..minimized("loss") });
        over(bench.run(0, 0, 0, RunEnd::new(How::Timeout, 9.0), metrics)).state
    };
    assert_eq!(run(OnTimeout::Keep, &[("loss", 1.0)]), Ending::Complete);
    assert_eq!(run(OnTimeout::Keep, &[]), Ending::Failed, "there is nothing to keep");
    assert_eq!(run(OnTimeout::Fail, &[("loss", 1.0)]), Ending::Failed);
}

#[test]
fn a_value_past_the_limit_ends_the_trial_and_skips_the_rest() {
    let axis = Axis { stop_above: Some(Real(50.0)), ..Axis::counted("fold", 4) };
    let mut bench = Bench::new(Settings { repeat: vec![axis], ..minimized("loss") });
    bench.run(0, 0, 0, ok(), &[("loss", 7.0)]);
    let other = bench.start(0, 2, 0);
    let course = bench.run(0, 1, 0, ok(), &[("loss", 51.0)]);
    assert_eq!(course, Course::Open { due: vec![], unwanted: vec![other] });
    let ended = over(bench.end(other, RunEnd::new(How::Killed, 1.0), &[]));
    assert_eq!(ended.state, Ending::Failed);
    assert_eq!(ended.message.as_deref(), Some("fold=1 has a `loss` of 51, above the limit of 50"));
    assert_eq!(ended.metrics["loss"], Real(29.0), "what there is stays");
}

#[test]
fn under_lag_the_first_bad_repetition_by_number_ends_the_trial_whatever_ended_first() {
    let settings = || {
        let axis = Axis { stop_above: Some(Real(5.0)), ..Axis::counted("fold", 4) };
        Settings { repeat: vec![axis], lag: Some(8), ..minimized("loss") }
    };
    let losses = [1.0, 9.0, 8.0, 2.0];
    let end = |order: &[u32]| {
        let mut bench = Bench::new(settings());
        let runs: Vec<RunKey> = (0..4).map(|repetition| bench.start(0, repetition, 0)).collect();
        let mut course = bench.course();
        for repetition in order {
            let metrics = [("loss", losses[*repetition as usize])];
            course = bench.end(runs[*repetition as usize], ok(), &metrics);
            // The engine ends what is not wanted any more.
            while let Course::Open { unwanted, .. } = &course
                && let Some(run) = unwanted.first()
            {
                course = bench.end(*run, RunEnd::new(How::Killed, 0.0), &[]);
            }
            if matches!(course, Course::Over(_)) {
                break;
            }
        }
        over(course)
    };
    let want = end(&[0, 1, 2, 3]);
    assert_eq!(want.message.as_deref(), Some("fold=1 has a `loss` of 9, above the limit of 5"));
    for order in [[1, 0, 2, 3], [2, 1, 0, 3], [3, 2, 1, 0], [2, 0, 1, 3], [0, 2, 3, 1]] {
        assert_eq!(end(&order), want, "{order:?}");
    }
}

#[test]
fn a_verdict_prunes_the_trial_with_what_it_had_reported_by_then() {
    let mut bench = Bench::new(minimized("loss"));
    let run = bench.start(0, 0, 0);
    for (step, loss, verdict) in [(1, 5.0, Verdict::Go), (2, 4.0, Verdict::Prune), (3, 1.0, Verdict::Go)] {
        let values = [("loss".to_owned(), Real(loss))].into_iter().collect();
        bench.apply(EventBody::Reported(Reported { trial: TRIAL, repetition: 0, step, values, verdict }));
    }
    assert_eq!(bench.course(), Course::Open { due: vec![], unwanted: vec![run] });
    // The program was faster than the signal; the verdict stands.
    let ended = over(bench.end(run, ok(), &[("loss", 0.5)]));
    assert_eq!((ended.state, ended.step, &ended.values[..]), (Ending::Pruned, Some(2), &[Real(4.0)][..]));
}

#[test]
fn more_repetitions_of_an_ended_trial_add_to_those_it_has() {
    let settings = Settings { repeat: vec![Axis::counted("fold", 2)], ..minimized("loss") };
    let mut bench = Bench::new(settings);
    bench.run(0, 0, 0, ok(), &[("loss", 1.0)]);
    let ended = over(bench.run(0, 1, 0, ok(), &[("loss", 3.0)]));
    assert_eq!(ended.repetitions.len(), 2);
    bench.apply(EventBody::TrialEnded(ended));
    let decision = DecisionId(1);
    bench.apply(EventBody::TrialRepeated(TrialRepeated {
        trial: TRIAL,
        decision,
        runs: 1,
        memo: None,
        seen: None,
    }));
    assert_eq!(due(&bench.course()), [(0, 2, 0)]);
    let ended = over(bench.run(0, 2, 0, ok(), &[("loss", 8.0)]));
    assert_eq!((&ended.values[..], ended.round), (&[Real(4.0)][..], 1));
    let told: Vec<u32> = ended.repetitions.iter().map(|told| told.repetition).collect();
    assert_eq!(told, [2], "each repetition is told once");
}

#[test]
fn a_trial_that_goes_on_runs_its_stages_again_but_for_those_that_run_once() {
    let tune = StageRules { once: true, ..StageRules::named("tune") };
    let mut bench =
        Bench::new(Settings { stages: vec![tune, StageRules::named("train")], ..minimized("loss") });
    bench.run(0, 0, 0, ok(), &[("lr", 0.1)]);
    let ended = over(bench.run(1, 0, 0, ok(), &[("loss", 3.0)]));
    bench.apply(EventBody::TrialEnded(ended));
    let (decision, level) = (DecisionId(1), Level(9));
    bench.apply(EventBody::TrialContinued(TrialContinued {
        trial: TRIAL,
        decision,
        level,
        memo: None,
        seen: None,
    }));
    assert_eq!(due(&bench.course()), [(1, 0, 1)], "a new attempt, never an old number");
    assert_eq!(over(bench.run(1, 0, 1, ok(), &[("loss", 2.0)])).values, [Real(2.0)]);
}

#[test]
fn a_trial_at_a_level_below_the_top_waits_there_for_its_promotion() {
    let pruner = r#"{"name": "asha", "kind": "promotion", "max_resource": 9}"#;
    let pruner = Some(serde_json::from_str(pruner).unwrap());
    let mut bench = Bench::new(Settings { pruner, ..minimized("loss") });
    let waits = |bench: &Bench| bench.study.waits_at(bench.study.trial(TRIAL).unwrap());
    let ended = over(bench.run(0, 0, 0, ok(), &[("loss", 3.0)]));
    bench.apply(EventBody::TrialEnded(ended));
    assert_eq!(waits(&bench), None, "it ran to the end");
    for (attempt, level, waiting) in [(1, 3, Some(Level(3))), (2, 9, None)] {
        let (decision, level) = (DecisionId(level), Level(level));
        let continued = TrialContinued { trial: TRIAL, decision, level, memo: None, seen: None };
        bench.apply(EventBody::TrialContinued(continued));
        let ended = over(bench.run(0, 0, attempt, ok(), &[("loss", 2.0)]));
        bench.apply(EventBody::TrialEnded(ended));
        assert_eq!(waits(&bench), waiting);
    }
}

#[test]
fn a_message_says_where_it_happened_where_there_is_more_than_one_place() {
    let fold = Axis { count: None, values: vec!["a".into(), "b".into()], ..Axis::counted("data", 0) };
    let stages = vec![StageRules::named("train"), StageRules::named("test")];
    let mut bench = Bench::new(Settings { stages, repeat: vec![fold], ..minimized("loss") });
    let failed = RunEnd { message: Some("no such file".into()), ..RunEnd::new(How::Failed, 1.0) };
    let ended = over(bench.run(0, 1, 0, failed, &[]));
    assert_eq!(ended.message.as_deref(), Some("stage `train`, data=b: no such file"));
}

#[test]
fn what_a_stop_condition_looks_at_is_kept_though_no_program_reported_it() {
    let stop = StopRules { when: vec!["sum(run.time) > 100".to_owned()], ..StopRules::default() };
    let mut bench = Bench::new(Settings { stop, ..minimized("loss") });
    let ended = over(bench.run(0, 0, 0, ok(), &[("loss", 1.0)]));
    assert_eq!(ended.metrics["run.time"], Real(2.0));
}

#[test]
fn the_only_run_of_a_trial_keeps_its_curve_and_what_it_reported_before_it_failed() {
    let settings =
        Settings { constraints: vec![Constraint { expr: "size <= 3".into() }], ..minimized("loss") };
    let mut bench = Bench::new(settings);
    let run = bench.start(0, 0, 0);
    let mut builder = DigestBuilder::default();
    (0..5).for_each(|step| builder.push(step, Real(f64::from(5 - step as u32))));
    let metrics = [("loss".to_owned(), builder.finish().unwrap())].into_iter().collect();
    let end = RunEnd { exit_code: Some(1), ..RunEnd::new(How::Failed, 1.0) };
    let ended = RunEnded { run, epoch: 1, end, metrics };
    let at = 9_000;
    let course = bench.study.course(&bench.judge, TRIAL, Some(Foreseen { ended: &ended, at })).unwrap();
    assert_eq!(over(course).metrics["loss"], Real(1.0));
}

#[test]
fn what_a_stage_took_may_be_the_cost_that_samplers_are_told_of() {
    let cost = Some("run.time".to_owned());
    let mut bench = Bench::new(Settings { cost, ..minimized("loss") });
    let ended = over(bench.run(0, 0, 0, ok(), &[("loss", 1.0)]));
    assert_eq!(ended.metrics["run.time"], Real(2.0), "a rule names it");
    bench.apply(EventBody::TrialEnded(ended));
    let space = space::Space::from_domains([]).unwrap();
    let told = bench.study.observed(&bench.judge, &space).1;
    let [.., search::Observed::Spent { trial: TRIAL, cost }, search::Observed::Ended { .. }] = &told[..]
    else {
        panic!("{told:?}")
    };
    assert_eq!(*cost, 2.0);
}
