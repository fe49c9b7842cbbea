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
