//! Control groups (version 2), where this process may make them: the kernel itself holds a run's memory to its limit, and
//! ends all of the run in one stroke.
//!
//! A group is made only for a run with a memory limit, and only below a group that has the memory controller switched on for
//! those below it already (systemd's slices are so; so is what it delegates to users): the machine's own settings are
//! left as they are. Elsewhere memory is watched instead ([`super::Usage`]).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where groups of runs can be made.
#[derive(Debug)]
pub(crate) struct Groups {
    /// The group that holds them.
    parent: PathBuf,
    /// The group of this process.
    home: PathBuf,
    /// What the names of this study's groups begin with.
    prefix: String,
    made: u32,
}

/// The group of one run. It goes with this value, if nothing is left in it.
#[derive(Debug)]
pub(crate) struct Group {
    path: PathBuf,
    home: PathBuf,
}

/// How a run's memory limit is kept on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryControl {
    /// By the kernel: each run with a limit has a control group.
    Kernel,
    /// By looking at what its processes hold, ten times a second.
    Watched,
}

/// How memory limits would be kept for runs that this process supervised.
pub fn memory_control() -> MemoryControl {
    match Groups::find(format!("ravine-probe-{}", std::process::id())) {
        Some(_) => MemoryControl::Kernel,
        None => MemoryControl::Watched,
    }
}

impl Groups {
    /// Looks for a place: this process's own group and those above it.
    pub(crate) fn find(prefix: String) -> Option<Self> {
        let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
        let own = fs::read_to_string("/proc/self/cgroup").ok()?;
        Self::within(&mount_point(&mounts)?, own.lines().find_map(|line| line.strip_prefix("0::"))?, prefix)
    }

    /// In a tree of groups, for a process in the group `own` (a path from the root of the tree).
    fn within(root: &Path, own: &str, prefix: String) -> Option<Self> {
        let own = own.trim_start_matches('/');
        // Outside of what this process can see: `/../..`.
        if own.split('/').any(|part| part == "..") {
            return None;
        }
        let home = root.join(own);
        let places = home.ancestors().take_while(|place| place.starts_with(root));
        places
            .map(|place| Groups {
                parent: place.to_path_buf(),
                home: home.clone(),
                prefix: prefix.clone(),
                made: 0,
            })
            .find_map(Self::tried)
    }

    /// Itself, if it can hold groups with a memory limit that this process can enter and leave.
    fn tried(mut self) -> Option<Self> {
        let controllers = fs::read_to_string(self.parent.join("cgroup.subtree_control")).ok()?;
        if !controllers.split_ascii_whitespace().any(|name| name == "memory") {
            return None;
        }
        self.make(Some(u64::MAX >> 13)).ok()?.entered(|| ()).ok()?;
        Some(self)
    }

    /// Makes a group with a memory limit in bytes.
    pub(crate) fn make(&mut self, memory: Option<u64>) -> io::Result<Group> {
        self.made += 1;
        let path = self.parent.join(format!("{}-{}", self.prefix, self.made));
        // One of a supervisor that was killed.
        end(&path);
        fs::create_dir(&path)?;
        let group = Group { path, home: self.home.clone() };
        if let Some(memory) = memory {
            fs::write(group.path.join("memory.max"), memory.to_string())?;
            // Without this a run over its limit would only become slow; there is no such file where there is no swap.
            let _ = fs::write(group.path.join("memory.swap.max"), "0");
            // All of the run or nothing: a worker that is gone leaves the others waiting.
            let _ = fs::write(group.path.join("memory.oom.group"), "1");
        }
        Ok(group)
    }

    /// Ends what is left in groups of this study, and removes them: their supervisor was killed.
    pub(crate) fn sweep(&self) {
        for entry in fs::read_dir(&self.parent).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(&format!("{}-", self.prefix)) {
                end(&entry.path());
            }
        }
    }
}

impl Group {
    /// Has `start` start a process in this group: a child is born where its parent is, and this process, of one thread, is
    /// there for that moment.
    ///
    /// # Errors
    /// The group cannot be entered; nothing was started.
    pub(crate) fn entered<T>(&self, start: impl FnOnce() -> T) -> io::Result<T> {
        let me = std::process::id().to_string();
        fs::write(self.path.join("cgroup.procs"), &me)?;
        let started = start();
        if let Err(why) = fs::write(self.home.join("cgroup.procs"), &me) {
            // It was tried when the place was chosen. Rather no limit than one on the supervisor.
            tracing::error!("the supervisor stays in the control group of a run: {why}");
            let _ = fs::write(self.path.join("memory.max"), "max");
        }
        Ok(started)
    }

    /// Takes in a process that has not begun its work.
    pub(crate) fn take(&self, pid: i32) -> io::Result<()> {
        fs::write(self.path.join("cgroup.procs"), pid.to_string())
    }

    /// Ends all that is in it.
    pub(crate) fn kill(&self) {
        kill(&self.path);
    }

    /// Whether the kernel ended something in it for want of memory.
    pub(crate) fn is_over(&self) -> bool {
        let events = fs::read_to_string(self.path.join("memory.events")).unwrap_or_default();
        let count = events.lines().find_map(|line| line.strip_prefix("oom_kill "));
        count.is_some_and(|count| count.trim() != "0")
    }

    /// CPU time of all that ever was in it, in seconds.
    pub(crate) fn cpu(&self) -> Option<f64> {
        let stat = fs::read_to_string(self.path.join("cpu.stat")).ok()?;
        let micros = stat.lines().find_map(|line| line.strip_prefix("usage_usec "))?;
        micros.trim().parse::<f64>().ok().map(|micros| micros * 1e-6)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Where something hangs in the kernel it stays, until a later supervisor's sweep.
        let _ = fs::remove_dir(&self.path);
    }
}

fn kill(path: &Path) {
    // Since Linux 5.14; before it the tree's processes are signalled one by one, as everywhere.
    let _ = fs::write(path.join("cgroup.kill"), "1");
}

fn end(path: &Path) {
    if path.is_dir() {
        kill(path);
        for _ in 0..100 {
            if fs::remove_dir(path).is_ok() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }
}

/// Where the tree of groups is mounted, from `/proc/self/mountinfo`.
fn mount_point(mounts: &str) -> Option<PathBuf> {
    mounts.lines().find_map(|line| {
        let (front, back) = line.split_once(" - ")?;
        let point = front.split_ascii_whitespace().nth(4)?;
        back.starts_with("cgroup2 ").then(|| PathBuf::from(point))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder that looks as a tree of groups does.
    fn tree(own: &str, switched_on: &str) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join(own)).unwrap();
        for (place, controllers) in [("", "cpu memory pids"), (switched_on, "memory")] {
            fs::write(root.path().join(place).join("cgroup.subtree_control"), controllers).unwrap();
        }
        root
    }

    #[test]
    fn a_place_is_the_nearest_group_that_has_memory_switched_on() {
        let root = tree("user.slice/me/scope", "user.slice/me");
        let groups = Groups::within(root.path(), "/user.slice/me/scope", "ravine-7".to_owned()).unwrap();
        assert_eq!(groups.parent, root.path().join("user.slice/me"));
        assert_eq!(groups.home, root.path().join("user.slice/me/scope"));
    }

    #[test]
    fn without_the_memory_controller_or_out_of_sight_there_is_no_place() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("cgroup.subtree_control"), "cpu pids\n").unwrap();
        assert!(Groups::within(root.path(), "/", "ravine-7".to_owned()).is_none());
        let root = tree("", "");
        assert!(Groups::within(root.path(), "/../other", "ravine-7".to_owned()).is_none());
    }

    #[test]
    fn a_group_has_its_limit_and_is_entered_and_left() {
        let root = tree("scope", "");
        let mut groups = Groups::within(root.path(), "/scope", "ravine-7".to_owned()).unwrap();
        let group = groups.make(Some(4096)).unwrap();
        let read = |name: &str| fs::read_to_string(group.path.join(name)).unwrap();
        let me = std::process::id().to_string();
        assert_eq!((read("memory.max"), read("memory.swap.max")), ("4096".to_owned(), "0".to_owned()));
        assert_eq!(group.entered(|| read("cgroup.procs")).unwrap(), me);
        assert_eq!(fs::read_to_string(root.path().join("scope/cgroup.procs")).unwrap(), me);
        assert!(!group.is_over());
        fs::write(group.path.join("memory.events"), "low 0\nmax 12\noom 1\noom_kill 1\n").unwrap();
        fs::write(group.path.join("cpu.stat"), "usage_usec 1500000\nuser_usec 1\n").unwrap();
        assert!(group.is_over());
        assert_eq!(group.cpu(), Some(1.5));
    }

    #[test]
    fn the_tree_is_found_where_it_is_mounted() {
        let mounts = "25 1 0:22 / /sys rw - sysfs sysfs rw\n\
                      31 25 0:27 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
        assert_eq!(mount_point(mounts), Some(PathBuf::from("/sys/fs/cgroup/unified")));
        assert_eq!(mount_point("25 1 0:22 / /sys rw - sysfs sysfs rw"), None);
    }

    /// Entering, killing and leaving need no controller, so that this is shown by the kernel itself wherever groups can be
    /// made at all.
    #[test]
    fn the_kernel_ends_all_of_a_group_where_groups_can_be_made() {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        let own = fs::read_to_string("/proc/self/cgroup").unwrap();
        let own = own.lines().find_map(|line| line.strip_prefix("0::/"));
        let Some((root, own)) = mount_point(&mounts).zip(own) else {
            return println!("not tested: no control groups of version 2 are here");
        };
        let home = root.join(own);
        let prefix = format!("ravine-test-{}", std::process::id());
        let mut groups = Groups { parent: home.clone(), home, prefix, made: 0 };
        let group = match groups.make(None) {
            Ok(group) => group,
            Err(why) => return println!("not tested: no group can be made here: {why}"),
        };
        let path = group.path.clone();
        if !path.join("cgroup.kill").exists() {
            return println!("not tested: this kernel ends no groups");
        }
        // A child of a child, in a session of its own.
        let spawn =
            || std::process::Command::new("sh").args(["-c", "setsid sleep 1000 & sleep 1000"]).spawn();
        let mut child = group.entered(spawn).unwrap().unwrap();
        let inside = || fs::read_to_string(path.join("cgroup.procs")).unwrap().lines().count();
        while inside() < 3 {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        group.kill();
        child.wait().unwrap();
        while inside() > 0 {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        drop(group);
        assert!(!path.exists());
        println!("tested with the kernel's own groups");
    }
}
