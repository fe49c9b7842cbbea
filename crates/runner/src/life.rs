//! Who is alive: each runner holds a lock on a file of its own in the study's folder, from its start to its end.
//!
//! The kernel lets go of the lock when the process dies, however it dies, so that on one host liveness is a fact
//! and not a matter of time-outs (invariant FIRST ENDING WINS).

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use session::Liveness;

/// A runner's proof of life. Dropped, or dead, it no longer holds.
#[derive(Debug)]
pub struct Life {
    epoch: u64,
    host: String,
    path: PathBuf,
    /// Locked for as long as this exists.
    _lock: File,
}

impl Life {
    /// Begins a life in the study's folder `home`. Its epoch is no other's: the time in ms, moved on where taken.
    pub fn begin(home: &Path) -> io::Result<Self> {
        let host = host();
        let folder = folder(home);
        std::fs::create_dir_all(&folder)?;
        let mut epoch = unix_ms();
        loop {
            let path = lock_path(home, epoch);
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(lock) => {
                    lock.lock()?;
                    return Ok(Life { epoch, host, path, _lock: lock });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => epoch += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// The fencing number of all runs that this runner starts.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The runner's name in the log: `host:epoch`.
    pub fn name(&self) -> String {
        format!("{}:{}", self.host, self.epoch)
    }

    /// The host's name.
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        // A file that stays behind is unlocked, which says the same.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Waits for the study's lock of this name; dropped, or its holder dead, it is free.
pub(crate) fn lock(home: &Path, name: &str) -> io::Result<File> {
    let path = folder(home).join(format!("{name}.lock"));
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
    file.lock()?;
    Ok(file)
}

/// Whether the runner of `epoch` lives on this host.
pub(crate) fn is_alive(home: &Path, epoch: u64) -> bool {
    let Ok(file) = OpenOptions::new().write(true).open(lock_path(home, epoch)) else { return false };
    matches!(file.try_lock(), Err(TryLockError::WouldBlock))
}

/// Whether any runner of the study lives on this host.
pub(crate) fn anybody(home: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder(home)) else { return false };
    let epochs = entries.flatten().filter_map(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.strip_suffix(".lock")?.parse().ok()
    });
    epochs.into_iter().any(|epoch| is_alive(home, epoch))
}

/// The host and the epoch in a runner's name.
pub(crate) fn parse_name(name: &str) -> Option<(&str, u64)> {
    let (host, epoch) = name.rsplit_once(':')?;
    Some((host, epoch.parse().ok()?))
}

/// What the locks in a study's folder tell of its runners (invariant FIRST ENDING WINS: liveness is not time).
#[derive(Clone, Debug)]
pub struct Locks {
    home: PathBuf,
    host: String,
}

impl Locks {
    /// Of the study in this folder, as seen from this host.
    pub fn new(home: &Path) -> Self {
        Locks { home: home.to_path_buf(), host: host() }
    }
}

impl Liveness for Locks {
    /// `None` for runners of other hosts, whose locks are not seen here.
    fn is_alive(&self, name: &str) -> Option<bool> {
        let (host, epoch) = parse_name(name)?;
        (host == self.host).then(|| is_alive(&self.home, epoch))
    }
}

/// The machine's name, for people and for runners on other machines.
pub(crate) fn host() -> String {
    let read = |path| std::fs::read_to_string(path).map(|name: String| name.trim().to_owned());
    let name = read("/proc/sys/kernel/hostname").or_else(|_| read("/etc/hostname"));
    name.ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "localhost".to_owned())
}

/// Marks the runner as alive at this moment, so that a crash tells when it happened.
pub(crate) fn touch(life: &Life) {
    // Only bookkeeping of active time depends on it.
    let _ = life._lock.set_modified(SystemTime::now());
}

/// Milliseconds since 1970.
pub fn unix_ms() -> u64 {
    ms_of(SystemTime::now())
}

fn ms_of(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn folder(home: &Path) -> PathBuf {
    home.join("runners")
}

fn lock_path(home: &Path, epoch: u64) -> PathBuf {
    folder(home).join(format!("{epoch}.lock"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_seen_while_it_lasts_and_not_after() {
        let home = tempfile::tempdir().unwrap();
        let life = Life::begin(home.path()).unwrap();
        let epoch = life.epoch();
        assert!(is_alive(home.path(), epoch));
        drop(life);
        assert!(!is_alive(home.path(), epoch));
    }

    #[test]
    fn of_other_hosts_the_locks_know_nothing() {
        let home = tempfile::tempdir().unwrap();
        let life = Life::begin(home.path()).unwrap();
        let locks = Locks::new(home.path());
        assert_eq!(locks.is_alive(&life.name()), Some(true));
        assert_eq!(locks.is_alive(&format!("{}:1", life.host())), Some(false));
        assert_eq!(locks.is_alive("elsewhere.example:1"), None);
    }

    #[test]
    fn two_lives_never_share_an_epoch() {
        let home = tempfile::tempdir().unwrap();
        let lives: Vec<Life> = (0..50).map(|_| Life::begin(home.path()).unwrap()).collect();
        let mut epochs: Vec<u64> = lives.iter().map(Life::epoch).collect();
        epochs.sort_unstable();
        epochs.dedup();
        assert_eq!(epochs.len(), 50);
    }

    #[test]
    fn a_name_tells_host_and_epoch() {
        assert_eq!(parse_name("box.example:17"), Some(("box.example", 17)));
        assert_eq!(parse_name("nonsense"), None);
    }
}
