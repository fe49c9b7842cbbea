//! Programs that are spoken with in lines: what `command` samplers run as.
//!
//! Such a program belongs to the process that asks it and not to a study's runs, so the supervisor has no part in it. It
//! leads a process group of its own, which is ended with the dialogue; where ravine itself is killed, the program's input
//! ends, which is the sign to end too.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;
use search::{Broken, Dialogue, Programs};

/// No answer is longer.
const LONGEST: u64 = 16 << 20;
/// So much of what the program wrote to its standard error stands in a message, from the end.
const SHOWN: u64 = 2_000;
/// How long a program whose output ended may take to end itself, so that its exit code can be told.
const PARTING: Duration = Duration::from_millis(500);

/// Runs sampler programs in a folder.
#[derive(Clone, Debug)]
pub struct Interlocutors {
    folder: PathBuf,
    log: PathBuf,
}

impl Interlocutors {
    /// They run in `folder`; what they write to standard error goes to the end of the file `log`.
    pub fn new(folder: impl Into<PathBuf>, log: impl Into<PathBuf>) -> Self {
        Interlocutors { folder: folder.into(), log: log.into() }
    }
}

impl Programs for Interlocutors {
    fn start(&self, run: &[String]) -> Result<Box<dyn Dialogue>, String> {
        let begun = self.begin(run);
        Ok(Box::new(begun.map_err(|error| format!("could not be started: {error}"))?))
    }
}

impl Interlocutors {
    fn begin(&self, run: &[String]) -> io::Result<Talk> {
        let (program, arguments) =
            run.split_first().ok_or_else(|| io::Error::other("the command is empty"))?;
        let mut log = OpenOptions::new().create(true).append(true).read(true).open(&self.log)?;
        let log_from = log.seek(SeekFrom::End(0))?;
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.folder).process_group(0);
        // A buffered answer would never come.
        command.env("PYTHONUNBUFFERED", "1");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log.try_clone()?);
        let mut child = command.spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("it has no input or no output"));
        };
        let log_path = self.log.clone();
        Ok(Talk { child, to: writer(input), from: reader(output), log, log_path, log_from })
    }
}

/// A program that runs. The threads that write and read end with it: one has nobody to write to, the other nothing to
/// read.
#[derive(Debug)]
struct Talk {
    child: Child,
    to: Sender<String>,
    from: Receiver<io::Result<String>>,
    log: File,
    log_path: PathBuf,
    log_from: u64,
}

/// Lines go by a thread, so that a program that does not read is met by the time-out and not by a full pipe.
fn writer(mut input: ChildStdin) -> Sender<String> {
    let (to, lines) = channel::<String>();
    thread::spawn(move || {
        for text in lines {
            // Who is gone is noticed by its silence.
            if input.write_all(text.as_bytes()).and_then(|()| input.flush()).is_err() {
                break;
            }
        }
    });
    to
}

fn reader(output: ChildStdout) -> Receiver<io::Result<String>> {
    let (lines, from) = channel();
    thread::spawn(move || {
        let mut output = BufReader::new(output);
        loop {
            let mut line = Vec::new();
            let read = Read::by_ref(&mut output).take(LONGEST).read_until(b'\n', &mut line);
            let whole = match read {
                Ok(0) => break,
                Ok(_) if line.last() != Some(&b'\n') && line.len() as u64 == LONGEST => {
                    Err(io::Error::other("a line without end"))
                }
                Ok(_) => String::from_utf8(line).map_err(|_| io::Error::other("bytes that are no text")),
                Err(error) => Err(error),
            };
            let is_wrong = whole.is_err();
            if lines.send(whole).is_err() || is_wrong {
                break;
            }
        }
    });
    from
}

impl Dialogue for Talk {
    fn exchange(&mut self, lines: &[String], timeout: Duration) -> Result<String, Broken> {
        // What it said unasked would be taken for an answer, and every later one for the next question's.
        if let Ok(Ok(line)) = self.from.try_recv() {
            return Err(Broken::Garbled(format!("without being asked: `{}`", line.trim_end())));
        }
        let mut text = lines.join("\n");
        text.push('\n');
        if self.to.send(text).is_err() {
            return Err(Broken::Ended(self.parting()));
        }
        let until = Instant::now() + timeout;
        loop {
            match self.from.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(Ok(line)) if line.trim().is_empty() => {}
                Ok(Ok(line)) => return Ok(line.trim().to_owned()),
                Ok(Err(error)) => return Err(Broken::Garbled(error.to_string())),
                Err(RecvTimeoutError::Timeout) => return Err(Broken::Silent),
                Err(RecvTimeoutError::Disconnected) => return Err(Broken::Ended(self.parting())),
            }
        }
    }
}

impl Talk {
    /// How it ended, with its last words.
    fn parting(&mut self) -> String {
        let until = Instant::now() + PARTING;
        let status = loop {
            match self.status() {
                None if Instant::now() < until => thread::sleep(Duration::from_millis(2)),
                status => break status,
            }
        };
        let how = match status {
            Some(WaitStatus::Exited(_, code)) => format!("ended with exit code {code}"),
            Some(WaitStatus::Signaled(_, signal, _)) => format!("was ended by {signal}"),
            _ => "closed its output".to_owned(),
        };
        match self.last_words() {
            Some(words) => format!("{how}; its last words were:\n{words}"),
            None => how,
        }
    }

    /// How it ended, if it did. It is not reaped: until then its number, and its group's, is no stranger's.
    fn status(&self) -> Option<WaitStatus> {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).ok()?);
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        waitid(Id::Pid(pid), flags).ok().filter(|status| *status != WaitStatus::StillAlive)
    }

    fn last_words(&mut self) -> Option<String> {
        let length = self.log.metadata().ok()?.len();
        self.log.seek(SeekFrom::Start(length.saturating_sub(SHOWN).max(self.log_from))).ok()?;
        let mut bytes = Vec::new();
        Read::by_ref(&mut self.log).take(SHOWN).read_to_end(&mut bytes).ok()?;
        let words = String::from_utf8_lossy(&bytes).trim().to_owned();
        (!words.is_empty()).then_some(words)
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        if let Ok(group) = i32::try_from(self.child.id()) {
            let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
        }
        let _ = self.child.wait();
        // Nobody looks for what it did not write.
        if self.log.metadata().is_ok_and(|log| log.len() == 0) {
            let _ = std::fs::remove_file(&self.log_path);
        }
    }
}
