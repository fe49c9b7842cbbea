//! Stages: what they are called, what they take, their commands, patterns, runcards.

use regex::Regex;
use space::Json;
use study::Objective;
use study::schedule::{Demand, Gpus};

use super::scope::{Scope, Surroundings};
use super::{Loader, folder_problem};
use crate::diagnostic::Diagnostic;
use crate::executor::Executor;
use crate::file::{RuncardForm, SetupForm, StageForm};
use crate::runcard::{Runcard, Setting};
use crate::source::Format;
use crate::stage::{Setup, Stage};
use crate::template::{Template, stage_variable};

impl Loader<'_> {
    pub(super) fn stages(
        &mut self,
        forms: Vec<StageForm>,
        surroundings: &Surroundings<'_>,
        objectives: &[Objective],
        executor: &Executor,
    ) -> Vec<Stage> {
        if forms.is_empty() && !self.is_broken("stage") {
            let help = "add [[stage]] with `run = [\"python\", \"train.py\", \"--lr={lr}\"]`";
            self.problems.push(Diagnostic::whole("the file has no [[stage]]: what is to be run?").help(help));
        }
        self.stage_names(&forms, surroundings);
        let mut stages: Vec<Stage> = Vec::new();
        for (i, form) in forms.into_iter().enumerate() {
            stages.extend(self.stage(form, i, surroundings, objectives, executor));
        }
        stages
    }

    fn stage_names(&mut self, forms: &[StageForm], surroundings: &Surroundings<'_>) {
        let names = &surroundings.stages;
        for (i, name) in names.iter().enumerate() {
            let at = self.at(&format!("stage[{i}].name"));
            if let Some(problem) = folder_problem(name) {
                let message = format!("`{name}` cannot be a stage's name: {problem}");
                self.problems.push(Diagnostic::error(at.clone(), message));
            }
            if names.len() > 1 && forms[i].name.is_none() {
                let message = "of several stages each has a name, and this one has none";
                let help = "add `name = \"train\"`, for example: it names folders and `{stage.train.loss}`";
                self.problems.push(Diagnostic::error(at, message).help(help));
            } else if let Some(k) = names[..i].iter().position(|other| other == name) {
                let problem = Diagnostic::error(at, format!("there is a stage `{name}` already"));
                self.problems.push(problem.also(self.at(&format!("stage[{k}].name"))));
            } else if let Some(k) =
                names[..i].iter().position(|other| stage_variable(other) == stage_variable(name))
            {
                let variable = stage_variable(name);
                let message =
                    format!("`{name}` and `{}` have the same environment variable {variable}", names[k]);
                self.problems.push(Diagnostic::error(at, message).help("rename one of the two"));
            }
            let late = forms[i].once && forms[..i].iter().any(|earlier| !earlier.once);
            if late {
                let message = "a stage that runs once comes before those that run for every repetition";
                let problem = Diagnostic::error(self.at(&format!("stage[{i}].once")), message);
                self.problems.push(problem.help("move it up, or leave `once` out"));
            }
        }
    }

    fn stage(
        &mut self,
        form: StageForm,
        index: usize,
        surroundings: &Surroundings<'_>,
        objectives: &[Objective],
        executor: &Executor,
    ) -> Option<Stage> {
        let path = &format!("stage[{index}]");
        let name = surroundings.stages.get(index).cloned().unwrap_or_default();
        let demand = self.demand(&form, path, executor);
        self.endings(&form, path);
        let scope = Scope::of_stage(surroundings, index, form.once);
        let command = self.program(&form, index, objectives, &scope);
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
            once: form.once,
            command: command?,
            pool: form.pool,
            demand: demand?,
            pin: form.pin,
            priority: form.priority.unwrap_or(index as u32),
            retries: form.retries,
            backoff: form.backoff,
            step_limit: form.step_limit,
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

    /// What a run must hold, where the executor can ever give it.
    fn demand(&mut self, form: &StageForm, path: &str, executor: &Executor) -> Option<Demand> {
        let gpus = match Gpus::from_amount(form.gpus) {
            Ok(gpus) => gpus,
            Err(error) => {
                self.problems.push(Diagnostic::error(self.at(&format!("{path}.gpus")), error.to_string()));
                return None;
            }
        };
        let memory = form.memory.map_or(0, |memory| memory.0);
        let demand = Demand { cpus: form.cpus.0, gpus, memory, named: form.resources.clone() };
        let (min, max) = (demand.cpus.min, demand.cpus.max);
        let problem = match (min, max) {
            (0, _) => Some("a run takes at least 1 cpu".to_owned()),
            _ if min > max => Some(format!("min = {min} is above max = {max}")),
            _ => None,
        };
        if let Some(problem) = problem {
            self.problems.push(Diagnostic::error(self.at(&format!("{path}.cpus")), problem));
        }
        if !self.is_broken("executor") {
            self.unfit(&demand, path, executor);
        }
        Some(demand)
    }

    /// What of a demand is more than the executor has, as far as the file says what that is.
    fn unfit(&mut self, demand: &Demand, path: &str, executor: &Executor) {
        let mut unfit = Vec::new();
        let too_much = |key: &str, wanted: String, has: String| {
            (key.to_owned(), format!("a run takes {wanted}, and the executor has {has}"))
        };
        let cpus = demand.cpus.min;
        if let Some(has) = executor.cpus.filter(|has| cpus > *has && *has > 0) {
            unfit.push(too_much("cpus", format!("{cpus} cpus"), has.to_string()));
        }
        let devices = match demand.gpus {
            Gpus::None => 0,
            Gpus::Share(_) => 1,
            Gpus::Whole(count) => count as usize,
        };
        if let Some(has) = executor.gpus.count().filter(|has| devices > *has) {
            unfit.push(too_much("gpus", format!("{} gpus", demand.gpus.amount()), has.to_string()));
        }
        if let Some(has) = executor.memory.filter(|has| demand.memory > has.0) {
            let wanted = crate::ByteSize(demand.memory);
            unfit.push(too_much("memory", format!("{wanted} of memory"), has.to_string()));
        }
        for (name, wanted) in demand.named.iter().filter(|(_, wanted)| **wanted > 0) {
            let key = format!("resources.{name}");
            match executor.resources.get(name) {
                Some(has) if has >= wanted => {}
                Some(has) => unfit.push(too_much(&key, format!("{wanted} of `{name}`"), has.to_string())),
                None => self.unknown_resource(name, &format!("{path}.{key}"), executor),
            }
        }
        for (key, message) in unfit {
            let problem = Diagnostic::error(self.at(&format!("{path}.{key}")), message);
            self.problems.push(problem.also(self.at(&format!("executor.{key}"))));
        }
    }

    fn unknown_resource(&mut self, name: &str, path: &str, executor: &Executor) {
        let help = match space::nearest(name, executor.resources.keys().map(String::as_str)) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("add `resources = {{ {name} = 1 }}` to [executor], with as many as there are"),
        };
        let key = self.root.find(path).key.cloned();
        let at = key.unwrap_or_else(|| self.at(path));
        self.problems
            .push(Diagnostic::error(at, format!("the executor has nothing called `{name}`")).help(help));
    }

    /// How runs end: exit codes, limits, new tries.
    fn endings(&mut self, form: &StageForm, path: &str) {
        let at = |key: &str| self.root.find(&format!("{path}.{key}")).span();
        let mut problems = Vec::new();
        if form.ok.is_empty() {
            problems.push(Diagnostic::error(at("ok"), "no exit code means success").help("write `ok = [0]`"));
        }
        if let Some(code) = form.ok.iter().find(|code| !(0..=255).contains(*code)) {
            problems.push(Diagnostic::error(at("ok"), format!("{code} is no exit code: they are 0 to 255")));
        }
        if form.step_limit == Some(0) {
            problems.push(Diagnostic::error(at("step_limit"), "`step_limit` is at least 1"));
        }
        if form.timeout.is_some_and(|timeout| timeout.as_millis() == 0) {
            problems.push(
                Diagnostic::error(at("timeout"), "a run needs more time than none")
                    .help("leave it out for no time-out"),
            );
        }
        if form.backoff.is_some() && form.retries == 0 {
            let message = "`backoff` says how long a new try waits, and there is none";
            problems.push(Diagnostic::error(at("backoff"), message).help("add `retries = 1`"));
        }
        if form.retries > MOST_RETRIES {
            let message = format!("a run is tried again {MOST_RETRIES} times at most");
            problems.push(Diagnostic::error(at("retries"), message));
        }
        if form.memory.is_some_and(|memory| memory.0 == 0) {
            problems.push(
                Diagnostic::error(at("memory"), "no program runs in no memory")
                    .help("leave it out for no limit"),
            );
        }
        self.problems.extend(problems);
    }

    pub(super) fn setup(&mut self, form: SetupForm) -> Option<Setup> {
        if form.timeout.is_some_and(|timeout| timeout.as_millis() == 0) {
            let problem = Diagnostic::error(self.at("setup.timeout"), "the setup needs more time than none");
            self.problems.push(problem.help("leave it out for no time-out"));
        }
        let scope = Scope::of_few(&["seed"]);
        let command = self.command(&form.run, None, "setup", &scope)?;
        let env = form.env.into_iter().collect();
        Some(Setup { command, cwd: form.cwd, timeout: form.timeout, env })
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
}

/// More new tries of one run than this are a mistake.
const MOST_RETRIES: u32 = 1000;
