//! Whether the bounded history costs anything: long random histories, then asks, with the bound and without it. The
//! unbounded form runs a second time with other draws, on the same history: what it differs from itself is noise.

use search::{SamplerSpec, TpeOptions};
use serde_json::json;
use space::Stream;

use crate::problems::{self, Problem};
use crate::study::Study;

const ASKS: usize = 150;
/// Name, how many trials are kept (0: all), and what is added to the seed of the draws.
const FORMS: [(&str, u32, u64); 3] = [("bounded", 1536, 0), ("exact", 0, 0), ("exact again", 0, 1 << 32)];

pub(crate) fn run(seeds: u64, only: &str) {
    for length in [4_000, 20_000] {
        for problem in problems::all().into_iter().filter(|p| p.name.contains(only)) {
            for seed in 0..seeds {
                for (form, history, shift) in FORMS {
                    let options = TpeOptions { history, ..TpeOptions::default() };
                    let fresh = Problem { space: problem.space.clone(), ..problem };
                    let mut study = Study::new(fresh, &SamplerSpec::Tpe(options), seed + shift);
                    let mut stream = Stream::new(seed, 77, length);
                    let mut random = f64::INFINITY;
                    for _ in 0..length {
                        let point = study.problem.space.sample(&mut stream);
                        random = random.min(study.tell(point));
                    }
                    let mut values: Vec<f64> = (0..ASKS).map(|_| study.step()).collect();
                    let mean = values.iter().sum::<f64>() / ASKS as f64;
                    values.sort_by(f64::total_cmp);
                    let line = json!({"problem": problem.name, "history": length, "form": form, "seed": seed,
                        "random": random, "best": random.min(values[0]), "mean": mean, "median": values[ASKS / 2]});
                    println!("{line}");
                }
            }
        }
    }
}
