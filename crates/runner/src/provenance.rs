//! Where a study's results come from: the command, the code, the machine, and what the file's `[record]` names.
//!
//! Each start of a runner makes a record, and the study keeps it where it differs from the one before: a list in the
//! study's attribute [`PROVENANCE`]. What the code had that its commit has not lies in `provenance/<n>.diff`.

use std::path::Path;

use serde_json::{Map, Value as Json, json};
use session::Session;
use spec::{RecordSpec, StudyFile};

use crate::{RunnerError, git, life, sha256};

/// The study attribute that holds the records, oldest first.
pub const PROVENANCE: &str = "provenance";

/// Records a start. What could not be found out is left out, or says why.
///
/// # Errors
/// The study's folder or its log cannot be written.
pub(crate) fn record(
    session: &Session,
    file: &StudyFile,
    base: &Path,
    home: &Path,
) -> Result<(), RunnerError> {
    let failed = |source| RunnerError::folder(home, source);
    let code = git::look(base, home);
    // Of two that start at once the second sees what the first one recorded.
    let _lock = life::lock(home, PROVENANCE).map_err(failed)?;
    session.refresh()?;
    let mut records = session.with_study(|study| records(study).to_vec());
    let mut record = machine();
    if let Some(code) = &code {
        record.insert("git".to_owned(), code.to_json());
    }
    noted(&file.record, base, &mut record);
    let last = records.last().and_then(Json::as_object);
    if last.is_some_and(|last| says_the_same(last, &record)) {
        return Ok(());
    }
    if let Some(diff) = code.as_ref().map(|code| &code.diff).filter(|diff| !diff.is_empty()) {
        let folder = home.join(PROVENANCE);
        let name = format!("{}.diff", records.len());
        std::fs::create_dir_all(&folder).map_err(failed)?;
        report::files::replace(&folder.join(&name), diff).map_err(failed)?;
        record["git"]["diff"] = format!("{PROVENANCE}/{name}").into();
    }
    record.insert("time".to_owned(), report::format::timestamp(life::unix_ms()).into());
    records.push(Json::Object(record));
    session.tag_study([(PROVENANCE.to_owned(), Json::Array(records))].into_iter().collect())?;
    Ok(())
}

/// The records of a study, oldest first.
pub fn records(study: &study::Study) -> &[Json] {
    study.attributes().get(PROVENANCE).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

/// Whether two records differ in nothing but when they were made.
fn says_the_same(before: &Map<String, Json>, now: &Map<String, Json>) -> bool {
    let mut before = before.clone();
    before.shift_remove("time");
    if let Some(git) = before.get_mut("git").and_then(Json::as_object_mut) {
        git.shift_remove("diff");
    }
    before == *now
}

fn machine() -> Map<String, Json> {
    let command: Vec<String> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    let directory = std::env::current_dir().map(|path| path.display().to_string()).ok();
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let os = format!("{} {} {}", std::env::consts::OS, release.trim(), std::env::consts::ARCH);
    let told = json!({
        "command": command, "directory": directory, "host": life::host(), "os": os,
        "ravine": env!("CARGO_PKG_VERSION"),
    });
    match told {
        Json::Object(told) => told,
        _ => Map::new(),
    }
}

/// What `[record]` asks for: values of variables (null where unset), hashes of files.
fn noted(spec: &RecordSpec, base: &Path, into: &mut Map<String, Json>) {
    if !spec.env.is_empty() {
        let value = |name: &String| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        let env: Map<String, Json> = spec.env.iter().map(|name| (name.clone(), value(name).into())).collect();
        into.insert("env".to_owned(), Json::Object(env));
    }
    if !spec.files.is_empty() {
        let hashed = |name: &String| match sha256::of_file(&base.join(name)) {
            Ok((hash, bytes)) => json!({"sha256": hash, "bytes": bytes}),
            Err(error) => json!({"error": error.to_string()}),
        };
        let files: Map<String, Json> = spec.files.iter().map(|name| (name.clone(), hashed(name))).collect();
        into.insert("files".to_owned(), Json::Object(files));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_had_is_said_and_stops_nothing() {
        let spec =
            RecordSpec { env: vec!["RAVINE_TEST_UNSET".to_owned()], files: vec!["nowhere.csv".to_owned()] };
        let mut record = Map::new();
        noted(&spec, Path::new("/nonexistent"), &mut record);
        assert_eq!(record["env"], json!({"RAVINE_TEST_UNSET": null}));
        assert!(record["files"]["nowhere.csv"]["error"].is_string());
    }

    #[test]
    fn a_record_that_differs_only_in_its_time_is_the_same() {
        let one = |time: &str, commit: &str| -> Map<String, Json> {
            let record =
                json!({"host": "a", "git": {"commit": commit, "diff": "provenance/0.diff"}, "time": time});
            serde_json::from_value(record).unwrap()
        };
        let fresh = |commit: &str| -> Map<String, Json> {
            serde_json::from_value(json!({"host": "a", "git": {"commit": commit}})).unwrap()
        };
        assert!(says_the_same(&one("then", "1"), &fresh("1")));
        assert!(!says_the_same(&one("then", "1"), &fresh("2")));
    }
}
