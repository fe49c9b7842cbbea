//! Prints what the SQLite store costs on this disk, as ratios of figures taken in turn:
//! `cargo run --release -p ravine-store --example figures [FOLDER]`.

use std::error::Error;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::mpsc;
use std::time::Instant;

use ravine_store::{Draft, Durability, Header, Sqlite, Store, StudyId};

const ROUNDS: usize = 7;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "target".to_owned());
    let folder = Path::new(&folder).join("store-figures");
    std::fs::create_dir_all(&folder)?;
    let path = folder.join("study.db");
    let _ = std::fs::remove_file(&path);
    let store = Sqlite::open(&path)?;
    let study = store.create_study("figures", Header { format: 1, min_reader: 1 })?.id;
    let mut out = std::io::stdout().lock();

    let mut rows: Vec<(&str, Vec<f64>)> = Vec::new();
    let mut note = |name: &'static str, rate: f64| match rows.iter_mut().find(|row| row.0 == name) {
        Some(row) => row.1.push(rate),
        None => rows.push((name, vec![rate])),
    };
    for _ in 0..ROUNDS {
        note("fdatasync of 8 KiB written over", syncs(&folder.join("sync.bin"), false)?);
        note("fdatasync of 8 KiB appended", syncs(&folder.join("sync.bin"), true)?);
        note("synced appends, 1 thread", appends(&store, study, Durability::Synced, 1, 300)?);
        note("synced appends, 8 threads", appends(&store, study, Durability::Synced, 8, 100)?);
        note("synced, by a writer thread", handed_over(&store, study, Durability::Synced, 300)?);
        note("committed appends, 1 thread", appends(&store, study, Durability::Committed, 1, 5000)?);
        note("committed appends, 8 threads", appends(&store, study, Durability::Committed, 8, 1000)?);
        note("committed, by a writer thread", handed_over(&store, study, Durability::Committed, 5000)?);
        note("alternating committed, synced", alternating(&store, study, 300)?);
        note("head", rate(5000, || store.head(study).map(drop))?);
    }
    for (name, rates) in &mut rows {
        rates.sort_by(f64::total_cmp);
        let (median, best) = (rates[ROUNDS / 2], rates[ROUNDS - 1]);
        writeln!(out, "{name:34} median {median:9.0}/s   best {best:9.0}/s = {:7.1} us", 1e6 / best)?;
    }

    let batch: Vec<Draft> = (0..1000).map(ending).collect();
    let log = store.create_study("long", Header { format: 1, min_reader: 1 })?.id;
    let start = Instant::now();
    for _ in 0..400 {
        store.append(log, &batch, Durability::Committed)?;
    }
    writeln!(out, "400,000 events written in {:.2} s (400 commits)", start.elapsed().as_secs_f64())?;
    for _ in 0..3 {
        let (start, mut bytes) = (Instant::now(), 0);
        store.scan(log, 0, usize::MAX, &mut |row| bytes += row.body.len())?;
        let mib = bytes as f64 / 1048576.0;
        writeln!(out, "400,000 events scanned in {:.3} s ({mib:.0} MiB)", start.elapsed().as_secs_f64())?;
    }
    drop(store);
    for _ in 0..3 {
        let start = Instant::now();
        let store = Sqlite::open(&path)?;
        let opened = start.elapsed();
        let info = store.open_study("long")?;
        let found = start.elapsed();
        store.append(info.id, &[ending(1)], Durability::Synced)?;
        writeln!(out, "open {opened:?}, study found {found:?}, first append {:?}", start.elapsed())?;
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

/// An event of the usual size, about 300 bytes.
fn ending(n: usize) -> Draft {
    let body = format!(
        r#"{{"trial":{n},"state":"complete","values":[0.{n}],"metrics":{{"train.time":12.5,"val_error":0.{n}}},"point":{{"lr":0.00123,"dropout":0.25,"units[0]":64,"units[1]":128,"optimizer":"adam","optimizer.adam.beta1":0.93,"batch":32,"weight_decay":1.0e-05}},"memo":{{"arm":"tpe","bandwidth":0.125}}}}"#
    );
    Draft::new("trial-ended", body)
}

fn rate<E>(count: usize, mut act: impl FnMut() -> Result<(), E>) -> Result<f64, E> {
    let start = Instant::now();
    for _ in 0..count {
        act()?;
    }
    Ok(count as f64 / start.elapsed().as_secs_f64())
}

fn syncs(path: &Path, append: bool) -> Outcome<f64> {
    let mut file = File::options().create(true).truncate(false).write(true).open(path)?;
    let block = [7; 8192];
    if file.metadata()?.len() < 300 * 8192 {
        file.write_all(&vec![0; 300 * 8192])?;
        file.sync_all()?;
    }
    file.seek(if append { SeekFrom::End(0) } else { SeekFrom::Start(0) })?;
    let rate = rate(300, || file.write_all(&block).and_then(|()| file.sync_data()))?;
    file.set_len(300 * 8192)?;
    file.sync_all()?;
    Ok(rate)
}

fn appends(store: &Sqlite, study: StudyId, how: Durability, threads: usize, each: usize) -> Outcome<f64> {
    let start = Instant::now();
    std::thread::scope(|scope| {
        let work = || (0..each).try_for_each(|n| store.append(study, &[ending(n)], how).map(drop));
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or(Ok(())))
    })?;
    Ok((threads * each) as f64 / start.elapsed().as_secs_f64())
}

/// The design that was not taken: a thread that owns the writer.
fn handed_over(store: &Sqlite, study: StudyId, how: Durability, count: usize) -> Outcome<f64> {
    let (to, orders) = mpsc::channel::<(Draft, mpsc::SyncSender<bool>)>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for (draft, answer) in orders {
                let _ = answer.send(store.append(study, &[draft], how).is_ok());
            }
        });
        let (answer, answers) = mpsc::sync_channel(1);
        let mut turn = || -> Outcome<()> {
            to.send((ending(1), answer.clone()))?;
            answers.recv()?;
            Ok(())
        };
        let rate = rate(count, &mut turn);
        drop(to);
        rate
    })
}

fn alternating(store: &Sqlite, study: StudyId, count: usize) -> Outcome<f64> {
    let both = || {
        store.append(study, &[ending(1)], Durability::Committed)?;
        store.append(study, &[ending(2)], Durability::Synced).map(drop)
    };
    Ok(2.0 * rate(count, both)?)
}
