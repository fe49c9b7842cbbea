//! Whether the bounded history costs anything: long random histories, then asks, with the bound and without it.

use search::{SamplerSpec, TpeOptions};
use serde_json::json;
use space::Stream;

use crate::problems::{self, Problem};
use crate::study::Study;

const ASKS: u32 = 150;

pub(crate) fn run(seeds: u64, only: &str) {
    for length in [4_000, 20_000] {
        for problem in problems::all().into_iter().filter(|p| p.name.contains(only)) {
            for seed in 0..seeds {
                for (form, history) in [("bounded", 1024), ("exact", 0)] {
                    let options = TpeOptions { history, ..TpeOptions::default() };
                    let fresh = Problem { space: problem.space.clone(), ..problem };
                    let mut study = Study::new(fresh, &SamplerSpec::Tpe(options), seed);
                    let mut stream = Stream::new(seed, 77, length);
                    let mut random = f64::INFINITY;
                    for _ in 0..length {
                        let point = study.problem.space.sample(&mut stream);
                        random = random.min(study.tell(point));
                    }
                    let mut best = random;
                    let mut sum = 0.0;
                    for _ in 0..ASKS {
                        let value = study.step();
                        best = best.min(value);
                        sum += value;
                    }
                    let mean = sum / f64::from(ASKS);
                    let line = json!({"problem": problem.name, "history": length, "form": form, "seed": seed,
                        "random": random, "best": best, "mean": mean});
                    println!("{line}");
                }
            }
        }
    }
}
