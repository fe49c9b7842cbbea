//! The live block on a terminal: limits as bars, the best so far, and the running trials, redrawn in place.
//!
//! New bests and failures scroll by above it, so that the terminal keeps them.

use std::collections::BTreeMap;
use std::time::Instant;

use indexmap::IndexMap;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use report::format;
use runner::{Finish, Happening, Opening, Voice, Watcher};
use study::{Limit, Real, Rule, RunKey, State, Study, TrialId};

use super::bests::Bests;
use super::hush::Hush;
use super::words;
use crate::term::{self, BAD, FAINT, GOOD, STRONG, WARN, paint};

/// At most this many running trials are shown, one a line.
const MOST_ROWS: usize = 8;
/// The width of a limit's bar.
const BAR: usize = 30;

/// See the module.
pub struct Live {
    block: MultiProgress,
    lines: Vec<ProgressBar>,
    running: BTreeMap<RunKey, Running>,
    bests: Bests,
    state: &'static str,
    opened: Instant,
    ended_before: u64,
    _hush: Hush,
}

struct Running {
    since: Instant,
    last: String,
}

impl Live {
    /// Draws nothing until the study is open.
    pub fn new() -> Self {
        Live {
            block: MultiProgress::new(),
            lines: Vec::new(),
            running: BTreeMap::new(),
            bests: Bests::default(),
            state: "",
            opened: Instant::now(),
            ended_before: 0,
            _hush: Hush::new(),
        }
    }

    fn say(&self, line: impl AsRef<str>) {
        // A terminal that went away must not stop a search.
        let _ = self.block.println(line);
    }

    fn open(&mut self, study: &Study, opening: &Opening) {
        self.say(format!(
            "{}  {}",
            paint(STRONG, study.name()),
            paint(FAINT, words::opening(study, opening))
        ));
        if opening.resumed > 0 {
            self.say(format!("going on after {}", words::counts(study)));
        }
        for remark in &opening.remarks {
            self.say(paint(WARN, remark));
        }
        self.bests.begin(study);
        self.ended_before = study.counts().ended();
        self.opened = Instant::now();
    }

    fn ended(&mut self, study: &Study, number: TrialId) {
        let Some(trial) = study.trial(number) else { return };
        if trial.state() == State::Failed {
            let text = format!("trial {:<4} failed  {}", number.0, words::outcome(study, trial));
            self.say(paint(BAD, text));
        } else if trial.state() == State::Complete && self.bests.beats(study, number) {
            let text = format!("trial {:<4} best    {}", number.0, words::values(study, trial));
            self.say(format!("{}  {}", paint(GOOD, text), paint(FAINT, words::parameters(trial))));
        }
    }

    fn reported(&mut self, run: RunKey, step: Option<u64>, values: &IndexMap<String, Real>) {
        if let Some(running) = self.running.get_mut(&run) {
            let shown: Vec<String> = values
                .iter()
                .take(3)
                .map(|(name, value)| format!("{name} {}", format::number(value.0)))
                .collect();
            let step = step.map(|step| format!("step {step}  ")).unwrap_or_default();
            running.last = format!("{step}{}", shown.join("  "));
        }
    }

    /// Sets the block's lines, growing or shrinking it as needed.
    fn draw(&mut self, texts: &[String]) {
        while self.lines.len() < texts.len() {
            let bar = self.block.add(ProgressBar::new_spinner());
            if let Ok(style) = ProgressStyle::with_template("{wide_msg}") {
                bar.set_style(style);
            }
            self.lines.push(bar);
        }
        while self.lines.len() > texts.len() {
            if let Some(bar) = self.lines.pop() {
                bar.finish_and_clear();
                self.block.remove(&bar);
            }
        }
        for (bar, text) in self.lines.iter().zip(texts) {
            bar.set_message(text.clone());
        }
    }

    fn texts(&self, study: &Study, now: u64) -> Vec<String> {
        let mut texts: Vec<String> = study.limits(now).iter().map(|limit| self.limit(study, limit)).collect();
        match study.best() {
            Some(best) => texts.push(format!(
                "{} {}  {}",
                label("best"),
                paint(GOOD, words::values(study, best)),
                paint(FAINT, format!("trial {}  {}", best.number().0, words::parameters(best)))
            )),
            None if study.directions().len() > 1 => {
                texts.push(format!("{} {} trials on the front", label("best"), study.pareto().len()));
            }
            None => {}
        }
        let state =
            if self.state.is_empty() { String::new() } else { paint(WARN, format!("  {}", self.state)) };
        texts.push(format!("{} {}{state}", label("so far"), words::counts(study)));
        for (run, running) in self.running.iter().take(MOST_ROWS) {
            let time = format::duration(running.since.elapsed().as_secs_f64());
            texts.push(format!("{} {time:>7}  {}", label(&format!("#{}", run.trial.0)), running.last));
        }
        if self.running.len() > MOST_ROWS {
            texts.push(format!("{} and {} more", label(""), self.running.len() - MOST_ROWS));
        }
        let width = term::width();
        texts.iter().map(|text| console::truncate_str(text, width, "…").into_owned()).collect()
    }

    fn limit(&self, study: &Study, limit: &Limit) -> String {
        let full = |share: f64| (share.clamp(0.0, 1.0) * BAR as f64) as usize;
        let (done, begun) = match limit.rule {
            Rule::Trials => {
                let ended = study.counts().ended() as f64 / limit.limit.0.max(1.0);
                (full(ended), full(limit.progress()))
            }
            _ => (full(limit.progress()), 0),
        };
        let begun = begun.saturating_sub(done);
        let rest = paint(FAINT, "─".repeat(BAR - done - begun));
        let bar = format!("{}{}{rest}", "━".repeat(done), paint(FAINT, "━".repeat(begun)));
        let left = match limit.rule {
            Rule::Trials => self.time_left(study, limit.left()),
            Rule::Time => Some(limit.left()),
            _ => None,
        };
        let left = left.map(|left| format!("  {} left", format::duration(left))).unwrap_or_default();
        format!("{} {bar} {}{}", label(limit.rule.name()), words::limit(study, limit), paint(FAINT, left))
    }

    /// Seconds until `left` more trials have ended at the pace since this process began.
    fn time_left(&self, study: &Study, left: f64) -> Option<f64> {
        let counts = study.counts();
        let ended = counts.ended() - self.ended_before.min(counts.ended());
        let open = left + (counts.running + counts.queued) as f64;
        (ended >= 2).then(|| open * self.opened.elapsed().as_secs_f64() / ended as f64)
    }

    fn clear(&mut self) {
        self.draw(&[]);
        let _ = self.block.clear();
    }
}

fn label(text: &str) -> String {
    paint(FAINT, format!("{text:<8}"))
}

impl Watcher for Live {
    fn voice(&self) -> Option<Voice> {
        let block = self.block.clone();
        Some(Box::new(move |line| drop(block.println(paint(WARN, format!("trouble: {line}"))))))
    }

    fn see(&mut self, study: &Study, happening: &Happening<'_>) {
        match happening {
            Happening::Opened(opening) => self.open(study, opening),
            Happening::Recovered { adopted, lost } => {
                self.say(paint(WARN, words::recovered(*adopted, *lost)));
            }
            Happening::Started(run) => {
                self.running.insert(*run, Running { since: Instant::now(), last: String::new() });
            }
            Happening::Reported { run, step, values } => self.reported(*run, *step, values),
            Happening::Ended(run) => drop(self.running.remove(run)),
            Happening::TrialEnded(trial) => self.ended(study, *trial),
            Happening::Draining(Finish::Interrupted) => {
                self.state = "no new trials; running ones finish (Ctrl-C again ends them)";
            }
            Happening::Draining(_) => {}
            Happening::Ending => self.state = "ending the running trials",
            Happening::Paused(paused) => {
                self.state = if *paused { "paused; `ravine resume` goes on" } else { "" };
            }
            Happening::Trouble(what) => self.say(paint(WARN, format!("trouble: {what}"))),
            Happening::Finished(_) => self.clear(),
        }
    }

    fn tick(&mut self, study: &Study, now: u64) {
        let texts = self.texts(study, now);
        self.draw(&texts);
    }
}
