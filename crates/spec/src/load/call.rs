//! `call`: a Python function in place of a command. It is lowered to the command that calls it, so that limits, logs,
//! time-outs and the promise that nothing is left running are those of every other program.

use std::ops::Range;

use study::Objective;

use super::Loader;
use super::scope::Scope;
use crate::diagnostic::Diagnostic;
use crate::file::StageForm;
use crate::template::{Argument, Command, Template};

/// The module of the Python package that calls a function in a process of its own:
/// `python -m ravine._call MODULE:FUNCTION [METRIC…]`.
const CALLER: &str = "ravine._call";

/// The objective of which no name is known, by which a bare number that the function returns is then reported.
const UNNAMED: &str = "value";

impl Loader<'_> {
    /// What a stage runs: its command, or what calls its function.
    pub(super) fn program(
        &mut self,
        form: &StageForm,
        index: usize,
        objectives: &[Objective],
        scope: &Scope<'_>,
    ) -> Option<Command> {
        let path = &format!("stage[{index}]");
        match (&form.run, &form.call) {
            (Some(run), None) => {
                if form.python.is_some() {
                    let message = "`python` names the interpreter of `call`, and this stage has `run`";
                    let at = self.key_at(&format!("{path}.python"));
                    self.problems.push(
                        Diagnostic::error(at, message).help("write the interpreter at the start of `run`"),
                    );
                }
                if form.pool {
                    let message = "`pool` imports the module of `call` once, and this stage has `run`";
                    let at = self.key_at(&format!("{path}.pool"));
                    let help = "leave it out, or call a function: `call = \"train:fit\"`";
                    self.problems.push(Diagnostic::error(at, message).help(help));
                }
                self.command(run, form.shell, path, scope)
            }
            (None, Some(target)) => self.call(form, target, path, objectives),
            (Some(_), Some(_)) => {
                let problem = Diagnostic::error(
                    self.key_at(&format!("{path}.call")),
                    "a stage runs a command or calls a function, and this one has both",
                );
                self.problems
                    .push(problem.also(self.key_at(&format!("{path}.run"))).help("leave one of the two out"));
                None
            }
            (None, None) => {
                let help = "add `run = [\"python\", \"train.py\", \"--lr={lr}\"]`, or for a Python function \
                            `call = \"train:fit\"`";
                self.problems.push(
                    Diagnostic::error(self.at(path), "this stage says neither `run` nor `call`").help(help),
                );
                None
            }
        }
    }

    fn call(
        &mut self,
        form: &StageForm,
        target: &str,
        path: &str,
        objectives: &[Objective],
    ) -> Option<Command> {
        if form.shell.is_some() {
            let message = "a function is called without a shell";
            let at = self.key_at(&format!("{path}.shell"));
            self.problems.push(Diagnostic::error(at, message).help("leave `shell` out"));
        }
        if form.python.as_deref() == Some("") {
            let at = self.at(&format!("{path}.python"));
            let help = "leave it out for the interpreter of `ravine.run`, or `python3`";
            self.problems.push(Diagnostic::error(at, "the interpreter's name is empty").help(help));
        }
        if let Err(wrong) = target_problem(target) {
            let at = self.inside(&format!("{path}.call"), Some(&wrong.span));
            self.problems.push(Diagnostic::error(at, wrong.message).help(wrong.help));
            return None;
        }
        let stage = form.title();
        let literals = ["-m", CALLER, target].map(str::to_owned);
        let metrics = objectives.iter().map(|objective| metric_of(objective, &stage));
        let arguments = literals.into_iter().chain(metrics).map(|text| literal(&text));
        let python = form.python.as_deref().map_or_else(|| Template::parse("{python}").ok(), literal);
        std::iter::once(python)
            .chain(arguments)
            .map(|text| text.map(Argument::One))
            .collect::<Option<_>>()
            .map(Command::Program)
    }

    /// Where the caret for a key itself belongs, and not for its value.
    fn key_at(&self, path: &str) -> Range<usize> {
        self.root.find(path).key.cloned().unwrap_or_else(|| self.at(path))
    }
}

/// The metric that an objective is of, without the name of the stage that reports it.
fn metric_of(objective: &Objective, stage: &str) -> String {
    let metric = objective.metric.as_deref().unwrap_or(UNNAMED);
    let own = metric.strip_prefix(stage).and_then(|rest| rest.strip_prefix('.'));
    own.unwrap_or(metric).to_owned()
}

/// A text whose braces are no placeholders.
fn literal(text: &str) -> Option<Template> {
    Template::parse(&text.replace('{', "{{").replace('}', "}}")).ok()
}

/// What is wrong with a function's name, and where in it.
struct WrongTarget {
    span: Range<usize>,
    message: String,
    help: String,
}

/// A function is named `package.module:function`; a method or an attribute has dots after the colon.
fn target_problem(target: &str) -> Result<(), WrongTarget> {
    let wrong = |span: Range<usize>, message: &str, help: String| {
        Err(WrongTarget { span, message: message.to_owned(), help })
    };
    let whole = 0..target.len();
    let Some((module, function)) = target.split_once(':') else {
        let help = match target.rsplit_once('.') {
            Some((module, function)) if !matches!(function, "" | "py") => {
                format!("a colon stands before the function: `{module}:{function}`")
            }
            _ => {
                "write the module and the function: `train:fit` is the function `fit` of train.py".to_owned()
            }
        };
        return wrong(whole, "this does not say which function of the module to call", help);
    };
    if module.contains('/') || module.ends_with(".py") {
        let path = module.strip_suffix(".py").unwrap_or(module);
        let imported = path.trim_start_matches("./").replace('/', ".");
        let message = "a module is named as Python imports it, not by its file";
        return wrong(0..module.len(), message, format!("write `{imported}:{function}`"));
    }
    let mut start = 0;
    for part in module.split('.').chain(function.split('.')) {
        let span = start..start + part.len();
        start = span.end + 1;
        if part.is_empty() {
            let help = "write it as `package.module:function`".to_owned();
            return wrong(whole, "a name is missing in this function's path", help);
        }
        if !is_name(part) {
            let help = "a function is named as `package.module:function`".to_owned();
            return wrong(span, &format!("`{part}` is no name in Python"), help);
        }
    }
    Ok(())
}

/// Whether Python takes this for a name.
fn is_name(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_alphanumeric() || letter == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_named_by_module_and_path() {
        for good in ["train:fit", "pkg.mod:fit", "pkg._mod2:Model.fit", "größe:passt"] {
            assert!(target_problem(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "fit",
            "pkg.mod.fit",
            "train.py:fit",
            "a/b:fit",
            "a:",
            ":fit",
            "a:b:c",
            "a:2b",
            "a-b:c",
            "a..b:c",
            "a: b",
        ] {
            assert!(target_problem(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_metric_of_the_stage_itself_loses_its_name() {
        let named = |metric: &str| metric_of(&Objective::minimize(metric), "train");
        assert_eq!(named("train.loss"), "loss");
        assert_eq!(named("training.loss"), "training.loss");
        assert_eq!(named("loss"), "loss");
    }
}
