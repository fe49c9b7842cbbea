//! The terminal: colours, and the one way in which failures are printed.

use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};

use crate::args::Color;
use crate::failure::Failure;

/// Headings and names.
pub const STRONG: Style = Style::new().bold();
/// What matters less.
pub const FAINT: Style = Style::new().dimmed();
/// What went well.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// What to look at.
pub const WARN: Style = AnsiColor::Yellow.on_default();
/// What went wrong.
pub const BAD: Style = AnsiColor::Red.on_default();

/// Holds for everything printed through this module, on both streams.
pub fn choose_colors(color: Color) {
    match color {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    }
    .write_global();
}

/// Standard output; colours are taken out where they are not wanted.
pub fn out() -> impl Write {
    anstream::stdout()
}

/// Whether a person is likely to watch standard output.
pub fn is_interactive() -> bool {
    io::stdout().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Columns of the terminal; where there is none those that `COLUMNS` says, else 100.
pub fn width() -> usize {
    let columns = match io::stdout().is_terminal() {
        true => Some(console::Term::stdout().size().1),
        false => std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()),
    };
    usize::from(columns.unwrap_or(100)).clamp(40, 200)
}

/// `text` in a style, or as it is where colours are not wanted.
pub fn paint(style: Style, text: impl std::fmt::Display) -> String {
    match anstream::AutoStream::choice(&io::stdout()) {
        anstream::ColorChoice::Never => text.to_string(),
        _ => format!("{style}{text}{style:#}"),
    }
}

/// `error: what`, then `hint: what would be right`, on standard error.
pub fn print_failure(failure: &Failure) {
    if failure.is_silent() {
        return;
    }
    let mut stream = anstream::stderr();
    // There is nobody left to tell when standard error is closed.
    let _ = if failure.rendered {
        writeln!(stream, "{}", failure.message)
    } else {
        writeln!(stream, "{} {}", paint(BAD.bold(), "error:"), failure.message)
    };
    if let Some(hint) = &failure.hint {
        let _ = writeln!(stream, " {} {hint}", paint(WARN.bold(), "hint:"));
    }
}

/// What tables and charts may use here.
pub fn style() -> report::terminal::Style {
    let color = anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never;
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    // Without a locale most terminals of today still show UTF-8; `C` and `POSIX` say that this one may not.
    let ascii = locale.is_some_and(|locale| locale == "C" || locale == "POSIX");
    report::terminal::Style { width: width(), ascii, color }
}
