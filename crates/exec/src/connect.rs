//! Meeting a study's supervisor, or making one.

use std::ffi::{CString, OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::fd::AsFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::error::LocalError;
use crate::news::Known;
use crate::process::{self, Program};
use crate::supervisor::place::Place;
use crate::wire::{self, Reply, Request};

/// A supervisor that was started answers within this time, on a machine under any load and after sweeping what a killed
/// one left.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection on which both sides have said hello.
pub(crate) struct Connection {
    pub(crate) stream: UnixStream,
    /// The supervisor's pid.
    pub(crate) pid: u32,
    pub(crate) known: Vec<Known>,
    /// A supervisor that this process started, to be buried when it has ended.
    pub(crate) child: Option<Pid>,
}

/// Connects to the supervisor of a study, starting one where none answers. `child` is one that this process started before.
pub(crate) fn connect(
    study: &Path,
    program: &[OsString],
    mut child: Option<Pid>,
) -> Result<Connection, LocalError> {
    let folder = |source| LocalError::Folder { folder: study.to_path_buf(), source };
    let place = Place::of(study).map_err(folder)?;
    let deadline = Instant::now() + PATIENCE;
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(stream) = place.connect()
            && let Some((stream, pid, known)) = greet(stream, deadline)?
        {
            return Ok(Connection { stream, pid, known, child });
        }
        let alive = child.is_some_and(is_alive);
        if !alive {
            if Instant::now() >= deadline {
                return Err(silent(&place));
            }
            place.make().map_err(folder)?;
            // Where another process was quicker, this one ends at once, and the next try meets the other.
            child = Some(spawn(study, program, &place)?);
        } else if Instant::now() >= deadline {
            return Err(silent(&place));
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// Says hello. `None` where the supervisor has just left.
fn greet(stream: UnixStream, deadline: Instant) -> Result<Option<(UnixStream, u32, Vec<Known>)>, LocalError> {
    // What is not UTF-8 cannot be told; no program that ravine starts is known to need it.
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let mut hello = Vec::new();
    wire::put(&Request::Hello { version: wire::VERSION, environment }, &mut hello)
        .map_err(|why| LocalError::Wait(why.into()))?;
    let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
    stream.set_read_timeout(Some(left)).map_err(LocalError::Wait)?;
    if (&stream).write_all(&hello).is_err() {
        return Ok(None);
    }
    let mut line = Vec::new();
    // It says nothing more before it is asked to: nothing is lost with the reader.
    if !matches!(BufReader::new(&stream).read_until(b'\n', &mut line), Ok(1..)) {
        return Ok(None);
    }
    match serde_json::from_slice(&line) {
        Ok(Reply::Welcome { pid, known }) => {
            let stream = unblock(stream).map_err(LocalError::Wait)?;
            Ok(Some((stream, pid, known)))
        }
        Ok(Reply::OtherVersion { pid, .. }) => Err(LocalError::OtherVersion { pid }),
        _ => Ok(None),
    }
}

/// Starts a supervisor in a session of its own, so that nothing that happens to this process or its terminal happens to it.
fn spawn(study: &Path, program: &[OsString], place: &Place) -> Result<Pid, LocalError> {
    let spawn_error = |why: &dyn std::fmt::Display| LocalError::Spawn(why.to_string());
    let null = File::open("/dev/null").map_err(|why| spawn_error(&why))?;
    let log = OpenOptions::new().append(true).create(true).open(place.log());
    let log = log.map_err(|source| LocalError::Folder { folder: study.to_path_buf(), source })?;
    let words = program.iter().map(OsString::as_os_str).chain([study.as_os_str()]);
    let args: Vec<CString> = words.map(c_string).collect::<Result<_, _>>()?;
    let variables = std::env::vars_os().map(|(name, value)| {
        let mut variable = name;
        variable.push("=");
        variable.push(value);
        CString::new(variable.into_vec())
    });
    // A variable with a zero byte cannot exist.
    let variables: Vec<CString> = variables.filter_map(Result::ok).collect();
    let environment: Vec<_> = variables.iter().map(CString::as_c_str).collect();
    let Some(name) = args.first() else { return Err(spawn_error(&"no program is named")) };
    let path = environment.iter().find(|variable| variable.to_bytes().starts_with(b"PATH="));
    let path = path.and_then(|path| CString::new(&path.to_bytes()[5..]).ok());
    let explain = |error| process::explain(name, path.as_deref(), Path::new(""), error);
    let file = process::find(name, path.as_deref()).ok_or_else(|| spawn_error(&explain(None)))?;
    let stdio = [null.as_fd(), log.as_fd(), log.as_fd()];
    let program = Program { file: &file, args: &args, environment: &environment, stdio };
    process::spawn(&program).map_err(|error| spawn_error(&explain(Some(error))))
}

fn c_string(text: &OsStr) -> Result<CString, LocalError> {
    CString::new(text.as_bytes()).map_err(|why| LocalError::Spawn(why.to_string()))
}

/// Whether a child of this process lives; one that has ended is buried.
fn is_alive(child: Pid) -> bool {
    matches!(waitpid(child, Some(WaitPidFlag::WNOHANG)), Ok(WaitStatus::StillAlive))
}

fn silent(place: &Place) -> LocalError {
    let log = place.log();
    let last =
        std::fs::read_to_string(&log).ok().and_then(|text| Some(text.trim().lines().last()?.to_owned()));
    LocalError::Silent { log, last }
}

/// Without blocking, from here on.
fn unblock(stream: UnixStream) -> std::io::Result<UnixStream> {
    stream.set_nonblocking(true)?;
    stream.set_read_timeout(None)?;
    Ok(stream)
}
