//! Keeps the terminal from writing `^C` into what is redrawn in place, where it would stay behind as a torn line.

use std::io;

use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};
use nix::unistd::{getpgrp, tcgetpgrp};

/// As long as it lives, keys such as Ctrl-C leave no mark on the terminal; where there is none, it does nothing.
#[derive(Debug)]
pub struct Hush {
    is_ours: bool,
}

impl Hush {
    pub fn new() -> Self {
        Hush { is_ours: echo(false).is_some() }
    }
}

impl Drop for Hush {
    fn drop(&mut self) {
        if self.is_ours {
            let _ = echo(true);
        }
    }
}

/// Turns the marks on or off; `None` where nothing was changed.
fn echo(wanted: bool) -> Option<()> {
    let terminal = io::stdin();
    // A process in the background would be stopped for touching its terminal.
    if tcgetpgrp(&terminal).ok()? != getpgrp() {
        return None;
    }
    let mut settings = tcgetattr(&terminal).ok()?;
    if settings.local_flags.contains(LocalFlags::ECHOCTL) == wanted {
        return None;
    }
    settings.local_flags.set(LocalFlags::ECHOCTL, wanted);
    tcsetattr(&terminal, SetArg::TCSANOW, &settings).ok()
}
