//! What people read in a terminal: tables of trials, the best configuration, the history as a small chart.
//!
//! Nothing here looks at the terminal: the caller says how wide it is and what it can show.

mod chart;
mod table;

pub use chart::history;
pub use table::{best, trials};

/// What a terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Columns of characters; 0 means no limit.
    pub width: usize,
    /// Whether only ASCII characters may be used.
    pub ascii: bool,
    /// Whether colours may be used.
    pub color: bool,
}

impl Default for Style {
    /// A plain terminal of 100 columns.
    fn default() -> Self {
        Style { width: 100, ascii: false, color: false }
    }
}

/// The few looks that text has.
#[derive(Clone, Copy)]
enum Look {
    Strong,
    Dim,
    Accent,
    Bad,
}

impl Style {
    fn paint(self, look: Look, text: &str) -> String {
        let code = match look {
            Look::Strong => "1",
            Look::Dim => "2",
            Look::Accent => "1;34",
            Look::Bad => "31",
        };
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// Text that cannot steer the terminal: control characters become `?`, and where only ASCII may be used all others too.
fn safe(text: &str, style: Style) -> String {
    let odd = |c: char| c.is_control() || style.ascii && !c.is_ascii();
    text.chars().map(|c| if odd(c) { if matches!(c, '–' | '…') { '-' } else { '?' } } else { c }).collect()
}
