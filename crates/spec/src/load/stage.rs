//! Stages: commands, placeholders, patterns, runcards.

use std::ops::Range;

use regex::Regex;
use space::{Found, Json, Space, Stream};

use super::{Loader, folder_problem};
use crate::command::{ArgumentForm, CommandForm};
use crate::diagnostic::Diagnostic;
use crate::file::{RuncardForm, SetupForm, StageForm};
use crate::runcard::{Runcard, Setting};
use crate::source::Format;
use crate::study_file::{Setup, Stage};
use crate::template::{Argument, Command, Names, Placeholder, ShellTemplate, Template, TemplateError};

impl Loader<'_> {
    pub(super) fn stages(
        &mut self,
        forms: Vec<StageForm>,
        space: Option<&Space>,
        cpus: Option<u32>,
    ) -> Vec<Stage> {
        if forms.is_empty() && !self.is_broken("stage") {
            let help = "add [[stage]] with `run = [\"python\", \"train.py\", \"--lr={lr}\"]`";
            self.problems.push(Diagnostic::whole("the file has no [[stage]]: what is to be run?").help(help));
        }
        if forms.len() > 1 {
            let at = self.root.find("stage[1]").span();
            self.problems.push(
                Diagnostic::error(at, "a second stage is not supported yet").help("write one [[stage]]"),
            );
        }
        let mut stages: Vec<Stage> = Vec::new();
        for (i, form) in forms.into_iter().enumerate() {
            let path = format!("stage[{i}]");
            if let Some(stage) = self.stage(form, &path, space, &stages, cpus) {
                stages.push(stage);
            }
        }
        stages
    }

    fn stage(
        &mut self,
        form: StageForm,
        path: &str,
        space: Option<&Space>,
        earlier: &[Stage],
        cpus: Option<u32>,
    ) -> Option<Stage> {
        let name = form.name.unwrap_or_else(|| "run".to_owned());
        if let Some(problem) = folder_problem(&name) {
            let at = self.at(&format!("{path}.name"));
            self.problems
                .push(Diagnostic::error(at, format!("`{name}` cannot be a stage's name: {problem}")));
        }
        if earlier.iter().any(|stage| stage.name == name) {
            let at = self.at(&format!("{path}.name"));
            self.problems.push(Diagnostic::error(at, format!("there is a stage `{name}` already")));
        }
        self.limits(path, form.cpus, cpus, &form.ok);
        let scope =
            Scope { names: space.map(|space| Names { space, earlier: names_of(earlier) }), setup: false };
        let command = self.command(&form.run, form.shell, path, &scope);
        let cwd = form.cwd.and_then(|text| self.needed(&text, &format!("{path}.cwd"), &scope, "`cwd`"));
        let env = self.environment(form.env.iter().map(|(k, v)| (k.as_str(), v.as_str())), path, &scope);
        let files = form
            .file
            .iter()
            .enumerate()
            .map(|(i, file)| self.runcard(file, &format!("{path}.file[{i}]"), &scope));
        let files: Vec<Runcard> = files.collect::<Vec<_>>().into_iter().flatten().collect();
        for (metric, pattern) in &form.capture {
            self.pattern(metric, pattern, &format!("{path}.capture"));
        }
        Some(Stage {
            name,
            command: command?,
            cpus: form.cpus,
            timeout: form.timeout,
            on_timeout: form.on_timeout,
            ok: form.ok,
            grace: form.grace,
            cwd,
            env,
            files,
            capture: form.capture,
            log_limit: form.log_limit,
        })
    }

    pub(super) fn setup(&mut self, form: SetupForm) -> Option<Setup> {
        let scope = Scope { names: None, setup: true };
        let command = self.command(&form.run, None, "setup", &scope)?;
        let env = form.env.into_iter().collect();
        Some(Setup { command, cwd: form.cwd, timeout: form.timeout, env })
    }

    fn limits(&mut self, path: &str, cpus: u32, available: Option<u32>, ok: &[i32]) {
        let at = |key: &str| self.root.find(&format!("{path}.{key}")).span();
        let mut problems = Vec::new();
        if cpus == 0 {
            problems.push(Diagnostic::error(at("cpus"), "a run takes at least 1 cpu"));
        }
        if let Some(available) = available.filter(|available| cpus > *available && *available > 0) {
            let message = format!("a run takes {cpus} cpus, and the executor has {available}");
            problems.push(Diagnostic::error(at("cpus"), message));
        }
        if ok.is_empty() {
            problems.push(Diagnostic::error(at("ok"), "no exit code means success").help("write `ok = [0]`"));
        }
        if let Some(code) = ok.iter().find(|code| !(0..=255).contains(*code)) {
            problems.push(Diagnostic::error(at("ok"), format!("{code} is no exit code: they are 0 to 255")));
        }
        self.problems.extend(problems);
    }

    fn command(
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

    fn environment<'t>(
        &mut self,
        variables: impl Iterator<Item = (&'t str, &'t str)>,
        path: &str,
        scope: &Scope<'_>,
    ) -> Vec<(String, Template)> {
        let mut read = Vec::new();
        for (name, text) in variables {
            let at = format!("{path}.env.{name}");
            if name.is_empty() || name.contains('=') {
                self.problems.push(Diagnostic::error(
                    self.at(&at),
                    format!("`{name}` is no environment variable's name"),
                ));
            }
            if name.starts_with("RAVINE_") {
                let message = format!("`{name}` is a variable that ravine sets");
                self.problems.push(Diagnostic::error(self.at(&at), message).help("call it something else"));
            }
            read.extend(self.template(text, &at, scope).map(|template| (name.to_owned(), template)));
        }
        read
    }

    fn runcard(&mut self, form: &RuncardForm, path: &str, scope: &Scope<'_>) -> Option<Runcard> {
        let Some(format) = Format::of(&form.template) else {
            let at = self.at(&format!("{path}.template"));
            let problem = Diagnostic::error(at, "the ending of this name says no format");
            self.problems.push(problem.help("a runcard is called *.yaml, *.yml, *.toml or *.json"));
            return None;
        };
        let target = match &form.target {
            Some(text) => self.needed(text, &format!("{path}.target"), scope, "a file's target")?,
            None => {
                let name = form.template.rsplit('/').next().unwrap_or(&form.template);
                // Braces of a file's own name are no placeholders.
                Template::parse(&name.replace('{', "{{").replace('}', "}}")).ok()?
            }
        };
        let mut set = indexmap::IndexMap::new();
        for (key, value) in &form.set {
            let at = format!("{path}.set.{key}");
            if let Err(problem) = crate::runcard::KeyPath::parse(key) {
                self.problems
                    .push(Diagnostic::error(self.root.find(&at).key.cloned().unwrap_or_default(), problem));
                continue;
            }
            let setting = match value {
                Json::String(text) => self.template(text, &at, scope).map(Setting::Template),
                constant => Some(Setting::Constant(constant.clone())),
            };
            set.extend(setting.map(|setting| (key.clone(), setting)));
        }
        Some(Runcard { template: form.template.clone(), format, target, set })
    }

    fn pattern(&mut self, metric: &str, pattern: &str, path: &str) {
        let at = format!("{path}.{metric}");
        let problem = match Regex::new(pattern) {
            Ok(regex) if regex.captures_len() < 2 => {
                let message = "this pattern has no group that says where the number is";
                Diagnostic::error(self.at(&at), message)
                    .help("put the number in brackets: 'error: ([0-9.]+)'")
            }
            Ok(_) => return,
            Err(error) => {
                // The last line says what is wrong; those before show the pattern, as the caret does.
                let text = error.to_string();
                let last = text.lines().last().unwrap_or("").trim().trim_start_matches("error: ").to_owned();
                Diagnostic::error(self.at(&at), format!("this is no regular expression: {last}"))
            }
        };
        self.problems.push(problem);
    }

    /// A text whose placeholders all mean something.
    fn template(&mut self, text: &str, path: &str, scope: &Scope<'_>) -> Option<Template> {
        let template = Template::parse(text).map_err(|error| self.template_problem(path, error)).ok()?;
        let placeholders: Vec<_> = template.placeholders().cloned().collect();
        self.placeholders(&placeholders, path, scope).then_some(template)
    }

    /// The same for a text that cannot be left out.
    fn needed(&mut self, text: &str, path: &str, scope: &Scope<'_>, what: &str) -> Option<Template> {
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
            let message = format!("the placeholder `{{{}}}` names nothing", placeholder.name);
            self.problems.push(Diagnostic::error(span, message).help(scope.help(&placeholder.name)));
        }
        unknown.is_empty()
    }

    fn placeholder_span(&self, path: &str, placeholder: &Placeholder) -> Range<usize> {
        self.inside(path, Some(&placeholder.span))
    }

    /// What cannot be left out needs placeholders that are always active. Found by trying: conditions can be any
    /// expression, and a thousand configurations show the inactive ones of any but the rarest.
    fn always_active(&mut self, placeholders: &[Placeholder], path: &str, scope: &Scope<'_>, what: &str) {
        let Some(names) = &scope.names else { return };
        let open: Vec<_> = placeholders.iter().filter(|placeholder| placeholder.default.is_none()).collect();
        let mut stream = Stream::new(0, 0, 0);
        let points: Vec<_> = (0..1000).map(|_| names.space.sample(&mut stream)).collect();
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

/// What placeholders may name: in a stage the space's names, where the space could be read; in the setup only the seed.
struct Scope<'a> {
    names: Option<Names<'a>>,
    setup: bool,
}

impl Scope<'_> {
    /// Whether a name means something, as far as that is known.
    fn has(&self, name: &str) -> bool {
        match &self.names {
            Some(names) => names.has(name),
            None => !self.setup || name == "seed",
        }
    }

    fn help(&self, name: &str) -> String {
        if self.setup {
            return "before the first run there is only `{seed}`; write `{{` for a literal brace".to_owned();
        }
        match self.names.as_ref().and_then(|names| names.nearest(name)) {
            Some(nearest) => format!("did you mean `{{{nearest}}}`?"),
            None => "it is neither a parameter nor one of `run_dir`, `checkpoint_dir`, `artifacts_dir`, `seed`, `trial`; \
                     write `{{` for a literal brace"
                .to_owned(),
        }
    }
}

fn names_of(stages: &[Stage]) -> Vec<&str> {
    stages.iter().map(|stage| stage.name.as_str()).collect()
}
