//! The command line's reference page, made from the same definition as the parser and the help.

use clap::CommandFactory;

use crate::args::Cli;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/command-line.md");

fn page() -> String {
    let mut root = Cli::command().term_width(90);
    root.build();
    let mut text =
        String::from("# Command line\n\nMade from the program's own help by a test of `ravine-cli`.\n\n");
    text.push_str(&block("ravine", &mut root));
    for command in root.get_subcommands_mut().filter(|command| !command.is_hide_set()) {
        if command.get_name() != "help" {
            text.push_str(&block(&format!("ravine {}", command.get_name()), command));
        }
    }
    text
}

fn block(title: &str, command: &mut clap::Command) -> String {
    let help = command.render_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    format!("## `{title}`\n\n```text\n{}\n```\n\n", lines.join("\n").trim())
}

#[test]
fn the_reference_page_is_what_the_parser_knows() {
    let page = page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(PAGE, &page).expect("the page is written");
    }
    let kept = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert_eq!(kept, page, "renew it with: UPDATE_DOCS=1 cargo nextest run -p ravine-cli reference");
}

/// Every `ravine …` that a person finds in the documents, with the page.
fn commands() -> Vec<(String, String)> {
    const PAGES: [&str; 9] = [
        "README.md",
        "docs/guide/command-line.md",
        "docs/guide/errors.md",
        "docs/guide/getting-started.md",
        "docs/guide/resuming.md",
        "docs/reference/command-line.md",
        "examples/compress/README.md",
        "examples/python/README.md",
        "examples/shell/README.md",
    ];
    let mut commands = Vec::new();
    for page in PAGES {
        let path = format!("{}/../../{page}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap_or_default();
        for line in text.lines() {
            let line = line.trim_start().trim_start_matches("$ ");
            if line.starts_with("ravine ") {
                // What follows is a comment, a description, or another program.
                let command = [" #", "   ", " | ", " > "]
                    .iter()
                    .fold(line, |line, end| line.split(end).next().unwrap_or_default());
                commands.push((page.to_owned(), command.trim().to_owned()));
            }
        }
    }
    commands
}

/// Splits as a shell does, as far as the documents go: words, and what stands in quotes.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    for c in command.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            None if c == ' ' => words.push(std::mem::take(&mut word)),
            _ => word.push(c),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn every_command_in_the_documents_is_one_that_the_parser_takes() {
    use clap::Parser;
    let commands = commands();
    assert!(commands.len() > 30, "only {} commands were found", commands.len());
    for (page, command) in commands {
        let parsed = Cli::try_parse_from(words(&command));
        assert!(
            parsed.is_ok(),
            "{page}: {command}\n{}",
            parsed.err().map(|e| e.to_string()).unwrap_or_default()
        );
    }
}
