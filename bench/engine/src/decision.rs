//! How long one decision takes.

use std::hint::black_box;
use std::time::Instant;

use study::schedule::{Capacity, Cpus, Demand, Priority, Request, Schedule, Unfit};

/// How often each is measured; the median is printed.
const TIMES: usize = 101;

/// A machine of `slots` cores on which `waiting` runs of `demands` distinct demands wait.
fn crowd(waiting: u32, slots: u32, demands: u32, widest: u32) -> Result<Schedule<u32>, Unfit> {
    let mut schedule = Schedule::new(Capacity { memory: Some(1 << 50), ..Capacity::cpus(slots) });
    for id in 0..waiting {
        let variant = id % demands;
        let demand = Demand {
            cpus: Cpus::exactly(1 + variant % widest),
            memory: u64::from(variant) << 20,
            ..Demand::default()
        };
        let priority = Priority { class: variant % 2, order: id.into() };
        schedule.wait(id, &Request { demand, priority, kind: variant % 4 })?;
    }
    Ok(schedule)
}

/// The median of how many microseconds something takes; `prepare` is not counted.
fn median<T>(mut prepare: impl FnMut() -> T, mut what: impl FnMut(&mut T)) -> f64 {
    let mut micros: Vec<f64> = (0..TIMES)
        .map(|_| {
            let mut subject = prepare();
            let start = Instant::now();
            what(&mut subject);
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    micros.sort_by(f64::total_cmp);
    micros[TIMES / 2]
}

/// Prints the times of decisions for 10,000 waiting runs and 1,000 slots.
pub(crate) fn print() -> Result<(), Unfit> {
    let (waiting, slots) = (10_000, 1_000);
    println!("one decision, {waiting} waiting, {slots} slots, median of {TIMES}, in µs\n");
    println!("{:24}{:>16}{:>16}{:>16}", "", "fill all slots", "one run ends", "nothing fits");
    for (name, demands, widest) in
        [("1 demand", 1, 1), ("8 demands", 8, 8), ("50 demands", 50, 8), ("10,000 demands", 10_000, 8)]
    {
        let crowd = crowd(waiting, slots, demands, widest)?;
        let fill = median(|| crowd.clone(), |schedule| drop(black_box(schedule.place(0))));
        let mut full = crowd.clone();
        let placed = full.place(0);
        let one = placed.first().map_or(0, |(id, _)| *id);
        let ends = |schedule: &mut Schedule<u32>| {
            schedule.release(&one);
            drop(black_box(schedule.place(1)));
        };
        let ends = median(|| full.clone(), ends);
        let nothing = median(|| full.clone(), |schedule| drop(black_box(schedule.place(1))));
        println!("{name:24}{fill:>16.1}{ends:>16.1}{nothing:>16.1}");
    }
    Ok(())
}
