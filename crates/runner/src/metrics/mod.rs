//! `[metrics]`: a study's figures for a monitoring system, to a file and to a port of this machine.
//!
//! The text is made about once a second, between other things; who asks at the port gets the last one.

mod port;
mod text;

use std::path::{Path, PathBuf};
use std::time::Duration;

use session::Session;
use spec::MetricsSpec;

use port::Port;

/// How often the figures are made.
const EVERY: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Debug)]
pub(crate) struct Metrics {
    file: Option<PathBuf>,
    port: Option<Port>,
    /// By the steady clock.
    last: Option<Duration>,
    /// What was wrong the last time: said once.
    wrong: Option<String>,
    opening: Vec<String>,
}

impl Metrics {
    /// `None` where nobody wishes for figures. A port that cannot be had is a trouble of the first tick.
    pub(crate) fn new(spec: &MetricsSpec, base: &Path) -> Option<Self> {
        if *spec == MetricsSpec::default() {
            return None;
        }
        let mut opening = Vec::new();
        let port = spec.port.and_then(|number| match Port::open(number) {
            Ok(port) => Some(port),
            Err(error) => {
                opening.push(format!("no metrics at 127.0.0.1:{number}: {error}"));
                None
            }
        });
        Some(Metrics {
            file: spec.file.as_ref().map(|file| base.join(file)),
            port,
            last: None,
            wrong: None,
            opening,
        })
    }

    /// Makes the figures if it is time. Gives what a person should know.
    pub(crate) fn tick(&mut self, session: &Session) -> Vec<String> {
        let now = session.clock().steady();
        let mut troubles = std::mem::take(&mut self.opening);
        if self.last.is_none_or(|last| now.saturating_sub(last) >= EVERY) {
            self.last = Some(now);
            troubles.extend(self.make(session, true));
        }
        troubles
    }

    /// Leaves the last figures: nobody drives the study from here any more.
    pub(crate) fn finish(&mut self, session: &Session) -> Option<String> {
        self.make(session, false)
    }

    fn make(&mut self, session: &Session, is_up: bool) -> Option<String> {
        let now = session.clock().now_ms();
        let text = session.with_study(|study| text::text(study, now, is_up));
        let wrong = self.file.as_ref().and_then(|file| {
            let written = crate::files::put(file, text.as_bytes());
            written.err().map(|error| format!("cannot write the metrics to {}: {error}", file.display()))
        });
        if let Some(port) = &self.port {
            port.show(text);
        }
        let is_new = wrong != self.wrong;
        self.wrong.clone_from(&wrong);
        wrong.filter(|_| is_new)
    }
}
