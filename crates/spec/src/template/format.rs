//! How values are written.

use space::Json;

/// A format after the colon of a placeholder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spec {
    /// `:,` joins a list's elements with a separator of punctuation.
    Join(String),
    /// `:05d`, `:.6f`, `:.3e`, `:.4g`, as in Python and C.
    Number {
        /// Whether it is filled with zeros, not spaces.
        zeros: bool,
        /// The least number of characters.
        width: usize,
        /// The digits after the point; for `g` all significant ones. 6 where absent.
        precision: Option<usize>,
        /// `d`, `f`, `e` or `g`.
        kind: char,
    },
}

impl Spec {
    /// Reads what stands after the colon; `None` for what is no format.
    pub(super) fn parse(text: &str) -> Option<Spec> {
        if !text.is_empty()
            && text.chars().all(|c| c.is_ascii_punctuation() || c == ' ')
            && !text.contains('.')
        {
            return Some(Spec::Join(text.to_owned()));
        }
        let kind = text.chars().last().filter(|c| matches!(c, 'd' | 'f' | 'e' | 'g'))?;
        let rest = &text[..text.len() - 1];
        let (width, precision) = match rest.split_once('.') {
            Some((width, precision)) => {
                (width, Some(precision.parse().ok().filter(|digits| *digits <= 100)?))
            }
            None => (rest, None),
        };
        if kind == 'd' && precision.is_some() {
            return None;
        }
        let zeros = width.starts_with('0');
        let width = if width.is_empty() { 0 } else { width.parse().ok().filter(|width| *width <= 100)? };
        Some(Spec::Number { zeros, width, precision, kind })
    }

    /// Writes a value; says why where it is of the wrong kind.
    pub(crate) fn write(&self, value: &Json) -> Result<String, String> {
        match self {
            Spec::Join(separator) => match value {
                Json::Array(items) => Ok(items.iter().map(plain).collect::<Vec<_>>().join(separator)),
                _ => Err("it is not a list".to_owned()),
            },
            Spec::Number { zeros, width, precision, kind } => {
                let written = number(value, *kind, precision.unwrap_or(6))?;
                Ok(filled(&written, *zeros, *width))
            }
        }
    }
}

fn number(value: &Json, kind: char, precision: usize) -> Result<String, String> {
    if kind == 'd' {
        return value
            .as_i64()
            .map(|integer| integer.to_string())
            .ok_or_else(|| "it is not an integer".to_owned());
    }
    let x = value.as_f64().ok_or("it is not a number")?;
    Ok(match kind {
        'f' => format!("{x:.precision$}"),
        'e' => exponent(x, precision),
        _ => general(x, precision.max(1)),
    })
}

/// `1.5e-05`: at least two digits of exponent, as C writes it.
fn exponent(x: f64, precision: usize) -> String {
    let written = format!("{x:.precision$e}");
    let Some((mantissa, exponent)) = written.split_once('e') else { return written };
    let (sign, digits) = exponent.strip_prefix('-').map_or(("+", exponent), |digits| ("-", digits));
    format!("{mantissa}e{sign}{digits:0>2}")
}

/// C's `%g`: the shorter of the two forms, without zeros at the end.
fn general(x: f64, precision: usize) -> String {
    let scientific = exponent(x, precision - 1);
    let Some((mantissa, power)) = scientific.split_once('e') else { return scientific };
    let power: i32 = power.parse().unwrap_or(0);
    let trimmed = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if power < -4 || power >= precision as i32 {
        let tail = &scientific[mantissa.len()..];
        return trimmed(mantissa) + tail;
    }
    let digits = (precision as i32 - 1 - power).max(0) as usize;
    trimmed(&format!("{x:.digits$}"))
}

fn filled(text: &str, zeros: bool, width: usize) -> String {
    match text.strip_prefix('-') {
        Some(digits) if zeros => format!("-{digits:0>0$}", width.saturating_sub(1)),
        None if zeros => format!("{text:0>width$}"),
        _ => format!("{text:>width$}"),
    }
}

/// A value as a program reads it: text as it is, the rest as JSON.
pub(super) fn plain(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(format: &str, value: Json) -> String {
        Spec::parse(format).expect(format).write(&value).unwrap_or_else(|problem| problem)
    }

    #[test]
    fn numbers_are_written_as_python_writes_them() {
        assert_eq!(written(".6f", json!(0.001)), "0.001000");
        assert_eq!(written(".3e", json!(0.000015)), "1.500e-05");
        assert_eq!(written(".2e", json!(0)), "0.00e+00");
        assert_eq!(written(".4g", json!(0.00001234567)), "1.235e-05");
        assert_eq!(written(".4g", json!(1234.0)), "1234");
        assert_eq!(written(".4g", json!(12345.0)), "1.234e+04");
        assert_eq!(written(".3g", json!(0.5)), "0.5");
        assert_eq!(written("05d", json!(-42)), "-0042");
        assert_eq!(written("5d", json!(42)), "   42");
        assert_eq!(written("08.2f", json!(2.5)), "00002.50");
    }

    #[test]
    fn lists_are_joined() {
        assert_eq!(written(",", json!([16, 32])), "16,32");
        assert_eq!(written(" ", json!(["a", 0.5])), "a 0.5");
        assert_eq!(written(",", json!(3)), "it is not a list");
    }

    #[test]
    fn what_is_no_format_is_refused() {
        for text in ["", "x", "f5", ".f", ".2d", "1000f", ".999f"] {
            assert_eq!(Spec::parse(text), None, "{text}");
        }
    }

    #[test]
    fn values_are_written_as_programs_read_them() {
        let values =
            [json!(3), json!(1e-5), json!(0.1), json!(true), json!("a b"), json!([1, "x"]), json!(1e16)];
        assert_eq!(
            values.map(|value| plain(&value)),
            ["3", "0.00001", "0.1", "true", "a b", "[1,\"x\"]", "1e+16"]
        );
    }
}
