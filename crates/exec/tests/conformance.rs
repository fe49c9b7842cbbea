//! This machine is an executor as every other.
#![allow(clippy::unwrap_used, reason = "a test says so where it cannot go on")]

mod common;

use common::{Study, supervisor};
use ravine_exec::conformance::{Ground, Program};
use ravine_exec::{Command, Layout, Local, RunId, RunOrder, layout};

/// Its first executor waits here for who tells its supervisor to end.
struct Here(Study);

impl Ground for Here {
    type Executor = Local;

    fn meet(&mut self) -> Local {
        Local::connect(self.0.path(), supervisor()).unwrap()
    }

    fn order(&mut self, id: RunId, program: Program) -> RunOrder {
        let report = |reports| {
            format!(
                "i=0; while [ $i -lt {reports} ]; do echo \"{{\\\"step\\\": $i, \\\"loss\\\": $i}}\"; i=$((i+1)); done"
            )
        };
        let line = match program {
            Program::Ends { reports, code } => format!("{}; exit {code}", report(reports)),
            Program::Stays { reports, stubborn: false } => format!("{}; exec sleep 1000", report(reports)),
            Program::Stays { reports, stubborn: true } => {
                format!("trap '' TERM; {}; while :; do sleep 0.01; done", report(reports))
            }
        };
        let run = Layout::new(self.0.path()).run(id.run.trial.0, "main", []);
        RunOrder::new(id, layout::attempt(&run, id.run.attempt), Command::Shell(line))
    }
}

fn here() -> Here {
    Here(Study::new())
}

ravine_exec::executor_conformance_tests!(here);
