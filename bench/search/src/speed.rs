//! How long one ask and its two events take, in CPU time, on a history of so many trials.

use rustix::time::{ClockId, clock_gettime};
use search::SamplerSpec;
use serde_json::json;
use space::Stream;

use crate::problems::mixed;
use crate::study::Study;

const ASKS: u32 = 2000;

pub(crate) fn run(longest: u64) {
    for (history, searched) in [("random", false), ("its own", true)] {
        let spec = SamplerSpec::Tpe(search::TpeOptions::default());
        let mut study = Study::new(mixed(), &spec, 1);
        let mut stream = Stream::new(2, 0, 0);
        let mut trials = 0;
        for target in [100, 300, 1000, 3000, 10_000, 100_000, 1_000_000].into_iter().filter(|t| *t <= longest)
        {
            while trials < target {
                // Of a long history of its own the last 20,000 trials are the sampler's: no more are remembered.
                if searched && (trials < 3000 || target - trials <= 20_000) {
                    study.step();
                } else {
                    let point = study.problem.space.sample(&mut stream);
                    study.tell(point);
                }
                trials += 1;
            }
            let (mut asks, mut tells) = (0, 0);
            for _ in 0..ASKS {
                let start = cpu_nanoseconds();
                let point = study.ask();
                let asked = cpu_nanoseconds();
                if let Some(point) = point {
                    study.tell(point);
                }
                asks += asked - start;
                tells += cpu_nanoseconds() - asked;
                trials += 1;
            }
            let milliseconds = |total: u64| total as f64 / f64::from(ASKS) / 1e6;
            let line = json!({"peer": "ravine", "history": history, "trials": target,
                "ask_ms": milliseconds(asks), "tell_ms": milliseconds(tells)});
            println!("{line}");
        }
    }
}

/// Time that this thread has been on a CPU.
pub(crate) fn cpu_nanoseconds() -> u64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}
