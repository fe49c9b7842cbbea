//! The documents say what is true: their study files are accepted, their examples run, the first steps lead there.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::scene::Scene;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository")
}

/// The repository's pages that a user reads.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![repository().join("README.md")];
    for folder in ["docs/guide", "docs/reference", "examples"] {
        pages.extend(markdown(&repository().join(folder)));
    }
    pages
}

fn markdown(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path());
    let mut found = Vec::new();
    for path in entries {
        if path.is_dir() {
            found.extend(markdown(&path));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    found
}

/// The fenced blocks of a page, each with its info string.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(info) = line.trim_start().strip_prefix("```") {
            let block: Vec<&str> =
                lines.by_ref().take_while(|line| !line.trim_start().starts_with("```")).collect();
            blocks.push((info.to_owned(), block.join("\n") + "\n"));
        }
    }
    blocks
}

#[test]
fn every_study_file_in_the_documents_is_accepted() {
    let scene = Scene::new();
    let mut seen = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page).expect("a page");
        for (info, study) in blocks(&text) {
            let is_whole = study.contains("[[stage]]") && study.contains("[space]");
            assert!(
                info != "toml study" || is_whole,
                "{}: a study without a stage or a space",
                page.display()
            );
            if info.starts_with("toml") && is_whole {
                scene.file("study.toml", &study);
                let said = scene.ravine(&["check", "study.toml"]);
                assert_eq!(said.code, 0, "{}\n{study}\n{}{}", page.display(), said.out, said.err);
                seen += 1;
            }
        }
    }
    assert!(seen >= 6, "only {seen} study files were found");
}

#[test]
fn every_example_is_accepted() {
    let mut seen = 0;
    for entry in std::fs::read_dir(repository().join("examples")).expect("the examples").flatten() {
        let file = entry.path().join("study.toml");
        if file.exists() {
            Scene::new().ok(&["check", &file.to_string_lossy()]);
            seen += 1;
        }
    }
    assert!(seen >= 4, "only {seen} examples were found");
}

/// A scene with a copy of an example in its place.
fn with_example(name: &str) -> Scene {
    let scene = Scene::new();
    std::fs::create_dir_all(scene.path("examples")).expect("a folder");
    add_example(&scene, name);
    scene
}

fn add_example(scene: &Scene, name: &str) {
    let there = scene.path("examples");
    let copied =
        Command::new("cp").arg("-r").arg(repository().join("examples").join(name)).arg(there).status();
    assert!(copied.expect("cp runs").success());
}

#[test]
fn the_first_steps_of_the_guide_lead_where_it_says() {
    let scene = with_example("python");
    let text = std::fs::read_to_string(repository().join("docs/guide/getting-started.md")).expect("the page");
    let mut steps = 0;
    for (info, block) in blocks(&text) {
        if info == "console" {
            says_what_is_shown(&scene, &block);
        }
        if info == "sh" {
            for line in block.lines().filter_map(|line| line.strip_prefix("ravine ")) {
                // `init` writes its file here, the others name theirs.
                scene.ok(&line.split_whitespace().collect::<Vec<_>>());
                steps += 1;
            }
        }
    }
    assert!(steps >= 6, "only {steps} commands were found");
    assert_eq!(scene.lines("examples/python/runs/python/results.jsonl").len(), 60);
    assert!(scene.path("examples/python/runs/python/report/index.html").exists());
    scene.ok(&["check", "study.toml"]);
}

/// A program whose beginning and end are shown, with `…` between.
fn says_what_is_shown(scene: &Scene, block: &str) {
    let mut shown = block.lines();
    let command = shown.next().and_then(|line| line.strip_prefix("$ ")).expect("a command");
    let output =
        Command::new("sh").args(["-c", command]).current_dir(scene.path("")).output().expect("sh runs");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    for line in shown.filter(|line| *line != "…") {
        assert!(
            printed.lines().any(|printed| printed == line),
            "{command} does not print {line}:\n{printed}"
        );
    }
}

#[test]
fn the_example_of_a_sampler_runs() {
    let scene = with_example("sampler");
    // Its runs are those of the Python example.
    add_example(&scene, "python");
    scene.ok(&["run", "examples/sampler/study.toml", "--trials", "10"]);
    let lines = scene.lines("examples/sampler/runs/sampler/results.jsonl");
    assert!(lines.len() == 10 && lines.iter().all(|line| line["state"] == "complete"), "{lines:?}");
}

#[test]
fn the_shell_example_runs() {
    let scene = with_example("shell");
    scene.ok(&["run", "examples/shell/study.toml", "--trials", "4"]);
    let lines = scene.lines("examples/shell/runs/shell/results.jsonl");
    assert!(lines.len() == 4 && lines.iter().all(|line| line["state"] == "complete"), "{lines:?}");
}

#[test]
fn the_tradeoff_example_runs() {
    let scene = with_example("tradeoff");
    scene.ok(&["run", "examples/tradeoff/study.toml", "--trials", "30"]);
    let lines = scene.lines("examples/tradeoff/runs/tradeoff/results.jsonl");
    assert!(lines.len() == 30 && lines.iter().all(|line| line["state"] == "complete"), "{lines:?}");
}

#[test]
fn the_compress_example_runs() {
    // In its place: its setup takes the text from the sources of this workspace's dependencies.
    let scene = Scene::new();
    let study = repository().join("examples/compress/study.toml");
    scene.ok(&["run", &study.to_string_lossy(), "--dir", "runs", "--trials", "2"]);
    let best = &scene.json(&["best", "--json"])[0];
    assert!(
        best["values"]["size"].as_f64().is_some_and(|size| (100_000.0..1_000_000.0).contains(&size)),
        "{best}"
    );
    assert!(best["metrics"]["speed"].as_f64().is_some_and(|speed| speed > 1.0), "{best}");
}
