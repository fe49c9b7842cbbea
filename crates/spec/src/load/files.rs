//! The files beside a study file that it needs: runcards are tried before any run is, files to be noted are there.

use space::Json;

use crate::diagnostic::Diagnostic;
use crate::runcard::{Runcard, RuncardError, Setting};
use crate::study_file::StudyFile;
use crate::template::SetupValues;
use crate::tree::{self, Node};

/// What is wrong with the files beside one that is right by itself. One that is missing may be made by the setup, where
/// there is one.
pub(crate) fn check(study: &StudyFile) -> Vec<Diagnostic> {
    let Ok(root) = tree::read(&study.source.text, study.source.format) else { return Vec::new() };
    let mut problems = Vec::new();
    for (i, name) in study.record.files.iter().enumerate() {
        let file = study.folder().join(name);
        if study.setup.is_none() && !file.is_file() {
            let message = format!("there is no file {}", file.display());
            let at = root.find(&format!("record.files[{i}]")).span();
            problems.push(Diagnostic::error(at, message).help("its path starts at the study file's folder"));
        }
    }
    for (i, stage) in study.stages.iter().enumerate() {
        for (j, runcard) in stage.files.iter().enumerate() {
            problems.extend(problem(study, runcard, &root, &format!("stage[{i}].file[{j}]")));
        }
    }
    problems
}

fn problem(study: &StudyFile, runcard: &Runcard, root: &Node, path: &str) -> Option<Diagnostic> {
    let at_template = root.find(&format!("{path}.template")).span();
    let file = study.folder().join(&runcard.template);
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if study.setup.is_some() && error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => {
            let message = format!("the template {} cannot be read: {error}", file.display());
            return Some(
                Diagnostic::error(at_template, message).help("its path starts at the study file's folder"),
            );
        }
    };
    let error = tried(runcard).write(&text, &SetupValues { seed: 0 }).err()?;
    Some(match &error {
        RuncardError::Path { path: key, problem, .. } => {
            let keys = root.find(&format!("{path}.set")).node.table();
            let place = keys.and_then(|keys| keys.get(key)).map_or(at_template, |entry| entry.key.clone());
            Diagnostic::error(place, format!("{} has no place for `{key}`: {problem}", runcard.template))
        }
        RuncardError::Syntax { .. } | RuncardError::Value { .. } => {
            Diagnostic::error(at_template, error.to_string())
        }
    })
}

/// The runcard with a number for each placeholder: here only the places count.
fn tried(runcard: &Runcard) -> Runcard {
    let setting = |setting: &Setting| match setting {
        Setting::Template(_) => Setting::Constant(Json::from(0)),
        constant => constant.clone(),
    };
    let set = runcard.set.iter().map(|(key, value)| (key.clone(), setting(value))).collect();
    Runcard { set, ..runcard.clone() }
}
