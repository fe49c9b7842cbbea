//! What git says of the code that a study runs: asked once at a start, and not for long.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::sha256;

/// A difference longer than this is cut off.
const LONGEST: u64 = 1 << 20;
/// So many files that git does not know are named.
const NAMED: usize = 50;
/// A question that takes longer stays open.
const PATIENCE: Duration = Duration::from_secs(10);

/// The code of a folder.
#[derive(Debug)]
pub(crate) struct Code {
    commit: String,
    /// Files that git knows differ from the commit.
    is_dirty: bool,
    /// Files that git does not know, those of studies left out.
    untracked: Vec<String>,
    /// How.
    pub(crate) diff: Vec<u8>,
    is_cut: bool,
}

impl Code {
    /// As a record has it; the name of the file with the difference comes later.
    pub(crate) fn to_json(&self) -> Json {
        let mut told = json!({"commit": self.commit, "dirty": self.is_dirty});
        if !self.untracked.is_empty() {
            told["untracked"] = json!(self.untracked);
        }
        if !self.diff.is_empty() {
            told["diff_sha256"] = sha256::of_text(&self.diff).into();
        }
        if self.is_cut {
            told["diff_cut"] = true.into();
        }
        told
    }
}

/// What git says of the folder `base`; `None` without git, or where it has no commit. `home` is the study's folder.
pub(crate) fn look(base: &Path, home: &Path) -> Option<Code> {
    let commit = line(base, &["rev-parse", "--verify", "HEAD"])?;
    let top = line(base, &["rev-parse", "--show-toplevel"])?;
    let status = ask(base, &["status", "--porcelain", "-z", "--untracked-files=normal"])?;
    let entries: Vec<String> = status
        .text
        .split(|byte| *byte == 0)
        .map(|entry| String::from_utf8_lossy(entry).into_owned())
        .collect();
    let runs = home.parent().unwrap_or(home);
    let is_ours = |name: &str| {
        let path = Path::new(&top).join(name);
        path.starts_with(runs) || runs.starts_with(path)
    };
    let untracked: Vec<String> = entries
        .iter()
        .filter_map(|entry| entry.strip_prefix("?? "))
        .filter(|name| !is_ours(name))
        .take(NAMED)
        .map(str::to_owned)
        .collect();
    let is_dirty = entries.iter().any(|entry| !entry.is_empty() && !entry.starts_with("?? "));
    let diff = match is_dirty {
        true => ask(base, &["diff", "--no-color", "--no-ext-diff", "--no-textconv", "--binary", "HEAD"]),
        false => None,
    };
    let (diff, is_cut) = diff.map(|said| (said.text, said.is_cut)).unwrap_or_default();
    Some(Code { commit, is_dirty, untracked, diff, is_cut })
}

#[derive(Default)]
struct Said {
    text: Vec<u8>,
    is_cut: bool,
}

fn line(folder: &Path, arguments: &[&str]) -> Option<String> {
    let text = ask(folder, arguments)?.text;
    let line = String::from_utf8(text).ok()?.trim_end().to_owned();
    (!line.is_empty()).then_some(line)
}

/// What git answers, as much of it as is wished for; `None` where it fails or takes too long.
fn ask(folder: &Path, arguments: &[&str]) -> Option<Said> {
    // A file and not a pipe: git can be waited for without reading meanwhile.
    let mut answer = crate::files::unnamed(&std::env::temp_dir()).ok()?;
    let mut git = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        // Nothing is written, and nobody is asked.
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .stdout(answer.try_clone().ok()?)
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let began = Instant::now();
    let status = loop {
        match git.try_wait().ok()? {
            Some(status) => break status,
            None if began.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(1)),
            None => {
                let _ = git.kill();
                let _ = git.wait();
                return None;
            }
        }
    };
    if !status.success() {
        return None;
    }
    let length = answer.seek(SeekFrom::End(0)).ok()?;
    answer.seek(SeekFrom::Start(0)).ok()?;
    let mut text = Vec::new();
    answer.take(LONGEST).read_to_end(&mut text).ok()?;
    Some(Said { text, is_cut: length > LONGEST })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn git(folder: &Path, arguments: &[&str]) {
        let who = ["-c", "user.name=n", "-c", "user.email=n@example.org"];
        let status = Command::new("git").arg("-C").arg(folder).args(who).args(arguments).status().unwrap();
        assert!(status.success());
    }

    #[test]
    fn what_the_commit_has_not_is_in_the_difference() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path();
        git(base, &["init", "-q"]);
        assert!(look(base, &base.join("runs/x")).is_none(), "there is no commit yet");
        std::fs::write(base.join("train.py"), "old\n").unwrap();
        git(base, &["add", "."]);
        git(base, &["commit", "-qm", "first"]);
        let clean = look(base, &base.join("runs/x")).unwrap();
        assert_eq!((clean.commit.len(), clean.is_dirty, clean.diff.len()), (40, false, 0));
        std::fs::write(base.join("train.py"), "new\n").unwrap();
        std::fs::write(base.join("notes.txt"), "").unwrap();
        std::fs::create_dir_all(base.join("runs/x")).unwrap();
        std::fs::write(base.join("runs/x/log"), "").unwrap();
        let changed = look(base, &base.join("runs/x")).unwrap();
        assert!(changed.is_dirty);
        assert!(String::from_utf8_lossy(&changed.diff).contains("-old\n+new\n"));
        assert_eq!(changed.untracked, ["notes.txt"]);
    }
}
