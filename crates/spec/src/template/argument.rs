//! Commands: lists of arguments, and lines for the shell.

use super::{Outcome, Placeholder, RenderError, ShellTemplate, Template, Values};

/// A command of the study file.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// A program and its arguments, passed as they are.
    Program(Vec<Argument>),
    /// A line for `/bin/sh -c`; each placeholder is quoted.
    Shell(ShellTemplate),
}

/// One argument, or several that are dropped together.
#[derive(Clone, Debug, PartialEq)]
pub enum Argument {
    /// One.
    One(Template),
    /// A nested list: dropped whole where one of its placeholders is inactive.
    Group(Vec<Argument>),
}

/// A command as it is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rendered {
    /// A program and its arguments.
    Program(Vec<String>),
    /// A line for `/bin/sh -c`.
    Shell(String),
}

impl Command {
    /// Puts the values in. An argument whose placeholder is inactive is dropped, a nested list whole.
    ///
    /// # Errors
    /// A name without a value, one that cannot be written as asked, an inactive one in a line for the shell; or nothing
    /// is left, not even the program.
    pub fn render(&self, values: &dyn Values) -> Result<Rendered, RenderError> {
        match self {
            Command::Shell(line) => {
                line.render(values)?.required("a line for the shell").map(Rendered::Shell)
            }
            Command::Program(arguments) => {
                if let Some(Argument::One(program)) = arguments.first() {
                    program.render(values)?.required("the program's name")?;
                }
                let mut rendered = Vec::new();
                for argument in arguments {
                    argument.render(values, &mut rendered)?;
                }
                Ok(Rendered::Program(rendered))
            }
        }
    }

    /// The same, where placeholders of some names have no format: for values that are not known yet, and stand for
    /// themselves.
    pub fn unformatted(&self, of: &dyn Fn(&str) -> bool) -> Command {
        match self {
            Command::Shell(line) => Command::Shell(line.unformatted(of)),
            Command::Program(arguments) => {
                Command::Program(arguments.iter().map(|argument| argument.unformatted(of)).collect())
            }
        }
    }

    /// All placeholders in their order.
    pub fn placeholders(&self) -> Vec<&Placeholder> {
        match self {
            Command::Shell(line) => line.placeholders().collect(),
            Command::Program(arguments) => arguments.iter().flat_map(Argument::placeholders).collect(),
        }
    }
}

impl Rendered {
    /// As it would be typed into a shell, for people.
    pub fn shown(&self) -> String {
        match self {
            Rendered::Shell(line) => line.clone(),
            Rendered::Program(arguments) => {
                arguments.iter().map(|argument| super::shell::quoted(argument)).collect::<Vec<_>>().join(" ")
            }
        }
    }
}

impl Argument {
    fn unformatted(&self, of: &dyn Fn(&str) -> bool) -> Argument {
        match self {
            Argument::One(template) => Argument::One(template.unformatted(of)),
            Argument::Group(arguments) => {
                Argument::Group(arguments.iter().map(|argument| argument.unformatted(of)).collect())
            }
        }
    }

    /// Whether all of it was written; what was written of a part that is dropped is taken back.
    fn render(&self, values: &dyn Values, into: &mut Vec<String>) -> Result<bool, RenderError> {
        match self {
            Argument::One(template) => match template.render(values)? {
                Outcome::Text(text) => {
                    into.push(text);
                    Ok(true)
                }
                Outcome::Inactive(_) => Ok(false),
            },
            Argument::Group(arguments) => {
                let before = into.len();
                for argument in arguments {
                    let kept = argument.render(values, into)?;
                    // A group inside a group is dropped by itself: the outer one keeps its other arguments.
                    if !kept && matches!(argument, Argument::One(_)) {
                        into.truncate(before);
                        return Ok(false);
                    }
                }
                Ok(true)
            }
        }
    }

    fn placeholders(&self) -> Vec<&Placeholder> {
        match self {
            Argument::One(template) => template.placeholders().collect(),
            Argument::Group(arguments) => arguments.iter().flat_map(Argument::placeholders).collect(),
        }
    }
}
