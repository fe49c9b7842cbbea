//! The life of a process, which may end between any two things that it does.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use session::Liveness;

/// One process. Once dead, nothing that it still tries has any effect, so that its code may run on to the next error and
/// be dropped.
#[derive(Debug)]
pub(crate) struct Life {
    alive: AtomicBool,
    /// So many things it still does.
    left: AtomicU64,
}

impl Life {
    pub(crate) fn new() -> Self {
        Life { alive: AtomicBool::new(true), left: AtomicU64::new(u64::MAX) }
    }

    pub(crate) fn is_alive(&self) -> bool {
        self.alive.load(Ordering::Relaxed)
    }

    pub(crate) fn end(&self) {
        self.alive.store(false, Ordering::Relaxed);
    }

    /// It dies after so many more effects.
    pub(crate) fn end_after(&self, effects: u64) {
        self.left.store(effects, Ordering::Relaxed);
    }

    /// Whether it lives to do one more thing.
    pub(crate) fn acts(&self) -> bool {
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            self.end();
        } else if left != u64::MAX {
            self.left.store(left - 1, Ordering::Relaxed);
        }
        self.is_alive()
    }
}

/// The processes of a world by their names, `host:number`.
#[derive(Debug, Default)]
pub(crate) struct Register(Mutex<BTreeMap<String, Arc<Life>>>);

impl Register {
    pub(crate) fn add(&self, name: &str, life: &Arc<Life>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), Arc::clone(life));
    }

    pub(crate) fn is_alive(&self, name: &str) -> bool {
        let lives = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lives.get(name).is_some_and(|life| life.is_alive())
    }
}

/// What a host's lock files tell: the truth about its own processes, nothing about others'.
#[derive(Debug)]
pub(crate) struct LockFiles {
    pub(crate) register: Arc<Register>,
    pub(crate) host: String,
}

impl Liveness for LockFiles {
    fn is_alive(&self, name: &str) -> Option<bool> {
        let (host, _) = name.rsplit_once(':')?;
        (host == self.host).then(|| self.register.is_alive(name))
    }
}
