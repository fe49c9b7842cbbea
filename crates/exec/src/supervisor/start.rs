//! From an order to a running program: its directory, its files, its process.

use std::ffi::{CStr, CString};
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Instant;

use study::How;

use super::environment::{self, Base};
use super::logs::Log;
use super::meter::Meter;
use super::pool::{Birth, Pool};
use crate::layout;
use crate::order::{Command, RunOrder};
use crate::process::cgroup::{Group, Groups};
use crate::process::mark::Mark;
use crate::process::{self, Program};
use crate::report::{Captures, Collector, Steps};

/// A program that runs.
pub(super) struct Running {
    pub(super) pid: i32,
    /// Before it was spawned: on a busy machine a short program is over before spawning returns.
    pub(super) started: Instant,
    pub(super) stdout: Log,
    pub(super) stderr: Log,
    pub(super) collector: Collector,
    pub(super) meter: Meter,
}

/// Why a program was not started.
pub(super) struct Unstarted {
    /// `Failed` where its configuration is at fault, `Killed` where the machine is: a full disk must not cost trials.
    pub(super) how: How,
    pub(super) message: String,
}

impl Unstarted {
    /// The study's folder, or its disk, is at fault.
    pub(super) fn here(message: String) -> Self {
        Unstarted { how: How::Killed, message }
    }

    /// What could not be written lies where the study asked for: the disk may be at fault, or the study.
    fn asked(why: &io::Error, message: String) -> Self {
        match why.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Unstarted::here(message),
            _ => message.into(),
        }
    }
}

impl From<String> for Unstarted {
    fn from(message: String) -> Self {
        Unstarted { how: How::Failed, message }
    }
}

/// What all runs of a supervisor share.
pub(super) struct Shared {
    /// `/dev/null`, every run's standard input.
    pub(super) null: File,
    /// The study's name in environment marks: its folder's.
    pub(super) study: String,
    /// Empty log files without a name.
    pub(super) spares: Vec<File>,
    /// Where control groups can be made, if anywhere; looked for when the first run needs one.
    pub(super) groups: Option<Option<Groups>>,
    /// That of the study.
    pub(super) mark: Mark,
}

/// So many files are kept open for later runs.
const MAX_SPARES: usize = 16;

impl Shared {
    /// Keeps files that stayed empty for the next run. All runs lie in the study's folder, on one file system; where one does
    /// not, its log cannot be given a name there, and the ending says so.
    pub(super) fn keep(&mut self, files: impl Iterator<Item = File>) {
        let room = MAX_SPARES.saturating_sub(self.spares.len());
        self.spares.extend(files.take(room));
    }

    /// A control group for a run with a memory limit, where the machine lets us have one. Without it memory is watched.
    fn group(&mut self, memory: Option<u64>) -> Option<Group> {
        let memory = memory?;
        let mark = self.mark;
        let groups = self.groups.get_or_insert_with(|| Groups::find(mark.to_string())).as_mut()?;
        let made = groups.make(Some(memory));
        made.inspect_err(|why| tracing::warn!("no control group for a run, its memory is watched: {why}"))
            .ok()
    }
}

/// Makes the run's directory and starts its program, as a fork of its pool if it has one. The error is for the person who
/// reads why the run failed: what, where, and what would be right.
pub(super) fn start(
    order: &RunOrder,
    base: &Base,
    shared: &mut Shared,
    mark: Mark,
    pool: Option<&mut Pool>,
) -> Result<Running, Unstarted> {
    let directory = &order.directory;
    if !directory.is_absolute() {
        let message = format!("the run's directory must be an absolute path: {}", directory.display());
        return Err(message.into());
    }
    make_directory(directory).map_err(|why| Unstarted::here(unmade(directory, &why)))?;
    let captures = order.capture.iter().map(|(name, pattern)| (name.as_str(), pattern.as_str()));
    let captures = Captures::new(captures).map_err(|why| why.to_string())?;
    write_files(order)?;
    let mut open = |name: &str| {
        let path = directory.join(name);
        Log::open(path.clone(), order.log_limit, shared.spares.pop())
            .map_err(|why| Unstarted::here(format!("cannot write {}: {why}", path.display())))
    };
    let (stdout, stderr) = (open(layout::STDOUT)?, open(layout::STDERR)?);
    let group = shared.group(order.memory);
    let started = Instant::now();
    let birthright = Birthright { mark, cores: &order.cores, group: group.as_ref() };
    let pid = match spawn(order, base, shared, [stdout.file(), stderr.file()], &birthright, pool) {
        Ok(pid) => pid,
        Err(why) => {
            shared.keep([stdout.finish(), stderr.finish()].into_iter().filter_map(Result::ok).flatten());
            return Err(why);
        }
    };
    let steps = Steps::new(order.step_limit);
    let collector = Collector::new(directory.clone(), captures, steps, order.metrics.clone());
    let mut meter = Meter::new(order.memory, group, started);
    if order.metrics.iter().any(|name| name.ends_with("peak_memory")) {
        meter.look_early(pid);
    }
    Ok(Running { pid, started, stdout, stderr, collector, meter })
}

/// Writes a file so that nobody ever reads half of it.
///
/// Without fsync, which would cost each short run more than the run: what must survive a power loss is the log of
/// the study (invariant NOTHING LOST), whose store syncs; these files are what people and adopting processes read,
/// and they survive any crash but the kernel's.
pub(super) fn write_whole(path: &Path, contents: &[u8]) -> io::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    // Two studies' supervisors may write one file outside their folders.
    temporary.push(format!(".{}.tmp", std::process::id()));
    fs::write(&temporary, contents)?;
    fs::rename(&temporary, path)
}

fn make_directory(directory: &Path) -> io::Result<()> {
    match make_with_parents(directory) {
        Err(why) if why.kind() == ErrorKind::AlreadyExists => {
            // An attempt that no log knows of: decided again after a power loss.
            if fs::remove_dir(directory).is_err() {
                set_aside(directory)?;
            }
            fs::create_dir(directory)
        }
        other => other,
    }
}

/// Makes a folder and those above that are missing. From below: most often all but the last few exist.
fn make_with_parents(directory: &Path) -> io::Result<()> {
    match (fs::create_dir(directory), directory.parent()) {
        (Err(why), Some(parent)) if why.kind() == ErrorKind::NotFound => {
            match make_with_parents(parent) {
                // Somebody else was quicker, which is as good.
                Err(why) if why.kind() == ErrorKind::AlreadyExists => {}
                other => other?,
            }
            fs::create_dir(directory)
        }
        (made, _) => made,
    }
}

fn set_aside(directory: &Path) -> io::Result<()> {
    for number in 1_u32.. {
        let mut aside = directory.as_os_str().to_owned();
        aside.push(format!("~{number}"));
        if !Path::new(&aside).exists() {
            return fs::rename(directory, aside);
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

fn unmade(directory: &Path, why: &io::Error) -> String {
    let hint = match why.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "; choose a folder that you may write to"
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "; make room on that disk",
        _ => "",
    };
    format!("cannot make the run's directory {}: {why}{hint}", directory.display())
}

fn write_files(order: &RunOrder) -> Result<(), Unstarted> {
    let failed = |path: &Path, why: &dyn std::fmt::Display| format!("cannot write {}: {why}", path.display());
    if let Some(config) = &order.config {
        let path = order.directory.join(layout::CONFIG);
        let mut text = serde_json::to_vec_pretty(config).map_err(|why| failed(&path, &why))?;
        text.push(b'\n');
        // In a folder that was made a moment ago, before the program that reads it is started.
        fs::write(&path, &text).map_err(|why| Unstarted::here(failed(&path, &why)))?;
    }
    for folder in &order.folders {
        fs::create_dir_all(folder)
            .map_err(|why| Unstarted::here(format!("cannot make the folder {}: {why}", folder.display())))?;
    }
    for (path, contents) in &order.files {
        let path = order.directory.join(path);
        let written = write_whole(&path, contents.as_bytes()).or_else(|why| match path.parent() {
            Some(parent) if why.kind() == ErrorKind::NotFound => {
                fs::create_dir_all(parent)?;
                write_whole(&path, contents.as_bytes())
            }
            _ => Err(why),
        });
        written.map_err(|why| Unstarted::asked(&why, failed(&path, &why)))?;
    }
    Ok(())
}

fn spawn(
    order: &RunOrder,
    base: &Base,
    shared: &Shared,
    logs: [&File; 2],
    birthright: &Birthright<'_>,
    pool: Option<&mut Pool>,
) -> Result<i32, Unstarted> {
    let args = arguments(&order.command)?;
    let Some(name) = args.first() else {
        return Err("the command is empty; it must name a program".to_owned().into());
    };
    let own = environment::own(order, base, &shared.study)?;
    let environment = base.with(&own);
    let cwd = order.cwd.as_ref().unwrap_or(&order.directory);
    // One thread, so that the working directory is nobody else's; a child has it from us, as spawning cannot set it.
    std::env::set_current_dir(cwd)
        .map_err(|why| format!("cannot enter the working directory {}: {why}", cwd.display()))?;
    let path = environment::get(&environment, "PATH");
    let explain = |error| process::explain(name, path, cwd, error);
    let file: CString = process::find(name, path).ok_or_else(|| explain(None))?;
    let stdio = [shared.null.as_fd(), logs[0].as_fd(), logs[1].as_fd()];
    // A variable that is no text cannot be told to a pool.
    let told: Option<Vec<&str>> = environment.iter().map(|variable| variable.to_str().ok()).collect();
    if let (Some(pool), Some(environment)) = (pool, told) {
        match pool.fork(&Birth { environment, cwd }, stdio, |pid| birthright.give(pid)) {
            Ok(pid) => return Ok(pid),
            Err(why) => tracing::warn!("a run is started afresh, and no fork of its pool: {why}"),
        }
    }
    let program = Program { file: file.as_c_str(), args: &args, environment: &environment, stdio };
    let spawned = birthright.worn(|| process::spawn(&program));
    let spawned = spawned.map_err(|why| Unstarted::here(format!("cannot bind it to its cores: {why}")))?;
    spawned.map(nix::unistd::Pid::as_raw).map_err(|error| explain(Some(error)).into())
}

/// What a run has from its first moment on, and hands on to all that it starts.
struct Birthright<'a> {
    mark: Mark,
    cores: &'a [u32],
    group: Option<&'a Group>,
}

impl Birthright<'_> {
    /// What a child inherits, this process has for the moment of its birth. The error: it cannot be bound to its cores.
    fn worn<T>(&self, start: impl Fn() -> T) -> io::Result<T> {
        let born = || self.mark.worn(&start);
        process::bound(self.cores, || match self.group.map(|group| group.entered(born)) {
            Some(Ok(spawned)) => spawned,
            Some(Err(why)) => {
                ungrouped(&why);
                born()
            }
            None => born(),
        })
    }

    /// A fork of another process gets it before it begins.
    fn give(&self, pid: i32) -> io::Result<()> {
        if let Err(why) = self.group.map_or(Ok(()), |group| group.take(pid)) {
            ungrouped(&why);
        }
        self.mark.put_on(pid)?;
        process::bind(pid, self.cores)
    }
}

fn ungrouped(why: &io::Error) {
    tracing::warn!("a run is not in its control group, its memory is watched: {why}");
}

pub(super) fn arguments(command: &Command) -> Result<Vec<CString>, String> {
    let text = |text: &str| {
        let shown = text.escape_debug();
        CString::new(text)
            .map_err(|_| format!("an argument holds a zero byte, which no program can be given: {shown}"))
    };
    match command {
        Command::Program(words) => words.iter().map(|word| text(word)).collect(),
        Command::Shell(line) => {
            [c"/bin/sh", c"-c"].into_iter().map(CStr::to_owned).map(Ok).chain([text(line)]).collect()
        }
    }
}

/// The study's name for environment marks.
pub(super) fn study_name(study: &Path) -> String {
    let name = study.file_name().unwrap_or(study.as_os_str());
    String::from_utf8_lossy(name.as_bytes()).into_owned()
}
