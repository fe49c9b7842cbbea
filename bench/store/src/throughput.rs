//! Trials asked and told per second, every ending synced.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use session::{Options, Session};
use store::Sqlite;

use crate::Done;
use crate::subject::{definition, told};

pub(crate) fn run(folder: &Path, seconds: u64) -> Done {
    std::fs::create_dir_all(folder)?;
    let sync = fdatasync(folder)?;
    println!("fdatasync of 4 KiB: {:.0} µs at the median", sync * 1e6);
    let mut found = serde_json::Map::new();
    found.insert("fdatasync_seconds".to_owned(), sync.into());
    let length = Duration::from_secs(seconds);
    for sampler in ["random", "tpe"] {
        for (manner, threads) in [("ask, tell", 1), ("tell and ask at once", 1), ("tell and ask at once", 8)]
        {
            let name =
                format!("{sampler}, {manner}, {threads} client{}", if threads == 1 { "" } else { "s" });
            let file = folder.join(format!("{sampler}-{threads}-{}.db", manner.len()));
            let rate = measure(&file, sampler, manner.starts_with("tell"), threads, length)?;
            println!("{name:44} {rate:9.0} trials/s");
            found.insert(name, rate.into());
        }
    }
    println!("{}", serde_json::Value::from(found));
    Ok(())
}

/// What the disk needs to make one small write safe.
fn fdatasync(folder: &Path) -> Done<f64> {
    let path = folder.join("sync.tmp");
    let mut file = File::create(&path)?;
    let mut times = Vec::new();
    for _ in 0..200 {
        file.write_all(&[7; 4096])?;
        let began = Instant::now();
        file.sync_data()?;
        times.push(began.elapsed().as_secs_f64());
    }
    std::fs::remove_file(path)?;
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}

fn measure(file: &Path, sampler: &str, at_once: bool, threads: usize, length: Duration) -> Done<f64> {
    for suffix in ["", "-wal", "-shm"] {
        let mut path = file.as_os_str().to_owned();
        path.push(suffix);
        // Left by an earlier measurement, or not there.
        let _ = std::fs::remove_file(path);
    }
    let store = Arc::new(Sqlite::open(file)?);
    let session = Session::create(store, &definition("bench", sampler)?, Options::named("bench"))?;
    let told_trials = AtomicU64::new(0);
    let began = Instant::now();
    let client = || -> Result<(), session::SessionError> {
        let mut next = None;
        while began.elapsed() < length {
            let trial = match next.take() {
                Some(trial) => trial,
                None => match session.ask()?.trial() {
                    Some(trial) => trial,
                    None => return Ok(()),
                },
            };
            if at_once {
                next = session.tell_and_ask(trial.number, told(&trial))?.trial();
            } else {
                session.tell(trial.number, told(&trial))?;
            }
            told_trials.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..threads).map(|_| scope.spawn(client)).collect();
        clients.into_iter().try_for_each(|client| client.join().unwrap_or(Ok(())))
    })?;
    let rate = told_trials.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64();
    session.close()?;
    Ok(rate)
}
