//! Commands and other texts with placeholders: each placeholder must mean something where it stands.

use std::ops::Range;

use space::{Found, Point};

use super::Loader;
use super::scope::Scope;
use crate::command::{ArgumentForm, CommandForm};
use crate::diagnostic::Diagnostic;
use crate::template::{Argument, Command, Placeholder, ShellTemplate, Template, TemplateError};

impl Loader<'_> {
    pub(super) fn command(
        &mut self,
        form: &CommandForm,
        shell: Option<bool>,
        path: &str,
        scope: &Scope<'_>,
    ) -> Option<Command> {
        let at = format!("{path}.run");
        match (form, shell) {
            (CommandForm::Line(line), Some(false)) => {
                let message = "a text is a line for the shell, and `shell = false` forbids one";
                self.problems.push(
                    Diagnostic::error(self.at(&at), message).help("write `run` as a list of arguments"),
                );
                let _ = line;
                None
            }
            (CommandForm::List(_), Some(true)) => {
                let message = "`shell = true` wants `run` as one text, this is a list of arguments";
                self.problems.push(Diagnostic::error(self.at(&format!("{path}.shell")), message));
                None
            }
            (CommandForm::Line(line), _) if line.trim().is_empty() => {
                self.problems.push(Diagnostic::error(self.at(&at), "the command is empty"));
                None
            }
            (CommandForm::Line(line), _) => {
                let line =
                    ShellTemplate::parse(line).map_err(|error| self.template_problem(&at, error)).ok()?;
                let placeholders: Vec<_> = line.placeholders().cloned().collect();
                let known = self.placeholders(&placeholders, &at, scope);
                self.always_active(&placeholders, &at, scope, "a line for the shell");
                known.then_some(Command::Shell(line))
            }
            (CommandForm::List(arguments), _) => {
                let empty = match arguments.first() {
                    None => Some("the command is empty"),
                    Some(ArgumentForm::Group(_)) => {
                        Some("the command starts with a list, not with the program's name")
                    }
                    Some(ArgumentForm::One(program)) if program.is_empty() => {
                        Some("the program's name is empty")
                    }
                    Some(ArgumentForm::One(_)) => None,
                };
                if let Some(message) = empty {
                    let found = self.root.find(&format!("{at}[0]")).span();
                    self.problems.push(Diagnostic::error(found, message));
                    return None;
                }
                self.arguments(arguments, &at, scope).map(Command::Program)
            }
        }
    }

    /// All arguments are looked at, also after a mistake.
    fn arguments(&mut self, forms: &[ArgumentForm], path: &str, scope: &Scope<'_>) -> Option<Vec<Argument>> {
        let read = forms.iter().enumerate().map(|(i, form)| {
            let path = format!("{path}[{i}]");
            match form {
                ArgumentForm::One(text) => self.template(text, &path, scope).map(Argument::One),
                ArgumentForm::Group(forms) => self.arguments(forms, &path, scope).map(Argument::Group),
            }
        });
        let read: Vec<Option<Argument>> = read.collect();
        read.into_iter().collect()
    }

    /// A text whose placeholders all mean something.
    pub(super) fn template(&mut self, text: &str, path: &str, scope: &Scope<'_>) -> Option<Template> {
        let template = Template::parse(text).map_err(|error| self.template_problem(path, error)).ok()?;
        let placeholders: Vec<_> = template.placeholders().cloned().collect();
        self.placeholders(&placeholders, path, scope).then_some(template)
    }

    /// The same for a text that cannot be left out.
    pub(super) fn needed(
        &mut self,
        text: &str,
        path: &str,
        scope: &Scope<'_>,
        what: &str,
    ) -> Option<Template> {
        let template = self.template(text, path, scope)?;
        let placeholders: Vec<_> = template.placeholders().cloned().collect();
        self.always_active(&placeholders, path, scope, what);
        Some(template)
    }

    fn template_problem(&mut self, path: &str, error: TemplateError) {
        let span = self.inside(path, Some(&error.span));
        self.problems.push(Diagnostic::error(span, error.message).maybe_help(error.hint));
    }

    fn placeholders(&mut self, placeholders: &[Placeholder], path: &str, scope: &Scope<'_>) -> bool {
        let unknown: Vec<_> =
            placeholders.iter().filter(|placeholder| !scope.has(&placeholder.name)).collect();
        for placeholder in &unknown {
            let span = self.placeholder_span(path, placeholder);
            let (message, help) = scope.problem(&placeholder.name);
            self.problems.push(Diagnostic::error(span, message).help(help));
        }
        self.formats(placeholders, path, scope);
        unknown.is_empty()
    }

    /// A format must suit the values that its parameter can have. Found by trying.
    fn formats(&mut self, placeholders: &[Placeholder], path: &str, scope: &Scope<'_>) {
        let Some(names) = &scope.names else { return };
        for placeholder in placeholders {
            let Some(format) = &placeholder.spec else { continue };
            let misfit = |point: &Point| match names.space.lookup(point, &placeholder.name) {
                Found::Value(value) => format.write(&value).err().map(|problem| (value, problem)),
                _ => None,
            };
            if let Some((value, problem)) = self.tried(names.space).iter().find_map(misfit) {
                let span = self.placeholder_span(path, placeholder);
                let message =
                    format!("`{}` can be {value}, which cannot be written so: {problem}", placeholder.name);
                let help =
                    "numbers take `d`, `f`, `e` or `g`, of which `d` is for integers; lists take a separator";
                self.problems.push(Diagnostic::error(span, message).help(help));
            }
        }
    }

    fn placeholder_span(&self, path: &str, placeholder: &Placeholder) -> Range<usize> {
        self.inside(path, Some(&placeholder.span))
    }

    /// What cannot be left out needs placeholders that are always active. Found by trying.
    fn always_active(&mut self, placeholders: &[Placeholder], path: &str, scope: &Scope<'_>, what: &str) {
        let Some(names) = &scope.names else { return };
        let open: Vec<_> = placeholders.iter().filter(|placeholder| placeholder.default.is_none()).collect();
        let points = self.tried(names.space);
        for placeholder in open {
            let inactive = |point| names.space.lookup(point, &placeholder.name) == Found::Inactive;
            if points.iter().any(inactive) {
                let span = self.placeholder_span(path, placeholder);
                let name = &placeholder.name;
                let message = format!(
                    "`{{{name}}}` is not active in every configuration, and {what} cannot be left out"
                );
                let help = format!("give a value for that case: `{{{name}|VALUE}}`");
                self.problems.push(Diagnostic::error(span, message).help(help));
            }
        }
    }
}
