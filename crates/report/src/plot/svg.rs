//! Writes SVG: elements are closed, attribute and text content is escaped, coordinates are short and finite.

use std::fmt::Write;

/// A drawing under construction.
#[derive(Clone, Debug, Default)]
pub struct Svg {
    out: String,
    open: Vec<&'static str>,
}

/// An element whose attributes are being written. It must be ended with [`Tag::empty`], [`Tag::text`] or
/// [`Tag::open`].
#[must_use = "an element is ended with empty, text or open"]
pub struct Tag<'a> {
    svg: &'a mut Svg,
    name: &'static str,
}

impl Svg {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts an element.
    pub fn tag(&mut self, name: &'static str) -> Tag<'_> {
        self.out.push('<');
        self.out.push_str(name);
        Tag { svg: self, name }
    }

    /// Opens a group of one class.
    pub fn group(&mut self, class: &str) {
        self.tag("g").attr("class", class).open();
    }

    /// Ends the element that was opened last.
    pub fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.out.push_str("</");
            self.out.push_str(name);
            self.out.push('>');
        }
    }

    /// A straight line.
    pub fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        self.tag("line").num("x1", x1).num("y1", y1).num("x2", x2).num("y2", y2).empty();
    }

    /// Text at a place.
    pub fn label(&mut self, (x, y): (f64, f64), class: &str, text: &str) {
        self.tag("text").num("x", x).num("y", y).attr("class", class).text(text);
    }

    /// The drawing's inside, all elements closed.
    pub fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.out
    }

    /// Bytes written so far.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }
}

impl Tag<'_> {
    /// An attribute with any text; an empty one is left out.
    pub fn attr(self, name: &str, value: &str) -> Self {
        if !value.is_empty() {
            let _ = write!(self.svg.out, " {name}=\"");
            escape_into(&mut self.svg.out, value);
            self.svg.out.push('"');
        }
        self
    }

    /// An attribute with a coordinate, to a tenth of a pixel.
    pub fn num(self, name: &str, value: f64) -> Self {
        let _ = write!(self.svg.out, " {name}=\"");
        coordinate(&mut self.svg.out, value);
        self.svg.out.push('"');
        self
    }

    /// An attribute with a whole number.
    pub fn int(self, name: &str, value: u64) -> Self {
        let _ = write!(self.svg.out, " {name}=\"{value}\"");
        self
    }

    /// Ends it without content.
    pub fn empty(self) {
        self.svg.out.push_str("/>");
    }

    /// Ends it with text inside.
    pub fn text(self, text: &str) {
        self.svg.out.push('>');
        escape_into(&mut self.svg.out, text);
        let _ = write!(self.svg.out, "</{}>", self.name);
    }

    /// Leaves it open for children, until [`Svg::close`].
    pub fn open(self) {
        self.svg.out.push('>');
        self.svg.open.push(self.name);
    }
}

/// The `d` of a path.
#[derive(Clone, Debug, Default)]
pub struct Path(String);

impl Path {
    /// An empty path.
    pub fn new() -> Self {
        Self::default()
    }

    /// Moves without a line.
    pub fn to(&mut self, x: f64, y: f64) {
        self.command('M', &[x, y]);
    }

    /// A straight line.
    pub fn line(&mut self, x: f64, y: f64) {
        self.command('L', &[x, y]);
    }

    /// A horizontal line.
    pub fn across(&mut self, x: f64) {
        self.command('H', &[x]);
    }

    /// A vertical line.
    pub fn along(&mut self, y: f64) {
        self.command('V', &[y]);
    }

    /// A cubic curve by two control points and its end.
    pub fn curve(&mut self, a: (f64, f64), b: (f64, f64), end: (f64, f64)) {
        self.command('C', &[a.0, a.1, b.0, b.1, end.0, end.1]);
    }

    /// Back to the last `to`.
    pub fn close(&mut self) {
        self.0.push('Z');
    }

    /// The text of the attribute.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn command(&mut self, letter: char, numbers: &[f64]) {
        self.0.push(letter);
        for (i, &number) in numbers.iter().enumerate() {
            if i > 0 {
                self.0.push(' ');
            }
            coordinate(&mut self.0, number);
        }
    }
}

/// A number of pixels with at most one decimal; what is not finite is 0, so that no drawing is ever malformed.
pub fn coordinate(out: &mut String, value: f64) {
    let tenths = if value.is_finite() { (value * 10.0).round().clamp(-1e9, 1e9) as i64 } else { 0 };
    let sign = if tenths < 0 { "-" } else { "" };
    let (whole, tenth) = (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
    let _ = match tenth {
        0 => write!(out, "{sign}{whole}"),
        _ => write!(out, "{sign}{whole}.{tenth}"),
    };
}

/// `text` made safe inside XML and HTML, in content and in quoted attributes. Characters that XML forbids become
/// U+FFFD.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape_into(&mut out, text);
    out
}

fn escape_into(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(' '),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn coordinates_are_short_and_finite() {
        let text = |value| {
            let mut out = String::new();
            coordinate(&mut out, value);
            out
        };
        assert_eq!(text(12.0), "12");
        assert_eq!(text(12.34), "12.3");
        assert_eq!(text(-0.04), "0");
        assert_eq!(text(-0.5), "-0.5");
        assert_eq!(text(f64::NAN), "0");
        assert_eq!(text(f64::INFINITY), "0");
    }

    proptest! {
        #[test]
        fn any_text_survives_in_attributes_and_content(text in any::<String>()) {
            let mut svg = Svg::new();
            svg.tag("g").attr("data-x", &text).open();
            svg.label((0.0, 0.0), "", &text);
            let out = svg.finish();
            let document = roxmltree::Document::parse(&out).expect("well-formed");
            let expected: String = text.chars().map(|c| match c {
                '\t' | '\n' | '\r' => ' ',
                '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
                c => c,
            }).collect();
            let found = document.descendants().find(|n| n.has_tag_name("text")).unwrap();
            prop_assert_eq!(found.text().unwrap_or(""), expected.as_str());
            if !text.is_empty() {
                prop_assert_eq!(document.root_element().attribute("data-x"), Some(expected.as_str()));
            }
        }
    }
}
