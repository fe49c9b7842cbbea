//! What is wrong with a file, shown with its line, a caret, and what would be right.

use std::fmt;
use std::ops::Range;

use crate::source::{Place, Source};

/// One thing to say about a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// Whether the file can be used all the same.
    pub severity: Severity,
    /// What is wrong: lower case, no final period.
    pub message: String,
    /// The bytes of the file that it is about; none where the whole file is.
    pub span: Option<Range<usize>>,
    /// Another place that has to do with it: a limit that is passed, say.
    pub also: Option<Range<usize>>,
    /// What would be right, where that is known.
    pub help: Option<String>,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// It can, but probably does not do what is meant.
    Warning,
}

impl Diagnostic {
    /// An error about some bytes of the file.
    pub fn error(span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        let (severity, message) = (Severity::Error, message.into());
        Diagnostic { severity, message, span: Some(span), also: None, help: None }
    }

    /// An error about the whole file.
    pub fn whole(message: impl Into<String>) -> Diagnostic {
        let (severity, message) = (Severity::Error, message.into());
        Diagnostic { severity, message, span: None, also: None, help: None }
    }

    /// A warning about some bytes of the file.
    pub fn warning(span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(span, message) }
    }

    /// The same with what would be right.
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// The same with another place that has to do with it.
    pub fn also(mut self, span: Range<usize>) -> Diagnostic {
        self.also = Some(span);
        self
    }

    /// The same with help where there is some.
    pub(crate) fn maybe_help(mut self, help: Option<String>) -> Diagnostic {
        self.help = help.or(self.help);
        self
    }

    /// The place of its first byte.
    pub fn place(&self, source: &Source) -> Option<Place> {
        self.span.as_ref().map(|span| source.place(span.start))
    }

    /// Writes it in one line, the place first: for where other lines stand around it.
    pub fn line(&self, source: &Source) -> String {
        match self.place(source) {
            Some(Place { line, column }) => format!("{}:{line}:{column}: {}", source.name, self.message),
            None => format!("{}: {}", source.name, self.message),
        }
    }

    /// Writes it in several lines: the message, the place, the line, a caret, the help.
    pub fn render(&self, source: &Source) -> String {
        let label = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let mut shown = format!("{label}: {}\n", self.message);
        let help = self.help.as_deref();
        let Some(span) = &self.span else {
            shown += &format!(" --> {}\n", source.name);
            shown.extend(help.map(|help| format!(" help: {help}\n")));
            return shown;
        };
        // Both excerpts stand under one margin.
        let last = self.also.as_ref().map_or(span.start, |also| also.start.max(span.start));
        let margin = " ".repeat(source.place(last).line.to_string().len());
        shown += &Excerpt::of(source, span).render(source, span, &margin, "-->");
        if let Some(also) = &self.also {
            shown += &Excerpt::of(source, also).render(source, also, &margin, ":::");
        }
        shown.extend(help.map(|help| format!("{margin} = help: {help}\n")));
        shown
    }
}

/// The part of a line that is shown, and where the caret stands under it.
struct Excerpt {
    line: String,
    indent: usize,
    width: usize,
}

impl Excerpt {
    /// The most characters of a line that are shown; a file of one long line must stay readable.
    const WIDTH: usize = 120;
    /// The characters shown before the caret where the line is cut.
    const LEAD: usize = 40;

    fn of(source: &Source, span: &Range<usize>) -> Excerpt {
        let line = source.line(span.start);
        let characters: Vec<char> = source.text[line.clone()].chars().map(shown).collect();
        let column = source.place(span.start).column - 1;
        // The caret underlines to the end of the span or of the line, whichever comes first.
        let covered =
            source.text.get(span.start..span.end.min(line.end)).map_or(1, |text| text.chars().count().max(1));
        if characters.len() <= Self::WIDTH {
            return Excerpt { line: characters.into_iter().collect(), indent: column, width: covered };
        }
        let start = column.saturating_sub(Self::LEAD);
        let end = (start + Self::WIDTH).min(characters.len());
        let cut = if start > 0 { "…" } else { "" };
        let text: String = characters[start.min(end)..end].iter().collect();
        let rest = if end < characters.len() { "…" } else { "" };
        let indent = column - start + cut.chars().count();
        Excerpt { line: format!("{cut}{text}{rest}"), indent, width: covered.min(Self::WIDTH - Self::LEAD) }
    }
}

impl Excerpt {
    /// The place, the line, and the caret under it.
    fn render(&self, source: &Source, span: &Range<usize>, margin: &str, arrow: &str) -> String {
        let place = source.place(span.start);
        let (line, column) = (place.line, place.column);
        let mut shown = format!("{margin}{arrow} {}:{line}:{column}\n", source.name);
        shown += &format!("{margin} |\n{line:<width$} | {}\n", self.line, width = margin.len());
        shown += &format!("{margin} | {}{}\n", " ".repeat(self.indent), "^".repeat(self.width));
        shown
    }
}

/// A character as it is shown: one column, and nothing that a terminal would obey.
fn shown(c: char) -> char {
    match c {
        '\t' => ' ',
        c if c.is_control() => '·',
        c => c,
    }
}

/// Everything that is wrong with a file. Its text shows each error with its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecErrors {
    /// The file.
    pub source: Source,
    /// The errors in the order of the file, then what concerns it as a whole; at least one.
    pub diagnostics: Vec<Diagnostic>,
}

impl SpecErrors {
    pub(crate) fn new(source: Source, mut diagnostics: Vec<Diagnostic>) -> SpecErrors {
        diagnostics.sort_by_key(|diagnostic| diagnostic.span.as_ref().map_or(usize::MAX, |span| span.start));
        diagnostics.dedup();
        SpecErrors { source, diagnostics }
    }
}

impl fmt::Display for SpecErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, diagnostic) in self.diagnostics.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            f.write_str(&diagnostic.render(&self.source))?;
        }
        Ok(())
    }
}

impl std::error::Error for SpecErrors {}
