//! Whether a path lies on a file system that hosts share.
//!
//! SQLite's write-ahead log needs memory shared by all who use it, which no network file system gives, and many
//! of them lock badly or not at all. `statfs` would tell only a number that FUSE systems share; the mount table
//! tells the name.

use std::path::{Path, PathBuf};

/// Names of file systems that hosts share, beside everything that starts with `fuse`.
const SHARED: &[&str] = &[
    "9p",
    "acfs",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "coda",
    "gfs",
    "gfs2",
    "glusterfs",
    "gpfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "ocfs2",
    "orangefs",
    "panfs",
    "pvfs2",
    "smb2",
    "smb3",
    "smbfs",
    "vboxsf",
    "virtiofs",
    "wekafs",
];
/// FUSE systems on a local disk.
const LOCAL: &[&str] = &["fuseblk", "fuse.ntfs-3g", "fuse.lxcfs", "fuse.fuse-overlayfs"];

/// The type of the file system that `path` lies on, such as `ext4`; `path` itself need not exist.
/// `None` where the system has no mount table to read.
pub(super) fn of(path: &Path) -> Option<String> {
    let table = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    kind(&table, &resolved(path)?)
}

/// Whether hosts share file systems of this type.
pub(super) fn is_shared(kind: &str) -> bool {
    SHARED.contains(&kind) || (kind.starts_with("fuse") && !LOCAL.contains(&kind))
}

/// The path without links; of its folder while the file does not exist.
fn resolved(path: &Path) -> Option<PathBuf> {
    if let Ok(path) = path.canonicalize() {
        return Some(path);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    folder.canonicalize().ok()
}

/// Looks a path up in a mount table: the longest mount point above it counts, of equal ones the last.
fn kind(table: &str, path: &Path) -> Option<String> {
    let mounts = table.lines().filter_map(|line| {
        let (left, right) = line.split_once(" - ")?;
        let point = unescaped(left.split(' ').nth(4)?);
        let kind = right.split(' ').next()?;
        path.starts_with(&point).then_some((point.len(), kind))
    });
    mounts.max_by_key(|(length, _)| *length).map(|(_, kind)| kind.to_owned())
}

/// Blanks, tabs, line ends and backslashes come as three octal digits.
fn unescaped(text: &str) -> String {
    text.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
23 22 0:21 / /home rw - nfs4 server:/home rw,vers=4.2
24 23 0:22 / /home/me/local\\040disk rw - xfs /dev/vdb rw
25 22 0:23 / /mnt/ssh rw - fuse.sshfs me@host:/ rw
26 22 0:24 / /mnt/usb rw - fuseblk /dev/sda1 rw
27 22 0:25 / /scratch rw - ext4 /dev/vdc rw
28 27 0:26 / /scratch rw - lustre mgs:/fs rw
";

    fn of(path: &str) -> String {
        kind(TABLE, Path::new(path)).unwrap()
    }

    #[test]
    fn the_innermost_mount_decides() {
        assert_eq!(of("/srv/study.db"), "ext4");
        assert_eq!(of("/home/me/study.db"), "nfs4");
        assert_eq!(of("/home/me/local disk/study.db"), "xfs");
        assert_eq!(of("/homework/study.db"), "ext4");
        assert_eq!(of("/scratch/x"), "lustre");
    }

    #[test]
    fn shared_file_systems_are_told_from_local_ones() {
        for path in ["/home/x", "/mnt/ssh/x", "/scratch/x"] {
            assert!(is_shared(&of(path)), "{path}");
        }
        for path in ["/x", "/mnt/usb/x", "/home/me/local disk/x"] {
            assert!(!is_shared(&of(path)), "{path}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_machine_knows_what_its_temporary_folder_lies_on() {
        let folder = tempfile::tempdir().unwrap();
        assert!(super::of(&folder.path().join("not there yet")).is_some());
    }
}
