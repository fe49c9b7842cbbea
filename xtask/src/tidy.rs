//! The house rules, checked: what a reader may rely on in every file of the project.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The floors of the house (ARCHITECTURE.md, "The house"): a crate imports only crates of a lower floor.
const FLOORS: &[(&str, u32)] = &[
    ("space", 0),
    ("linalg", 0),
    ("search", 1),
    ("study", 2),
    ("spec", 3),
    ("store", 3),
    ("exec", 3),
    ("report", 3),
    ("session", 4),
    ("runner", 5),
    ("sim", 6),
    ("cli", 6),
    ("python", 6),
    ("ravine", 6),
];

/// Above this many lines a file must be listed in [`LARGE`] with its reason.
const MAX_LINES: usize = 600;

/// Files allowed to be longer, each with the reason.
const LARGE: &[(&str, &str)] = &[];

/// Marks of unfinished work. Split, so that this file does not find itself.
const UNFINISHED: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
    concat!("#[ig", "nore"),
];

/// Checks every rule; the error lists each breach as `path:line: what`.
pub(crate) fn report(root: &Path) -> Result<String, String> {
    let mut breaches = Vec::new();
    let sources = sources(root)?;
    check_floors(root, &mut breaches)?;
    for path in &sources {
        check_source(root, path, &mut breaches)?;
    }
    check_documents(root, &mut breaches);
    if breaches.is_empty() {
        Ok(format!("tidy: {} source files, {} crates, no breach", sources.len(), FLOORS.len()))
    } else {
        let mut text = String::new();
        for breach in &breaches {
            let _ = writeln!(text, "{breach}");
        }
        let _ = write!(text, "tidy: {} breaches of the house rules", breaches.len());
        Err(text)
    }
}

fn check_floors(root: &Path, breaches: &mut Vec<String>) -> Result<(), String> {
    let mut folders: Vec<_> = list(&root.join("crates"))?.into_iter().filter(|path| path.is_dir()).collect();
    folders.sort();
    for folder in folders {
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let Some(floor) = floor_of(&name) else {
            breaches.push(format!("crates/{name}: has no floor in xtask/src/tidy.rs"));
            continue;
        };
        let manifest = folder.join("Cargo.toml");
        let table: toml::Table =
            read(&manifest)?.parse().map_err(|error| format!("{}: {error}", manifest.display()))?;
        let lints =
            table.get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool);
        if lints != Some(true) {
            breaches.push(format!("crates/{name}/Cargo.toml: `[lints] workspace = true` is missing"));
        }
        // Dev-dependencies count too: a lower crate that tests itself through a higher one is no lower crate.
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let imports = table.get(section).and_then(toml::Value::as_table);
            for import in imports.into_iter().flat_map(|table| table.keys()) {
                if let Some(other) = floor_of(import)
                    && other >= floor
                {
                    breaches.push(format!(
                        "crates/{name}/Cargo.toml: {name} (floor {floor}) imports {import} (floor {other}); \
                         a crate imports only crates of lower floors"
                    ));
                }
            }
        }
    }
    Ok(())
}

fn floor_of(name: &str) -> Option<u32> {
    FLOORS.iter().find(|(crate_name, _)| *crate_name == name).map(|(_, floor)| *floor)
}

fn check_source(root: &Path, path: &Path, breaches: &mut Vec<String>) -> Result<(), String> {
    let text = read(path)?;
    let shown = path.strip_prefix(root).unwrap_or(path).display().to_string();
    let lines = text.lines().count();
    if lines > MAX_LINES && !LARGE.iter().any(|(large, _)| *large == shown) {
        breaches.push(format!("{shown}: {lines} lines, more than {MAX_LINES}; split it by reason to change"));
    }
    for (number, line) in text.lines().enumerate() {
        for mark in UNFINISHED {
            if line.contains(mark) {
                breaches.push(format!("{shown}:{}: unfinished or switched-off work: {mark}", number + 1));
            }
        }
    }
    if path.extension().is_some_and(|extension| extension == "rs") && !opens_with_purpose(&text) {
        breaches.push(format!("{shown}:1: a module starts with what it is for (`//!`)"));
    }
    Ok(())
}

/// Whether a Rust file's first line of text is a module document.
fn opens_with_purpose(text: &str) -> bool {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with("#!["));
    first.is_some_and(|line| line.starts_with("//!"))
}

fn check_documents(root: &Path, breaches: &mut Vec<String>) {
    for document in
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"]
    {
        if !root.join(document).is_file() {
            breaches.push(format!("{document}: missing"));
        }
    }
}

/// Every source file of the project, sorted; build outputs, hidden folders and environments left out.
fn sources(root: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for path in list(&folder)? {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if path.is_dir() && !path.is_symlink() {
                if !name.starts_with('.') && !matches!(name.as_str(), "target" | "runs" | "corpus") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|e| e == "rs" || e == "py" || e == "sh") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    entries
        .map(|entry| {
            entry.map(|entry| entry.path()).map_err(|error| format!("{}: {error}", folder.display()))
        })
        .collect()
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_house_rules_hold() {
        if let Err(breaches) = report(&crate::root()) {
            panic!("{breaches}");
        }
    }

    #[test]
    fn a_module_without_its_purpose_is_seen() {
        assert!(opens_with_purpose("//! What it is for.\nfn main() {}"));
        assert!(opens_with_purpose("#![forbid(unsafe_code)]\n\n//! What it is for.\n"));
        assert!(!opens_with_purpose("use std::fmt;\n"));
    }
}
