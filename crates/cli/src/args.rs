//! The command line's shape: one definition that makes the parser, the help and the completions.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

const EXAMPLES: &str = "\
Examples:
  ravine init -- python train.py --lr 0.001 --layers 2     write a first study file
  ravine check study.toml                                  explain it, and show sample commands
  ravine run study.toml                                    start, or go on after a stop or a crash
  ravine best                                              the best configuration
  ravine report                                            charts of all trials in one HTML page

Ctrl-C once: no new trials, running ones finish. Twice: they are ended. What is recorded stays.
Exit codes: 0 done · 1 no trial succeeded · 2 wrong usage · 3 bad study file or expression ·
4 refused because of what is there already · 5 database · 6 files, folders, processes ·
7 too many failures in a row · 130 interrupted";

/// Searches for the settings that make a program work best.
#[derive(Debug, Parser)]
#[command(name = "ravine", version, after_help = EXAMPLES, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, help_heading = "Everywhere")]
    pub color: Color,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Also into pipes and files.
    Always,
    /// Nowhere.
    Never,
}

/// Everything `ravine` can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start a study, or go on with it: the same command
    Run(Run),
    /// Validate a study file, explain its space, show sample commands
    Check(Check),
    /// Write a first study file from a command line
    Init(Init),
    /// List the studies of a folder
    Ls(Ls),
    /// Where a study stands: counts, limits, best so far
    Show(Look),
    /// The best configurations, and how to re-run them
    Best(Best),
    /// The trials, filtered and sorted
    Trials(Trials),
    /// What a trial's program printed
    Log(Log),
    /// Run a trial's configuration again, in a new directory
    Rerun(Rerun),
    /// Give a configuration to be tried next
    Enqueue(Enqueue),
    /// Join a study that is there: more runs at a time, from another terminal
    Worker(Worker),
    /// Show a study's limits, or change them while it runs
    Limit(LimitArguments),
    /// End a study: no new trials, running ones are ended
    Stop(Steer),
    /// No new trials until `ravine resume`; running ones finish
    Pause(Steer),
    /// Go on after `ravine pause` or `ravine stop`
    Resume(Steer),
    /// Write the results as JSON lines, CSV or JSON
    Export(Export),
    /// Draw the charts: one HTML page, and each chart as SVG
    Report(Report),
    /// Make a study of one that Optuna wrote to an SQLite database
    Import(Import),
    /// Print the JSON Schema of study files, for editors
    Schema,
    /// Print a completion script for a shell
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// The process that holds a study's runs; started by `ravine run`
    #[command(hide = true)]
    Supervise {
        /// What the runner hands over.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<std::ffi::OsString>,
    },
}

/// `ravine run`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ravine run study.toml                       the study's folder is runs/<name> beside the file
  ravine run study.toml --parallel 4          four runs at a time
  ravine run study.toml --trials 200          go on to 200 trials in all
  ravine run study.toml --json | jq .         one JSON object a line: what happens, as it happens")]
pub struct Run {
    /// The study file (.toml, .yaml, .json)
    pub file: PathBuf,
    /// Where studies live [default: `runs` beside the file]
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
    /// How many runs at a time, instead of what the file says
    #[arg(long, short = 'j', value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub parallel: Option<u32>,
    /// How many trials in all, instead of what the file says
    #[arg(long, short = 'n', value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub trials: Option<u64>,
    /// The seed of a study that starts now
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(0..=i64::MAX as u64))]
    pub seed: Option<u64>,
    /// Move the study that is there aside, and start anew
    #[arg(long)]
    pub new: bool,
    /// Print only the ending
    #[arg(long, short, conflicts_with = "json")]
    pub quiet: bool,
    /// Print what happens as JSON lines
    #[arg(long)]
    pub json: bool,
}

/// `ravine check`.
#[derive(Debug, Args)]
pub struct Check {
    /// The study file (.toml, .yaml, .json)
    pub file: PathBuf,
    /// How many sample configurations to show
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub samples: u32,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

/// `ravine init`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  ravine init -- python train.py --lr 0.001 --layers 2
      numbers become ranges around their values; edit the file, then `ravine check study.toml`")]
pub struct Init {
    /// The file to write; `-` prints it
    #[arg(long, short, value_name = "FILE", default_value = "study.toml")]
    pub output: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    pub force: bool,
    /// The command that trains, solves or measures
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// `ravine ls`.
#[derive(Debug, Args)]
pub struct Ls {
    /// Where studies live
    #[arg(long, value_name = "FOLDER", default_value = "runs")]
    pub dir: PathBuf,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

/// Which study a command is about.
#[derive(Debug, Args)]
pub struct Target {
    /// Name, folder or file of the study [default: the only one in the folder]
    #[arg(value_name = "STUDY")]
    pub study: Option<String>,
    /// Where studies live
    #[arg(long, value_name = "FOLDER", default_value = "runs")]
    pub dir: PathBuf,
}

/// `ravine stop`, `ravine pause`, `ravine resume`.
#[derive(Debug, Args)]
pub struct Steer {
    /// Which study.
    #[command(flatten)]
    pub target: Target,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

/// A study named by option, for commands whose argument is something else.
#[derive(Debug, Args)]
pub struct Within {
    /// Name, folder or file of the study [default: the only one in the folder]
    #[arg(long, short, value_name = "STUDY")]
    pub study: Option<String>,
    /// Where studies live
    #[arg(long, value_name = "FOLDER", default_value = "runs")]
    pub dir: PathBuf,
}

/// `ravine show`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ravine show                     where the study stands
  ravine show --watch             the same, every two seconds, until Ctrl-C
  ravine show --json | jq .counts")]
pub struct Look {
    /// Which study.
    #[command(flatten)]
    pub target: Target,
    /// Show it again and again, every SECONDS, as long as somebody runs the study [default: 2]
    #[arg(long, short, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "2", value_parser = seconds)]
    pub watch: Option<std::time::Duration>,
    /// Print as JSON; with --watch one line each time
    #[arg(long)]
    pub json: bool,
}

/// A number of seconds, at least a tenth.
fn seconds(text: &str) -> Result<std::time::Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "a number of seconds is needed".to_owned())?;
    match std::time::Duration::try_from_secs_f64(seconds) {
        Ok(pause) if (0.1..=86_400.0).contains(&seconds) => Ok(pause),
        _ => Err("between 0.1 and 86400 seconds".to_owned()),
    }
}

/// `ravine best`.
#[derive(Debug, Args)]
pub struct Best {
    /// Which study.
    #[command(flatten)]
    pub target: Target,
    /// How many at most, the best first; of a front by its first objective [default: 1; of a front all]
    #[arg(short = 'k', long = "count", value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub count: Option<u32>,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

/// `ravine trials`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ravine trials --state failed                    what went wrong
  ravine trials --sort value --limit 10           the ten best
  ravine trials --state infeasible                which break a constraint
  ravine trials --where 'lr > 0.01 && layers == 2'
  ravine trials --format csv > trials.csv")]
pub struct Trials {
    /// Which study.
    #[command(flatten)]
    pub target: Target,
    /// Only trials in this state
    #[arg(long, value_enum)]
    pub state: Vec<State>,
    /// Only trials for which this holds: parameters, metrics, `number`, `value`
    #[arg(long = "where", value_name = "EXPRESSION")]
    pub filter: Option<String>,
    /// Order by `number`, `value`, `seconds`, a parameter or a metric: objectives best first, others smallest first
    #[arg(long, value_name = "COLUMN", default_value = "number")]
    pub sort: String,
    /// The other way round
    #[arg(long, short)]
    pub reverse: bool,
    /// At most this many
    #[arg(long, short = 'n', value_name = "N")]
    pub limit: Option<usize>,
    /// How to print; a table is as wide as the terminal (or COLUMNS, or 100), the others leave nothing out
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// Short for `--format json`
    #[arg(long)]
    pub json: bool,
}

/// How to print trials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// One array.
    Json,
    /// RFC 4180, with a header.
    Csv,
}

/// A trial's state, as `--state` takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names say it")]
pub enum State {
    Queued,
    Running,
    Complete,
    Infeasible,
    Pruned,
    Failed,
}

/// `ravine log`.
#[derive(Debug, Args)]
pub struct Log {
    /// The trial's number
    pub trial: u64,
    /// Which study.
    #[command(flatten)]
    pub within: Within,
    /// What it printed to stderr, instead of stdout
    #[arg(long, short = 'e')]
    pub stderr: bool,
    /// The attempt [default: the last]
    #[arg(long, value_name = "K")]
    pub attempt: Option<u32>,
    /// Go on printing while the trial runs
    #[arg(long, short)]
    pub follow: bool,
}

/// `ravine rerun`.
#[derive(Debug, Args)]
pub struct Rerun {
    /// The trial's number
    pub trial: u64,
    /// Which study.
    #[command(flatten)]
    pub within: Within,
    /// Only print the command
    #[arg(long)]
    pub print: bool,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

/// `ravine worker`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ravine worker                               takes a share of the only study in ./runs
  ravine worker --study digits -j 2           two runs at a time, beside those that others have")]
pub struct Worker {
    /// Which study.
    #[command(flatten)]
    pub within: Within,
    /// How many runs at a time, instead of what the study file says
    #[arg(long, short = 'j', value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub parallel: Option<u32>,
    /// Print only the ending
    #[arg(long, short, conflicts_with = "json")]
    pub quiet: bool,
    /// Print what happens as JSON lines
    #[arg(long)]
    pub json: bool,
}

/// `ravine limit`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ravine limit                                what each limit has left
  ravine limit trials=300 time=3h             runners obey within a second
  ravine limit target=none                    without that limit

The keys are those of [stop] in the study file. The next `ravine run` of the file applies what the file says.")]
pub struct LimitArguments {
    /// Limits as key=value; `none` takes one away
    #[arg(value_name = "KEY=VALUE")]
    pub assignments: Vec<String>,
    /// Which study.
    #[command(flatten)]
    pub within: Within,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

/// `ravine enqueue`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ravine enqueue lr=0.01 optimizer=adam           the rest takes its default or is drawn
  ravine enqueue --params '{\"lr\": 0.01}' --study digits")]
pub struct Enqueue {
    /// Parameters as name=value
    #[arg(value_name = "NAME=VALUE")]
    pub assignments: Vec<String>,
    /// Parameters as one JSON object
    #[arg(long, value_name = "JSON")]
    pub params: Option<String>,
    /// Which study.
    #[command(flatten)]
    pub within: Within,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

/// `ravine export`.
#[derive(Debug, Args)]
pub struct Export {
    /// Which study.
    #[command(flatten)]
    pub target: Target,
    /// What to write
    #[arg(long, value_enum, default_value_t = ExportFormat::Jsonl)]
    pub format: ExportFormat,
    /// Decision order, without times, hosts and paths: equal for equal searches
    #[arg(long, conflicts_with = "format")]
    pub canonical: bool,
    /// The file to write [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// What `ravine export` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// One JSON object a line, as in results.jsonl.
    Jsonl,
    /// Parameters and values, as in params.csv.
    Csv,
    /// One JSON array.
    Json,
    /// The events themselves, one a line.
    Events,
}

/// `ravine report`.
#[derive(Debug, Args)]
pub struct Report {
    /// Which study.
    #[command(flatten)]
    pub target: Target,
    /// The folder to write [default: `report` in the study's folder]
    #[arg(long, short, value_name = "FOLDER")]
    pub output: Option<PathBuf>,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

/// `ravine import`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ravine import optuna.db                              the only study in it, as runs/<its name>
  ravine import optuna.db --study tune --name tuned    one of several, under another name
  ravine best tuned                                    from then on as any other study

The database is only read. Trials that were running are failed: nobody here knows their processes.")]
pub struct Import {
    /// The SQLite database that Optuna (3.2 to 5) wrote
    #[arg(value_name = "OPTUNA_DB")]
    pub database: PathBuf,
    /// Which of its studies [default: the only one in it]
    #[arg(long, short, value_name = "NAME")]
    pub study: Option<String>,
    /// What the study is called from now on [default: its name]
    #[arg(long, value_name = "NEW")]
    pub name: Option<String>,
    /// Where studies live
    #[arg(long, value_name = "FOLDER", default_value = "runs")]
    pub dir: PathBuf,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}
