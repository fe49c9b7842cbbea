//! `[transfer]`: reads the earlier studies that a new one starts from. Once, when it begins: what is taken from them is
//! written into its own log.

use std::path::Path;
use std::sync::Arc;

use search::Earlier;
use session::{Options, Session};
use space::Space;
use store::{Sqlite, Store};
use study::{State, Study};

use crate::{Home, RunnerError};

/// Reads each study of `from`, folders from `base` on; what a person should know of them goes to `remarks`.
pub(crate) fn read(
    from: &[String],
    base: &Path,
    space: &Space,
    remarks: &mut Vec<String>,
) -> Result<Vec<Earlier>, RunnerError> {
    from.iter()
        .map(|folder| {
            let earlier = of(folder, &study(folder, base)?);
            let common = earlier.common(space);
            if common == 0 {
                let message = if earlier.good.is_empty() {
                    "none of its trials has a result".to_owned()
                } else {
                    "it has no parameter that this study has too".to_owned()
                };
                return Err(RunnerError::Earlier { folder: folder.clone(), message });
            }
            remarks.push(format!(
                "starts from {folder}: {} trials, {common} of {} parameters",
                earlier.trials,
                space.parameters().len()
            ));
            Ok(earlier)
        })
        .collect()
}

fn study(folder: &str, base: &Path) -> Result<Study, RunnerError> {
    let home = Home::at(base.join(folder));
    if !home.exists() {
        let message = format!("no study lies in {}", home.folder().display());
        return Err(RunnerError::Earlier { folder: folder.to_owned(), message });
    }
    let store: Arc<dyn Store> = Arc::new(Sqlite::open_for_reading(home.database())?);
    // The folder may have been renamed since.
    let mut names = store.studies()?.into_iter().map(|info| info.name);
    let name = match (names.next(), names.next()) {
        (Some(only), None) => only,
        _ => home.name(),
    };
    Ok(Session::open(store, &name, Options::named("reader"))?.study())
}

/// Its trials with a result by rank: feasible ones first; with several objectives the front, then the rest.
fn of(folder: &str, study: &Study) -> Earlier {
    let ended = study.trials().filter(|trial| trial.state().is_ended()).count() as u64;
    let ranked = if study.directions().len() > 1 { study.pareto() } else { study.best_k(study.len()) };
    let complete = ranked.into_iter().filter(|trial| trial.state() == State::Complete);
    let points = complete.map(study::Trial::point);
    Earlier::new(folder, points.collect(), ended)
}
