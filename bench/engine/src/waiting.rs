//! What `lag` costs: the share of slot time in which a slot waits for the outcome of a trial that others outran.

use space::Stream;

const SLOTS: usize = 8;
const TRIALS: usize = 10_000;
const SEEDS: u64 = 20;

/// Prints the idle share for spreads of the run times and lags.
pub(crate) fn print() {
    let lags = [8, 12, 16, 24, 32];
    println!("idle slot time, {SLOTS} slots, {TRIALS} trials, mean of {SEEDS} seeds");
    println!("run times are log-normal; sigma is the deviation of their logarithm\n");
    print!("{:>8}", "sigma");
    lags.iter().for_each(|lag| print!("{:>10}", format!("lag {lag}")));
    println!();
    for sigma in [0.1, 0.25, 0.5, 1.0] {
        print!("{sigma:>8}");
        for lag in lags {
            let shares = (0..SEEDS).map(|seed| idle(sigma, lag, seed));
            print!("{:>9.1}%", 100.0 * shares.sum::<f64>() / SEEDS as f64);
        }
        println!();
    }
}

/// Trials start in turn as soon as a slot is free and the outcome of the trial `lag` before is known.
fn idle(sigma: f64, lag: usize, seed: u64) -> f64 {
    let mut times = Stream::new(seed, 0, 0);
    let mut free = [0.0_f64; SLOTS];
    let mut known_at: Vec<f64> = Vec::with_capacity(TRIALS);
    let (mut busy, mut started) = (0.0, 0.0_f64);
    for turn in 0..TRIALS {
        let time = (sigma * times.normal()).exp();
        let slot = (0..SLOTS).min_by(|a, b| free[*a].total_cmp(&free[*b])).unwrap_or(0);
        let known = turn.checked_sub(lag).map_or(0.0, |before| known_at[before]);
        started = started.max(free[slot]).max(known);
        free[slot] = started + time;
        busy += time;
        // All outcomes up to this one.
        known_at.push(free[slot].max(known_at.last().copied().unwrap_or(0.0)));
    }
    // Up to where the first slot finds no trial any more.
    let end = free.iter().copied().fold(f64::INFINITY, f64::min);
    let beyond: f64 = free.iter().map(|free| free - end).sum();
    (1.0 - (busy - beyond) / (SLOTS as f64 * end)).max(0.0)
}
