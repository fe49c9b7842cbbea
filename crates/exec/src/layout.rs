//! Where things lie in a study's folder.

use std::path::{Path, PathBuf};

/// The configuration that a run got.
pub const CONFIG: &str = "config.json";
/// How a run ended: a [`study::RunEnded`].
pub const EXIT: &str = "exit.json";
/// All reports of a run, one a line, in the order in which they were seen.
pub const METRICS: &str = "metrics.jsonl";
/// What a program wrote to standard output.
pub const STDOUT: &str = "stdout.log";
/// What a program wrote to standard error.
pub const STDERR: &str = "stderr.log";
/// Where a program appends reports (`$RAVINE_REPORT`); gone when the run has ended, as [`METRICS`] has them.
pub const INBOX: &str = "report.jsonl";

/// How many trials share a folder: a folder of 100,000 is slow to list and hard to read.
const SHARD: u64 = 100;

/// A file's name may have 255 bytes; longer ones of ours are cut, and told apart by a number.
const MAX_NAME: usize = 200;

/// The places in a study's folder: `trials/<shard>/<number>/<stage>[/<axis>=<value>…]/<attempt>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// Of the study in this folder.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Layout { root: root.into() }
    }

    /// The study's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A trial's folder: trial 1234 lies in `trials/0012/01234`.
    pub fn trial(&self, number: u64) -> PathBuf {
        self.root.join(format!("trials/{:04}/{number:05}", number / SHARD))
    }

    /// The folder of a run, that is of all its attempts. `axes` name the repetition, outermost first; what cannot be in a
    /// file's name is spelled with `%xx`, and no two runs have one folder.
    pub fn run<'a>(
        &self,
        trial: u64,
        stage: &str,
        axes: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> PathBuf {
        let mut path = self.trial(trial);
        path.push(short(safe(stage)));
        for (axis, value) in axes {
            // An axis with "=" in its name must not look like another with a longer value.
            path.push(short(format!("{}={}", safe(axis).replace('=', "%3d"), safe(value))));
        }
        path
    }
}

/// The folder of one attempt of a run, from the run's folder.
pub fn attempt(run: &Path, attempt: u32) -> PathBuf {
    run.join(attempt.to_string())
}

/// What a run's program keeps, beside its attempts.
pub fn artifacts(run: &Path) -> PathBuf {
    run.join("artifacts")
}

/// From where a run's program goes on, beside its attempts.
pub fn checkpoint(run: &Path) -> PathBuf {
    run.join("checkpoint")
}

/// A name as a file's: no separators, no control characters, not `.` or `..`.
fn safe(name: &str) -> String {
    let mut safe = String::with_capacity(name.len());
    for character in name.chars() {
        let dots_only = name.chars().all(|c| c == '.');
        if character == '/' || character == '%' || character.is_control() || dots_only {
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                safe.push_str(&format!("%{byte:02x}"));
            }
        } else {
            safe.push(character);
        }
    }
    safe
}

/// A name that fits: of one that is too long, its beginning and its hash.
fn short(name: String) -> String {
    if name.len() <= MAX_NAME {
        return name;
    }
    let end = (0..=MAX_NAME - 17).rev().find(|&end| name.is_char_boundary(end)).unwrap_or(0);
    format!("{}~{:016x}", &name[..end], fnv(name.as_bytes()))
}

/// FNV-1a: for short names and marks, nothing that anyone would attack.
pub(crate) fn fnv(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trials_are_sharded_by_the_hundred() {
        let layout = Layout::new("/s");
        assert_eq!(layout.trial(0), Path::new("/s/trials/0000/00000"));
        assert_eq!(layout.trial(1234), Path::new("/s/trials/0012/01234"));
        assert_eq!(layout.trial(1_234_567), Path::new("/s/trials/12345/1234567"));
    }

    #[test]
    fn a_run_lies_under_its_stage_and_axes_and_never_outside() {
        let layout = Layout::new("/s");
        let run = layout.run(7, "train", [("fold", "3"), ("data", "../x")]);
        assert_eq!(run, Path::new("/s/trials/0000/00007/train/fold=3/data=..%2fx"));
        assert_eq!(layout.run(7, "..", []), Path::new("/s/trials/0000/00007/%2e%2e"));
        let odd = layout.run(7, "train", [("a=b", "c"), ("optimizer", "ada%/\nm"), ("units", "[16, 32]")]);
        let want = "/s/trials/0000/00007/train/a%3db=c/optimizer=ada%25%2f%0am/units=[16, 32]";
        assert_eq!(odd, Path::new(want));
        assert_eq!(attempt(&run, 2), run.join("2"));
        assert_eq!((artifacts(&run), checkpoint(&run)), (run.join("artifacts"), run.join("checkpoint")));
    }

    #[test]
    fn a_value_that_is_too_long_for_a_name_keeps_its_beginning_and_stays_its_own() {
        let layout = Layout::new("/s");
        let name = |value: &str| {
            let run = layout.run(7, "train", [("data", value)]);
            run.file_name().unwrap().to_str().unwrap().to_owned()
        };
        let (a, b) = ("ä".repeat(300), "ä".repeat(301));
        assert!(name(&a).starts_with("data=ää") && name(&a).len() <= MAX_NAME, "{}", name(&a));
        assert_ne!(name(&a), name(&b));
        assert_eq!(name(&a), name(&a));
    }
}
