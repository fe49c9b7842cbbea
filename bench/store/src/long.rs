//! A study of many finished trials: made once, then opened by a cold process.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use search::{DecisionId, TrialId};
use session::{Definition, Options, Session};
use space::{Space, Stream};
use store::{Draft, Durability, Guard, Snapshot, Sqlite, Store};
use study::{
    Assignment, DigestBuilder, EventBody, How, Real, RunEnd, RunEnded, RunKey, RunStarted, TrialCreated,
    TrialEnded,
};

use crate::Done;
use crate::subject::definition;

const REPORTS: u64 = 100;

pub(crate) fn make(folder: &Path, trials: u64) -> Done {
    std::fs::create_dir_all(folder)?;
    let file = folder.join("long.db");
    if file.exists() {
        return Err(format!("{} is there already", file.display()).into());
    }
    let store = Arc::new(Sqlite::open(&file)?);
    let definition: Definition = definition("long", "tpe")?;
    let session =
        Session::create(Arc::clone(&store) as Arc<dyn Store>, &definition, Options::named("maker"))?;
    let space = session.space().ok_or("the study has a space")?;
    let mut stream = Stream::new(1, 0, 0);
    let mut drafts: Vec<Draft> = Vec::new();
    let mut made = 0;
    for number in 0..trials {
        for body in life(number, &space, &mut stream) {
            drafts.push(Draft::new(body.kind(), body.to_text()?));
        }
        if drafts.len() >= 4_000 || number + 1 == trials {
            let guard = Guard::default().deciding(made..number + 1);
            store.append_if(session.id(), &guard, &drafts, Durability::Committed)?;
            drafts.clear();
            made = number + 1;
        }
    }
    println!("{trials} trials of {REPORTS} reports: {} MB", std::fs::metadata(&file)?.len() / 1_000_000);
    Ok(())
}

/// The four events of a finished trial.
fn life(number: u64, space: &Space, stream: &mut Stream) -> [EventBody; 4] {
    let point = space.sample(stream);
    let parameters: Assignment = space.to_json(&point);
    let created = TrialCreated {
        hash: Some(space.hash(&point)),
        ..TrialCreated::sampled(TrialId(number), DecisionId(number), parameters)
    };
    let run = RunKey::first(TrialId(number));
    let mut loss = DigestBuilder::default();
    for step in 0..REPORTS {
        loss.push(step, Real(1.0 / (step + 1) as f64 + 0.1 * stream.uniform()));
    }
    let value = loss.last().map_or(Real(0.0), |mark| mark.value);
    let metrics = loss.finish().map(|digest| ("loss".to_owned(), digest)).into_iter().collect();
    let end = RunEnd { reached: Some(REPORTS), exit_code: Some(0), ..RunEnd::new(How::Ok, 1.25) };
    [
        EventBody::TrialCreated(created),
        EventBody::RunStarted(RunStarted {
            run,
            epoch: 2,
            host: Some("lab".to_owned()),
            cpus: None,
            gpus: None,
            lease: None,
        }),
        EventBody::RunEnded(RunEnded { run, epoch: 2, end, metrics }),
        EventBody::TrialEnded(TrialEnded {
            metrics: [("loss".to_owned(), value)].into_iter().collect(),
            ..TrialEnded::complete(TrialId(number), [value.0])
        }),
    ]
}

pub(crate) fn open(folder: &Path) -> Done {
    let file = folder.join("long.db");
    let before = resident();
    let began = Instant::now();
    let store: Arc<dyn Store> = Arc::new(Sqlite::open(&file)?);
    let session = Session::open(Arc::clone(&store), "long", Options::named("opener"))?;
    let took = began.elapsed();
    let trials = session.with_study(study::Study::len);
    let kept = store
        .load_snapshot(session.id(), study::FOLD_VERSION)?
        .map(|Snapshot { seq, body, .. }| (seq, body.len()));
    let from = kept.map_or("no snapshot".to_owned(), |(seq, size)| {
        format!("a snapshot of {} MB at {seq}", size / 1_000_000)
    });
    let memory = (resident() - before) as f64 / trials as f64;
    println!(
        "opened {trials} trials in {:.0} ms from {from}; {memory:.0} bytes resident a trial",
        took.as_secs_f64() * 1e3
    );
    let began = Instant::now();
    let trial = session.ask()?.trial().ok_or("there is a next trial")?;
    println!(
        "first ask (builds the sampler from the history): {:.0} ms",
        began.elapsed().as_secs_f64() * 1e3
    );
    session.tell(trial.number, session::Told::Failed("measured".to_owned()))?;
    session.snapshot()?;
    session.close()?;
    Ok(())
}

/// The resident size of this process, in bytes; 0 where /proc does not tell.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<usize>().ok()).unwrap_or(0) * 1024
}
