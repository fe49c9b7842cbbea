//! How a study's supervisor on this host is found, and how there is but one (invariant ONE SUPERVISOR).
//!
//! In the study's folder, `.supervisor/` holds for each host a lock file, the socket and a log. Who holds the lock is the
//! supervisor; the file says who that is and where its socket lies. The lock goes with its process, whatever ends
//! it, so a file without a lock is a trace of one that is gone.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::layout::fnv;
use crate::process::identity::Identity;
use crate::process::mark::Mark;

/// A socket's path may have 108 bytes with the zero at its end.
const MAX_SOCKET_PATH: usize = 107;

/// What the lock file says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Holder {
    /// Who.
    pub(crate) identity: Identity,
    /// Where it listens.
    pub(crate) socket: PathBuf,
    /// Whether it ended by itself, with nothing left running.
    pub(crate) done: bool,
}

/// The place of a study's supervisor on this host.
pub(crate) struct Place {
    folder: PathBuf,
    host: String,
    lock: PathBuf,
}

impl Place {
    /// In a study's folder, which must exist.
    pub(crate) fn of(study: &Path) -> io::Result<Self> {
        let folder = study.join(".supervisor");
        let host = nix::unistd::gethostname()?.to_string_lossy().replace('/', "_");
        let lock = folder.join(format!("{host}.lock"));
        Ok(Place { folder, host, lock })
    }

    /// Makes the folder if it is missing; only this user may enter.
    pub(crate) fn make(&self) -> io::Result<()> {
        match DirBuilder::new().mode(0o700).create(&self.folder) {
            Err(why) if why.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        }
    }

    /// Where the supervisor writes its complaints.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.join(format!("{}.log", self.host))
    }

    /// What the lock file says, if it says anything.
    pub(crate) fn holder(&self) -> Option<Holder> {
        serde_json::from_slice(&fs::read(&self.lock).ok()?).ok()
    }

    /// Connects to the supervisor, if one listens.
    pub(crate) fn connect(&self) -> Option<UnixStream> {
        UnixStream::connect(self.holder().filter(|holder| !holder.done)?.socket).ok()
    }

    /// The mark by which this study's runs on this host are known.
    pub(crate) fn mark(&self, run: u32) -> io::Result<Mark> {
        let folder = fs::metadata(&self.folder)?;
        Ok(Mark::new(fnv(format!("{}:{}", folder.dev(), folder.ino()).as_bytes()), run))
    }

    /// Takes the lock; `None` where another holds it. Returns who held it last, too.
    pub(super) fn take(&self) -> io::Result<Option<(Seat, Option<Holder>)>> {
        self.make()?;
        let lock = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&self.lock)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(why)) => return Err(why),
        }
        let mut text = Vec::new();
        (&lock).read_to_end(&mut text)?;
        let before: Option<Holder> = serde_json::from_slice(&text).ok();
        if before.as_ref().is_some_and(|before| !before.done && before.identity.is_alive()) {
            // Some network file systems let everybody have a lock.
            return Ok(None);
        }
        let (socket, listener) = self.listen()?;
        listener.set_nonblocking(true)?;
        let holder = Holder { identity: Identity::own()?, socket, done: false };
        let seat = Seat { lock, holder, listener };
        Ok(Some((seat, before)))
    }

    /// Listens in the study's folder; where the path is too long or the file system has no sockets, in the user's own
    /// folder for such things.
    fn listen(&self) -> io::Result<(PathBuf, UnixListener)> {
        let here = self.folder.join(format!("{}.sock", self.host));
        if here.as_os_str().len() <= MAX_SOCKET_PATH
            && let Ok(listener) = bind(&here)
        {
            return Ok((here, listener));
        }
        let name = format!("{:016x}.sock", fnv(self.lock.as_os_str().as_bytes()));
        let elsewhere = own_folder()?.join(name);
        let listener = bind(&elsewhere)?;
        Ok((elsewhere, listener))
    }
}

/// The lock and the socket of this process, the supervisor.
pub(super) struct Seat {
    lock: File,
    holder: Holder,
    /// Where clients come in.
    pub(super) listener: UnixListener,
}

impl Seat {
    /// Tells the world. After this clients come.
    pub(super) fn announce(&self) -> io::Result<()> {
        let mut text = serde_json::to_vec(&self.holder)?;
        text.push(b'\n');
        // In place: a rename would leave the lock on a file that nobody sees.
        self.lock.set_len(0)?;
        let mut lock = &self.lock;
        io::Seek::rewind(&mut lock)?;
        lock.write_all(&text)
    }

    /// Leaves in order.
    pub(super) fn leave(mut self) -> io::Result<()> {
        fs::remove_file(&self.holder.socket)?;
        self.holder.done = true;
        self.announce()
    }
}

fn bind(path: &Path) -> io::Result<UnixListener> {
    // The lock is held: whoever listened here is gone.
    let _ = fs::remove_file(path);
    UnixListener::bind(path)
}

/// A folder with a short path that only this user may enter.
fn own_folder() -> io::Result<PathBuf> {
    let user = nix::unistd::geteuid().as_raw();
    let folder = match std::env::var_os("XDG_RUNTIME_DIR") {
        Some(folder) if Path::new(&folder).is_dir() => Path::new(&folder).join("ravine"),
        _ => PathBuf::from(format!("/tmp/ravine-{user}")),
    };
    match DirBuilder::new().mode(0o700).create(&folder) {
        Err(why) if why.kind() != io::ErrorKind::AlreadyExists => return Err(why),
        _ => {}
    }
    let data = fs::symlink_metadata(&folder)?;
    if !data.is_dir() || data.uid() != user || data.mode() & 0o077 != 0 {
        let what = format!("{} must be a folder that only its owner, you, may enter", folder.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, what));
    }
    Ok(folder)
}
