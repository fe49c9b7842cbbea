//! One hook's process: started, looked at now and then, ended with all of its group when its time is over.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use spec::template::Rendered;

use crate::files;

/// So much of what a hook prints is kept, its end.
const KEPT: u64 = 64 * 1024;

/// What is to be run.
#[derive(Clone, Debug)]
pub(super) struct Order {
    /// `trial-ended of trial 3`.
    pub(super) about: String,
    /// The place in the log of what it is told.
    pub(super) seq: u64,
    pub(super) command: Rendered,
    pub(super) environment: Vec<(&'static str, String)>,
    pub(super) input: String,
    pub(super) timeout: Duration,
}

/// A hook that runs.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) order: Order,
    child: Child,
    output: File,
    since: Instant,
}

/// How a hook ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) order: Order,
    pub(super) seconds: f64,
    /// What went wrong, if anything did.
    pub(super) wrong: Option<String>,
    /// What it printed, both streams.
    pub(super) output: String,
}

/// The places that hooks use.
#[derive(Clone, Debug)]
pub(super) struct Places {
    /// Where hooks run: the study file's folder.
    pub(super) base: PathBuf,
    /// Where files without names can be made.
    pub(super) scratch: PathBuf,
}

impl Process {
    /// Starts it. Its input is a file that has no name any more, so that nobody waits for it to read.
    pub(super) fn start(order: Order, places: &Places) -> Result<Process, Box<Ended>> {
        match spawn(&order, places) {
            Ok((child, output)) => Ok(Process { order, child, output, since: Instant::now() }),
            Err(error) => {
                let wrong = Some(format!("could not be started: {error}"));
                Err(Box::new(Ended { order, seconds: 0.0, wrong, output: String::new() }))
            }
        }
    }

    /// Its end, once it has ended; one whose time is over is ended.
    pub(super) fn look(&mut self) -> Option<Ended> {
        let status = match self.child.try_wait() {
            Ok(Some(status)) => Ok(status),
            Ok(None) if self.since.elapsed() < self.order.timeout => return None,
            Ok(None) => return Some(self.kill(&format!("ended after {}", shown(self.order.timeout)))),
            Err(error) => Err(error),
        };
        let wrong = match status {
            Ok(status) if status.success() => None,
            Ok(status) => Some(described(status)),
            Err(error) => Some(error.to_string()),
        };
        Some(self.ended(wrong))
    }

    /// Ends it with everything it started in its group.
    pub(super) fn kill(&mut self, why: &str) -> Ended {
        // The group's first process is not reaped yet, so that the number is no stranger's.
        if let Ok(group) = i32::try_from(self.child.id()) {
            let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
        }
        let _ = self.child.wait();
        self.ended(Some(why.to_owned()))
    }

    fn ended(&mut self, wrong: Option<String>) -> Ended {
        let seconds = self.since.elapsed().as_secs_f64();
        let output = tail(&mut self.output).unwrap_or_default();
        Ended { order: self.order.clone(), seconds, wrong, output }
    }
}

fn spawn(order: &Order, places: &Places) -> io::Result<(Child, File)> {
    let mut input = files::unnamed(&places.scratch)?;
    input.write_all(order.input.as_bytes())?;
    input.seek(SeekFrom::Start(0))?;
    let output = files::unnamed(&places.scratch)?;
    let mut command = match &order.command {
        Rendered::Program(arguments) => {
            let (program, rest) =
                arguments.split_first().ok_or_else(|| io::Error::other("the command is empty"))?;
            let mut command = Command::new(program);
            command.args(rest);
            command
        }
        Rendered::Shell(line) => {
            let mut command = Command::new("/bin/sh");
            command.args(["-c", line]);
            command
        }
    };
    command.envs(order.environment.iter().map(|(name, value)| (*name, value)));
    command.current_dir(&places.base).process_group(0);
    command.stdin(input).stdout(output.try_clone()?).stderr(output.try_clone()?);
    Ok((command.spawn()?, output))
}

fn tail(file: &mut File) -> io::Result<String> {
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(KEPT)))?;
    let mut bytes = Vec::new();
    file.take(KEPT).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn described(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}

fn shown(timeout: Duration) -> String {
    report::format::duration(timeout.as_secs_f64())
}
