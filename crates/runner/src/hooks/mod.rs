//! `[[on]]`: commands that are run when something happens, beside the search and never in its way.
//!
//! Of several processes on one study one tells the hooks, whichever holds the part. It reads the log from where the last
//! one had come, and each event is told once. Where a process is killed, the next one begins at the first event whose hook
//! had not ended: that and what came after it may be told twice, and nothing is lost. Nothing here waits: hooks are started and looked at between other things, a few at a time.

mod notice;
mod process;

use std::collections::{BTreeSet, VecDeque};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use report::format;
use serde::{Deserialize, Serialize};
use session::{Session, SessionError};
use spec::template::HookValues;
use spec::{HookEvent, HookSpec, StudyFile};
use study::history::{self, Decoded};
use study::{State, Study, TrialId};

use crate::Finish;
use crate::life::unix_ms;
use crate::post::{Hold, Post};
use notice::Notice;
use process::{Ended, Order, Places, Process};

/// Hooks that run at a time.
const AT_ONCE: usize = 4;
/// Hooks that wait at most; what happens beyond is not told.
const WAITING: usize = 1000;
/// Events looked at in one tick.
const BATCH: usize = 2000;

/// See the module.
#[derive(Debug)]
pub(crate) struct Hooks {
    specs: Vec<HookSpec>,
    folder: PathBuf,
    places: Places,
    post: Post,
    mark: Mark,
    /// As the file has it.
    kept: Option<Mark>,
    best: Option<TrialId>,
    waiting: VecDeque<Order>,
    running: Vec<Process>,
    /// Told to nobody, as too many were waiting.
    dropped: u64,
    troubles: Vec<String>,
}

/// How far the log was looked at. From one holder to the next a file keeps how far hooks have ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Mark {
    /// The last event that was looked at.
    seq: u64,
    /// How many trials had ended when the end of the study was told.
    over: Option<u64>,
}

impl Mark {
    /// What is to be kept while hooks for these places in the log have not ended.
    fn behind(self, open: impl Iterator<Item = u64> + Clone) -> Self {
        Mark {
            seq: open.clone().min().map_or(self.seq, |first| self.seq.min(first - 1)),
            over: self.over.filter(|_| open.max() != Some(u64::MAX)),
        }
    }
}

impl Hooks {
    /// Of a study file; `None` where it has none. `head` is where the log ended when hooks were first heard of.
    pub(crate) fn new(file: &StudyFile, base: PathBuf, home: &Path, name: String, head: u64) -> Option<Self> {
        (!file.hooks.is_empty()).then(|| Hooks {
            specs: file.hooks.clone(),
            folder: home.to_path_buf(),
            places: Places { base, scratch: home.join("runners") },
            post: Post::new("hooks", home, name),
            mark: Mark { seq: head, over: None },
            kept: None,
            best: None,
            waiting: VecDeque::new(),
            running: Vec::new(),
            dropped: 0,
            troubles: Vec::new(),
        })
    }

    /// Starts hooks for what happened, and looks after those that run. Gives what a person should know.
    pub(crate) fn tick(&mut self, session: &Session) -> Vec<String> {
        let read = self.post.glance(session).map_err(Into::into).and_then(|hold| self.read(session, hold));
        self.note(read);
        self.advance();
        std::mem::take(&mut self.troubles)
    }

    /// Tells of the end, and waits for the hooks that are left: those that run have their time, and no longer than the
    /// longest of these times others are begun. `hurry` ends the waiting.
    pub(crate) fn finish(
        &mut self,
        session: &Session,
        finish: Finish,
        hurry: &dyn Fn() -> bool,
    ) -> Vec<String> {
        // What another process writes while this one holds the post is this one's to tell, so it looks again once it has
        // given the post back.
        while self.finish_once(session, finish, hurry) {}
        if self.dropped > 0 {
            self.troubles
                .push(format!("{} hooks were not run: more happened than they could follow", self.dropped));
        }
        std::mem::take(&mut self.troubles)
    }

    /// Tells what there is to tell, where that is this process's part; whether more came meanwhile.
    fn finish_once(&mut self, session: &Session, finish: Finish, hurry: &dyn Fn() -> bool) -> bool {
        let hold = self.post.hold(session);
        let is_ours = hold.as_ref().is_ok_and(|hold| *hold != Hold::No);
        let read = hold.map_err(Into::into).and_then(|hold| self.read_all(session, hold));
        self.note(read);
        if is_ours && matches!(finish, Finish::Limit | Finish::Exhausted(_)) {
            session.with_study(|study| self.tell_end(study));
        }
        self.wait_for_hooks(hurry);
        if let Err(error) = self.post.leave(session) {
            self.troubles.push(format!("hooks: {error}"));
        }
        match session.refresh() {
            Ok(head) => is_ours && head > self.mark.seq && !hurry(),
            Err(error) => {
                self.note(Err(error));
                false
            }
        }
    }

    /// Gives the hooks that are left their time.
    fn wait_for_hooks(&mut self, hurry: &dyn Fn() -> bool) {
        let longest = self.waiting.iter().map(|order| order.timeout).max().unwrap_or_default();
        let began = Instant::now();
        loop {
            self.advance();
            if began.elapsed() >= longest && !self.waiting.is_empty() {
                self.dropped += self.waiting.len() as u64;
                self.waiting.clear();
            }
            if self.running.is_empty() && self.waiting.is_empty() {
                break;
            }
            if hurry() {
                self.dropped += self.waiting.len() as u64;
                self.waiting.clear();
                let mut running = std::mem::take(&mut self.running);
                running.iter_mut().for_each(|process| self.conclude(process.kill("ended with the runner")));
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        self.keep_mark();
    }

    fn read_all(&mut self, session: &Session, mut hold: Hold) -> Result<(), SessionError> {
        while hold != Hold::No && (hold == Hold::Anew || self.mark.seq < session.with_study(Study::seq)) {
            self.read(session, hold)?;
            hold = Hold::Still;
        }
        Ok(())
    }

    fn note(&mut self, read: Result<(), SessionError>) {
        if let Err(error) = read {
            self.troubles.push(format!("hooks are not told: {error}"));
        }
    }

    /// Takes in what the log has that was not told yet, where that is this process's part.
    fn read(&mut self, session: &Session, hold: Hold) -> Result<(), SessionError> {
        if hold == Hold::No {
            return Ok(());
        }
        if hold == Hold::Anew
            && let Some(mark) = self.kept_mark()
        {
            self.mark = mark;
            // It lies behind the mark, and would be told again.
            self.waiting.clear();
        }
        let head = session.with_study(Study::seq);
        if hold == Hold::Still && head == self.mark.seq {
            return Ok(());
        }
        let mut notices = Vec::new();
        let mut seq = self.mark.seq;
        session.store().scan(session.id(), self.mark.seq, BATCH, &mut |row| {
            // What the study does not know yet is looked at when it does.
            if row.seq > head {
                return;
            }
            seq = row.seq;
            if let Ok(Decoded::Known(body)) = history::decode(row.kind, row.body) {
                notices.extend(Notice::of(&body, row.seq, row.at));
            }
        })?;
        session.with_study(|study| {
            if hold == Hold::Anew {
                self.best = best_before(study, &notices);
            }
            notices.iter().for_each(|notice| self.take(study, notice));
        });
        self.mark.seq = seq;
        Ok(())
    }

    fn take(&mut self, study: &Study, notice: &Notice) {
        self.tell(study, notice);
        if notice.event == HookEvent::TrialEnded
            && let Some(trial) = notice.trial
            && self.is_best(study, trial)
        {
            self.best = Some(trial);
            self.tell(study, &notice.best());
        }
    }

    /// Whether a trial beats all that ended before it; with several objectives, whether it is on the front.
    fn is_best(&self, study: &Study, number: TrialId) -> bool {
        let Some(trial) = study.trial(number).filter(|trial| trial.state() == State::Complete) else {
            return false;
        };
        if study.directions().len() > 1 {
            return study.pareto().contains(&trial);
        }
        self.best.is_none_or(|best| best != number && study.outranks(number, best))
    }

    fn tell_end(&mut self, study: &Study) {
        let ended = study.counts().ended();
        // Others finish what they run, and tell then; a study that has told is over already.
        if study.running().next().is_none() && self.mark.over != Some(ended) {
            self.mark.over = Some(ended);
            self.tell(study, &Notice::over(unix_ms()));
        }
    }

    /// Puts the hooks of an event into the queue.
    fn tell(&mut self, study: &Study, notice: &Notice) {
        let waited_for = self.specs.iter().filter(|hook| hook.event == notice.event);
        for hook in waited_for {
            if self.waiting.len() >= WAITING {
                self.dropped += 1;
                continue;
            }
            match order(hook, notice, study, &self.folder) {
                Ok(order) => self.waiting.push_back(order),
                Err(error) => self.troubles.push(format!("the hook on {}: {error}", hook.event.name())),
            }
        }
    }

    fn advance(&mut self) {
        let mut running = std::mem::take(&mut self.running);
        running.retain_mut(|process| match process.look() {
            Some(ended) => {
                self.conclude(ended);
                false
            }
            None => true,
        });
        self.running = running;
        while self.running.len() < AT_ONCE {
            let Some(order) = self.waiting.pop_front() else { break };
            match Process::start(order, &self.places) {
                Ok(process) => self.running.push(process),
                Err(ended) => self.conclude(*ended),
            }
        }
        self.keep_mark();
    }

    fn conclude(&mut self, ended: Ended) {
        if let Err(error) = self.log(&ended) {
            self.troubles.push(format!("cannot write hooks.log: {error}"));
        }
        if let Some(wrong) = &ended.wrong {
            self.troubles.push(format!("the hook on {}: {wrong} (see hooks.log)", ended.order.about));
        }
    }

    /// One block for each hook: when, what, how it ended, what it printed.
    fn log(&self, ended: &Ended) -> std::io::Result<()> {
        let how = ended.wrong.as_deref().unwrap_or("ok");
        let mut block = format!(
            "{} {}: {} · {how} · {}\n",
            format::timestamp(unix_ms()),
            ended.order.about,
            ended.order.command.shown(),
            format::duration(ended.seconds)
        );
        for line in ended.output.lines() {
            block.push_str("  ");
            block.push_str(line);
            block.push('\n');
        }
        let log = self.folder.join("hooks.log");
        OpenOptions::new().create(true).append(true).open(log)?.write_all(block.as_bytes())
    }

    fn mark_path(&self) -> PathBuf {
        self.folder.join("runners/hooks.json")
    }

    fn kept_mark(&self) -> Option<Mark> {
        serde_json::from_slice(&std::fs::read(self.mark_path()).ok()?).ok()
    }

    /// Keeps how far hooks have ended, where this process tells them and that is something new.
    fn keep_mark(&mut self) {
        let open = self.waiting.iter().chain(self.running.iter().map(|process| &process.order));
        let mark = self.mark.behind(open.map(|order| order.seq));
        if !self.post.is_held() || self.kept == Some(mark) {
            return;
        }
        self.kept = Some(mark);
        let kept = serde_json::to_vec(&mark)
            .map_err(std::io::Error::from)
            .and_then(|mark| crate::files::put(&self.mark_path(), &mark));
        if let Err(error) = kept {
            self.troubles.push(format!("hooks may be told twice: {error}"));
        }
    }
}

impl Drop for Hooks {
    /// A runner that fails leaves no hook behind that nobody would end.
    fn drop(&mut self) {
        self.running.iter_mut().for_each(|process| drop(process.kill("ended with the runner")));
    }
}

/// The best of the trials that had ended before these events.
fn best_before(study: &Study, notices: &[Notice]) -> Option<TrialId> {
    let told: BTreeSet<TrialId> = notices
        .iter()
        .filter(|notice| notice.event == HookEvent::TrialEnded)
        .filter_map(|notice| notice.trial)
        .collect();
    let complete = study.trials().filter(|trial| trial.state() == State::Complete);
    let earlier = complete.map(|trial| trial.number()).filter(|number| !told.contains(number));
    earlier.reduce(|best, next| if study.outranks(next, best) { next } else { best })
}

fn order(
    hook: &HookSpec,
    notice: &Notice,
    study: &Study,
    folder: &Path,
) -> Result<Order, spec::template::RenderError> {
    let event = notice.event.name();
    let trial = notice.trial.map(|trial| trial.0);
    let command = hook.command.render(&HookValues { event, study: study.name(), trial })?;
    let mut environment = vec![
        ("RAVINE_EVENT", event.to_owned()),
        ("RAVINE_STUDY", study.name().to_owned()),
        ("RAVINE_FOLDER", folder.display().to_string()),
    ];
    environment.extend(trial.map(|trial| ("RAVINE_TRIAL", trial.to_string())));
    Ok(Order {
        about: trial.map_or(event.to_owned(), |trial| format!("{event} of trial {trial}")),
        seq: notice.seq,
        command,
        environment,
        input: format!("{}\n", notice.to_json(study, folder)),
        timeout: hook.timeout.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(folder: &Path, line: &str, timeout: Duration) -> Process {
        let places = Places { base: folder.to_path_buf(), scratch: folder.to_path_buf() };
        let order = Order {
            about: "test".to_owned(),
            seq: 1,
            command: spec::template::Rendered::Shell(line.to_owned()),
            environment: vec![("RAVINE_EVENT", "new-best".to_owned())],
            input: "{}\n".to_owned(),
            timeout,
        };
        Process::start(order, &places).unwrap()
    }

    fn end(mut process: Process) -> Ended {
        let began = Instant::now();
        loop {
            if let Some(ended) = process.look() {
                return ended;
            }
            assert!(began.elapsed() < Duration::from_secs(20));
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    #[test]
    fn what_is_kept_lies_before_the_first_hook_that_has_not_ended() {
        let mark = Mark { seq: 9, over: Some(3) };
        assert_eq!(mark.behind([].into_iter()), mark);
        assert_eq!(mark.behind([7, 5].into_iter()), Mark { seq: 4, over: Some(3) });
        assert_eq!(mark.behind([u64::MAX].into_iter()), Mark { seq: 9, over: None }, "the end is told again");
    }

    #[test]
    fn a_hook_gets_the_event_and_what_it_prints_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let ended = end(process(folder.path(), "cat; echo $RAVINE_EVENT >&2", Duration::from_secs(20)));
        assert_eq!((ended.output.as_str(), ended.wrong), ("{}\nnew-best\n", None));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
    }

    #[test]
    fn of_very_much_output_the_end_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let line = "head -c 300000 /dev/zero | tr '\\0' x; echo end";
        let ended = end(process(folder.path(), line, Duration::from_secs(20)));
        assert!(ended.output.len() <= 64 * 1024 && ended.output.ends_with("xend\n"));
    }

    #[test]
    fn a_hook_past_its_time_ends_with_all_that_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let line = "(sleep 1; touch late) & sleep 30";
        let ended = end(process(folder.path(), line, Duration::from_millis(100)));
        assert_eq!(ended.wrong.as_deref(), Some("ended after 100ms"));
        std::thread::sleep(Duration::from_millis(1300));
        assert!(!folder.path().join("late").exists());
    }
}
