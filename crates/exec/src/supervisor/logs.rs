//! Logs of bounded size, although the program writes to the file itself.
//!
//! While the program runs, the blocks of the log's middle are given back to the file system (a hole is punched): the
//! program's appends go on undisturbed and the disk holds about twice the limit. Where the file system cannot do
//! that, the log is cut to its beginning each time it has grown to four times the limit. When the program has ended,
//! the log is rewritten as beginning, a line that says what was dropped, and end.
//!
//! A log has no name until it has contents: most streams of most runs stay silent, no empty file is left whatever happens,
//! and a file that stayed empty serves the next run. (Made and removed, two for each run, they tripled the cost of a short
//! run: ext4 steps over the inodes that were freed in the last seconds, one by one.)

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{AtFlags, FallocateFlags, fallocate};
use nix::libc::O_TMPFILE;
use nix::unistd::linkat;

/// File systems give back whole blocks only.
const BLOCK: u64 = 4096;

/// One log file.
pub(super) struct Log {
    path: PathBuf,
    file: File,
    named: bool,
    limit: u64,
    /// Up to here the middle was given back.
    punched: u64,
    /// Bytes that were cut away where holes are not to be had.
    cut: u64,
    holes: bool,
}

impl Log {
    /// Opens a log to append to; `spare` is an empty one that another run did not need.
    pub(super) fn open(path: PathBuf, limit: u64, spare: Option<File>) -> io::Result<Self> {
        let (file, named) = match spare {
            Some(file) => (file, false),
            None => create(&path)?,
        };
        Ok(Log { path, file, named, limit: limit.max(2 * BLOCK), punched: 0, cut: 0, holes: true })
    }

    /// The open file.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Gives back the middle of what was read already (`None`: nobody reads it). Returns the new size where the log had
    /// to be cut.
    pub(super) fn trim(&mut self, read: Option<u64>) -> Option<u64> {
        let size = self.size();
        if size > 0 {
            // Where that fails it is tried again, and told at the end.
            let _ = self.name();
        }
        // The slack spares system calls; half the limit stays at either end.
        if size < self.punched + self.limit + self.limit / 2 {
            return None;
        }
        let (from, end) = self.middle(size);
        let end = end.min(read.unwrap_or(end));
        if self.holes && end > from.max(self.punched) {
            let start = from.max(self.punched);
            let flags = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
            match fallocate(&self.file, flags, start as i64, (end - start) as i64) {
                Ok(()) => self.punched = end,
                Err(Errno::EINTR) => {}
                Err(_) => self.holes = false,
            }
        }
        let all_read = read.is_none_or(|read| read == size);
        if !self.holes && all_read && size > self.limit.saturating_mul(4) && self.file.set_len(from).is_ok() {
            self.cut += size - from;
            return Some(from);
        }
        None
    }

    /// The program has ended: makes the log short if it is too long. One that stayed empty is returned, to be used again;
    /// nobody else may have it open.
    pub(super) fn finish(mut self) -> io::Result<Option<File>> {
        let size = self.size();
        if size == 0 {
            return if self.named { fs::remove_file(&self.path).map(|()| None) } else { Ok(Some(self.file)) };
        }
        match self.name() {
            // Who removed the folder wants no log in it.
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        }
        if size <= self.limit && self.cut == 0 {
            return Ok(None);
        }
        let (from, end) = self.middle(size);
        // One that was cut and is short again lacks something where it was cut.
        let (from, end) = if size > self.limit { (from, end) } else { (from, from) };
        let temporary = self.path.with_extension("log.tmp");
        let written =
            self.shorten(&temporary, from, end, size).and_then(|()| fs::rename(&temporary, &self.path));
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        written.map(|()| None)
    }

    /// Gives the file its name.
    fn name(&mut self) -> io::Result<()> {
        if !self.named {
            let nameless = format!("/proc/self/fd/{}", self.file.as_raw_fd());
            let here = nix::fcntl::AT_FDCWD;
            linkat(here, nameless.as_str(), here, &self.path, AtFlags::AT_SYMLINK_FOLLOW)?;
            self.named = true;
        }
        Ok(())
    }

    /// The last line that is not blank, at most `most` bytes of its end.
    pub(super) fn last_line(&self, most: usize) -> Option<String> {
        let size = self.size();
        let start = size.saturating_sub(most as u64);
        let mut bytes = vec![0; (size - start) as usize];
        self.file.read_exact_at(&mut bytes, start).ok()?;
        let text = bytes.trim_ascii();
        let line = text.rsplit(|byte| matches!(byte, b'\n' | b'\r')).next()?.trim_ascii();
        (!line.is_empty()).then(|| String::from_utf8_lossy(line).into_owned())
    }

    fn size(&self) -> u64 {
        self.file.metadata().map_or(0, |data| data.size())
    }

    /// From where to where a log of this size has its middle, in whole blocks.
    fn middle(&self, size: u64) -> (u64, u64) {
        let half = self.limit / 2;
        (half / BLOCK * BLOCK, size.saturating_sub(half).next_multiple_of(BLOCK).min(size))
    }

    fn shorten(&self, temporary: &Path, from: u64, end: u64, size: u64) -> io::Result<()> {
        let mut head = vec![0; from as usize];
        self.file.read_exact_at(&mut head, 0)?;
        let mut tail = vec![0; (size - end) as usize];
        self.file.read_exact_at(&mut tail, end)?;
        // Whole lines, where there are lines.
        let head = &head[..memchr::memrchr(b'\n', &head).map_or(head.len(), |at| at + 1)];
        let begun = memchr::memchr(b'\n', &tail).filter(|_| end > from);
        let tail = &tail[begun.map_or(0, |at| at + 1)..];
        let dropped = size + self.cut - head.len() as u64 - tail.len() as u64;
        let mut file = File::create(temporary)?;
        file.write_all(head)?;
        writeln!(file, "\n[ravine: {dropped} bytes dropped here, log_limit is {}]", self.limit)?;
        file.write_all(tail)
    }
}

/// A file without a name, on the file system of the path; where there is no such thing, one with its name.
fn create(path: &Path) -> io::Result<(File, bool)> {
    let mut options = OpenOptions::new();
    options.read(true).append(true);
    let folder = path.parent().unwrap_or(Path::new("."));
    if let Ok(file) = options.clone().custom_flags(O_TMPFILE).mode(0o666).open(folder) {
        return Ok((file, false));
    }
    options.create(true).open(path).map(|file| (file, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: u64 = 64 << 10;

    fn log_of(lines: usize) -> (tempfile::TempDir, Log) {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::open(folder.path().join("stdout.log"), LIMIT, None).unwrap();
        for number in 0..lines {
            writeln!(&mut &log.file, "line {number:08}").unwrap();
        }
        (folder, log)
    }

    fn contents(folder: &tempfile::TempDir) -> String {
        fs::read_to_string(folder.path().join("stdout.log")).unwrap()
    }

    #[test]
    fn an_empty_log_leaves_no_file() {
        let (folder, log) = log_of(0);
        log.finish().unwrap();
        assert!(!folder.path().join("stdout.log").exists());
    }

    #[test]
    fn a_log_whose_folder_was_removed_is_gone_without_a_word() {
        let (folder, log) = log_of(100);
        folder.close().unwrap();
        assert!(log.finish().unwrap().is_none());
    }

    #[test]
    fn a_log_within_the_limit_stays_as_it_is() {
        let (folder, mut log) = log_of(100);
        assert_eq!(log.trim(None), None);
        assert_eq!(log.last_line(1000).unwrap(), "line 00000099");
        log.finish().unwrap();
        assert_eq!(contents(&folder).lines().count(), 100);
    }

    #[test]
    fn a_long_log_keeps_beginning_and_end_and_says_how_much_went() {
        let (folder, mut log) = log_of(100_000);
        let before = log.file.metadata().unwrap();
        assert_eq!(log.trim(None), None);
        if log.holes {
            assert!(log.file.metadata().unwrap().blocks() < before.blocks() / 2);
        }
        log.finish().unwrap();
        let text = contents(&folder);
        assert!(text.len() as u64 <= LIMIT + 100, "{}", text.len());
        assert!(text.starts_with("line 00000000\n") && text.ends_with("line 00099999\n"));
        let note = text.lines().find(|line| line.starts_with("[ravine")).unwrap();
        let dropped: usize = note.split_ascii_whitespace().nth(1).unwrap().parse().unwrap();
        assert_eq!(dropped + text.len() - note.len() - 2, 100_000 * 14);
    }

    #[test]
    fn without_holes_the_log_is_cut_and_grows_again() {
        let (folder, mut log) = log_of(100_000);
        log.holes = false;
        let size = log.trim(None).unwrap();
        assert_eq!(log.size(), size);
        writeln!(&mut &log.file, "the last words").unwrap();
        log.finish().unwrap();
        assert!(contents(&folder).ends_with("the last words\n"));
    }

    #[test]
    fn what_was_not_read_yet_stays() {
        let (_folder, mut log) = log_of(100_000);
        assert_eq!(log.trim(Some(0)), None);
        assert_eq!(log.punched, 0);
    }
}
