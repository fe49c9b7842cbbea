//! `[[on]]`, `[metrics]`, `[record]`.

use super::Loader;
use super::scope::Scope;
use crate::diagnostic::Diagnostic;
use crate::file::File;
use crate::template::Command;
use crate::watching::{HookForm, HookSpec};

impl Loader<'_> {
    pub(super) fn hooks(&mut self, forms: &[HookForm]) -> Vec<HookSpec> {
        let mut hooks = Vec::new();
        for (i, form) in forms.iter().enumerate() {
            let path = format!("on[{i}]");
            let scope = Scope::of_few(&["event", "study", "trial"]);
            let Some(command) = self.command(&form.run, None, &path, &scope) else { continue };
            let open = |command: &Command| {
                let placeholders = command.placeholders();
                let trial =
                    placeholders.into_iter().find(|found| found.name == "trial" && found.default.is_none());
                trial.cloned()
            };
            // An argument without a value is dropped; a line for the shell cannot drop a part.
            if let Command::Shell(_) = &command
                && !form.event.has_trial()
                && let Some(trial) = open(&command)
            {
                let span = self.inside(&format!("{path}.run"), Some(&trial.span));
                let message = format!(
                    "`{}` is not about one trial, and a line for the shell needs one",
                    form.event.name()
                );
                self.problems.push(Diagnostic::error(span, message).help("take `{trial}` out"));
            }
            if form.timeout.as_millis() == 0 {
                let at = self.at(&format!("{path}.timeout"));
                self.problems.push(Diagnostic::error(at, "a command needs more time than none"));
            }
            hooks.push(HookSpec { event: form.event, command, timeout: form.timeout });
        }
        hooks
    }

    /// Where figures go, and what is noted.
    pub(super) fn watching(&mut self, file: &File) {
        if file.metrics.port == Some(0) {
            self.problems.push(Diagnostic::error(self.at("metrics.port"), "a port is 1 to 65535"));
        }
        if file.metrics.file.as_ref().is_some_and(|file| file.trim().is_empty()) {
            self.problems.push(Diagnostic::error(self.at("metrics.file"), "the file's name is empty"));
        }
        for (i, name) in file.record.env.iter().enumerate() {
            let at = self.at(&format!("record.env[{i}]"));
            if name.is_empty() || name.contains('=') {
                let message = format!("`{name}` is no environment variable's name");
                self.problems.push(Diagnostic::error(at, message));
            } else if is_secret(name) {
                let message =
                    format!("the value of `{name}` would be kept in the study's log for all to read");
                self.problems
                    .push(Diagnostic::warning(at, message).help("its name looks like that of a secret"));
            }
        }
        for (i, name) in file.record.files.iter().enumerate() {
            if name.trim().is_empty() {
                let at = self.at(&format!("record.files[{i}]"));
                self.problems.push(Diagnostic::error(at, "the file's name is empty"));
            }
        }
    }
}

/// Whether a variable's name says that its value is nobody's business.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let words: Vec<&str> = name.split('_').collect();
    ["TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIALS", "KEY"]
        .iter()
        .any(|secret| words.contains(secret))
}
