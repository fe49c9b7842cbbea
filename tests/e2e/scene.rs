//! A folder of its own for each test, the real binary, and what it said.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

/// A temporary folder in which commands run. What they leave running is ended with it.
pub(crate) struct Scene {
    folder: tempfile::TempDir,
}

/// What a command said and how it ended.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Scene { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file; its folder is made.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        path
    }

    /// Writes an executable program.
    pub(crate) fn program(&self, name: &str, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.file(name, text);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("permissions");
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ravine"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null()).env("NO_COLOR", "1");
        command
    }

    /// Runs `ravine` with these arguments to its end.
    pub(crate) fn ravine(&self, arguments: &[&str]) -> Said {
        said(self.command(arguments).output().expect("ravine runs"))
    }

    /// Runs `ravine`, which must succeed.
    pub(crate) fn ok(&self, arguments: &[&str]) -> Said {
        let said = self.ravine(arguments);
        assert_eq!(said.code, 0, "ravine {}\n{}\n{}", arguments.join(" "), said.out, said.err);
        said
    }

    /// Runs `ravine … --json`, which must succeed, and reads what it printed.
    pub(crate) fn json(&self, arguments: &[&str]) -> Json {
        let said = self.ok(arguments);
        serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error} in {}", said.out))
    }

    /// Starts `ravine` and leaves it running. What it complains about is added to `stderr.txt`.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let complaints = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.path("stderr.txt"))
            .expect("a file");
        let mut command = self.command(arguments);
        command.stdout(Stdio::null()).stderr(complaints).spawn().expect("ravine starts")
    }

    /// The lines of a JSON Lines file.
    pub(crate) fn lines(&self, name: &str) -> Vec<Json> {
        let text = self.read(name);
        text.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect()
    }
}

impl Drop for Scene {
    /// A supervisor that a test left behind ends with its folder's processes. The folder of a test that fails stays, to
    /// be looked at.
    #[allow(clippy::print_stderr, reason = "a failed test says where to look")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.folder.disable_cleanup(true);
            eprintln!("the test's folder: {}", self.folder.path().display());
        }
        for pid in processes_in(self.folder.path()) {
            let _ =
                nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
        }
    }
}

fn said(output: Output) -> Said {
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Processes whose working folder, command line or environment lies in `folder`.
pub(crate) fn processes_in(folder: &Path) -> Vec<i32> {
    let needle = folder.to_string_lossy().into_owned();
    let mine = std::process::id() as i32;
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").expect("/proc").flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<i32>() else { continue };
        let named = |file: &str| {
            std::fs::read(entry.path().join(file))
                .is_ok_and(|text| String::from_utf8_lossy(&text).contains(&needle))
        };
        let stands = std::fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder));
        if pid != mine && (stands || named("cmdline") || named("environ")) && !is_zombie(&entry.path()) {
            found.push(pid);
        }
    }
    found
}

fn is_zombie(process: &Path) -> bool {
    let stat = std::fs::read_to_string(process.join("stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
}

/// Waits until `done`, at most `seconds`.
pub(crate) fn wait_for(what: &str, seconds: u64, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(seconds), "waited {seconds} s for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
