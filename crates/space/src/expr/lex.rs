//! From text to tokens.

use std::ops::Range;

use super::{ExprError, MAX_LENGTH};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Int(u64),
    Float(f64),
    Str(String),
    Name(String),
    /// An operator, a bracket, a comma, a dot.
    Mark(&'static str),
    End,
}

/// Longest first, so that `<=` is not read as `<`.
const MARKS: [&str; 24] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", "(", ")", "[", "]",
    ",", ".", "{", "}",
];

/// What people write who come from other languages, and what they mean here.
const FOREIGN: [(&str, &str); 6] = [
    ("//", "`//` starts a comment in CEL; for whole division write `floor(a / b)`"),
    ("**", "write a product, or `exp(b * log(a))`"),
    ("=", "to compare, write `==`"),
    ("&", "for `and`, write `&&`"),
    ("|", "for `or`, write `||`"),
    ("^", "write a product, or `exp(b * log(a))`"),
];

pub(super) fn tokens(source: &str) -> Result<Vec<(Token, Range<usize>)>, ExprError> {
    if source.len() > MAX_LENGTH {
        let message = format!("an expression of {} bytes is too long: at most {MAX_LENGTH}", source.len());
        return Err(ExprError::new(0..0, message));
    }
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = source[at..].chars().next() {
        if c.is_ascii_whitespace() {
            at += 1;
            continue;
        }
        let (token, length) = token(source, at, c)?;
        found.push((token, at..at + length));
        at += length;
    }
    found.push((Token::End, source.len()..source.len()));
    Ok(found)
}

fn token(source: &str, at: usize, c: char) -> Result<(Token, usize), ExprError> {
    let rest = &source[at..];
    let digit_follows = |text: &str| text.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
    if c.is_ascii_digit() || (c == '.' && digit_follows(rest)) {
        return number(rest).map_err(|message| number_error(rest, at, message));
    }
    if c.is_ascii_alphabetic() || c == '_' {
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        return Ok((Token::Name(rest[..length].to_owned()), length));
    }
    if c == '\'' || c == '"' {
        return text(rest, at, c);
    }
    let comparison = ["==", "!=", "<=", ">=", "&&", "||"].iter().any(|mark| rest.starts_with(mark));
    if !comparison && let Some((mark, hint)) = FOREIGN.iter().find(|(mark, _)| rest.starts_with(mark)) {
        let error = ExprError::new(at..at + mark.len(), format!("`{mark}` is not an operator"));
        return Err(error.with_hint(*hint));
    }
    match MARKS.iter().find(|mark| rest.starts_with(**mark)) {
        Some(mark) => Ok((Token::Mark(mark), mark.len())),
        None => Err(ExprError::new(at..at + c.len_utf8(), format!("unexpected character {c:?}"))),
    }
}

fn number_error(rest: &str, at: usize, message: String) -> ExprError {
    let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(rest.len());
    ExprError::new(at..at + length, message)
}

fn number(rest: &str) -> Result<(Token, usize), String> {
    if let Some(hex) = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X")) {
        let length = hex.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(hex.len());
        let value =
            u64::from_str_radix(&hex[..length], 16).map_err(|_| "not a hexadecimal integer".to_owned())?;
        return Ok((Token::Int(value), length + 2));
    }
    let bytes = rest.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut end = digits(0);
    let mut float = false;
    if bytes.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        if fraction == 0 {
            return Err(format!("a digit must follow the point: `{}.0`", &rest[..end]));
        }
        float = true;
        end += 1 + fraction;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits((end + 1 + sign).min(bytes.len()));
        if exponent == 0 {
            return Err("a digit must follow the exponent's `e`".to_owned());
        }
        float = true;
        end += 1 + sign + exponent;
    }
    if bytes.get(end).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_') {
        return Err("a name may not start with a digit".to_owned());
    }
    let text = &rest[..end];
    if float {
        let value: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
        return if value.is_finite() {
            Ok((Token::Float(value), end))
        } else {
            Err("the number is too large".to_owned())
        };
    }
    let value = text.parse::<u64>().ok().filter(|value| *value <= 1 << 63);
    value.map(|value| (Token::Int(value), end)).ok_or_else(|| "the integer is too large".to_owned())
}

fn text(rest: &str, at: usize, quote: char) -> Result<(Token, usize), ExprError> {
    let unclosed = || {
        ExprError::new(at..at + rest.len(), "the text is not closed")
            .with_hint(format!("end it with `{quote}`"))
    };
    let mut value = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((i, c)) = chars.next() {
        if c == quote {
            return Ok((Token::Str(value), i + 1));
        }
        if c != '\\' {
            value.push(c);
            continue;
        }
        let (_, escape) = chars.next().ok_or_else(unclosed)?;
        value.push(match escape {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            '\\' | '\'' | '"' => escape,
            other => {
                let span = at + i..at + i + 1 + other.len_utf8();
                return Err(ExprError::new(span, format!("`\\{other}` is not an escape"))
                    .with_hint("known are \\n \\t \\r \\\\ \\' \\\""));
            }
        });
    }
    Err(unclosed())
}
