//! Lines for the shell. Each placeholder's value is quoted by where it stands, so that no value is ever read as shell
//! syntax; where no quoting can see to that, a placeholder is refused.

use super::places::{Place, Places};
use super::{Outcome, Part, Placeholder, RenderError, Template, TemplateError, Values};

/// A line for `/bin/sh -c` with placeholders.
///
/// Quoting follows the line's own quotes, `'`, `"` and `\`, and those inside `$(…)`, which begin anew. In `$((…))` only numbers
/// may stand. Placeholders in here-documents, comments, `${…}` and between backticks are refused.
#[derive(Clone, Debug, PartialEq)]
pub struct ShellTemplate {
    template: Template,
    /// For each placeholder, where it stands.
    places: Vec<Place>,
}

impl ShellTemplate {
    /// Reads a line.
    ///
    /// # Errors
    /// As [`Template::parse`]; a placeholder where no quoting is safe.
    pub fn parse(text: &str) -> Result<ShellTemplate, TemplateError> {
        let template = Template::parse(text)?;
        let mut line = Places::default();
        let mut places = Vec::new();
        for part in &template.parts {
            match part {
                Part::Text(text) => line.pass(text),
                Part::Hole(hole) => {
                    let place = line.here();
                    if let Place::Never(there) = place {
                        let message = format!("no value is safe {there}");
                        let hint = format!(
                            "put it into a variable first: `value={{{}}}`, then `\"$value\"`",
                            hole.name
                        );
                        return Err(TemplateError::new(hole.span.clone(), message, &hint));
                    }
                    places.push(place);
                    line.pass_value();
                }
            }
        }
        Ok(ShellTemplate { template, places })
    }

    pub(super) fn unformatted(&self, of: &dyn Fn(&str) -> bool) -> ShellTemplate {
        ShellTemplate { template: self.template.unformatted(of), places: self.places.clone() }
    }

    /// The placeholders in their order.
    pub fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        self.template.placeholders()
    }

    /// Puts the values in, each quoted.
    ///
    /// # Errors
    /// As [`Template::render`]; a value that is no number where only numbers may stand.
    pub fn render(&self, values: &dyn Values) -> Result<Outcome, RenderError> {
        let mut line = String::new();
        let mut places = self.places.iter();
        for part in &self.template.parts {
            match part {
                Part::Text(literal) => line += literal,
                Part::Hole(placeholder) => {
                    let Some(value) = placeholder.text(values)? else {
                        return Ok(Outcome::Inactive(placeholder.name.clone()));
                    };
                    line += &match places.next().unwrap_or(&Place::Bare) {
                        Place::Bare | Place::Never(_) => quoted(&value),
                        Place::Single => value.replace('\'', r"'\''"),
                        Place::Double => escaped(&value),
                        Place::Number => number(&placeholder.name, value)?,
                    };
                }
            }
        }
        Ok(Outcome::Text(line))
    }
}

/// A value as one bare word of the shell.
pub(super) fn quoted(value: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@%".contains(c);
    if !value.is_empty() && value.chars().all(safe) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', r"'\''"))
}

/// A value between double quotes.
fn escaped(value: &str) -> String {
    let mut text = String::new();
    for c in value.chars() {
        if matches!(c, '$' | '`' | '"' | '\\') {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

/// A value in arithmetic, which takes what is not a number for the name of a variable.
fn number(name: &str, value: String) -> Result<String, RenderError> {
    if value.chars().all(|c| c.is_ascii_digit() || "+-.eE".contains(c)) && value.parse::<f64>().is_ok() {
        return Ok(value);
    }
    let problem = format!("it stands in `$((…))`, and `{value}` is no number");
    Err(RenderError::Format { name: name.to_owned(), problem })
}

#[cfg(test)]
mod tests {
    use space::Found;

    use super::*;

    struct Says(&'static str);

    impl Values for Says {
        fn value(&self, _name: &str) -> Found {
            Found::Value(self.0.into())
        }
    }

    #[test]
    fn a_placeholder_where_no_value_is_safe_is_refused() {
        let refused = |line: &str| ShellTemplate::parse(line).unwrap_err();
        assert_eq!(
            refused("echo `echo {x}`").to_string(),
            "no value is safe between backticks; write `$(…)`"
        );
        let document = refused("cat <<E\n{x}\nE");
        assert_eq!(document.to_string(), "no value is safe in a here-document");
        assert_eq!(document.hint.unwrap(), r#"put it into a variable first: `value={x}`, then `"$value"`"#);
        assert_eq!(document.span, 8..11);
    }

    #[test]
    fn arithmetic_takes_numbers_and_nothing_else() {
        let line = ShellTemplate::parse("echo $(({x} + 1))").unwrap();
        assert_eq!(line.render(&Says("-3")), Ok(Outcome::Text("echo $((-3 + 1))".to_owned())));
        let error = line.render(&Says("a[$(touch x)]")).unwrap_err().to_string();
        assert!(error.contains("it stands in `$((…))`, and `a[$(touch x)]` is no number"), "{error}");
    }
}
