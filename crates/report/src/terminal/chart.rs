//! The history as a small chart of characters: braille dots, or ASCII.

use super::{Look, Style, safe};
use crate::chart::values::Values;
use crate::format;
use crate::plot::scale::Scale;
use crate::summary::improvements;
use crate::view::{State, View};

/// The history of one objective in `lines` lines of characters (at least 3): a dot for each trial, a line for the best
/// so far. Empty where no trial has a value.
pub fn history(view: &View, objective: usize, lines: usize, style: Style) -> String {
    let (Some(values), Some(described)) = (Values::new(view, objective), view.objectives.get(objective))
    else {
        return String::new();
    };
    let lines = lines.max(3);
    let (low, high) = values.tight((0.0, 1.0)).domain();
    let labels = [format::significant(high, 3), format::significant(low, 3)];
    let margin = labels.iter().map(String::len).max().unwrap_or(0) + 2;
    let width = if style.width == 0 { 100 } else { style.width };
    let columns = width.saturating_sub(margin + 1).clamp(10, 160);
    let mut canvas = Canvas::new(columns, lines, style);
    draw(&mut canvas, view, objective, &values);

    let word = if style.ascii { "-" } else { "·" };
    let log = if values.tight((0.0, 1.0)).is_log() { format!(" {word} log scale") } else { String::new() };
    let mut out = format!("{} {word} {}{log}\n", safe(&described.name, style), described.direction.word());
    for line in 0..lines {
        let label = match line {
            0 => labels[0].as_str(),
            _ if line == lines - 1 => labels[1].as_str(),
            _ => "",
        };
        let edge = if style.ascii { "|" } else { "│" };
        let edge = style.paint(Look::Dim, &format!("{label:>w$} {edge}", w = margin - 2));
        out.push_str(format!("{edge}{}", canvas.line(line)).trim_end());
        out.push('\n');
    }
    out.push_str(&bottom(view, margin, columns, style));
    out
}

fn draw(canvas: &mut Canvas, view: &View, objective: usize, values: &Values) {
    let (wide, high) = canvas.dots();
    let last = view.rows.last().map_or(1, |row| row.number).max(1) as f64;
    let across = Scale::linear((0.0, last), (0.0, (wide - 1) as f64));
    let down = values.tight(((high - 1) as f64, 0.0));
    let place = |v: f64| down.at(v).round().clamp(0.0, (high - 1) as f64) as usize;
    for row in view.rows.iter().filter(|row| matches!(row.state, State::Complete | State::Pruned)) {
        if let Some(value) = row.value(objective) {
            canvas.set(across.at(row.number as f64).round() as usize, place(value), false);
        }
    }
    let steps = improvements(view, objective);
    for (k, &(row, value)) in steps.iter().enumerate() {
        let start = across.at(view.rows[row].number as f64).round() as usize;
        let end = steps
            .get(k + 1)
            .map_or(wide - 1, |&(next, _)| across.at(view.rows[next].number as f64).round() as usize);
        for x in start..=end {
            canvas.set(x, place(value), true);
        }
        if let Some(&(_, next)) = steps.get(k + 1) {
            let (from, to) = (place(value), place(next));
            for y in from.min(to)..=from.max(to) {
                canvas.set(end, y, true);
            }
        }
    }
}

fn bottom(view: &View, margin: usize, columns: usize, style: Style) -> String {
    let (corner, line) = if style.ascii { ('+', '-') } else { ('╰', '─') };
    let rule = format!("{:margin$}{corner}{}", "", line.to_string().repeat(columns), margin = margin - 1);
    let last = view.rows.last().map_or(0, |row| row.number);
    let right = format!("trial {last}");
    let numbers = format!("{:margin$}0{:>rest$}", "", right, rest = columns.saturating_sub(1));
    format!("{}\n{}\n", style.paint(Look::Dim, &rule), style.paint(Look::Dim, &numbers))
}

/// A raster of dots: 2 × 4 a character in braille, 1 × 1 in ASCII.
struct Canvas {
    columns: usize,
    lines: usize,
    style: Style,
    /// For each character the dots of trials, and those of the line.
    cells: Vec<(u8, u8)>,
}

impl Canvas {
    fn new(columns: usize, lines: usize, style: Style) -> Self {
        Canvas { columns, lines, style, cells: vec![(0, 0); columns * lines] }
    }

    fn dots(&self) -> (usize, usize) {
        if self.style.ascii { (self.columns, self.lines) } else { (self.columns * 2, self.lines * 4) }
    }

    fn set(&mut self, x: usize, y: usize, line: bool) {
        /// Unicode's order of the eight dots, by row and column.
        const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
        let (wide, high) = self.dots();
        let (x, y) = (x.min(wide - 1), y.min(high - 1));
        let (column, row, bit) =
            if self.style.ascii { (x, y, 1) } else { (x / 2, y / 4, BITS[y % 4][x % 2]) };
        let cell = &mut self.cells[row * self.columns + column];
        if line { cell.1 |= bit } else { cell.0 |= bit }
    }

    fn line(&self, line: usize) -> String {
        let cells = &self.cells[line * self.columns..(line + 1) * self.columns];
        let mut out = String::new();
        // Runs of one look are painted at once: a terminal need not read a code for every character.
        for run in cells.chunk_by(|a, b| (a.1 > 0) == (b.1 > 0)) {
            let text: String = run.iter().map(|&cell| self.character(cell)).collect();
            let look = if run[0].1 > 0 { Look::Accent } else { Look::Dim };
            out.push_str(&if text.trim().is_empty() { text } else { self.style.paint(look, &text) });
        }
        out
    }

    fn character(&self, (dots, line): (u8, u8)) -> char {
        match (self.style.ascii, dots | line) {
            (_, 0) => ' ',
            (true, _) if line > 0 => '=',
            (true, _) => '.',
            (false, bits) => char::from_u32(0x2800 + u32::from(bits)).unwrap_or(' '),
        }
    }
}
