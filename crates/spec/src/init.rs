//! A first study file from a command line, for a person to go on with.

use std::fmt::Write;

use crate::template::GIVEN;

/// What no search should turn: longer training is always better, and a port is no hyperparameter.
const LEFT_ALONE: [&str; 18] = [
    "epochs",
    "epoch",
    "steps",
    "iterations",
    "iters",
    "max_iter",
    "max_steps",
    "workers",
    "num_workers",
    "threads",
    "jobs",
    "gpu",
    "gpus",
    "device",
    "port",
    "rank",
    "verbose",
    "log_interval",
];

/// Writes a study file that runs a command line: its numbers become ranges around their values, and placeholders take
/// their places. `--lr 0.001`, `--lr=0.001`, `lr=0.001` and `-n 3` are understood; `--seed 1` gets the trial's seed.
/// Numbers that say how long or where to run are left as they are.
///
/// ```
/// let command = ["python", "train.py", "--lr", "0.001", "--layers=3"].map(str::to_owned);
/// let text = ravine_spec::init(&command);
/// assert!(text.contains(r#"lr = { float = [0.0001, 0.01], log = true, default = 0.001 }"#));
/// assert!(text.contains(r#""--layers={layers}""#));
/// ```
pub fn init(command: &[String]) -> String {
    let mut draft = Draft::default();
    let mut option: Option<&str> = None;
    for (i, argument) in command.iter().enumerate() {
        let waiting = option.take();
        let written = match (argument.split_once('='), waiting) {
            // The program itself is never a parameter.
            _ if i == 0 => braces(argument),
            (Some((flag, value)), _) if !name_of(flag).is_empty() => {
                format!("{}={}", braces(flag), draft.value(flag, value))
            }
            (_, Some(flag)) if !is_flag(argument) => draft.value(flag, argument),
            _ => braces(argument),
        };
        if i > 0 && is_flag(argument) && !argument.contains('=') {
            option = Some(argument);
        }
        draft.arguments.push(written);
    }
    draft.text(&study_name(command))
}

/// Whether an argument is `-x` or `--name`, not a negative number.
fn is_flag(argument: &str) -> bool {
    argument.starts_with('-') && argument.len() > 1 && argument.parse::<f64>().is_err()
}

/// A flag as a parameter's name: `--weight-decay` is `weight_decay`.
fn name_of(flag: &str) -> String {
    let plain: String = flag
        .trim_start_matches('-')
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    if plain.starts_with(|c: char| c.is_ascii_digit()) { format!("p_{plain}") } else { plain }
}

fn braces(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

fn study_name(command: &[String]) -> String {
    let scripts = [".py", ".sh", ".R", ".jl", ".pl", ".rb", ".js"];
    let script = command.iter().find(|argument| scripts.iter().any(|ending| argument.ends_with(ending)));
    let path = script.or(command.first()).map_or("study", String::as_str);
    let stem = std::path::Path::new(path).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    stem.filter(|stem| !stem.is_empty()).unwrap_or_else(|| "study".to_owned())
}

/// The file as far as it is made.
#[derive(Default)]
struct Draft {
    /// Names and their declarations.
    parameters: Vec<(String, String)>,
    /// Words that could be choices.
    words: Vec<(String, String)>,
    arguments: Vec<String>,
}

impl Draft {
    /// What stands in a value's place: a placeholder for a number or truth value, else the value.
    fn value(&mut self, flag: &str, value: &str) -> String {
        let name = name_of(flag);
        if name == "seed" && value.parse::<u64>().is_ok() {
            return "{seed}".to_owned();
        }
        if LEFT_ALONE.contains(&name.to_ascii_lowercase().as_str()) {
            return braces(value);
        }
        let Some(declaration) = declaration(value) else {
            if !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
                self.words.push((name, value.to_owned()));
            }
            return braces(value);
        };
        let name = self.free(name);
        let placeholder = format!("{{{name}}}");
        self.parameters.push((name, declaration));
        placeholder
    }

    /// A name that nothing else has.
    fn free(&self, name: String) -> String {
        let taken = |name: &str| {
            GIVEN.contains(&name) || name == "stage" || self.parameters.iter().any(|(other, _)| other == name)
        };
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        std::iter::once(name.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(name)
    }

    fn text(&self, name: &str) -> String {
        let mut text = String::new();
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "# A first study file. Look through what follows, then: ravine check FILE, ravine run FILE\n\
             name = {}\n\n\
             # What the program reports: a line such as {{\"loss\": 0.5}} on its output. If it prints something else, see\n\
             # [stage.capture] below.\n\
             [[objective]]\nmetric = \"loss\"\ndirection = \"minimize\"\n\n\
             # Both ends of a range are included. `default` is the first trial: what the command line said.\n[space]\n",
            quoted(name)
        );
        for (name, declaration) in &self.parameters {
            let _ = writeln!(text, "{name} = {declaration}");
        }
        if self.parameters.is_empty() {
            text += "# No number was found in the command line. Name what can be tried, and put {x} into `run` below.\n";
            text += "x = { float = [0.0, 1.0] }\n";
        }
        for (name, word) in &self.words {
            let _ = writeln!(
                text,
                "# {name} = {{ choice = [{}, \"another\"] }}  # then write {{{name}}} in `run`",
                quoted(word)
            );
        }
        let arguments: Vec<String> = self.arguments.iter().map(|argument| quoted(argument)).collect();
        let _ = write!(
            text,
            "\n[[stage]]\nname = \"run\"\nrun = [{}]\n# timeout = \"30m\"\n\n\
             # For a program that prints no JSON: the first group of a pattern is the metric's value.\n\
             # [stage.capture]\n# loss = 'loss: ([0-9.eE+-]+)'\n\n\
             [stop]\ntrials = 50\n",
            arguments.join(", ")
        );
        text
    }
}

/// A range around a number; `None` for what is no number or truth value.
fn declaration(value: &str) -> Option<String> {
    if let Ok(flag) = value.to_ascii_lowercase().parse::<bool>() {
        return Some(format!("{{ bool = true, default = {flag} }}"));
    }
    if let Ok(number) = value.parse::<i64>() {
        // Larger ones are identifiers rather than amounts, and their ranges would not fit.
        return (number.unsigned_abs() < 1 << 50).then(|| integer(number));
    }
    // `nan`, `inf` and `1_000` are words here.
    let plain = value.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    let sensible = |x: &f64| *x == 0.0 || (1e-200..1e200).contains(&x.abs());
    let number = value.parse::<f64>().ok().filter(|number| plain && sensible(number))?;
    Some(float(number))
}

fn integer(n: i64) -> String {
    let (low, high) = match n {
        0 => (0, 10),
        1..16 => ((n / 2).max(1), 2 * n),
        16.. => (n / 4, 4 * n),
        _ => (2 * n, 0),
    };
    let log = if n >= 16 { ", log = true" } else { "" };
    format!("{{ int = [{low}, {high}]{log}, default = {n} }}")
}

fn float(x: f64) -> String {
    let shown = |x: f64| {
        let text = format!("{x:?}");
        // A range that a person would write: 0.0001, not 0.00009999999999999999.
        let short = format!("{x:.6e}").parse().map_or(text, |rounded: f64| format!("{rounded:?}"));
        if short.contains(['.', 'e']) { short } else { short + ".0" }
    };
    let (low, high, log) = match x {
        0.0 => (0.0, 1.0, false),
        // Rates, shares and decays lie between 0 and 1, and 1 itself rarely works.
        x if (0.05..1.0).contains(&x) => (0.0, x.max(0.99), false),
        x if x > 0.0 => (x / 10.0, x * 10.0, true),
        x => (2.0 * x, 0.0, false),
    };
    let log = if log { ", log = true" } else { "" };
    format!("{{ float = [{}, {}]{log}, default = {} }}", shown(low), shown(high), format_args!("{x:?}"))
}
