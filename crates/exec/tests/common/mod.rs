//! A study's folder with a supervisor of its own, and what tests ask of it.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says so where it cannot go on")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ravine_exec::{Command, Executor, Layout, Local, RunId, RunNews, RunOrder, layout};
use study::{RunEnded, RunKey};

/// No test waits longer than this for anything, however busy the machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub fn supervisor() -> Vec<std::ffi::OsString> {
    vec![env!("CARGO_BIN_EXE_ravine-supervisor-probe").into()]
}

pub fn id(trial: u64) -> RunId {
    RunId { run: RunKey::first(search::TrialId(trial)), epoch: 1 }
}

/// A study's folder; when it goes, its supervisor is told to end and waited for.
pub struct Study {
    pub folder: tempfile::TempDir,
    pub local: Local,
}

impl Study {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let local = Local::connect(folder.path(), supervisor()).unwrap();
        Study { folder, local }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn directory(&self, trial: u64) -> PathBuf {
        layout::attempt(&Layout::new(self.path()).run(trial, "main", []), 0)
    }

    pub fn order(&self, trial: u64, command: Command) -> RunOrder {
        RunOrder::new(id(trial), self.directory(trial), command)
    }

    pub fn shell(&self, trial: u64, line: &str) -> RunOrder {
        self.order(trial, Command::Shell(line.to_owned()))
    }

    /// Runs one order to its end.
    pub fn run(&mut self, order: RunOrder) -> (RunEnded, Vec<RunNews>) {
        let id = order.id;
        self.local.start(order);
        self.until_ended(id)
    }

    /// All news of a run until its ending, which is acknowledged.
    pub fn until_ended(&mut self, id: RunId) -> (RunEnded, Vec<RunNews>) {
        let mut heard = Vec::new();
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            for news in self.local.wait(Some(Duration::from_millis(100))).unwrap() {
                if news.id() != id {
                    continue;
                }
                if let RunNews::Ended(ended) = &news {
                    let ended = (**ended).clone();
                    self.local.acknowledge(id);
                    self.local.wait(Some(Duration::ZERO)).unwrap();
                    return (ended, heard);
                }
                heard.push(news);
            }
        }
        panic!("run {id} does not end; heard {heard:?}");
    }

    /// The next news of any run that satisfies.
    pub fn until(&mut self, wanted: impl Fn(&RunNews) -> bool) -> RunNews {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            for news in self.local.wait(Some(Duration::from_millis(100))).unwrap() {
                if wanted(&news) {
                    return news;
                }
            }
        }
        panic!("the news does not come");
    }

    pub fn read(&self, trial: u64, name: &str) -> String {
        fs::read_to_string(self.directory(trial).join(name)).unwrap()
    }

    /// The names in a run's directory.
    pub fn names(&self, trial: u64) -> Vec<String> {
        let entries = fs::read_dir(self.directory(trial)).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Study {
    fn drop(&mut self) {
        kill(self.local.supervisor(), nix::sys::signal::Signal::SIGTERM);
        eventually("the supervisor leaves", || processes_of(self.folder.path()).is_empty());
    }
}

/// Waits for something that must come to hold.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "it does not come about that {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

pub fn kill(pid: u32, signal: nix::sys::signal::Signal) {
    let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid as i32), signal);
}

/// The living processes whose command line names something, by pid. Tests put the study's folder into the command lines
/// of everything they start.
pub fn processes_of(name: &Path) -> BTreeMap<u32, String> {
    let name = name.to_str().unwrap();
    let mut found = BTreeMap::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|pid| pid.parse::<u32>().ok()) else { continue };
        let Ok(command) = fs::read(entry.path().join("cmdline")) else { continue };
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        if command.contains(name) && pid != std::process::id() {
            found.insert(pid, command);
        }
    }
    found
}
