//! Folders that a run starts from: copied before its program starts.
//!
//! By a thread for each run that inherits, so that a checkpoint of many gigabytes keeps no other run's reports and time
//! limits waiting. It starts no process and touches nothing that the supervisor shares among its runs.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use nix::sys::eventfd::{EfdFlags, EventFd};

use crate::order::RunId;

/// So much of a file is copied between two looks whether it is still wanted, in bytes.
const CHUNK: u64 = 64 << 20;

/// What there is to do: those that are there, and not at their new place yet.
pub(super) fn wanted(inherit: &[(PathBuf, PathBuf)]) -> Vec<(PathBuf, PathBuf)> {
    let wanted =
        inherit.iter().filter(|(from, to)| from.symlink_metadata().is_ok() && to.symlink_metadata().is_err());
    wanted.cloned().collect()
}

/// How a copying ended; the error is for a person to read.
type Outcome = (RunId, Result<(), String>);

/// The copyings under way.
pub(super) struct Copies {
    /// Set for those that are not wanted any more.
    unwanted: HashMap<RunId, Arc<AtomicBool>>,
    sender: Sender<Outcome>,
    ended: Receiver<Outcome>,
    wake: Arc<EventFd>,
}

impl Copies {
    /// None yet.
    pub(super) fn new() -> io::Result<Self> {
        let wake = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?;
        let (sender, ended) = channel();
        Ok(Copies { unwanted: HashMap::new(), sender, ended, wake: Arc::new(wake) })
    }

    /// Starts one, for a run.
    pub(super) fn start(&mut self, id: RunId, folders: Vec<(PathBuf, PathBuf)>) -> io::Result<()> {
        let unwanted = Arc::new(AtomicBool::new(false));
        let (seen, sender, wake) = (Arc::clone(&unwanted), self.sender.clone(), Arc::clone(&self.wake));
        let work = move || {
            // It fails only where the supervisor is no more, and its counter cannot be full.
            let _ = sender.send((id, copy_all(&folders, &seen)));
            let _ = wake.write(1);
        };
        std::thread::Builder::new().name("copy".to_owned()).spawn(work)?;
        self.unwanted.insert(id, unwanted);
        Ok(())
    }

    /// It is to end soon, with an error.
    pub(super) fn cancel(&self, id: RunId) {
        if let Some(unwanted) = self.unwanted.get(&id) {
            unwanted.store(true, Ordering::Relaxed);
        }
    }

    /// Those that ended.
    pub(super) fn take(&mut self) -> Vec<Outcome> {
        // Quiet again, before the looking: what ends now wakes it anew.
        let _ = self.wake.read();
        let ended: Vec<Outcome> = self.ended.try_iter().collect();
        for (id, _) in &ended {
            self.unwanted.remove(id);
        }
        ended
    }

    /// Readable when one has ended.
    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}

fn copy_all(folders: &[(PathBuf, PathBuf)], unwanted: &AtomicBool) -> Result<(), String> {
    folders.iter().try_for_each(|(from, to)| {
        publish(from, to, unwanted).map_err(|why| {
            let hint = match why.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "; make room on that disk",
                _ => "",
            };
            format!("cannot copy {} to {}: {why}{hint}", from.display(), to.display())
        })
    })
}

/// Copies to a temporary name beside, and renames: what is there is whole.
fn publish(from: &Path, to: &Path, unwanted: &AtomicBool) -> io::Result<()> {
    let mut temporary = to.as_os_str().to_owned();
    temporary.push(".copying");
    let temporary = PathBuf::from(temporary);
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    // Left by one that was killed.
    discard(&temporary)?;
    let copied = copy(from, &temporary, unwanted).and_then(|()| fs::rename(&temporary, to));
    if copied.is_err() {
        // What it is for is told; half a copy only takes room.
        let _ = discard(&temporary);
    }
    copied
}

fn discard(path: &Path) -> io::Result<()> {
    let removed = match path.symlink_metadata() {
        Ok(data) if data.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(why) => Err(why),
    };
    removed.or_else(|why| if why.kind() == ErrorKind::NotFound { Ok(()) } else { Err(why) })
}

/// Files, folders and links as they are, with their permissions; sockets and the like are left out.
fn copy(from: &Path, to: &Path, unwanted: &AtomicBool) -> io::Result<()> {
    let data = from.symlink_metadata()?;
    if data.is_symlink() {
        symlink(fs::read_link(from)?, to)
    } else if data.is_dir() {
        fs::create_dir(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()), unwanted)?;
        }
        // Last: a folder that may not be written to has its contents by now.
        fs::set_permissions(to, fs::Permissions::from_mode(data.permissions().mode()))
    } else if data.is_file() {
        copy_file(from, to, data.permissions().mode(), unwanted)
    } else {
        Ok(())
    }
}

fn copy_file(from: &Path, to: &Path, mode: u32, unwanted: &AtomicBool) -> io::Result<()> {
    let from = File::open(from)?;
    let mut to = File::options().write(true).create_new(true).mode(mode | 0o200).open(to)?;
    loop {
        if unwanted.load(Ordering::Relaxed) {
            return Err(io::Error::new(ErrorKind::Interrupted, "it is not wanted any more"));
        }
        if io::copy(&mut (&from).take(CHUNK), &mut to)? == 0 {
            return to.set_permissions(fs::Permissions::from_mode(mode));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copied(from: &Path, to: &Path) -> Result<(), String> {
        copy_all(&[(from.to_path_buf(), to.to_path_buf())], &AtomicBool::new(false))
    }

    #[test]
    fn a_folder_is_copied_whole_with_links_and_permissions_and_nothing_is_shared() {
        let root = tempfile::tempdir().unwrap();
        let (from, to) = (root.path().join("from"), root.path().join("deep/er/to"));
        fs::create_dir_all(from.join("sub")).unwrap();
        fs::write(from.join("sub/weights"), "1 2 3").unwrap();
        fs::write(from.join("read-only"), "x").unwrap();
        fs::set_permissions(from.join("read-only"), fs::Permissions::from_mode(0o444)).unwrap();
        symlink("sub/weights", from.join("latest")).unwrap();
        copied(&from, &to).unwrap();
        fs::write(from.join("sub/weights"), "changed").unwrap();
        assert_eq!(fs::read_to_string(to.join("latest")).unwrap(), "1 2 3");
        assert_eq!(fs::read_link(to.join("latest")).unwrap(), Path::new("sub/weights"));
        assert_eq!(to.join("read-only").metadata().unwrap().permissions().mode() & 0o777, 0o444);
        assert_eq!(fs::read_dir(to.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_not_there_or_there_already_is_not_wanted() {
        let root = tempfile::tempdir().unwrap();
        let [here, there, missing] = ["here", "there", "missing"].map(|name| root.path().join(name));
        fs::create_dir(&here).unwrap();
        fs::create_dir(&there).unwrap();
        let pairs = [(missing.clone(), here.clone()), (here.clone(), there), (here.clone(), missing.clone())];
        assert_eq!(wanted(&pairs), [(here, missing)]);
    }

    #[test]
    fn half_a_copy_that_is_left_is_discarded_and_one_that_is_cancelled_leaves_none() {
        let root = tempfile::tempdir().unwrap();
        let (from, to) = (root.path().join("from"), root.path().join("to"));
        fs::write(&from, "whole").unwrap();
        fs::create_dir(root.path().join("to.copying")).unwrap();
        fs::write(root.path().join("to.copying/half"), "ha").unwrap();
        let why = copy_all(&[(from.clone(), to.clone())], &AtomicBool::new(true)).unwrap_err();
        assert!(why.starts_with("cannot copy ") && why.ends_with("it is not wanted any more"), "{why}");
        assert!(!to.exists() && !root.path().join("to.copying").exists());
        copied(&from, &to).unwrap();
        assert_eq!(fs::read_to_string(&to).unwrap(), "whole");
    }
}
