//! How files are written whole.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Result, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Puts `content` in the place of a file at once: readers see the old or the new one, never a part. Of several that
/// write at once, in this process or in others, the last one's content stays, whole.
///
/// # Errors
/// Where the folder cannot be written to; then nothing of it is left.
pub fn replace(path: &Path, content: &[u8]) -> Result<PathBuf> {
    let (temporary, mut file) = beside(path)?;
    let done = file.write_all(content).and_then(|()| file.sync_data());
    drop(file);
    match done.and_then(|()| std::fs::rename(&temporary, path)) {
        Ok(()) => Ok(path.to_owned()),
        Err(error) => {
            // The error that is told is the first one.
            let _ = std::fs::remove_file(&temporary);
            Err(error)
        }
    }
}

/// A new file in the same folder, of a name that nobody else has.
fn beside(path: &Path) -> Result<(PathBuf, File)> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    loop {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        name.push(format!(".{}-{number}.tmp", std::process::id()));
        let temporary = path.with_file_name(name);
        match OpenOptions::new().write(true).create_new(true).open(&temporary) {
            Ok(file) => return Ok((temporary, file)),
            // Left by a process of this number that was killed, perhaps on another machine.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_writers_of_one_file_leave_one_of_their_texts_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        std::thread::scope(|scope| {
            for writer in 0..8_u8 {
                let path = &path;
                scope.spawn(move || {
                    for _ in 0..20 {
                        replace(path, &vec![b'a' + writer; 10_000 * (1 + usize::from(writer))]).unwrap();
                    }
                });
            }
        });
        let text = std::fs::read(&path).unwrap();
        assert!(
            text.len() == 10_000 * (1 + usize::from(text[0] - b'a')) && text.iter().all(|b| *b == text[0])
        );
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_failure_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("out.csv")).unwrap();
        assert!(replace(&folder.path().join("out.csv"), b"text").is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
