//! Files of the loop: small ones that anybody may read at any time, written whole and without waiting for the disk, and
//! ones without a name.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Puts `content` in the place of a file at once. It is not synced: what lies here is told again if power is lost.
pub(crate) fn put(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    std::fs::write(&temporary, content).and_then(|()| std::fs::rename(&temporary, path))
}

/// A new file for reading and appending that vanishes with its last user.
pub(crate) fn unnamed(folder: &Path) -> io::Result<File> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let path = folder.join(format!(".ravine-{}-{number}.tmp", std::process::id()));
    let file = OpenOptions::new().read(true).append(true).create_new(true).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}
