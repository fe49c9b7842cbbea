//! `tests/scenarios/*.md`: what a person types and what ravine answers, as pages to read.
//!
//! Each `##` of a page is a scene with an empty folder. A fenced block whose info string ends with a file's name
//! (`toml study.toml`) is that file; one that starts with `#!` becomes a program. Files before the first `##` are in
//! each scene of the page. In a `console` block `$ ` begins a command for sh and `> ` goes on with it; what follows is
//! what it prints, both streams together, then `[exit 3]` where it does not end with 0. `...` stands for any text, on a
//! line of its own for any lines, and `[TIME]` for a duration. A scene whose heading ends with `(mounts)` is played
//! only where this user may mount.
//!
//! `UPDATE_SCENARIOS=1 cargo nextest run -p ravine-cli scenarios` writes what is printed today into the pages; what
//! still matches stays as it is.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use regex::Regex;

use crate::scene::Scene;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/scenarios")
}

/// Plays each scene of a page; what it shows must be what is written there.
fn play(page: &str) {
    let path = folder().join(page).with_extension("md");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let now = played(&text);
    if now == text {
        return;
    }
    if std::env::var_os("UPDATE_SCENARIOS").is_some() {
        std::fs::write(&path, now).expect("the page is written");
    } else {
        panic!("{page}.md shows something else (UPDATE_SCENARIOS=1 renews it):\n{}", difference(&text, &now));
    }
}

/// The page with what its commands print today in place of what no longer matches.
fn played(text: &str) -> String {
    let mut page = String::new();
    let mut shared: Vec<(String, String)> = Vec::new();
    let mut scene = None;
    let mut is_shared = true;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        writeln!(page, "{line}").expect("a string takes it");
        if let Some(title) = line.strip_prefix("## ") {
            is_shared = false;
            scene = (!title.ends_with("(mounts)") || may_mount()).then(|| set(&shared));
        }
        let Some(info) = line.strip_prefix("```").filter(|info| !info.is_empty()) else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let mut shown = block.iter().map(|line| format!("{line}\n")).collect::<String>();
        match (info.split_once(' '), &scene) {
            (Some((_, name)), _) if is_shared => shared.push((name.to_owned(), shown.clone())),
            (Some((_, name)), Some(scene)) => put(scene, name, &shown),
            (None, Some(scene)) if info == "console" => shown = said(scene, &block),
            _ => {}
        }
        page += &shown;
        page += "```\n";
    }
    page
}

fn set(shared: &[(String, String)]) -> Scene {
    let scene = Scene::new();
    for (name, text) in shared {
        put(&scene, name, text);
    }
    scene
}

fn put(scene: &Scene, name: &str, text: &str) {
    if text.starts_with("#!") {
        scene.program(name, text)
    } else {
        scene.file(name, text)
    };
}

/// Does what a console block says, one command after the other.
fn said(scene: &Scene, block: &[&str]) -> String {
    let mut shown = String::new();
    let mut rest = block;
    while let Some((first, after)) = rest.split_first() {
        let command = first.strip_prefix("$ ").unwrap_or_else(|| panic!("no command: {first}"));
        let more = after.iter().take_while(|line| line.starts_with("> ")).count();
        let (continued, after) = after.split_at(more);
        let answer = after.iter().take_while(|line| !line.starts_with("$ ")).count();
        let (expected, after) = after.split_at(answer);
        rest = after;
        let script = continued.iter().fold(command.to_owned(), |script, line| script + "\n" + &line[2..]);
        let printed = run(scene, &script);
        let typed = std::iter::once(first).chain(continued);
        let printed: Vec<&str> = printed.lines().collect();
        let lines = if matches(expected, &printed) { expected } else { &printed };
        for line in typed.chain(lines) {
            writeln!(shown, "{line}").expect("a string takes it");
        }
    }
    shown
}

/// What a command prints, without what differs from time to time.
fn run(scene: &Scene, script: &str) -> String {
    static TIME: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"([^\w."])\d+(\.\d)?(ms|s|m \d\ds)\b"#).expect("a pattern"));
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1\n{script}")])
        .current_dir(scene.path(""))
        .env("PATH", path())
        .env("NO_COLOR", "1")
        .env("LC_ALL", "C.UTF-8")
        .stdin(std::process::Stdio::null())
        .output()
        .expect("sh runs");
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        let code = output.status.code().map_or("signal".to_owned(), |code| code.to_string());
        writeln!(text, "[exit {code}]").expect("a string takes it");
    }
    let here = scene.path("").canonicalize().expect("the scene's folder");
    let text = text.replace(&*here.to_string_lossy(), "[SCENE]");
    let text = TIME.replace_all(&text, "${1}[TIME]");
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// The PATH on which `ravine` is the one under test.
fn path() -> std::ffi::OsString {
    let folder = Path::new(env!("CARGO_BIN_EXE_ravine")).parent().expect("a folder").to_path_buf();
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(folder).chain(std::env::split_paths(&path))).expect("a PATH")
}

/// Whether what was printed is what was expected, `...` being any text.
fn matches(expected: &[&str], printed: &[&str]) -> bool {
    let Some((first, rest)) = expected.split_first() else { return printed.is_empty() };
    if *first == "..." {
        return (0..=printed.len()).any(|skipped| matches(rest, &printed[skipped..]));
    }
    let Some((line, after)) = printed.split_first() else { return false };
    line_matches(first, line) && matches(rest, after)
}

fn line_matches(expected: &str, line: &str) -> bool {
    let Some((before, after)) = expected.split_once("...") else { return expected == line };
    let Some(rest) = line.strip_prefix(before) else { return false };
    (0..=rest.len()).any(|at| rest.is_char_boundary(at) && line_matches(after, &rest[at..]))
}

/// The lines that differ: `-` as written, `+` as printed.
fn difference(written: &str, printed: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (written.lines().collect(), printed.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tail = old[same..].iter().rev().zip(new[same..].iter().rev()).take_while(|(a, b)| a == b).count();
    let scene = old[..same].iter().rev().find(|line| line.starts_with("## ")).unwrap_or(&"");
    let removed = old[same..old.len() - tail].iter().map(|line| format!("- {line}\n"));
    let added = new[same..new.len() - tail].iter().map(|line| format!("+ {line}\n"));
    std::iter::once(format!("{scene}\n")).chain(removed).chain(added).collect()
}

/// Whether this user may mount in a namespace of its own.
fn may_mount() -> bool {
    let script = "mount -t tmpfs tmpfs /mnt";
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", script]);
    command.output().is_ok_and(|output| output.status.success())
}

macro_rules! pages {
    ($($test:ident: $page:literal,)*) => {
        const PAGES: &[&str] = &[$($page),*];
        $(#[test] fn $test() { play($page); })*
    };
}

pages! {
    bad_study_files: "bad-study-files",
    bad_runs: "bad-runs",
    bad_places: "bad-places",
    bad_databases: "bad-databases",
    bad_wishes: "bad-wishes",
    going_on: "going-on",
    what_programs_get_and_say: "programs",
    reading_back: "reading-back",
    samplers_that_are_programs: "own-samplers",
    starting_from_earlier_studies: "transfer",
    pipelines: "pipelines",
    repetitions: "repetitions",
    resources: "resources",
    limits: "limits",
    hooks_and_watching: "watching",
    the_same_again: "again",
    joining: "joining",
    early_stopping: "early-stopping",
    importing_from_optuna: "importing",
}

#[test]
fn each_page_is_played() {
    for entry in std::fs::read_dir(folder()).expect("the pages").flatten() {
        let page = entry.path();
        let name = page.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        assert!(name == "README" || PAGES.contains(&&*name), "no test plays {}", page.display());
    }
}

#[test]
fn dots_stand_for_any_text_and_for_any_lines() {
    assert!(matches(&["a ... c", "...", "z"], &["a b c", "x", "y", "z"]));
    assert!(matches(&["...", "z"], &["z"]));
    assert!(!matches(&["a ... c"], &["a b d"]));
    assert!(!matches(&["a"], &["a", "b"]));
}
