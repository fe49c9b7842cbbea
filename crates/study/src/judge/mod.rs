//! From what a trial reported to its objective values and violations.
//!
//! Whatever is wrong with a report ends that trial as failed, with a reason, and never the search (invariant ONE RUN,
//! ONE BAD END).

mod error;

use indexmap::IndexMap;
use search::TrialId;
use space::expr::{Env, EvalError, Expr, ExprError, Lookup, Value};

pub use self::error::JudgeError;
use crate::repeat::Ranking;
use crate::settings::{At, Direction, Noise, Objective};
use crate::{Digests, Ending, Real, Settings, TrialEnded};

/// The objectives and constraints of a study, ready to be applied.
#[derive(Clone, Debug)]
pub struct Judge {
    objectives: Vec<Compiled>,
    constraints: Vec<Expr>,
    /// The metrics that stop conditions look at, and the one that is the cost.
    watched: Vec<String>,
    made: Made,
}

/// What a stage took, each under the stage's name.
const TOOK: [&str; 3] = ["time", "cpu_time", "peak_memory"];

/// Which names of metrics ravine makes, besides those that programs report.
#[derive(Clone, Debug)]
struct Made {
    stages: Vec<String>,
    repeats: bool,
}

#[derive(Clone, Debug)]
struct Compiled {
    /// `None` where the only metric counts, whatever its name.
    metric: Option<(String, Expr)>,
    direction: Direction,
    at: At,
    noise: Noise,
}

/// Why settings are no rules to judge by.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}{}", hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default())]
pub struct SettingsError {
    /// Which key: `objective[0].metric`, `constraint[1].expr`.
    pub place: String,
    /// What is wrong with it.
    pub problem: String,
    /// What would be right, where that is known.
    pub hint: Option<String>,
    /// The bytes of the expression that are at fault, where one is.
    pub span: Option<std::ops::Range<usize>>,
}

/// What a trial is worth.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judged {
    /// One value per objective, as reported; never NaN.
    pub values: Vec<Real>,
    /// Their standard errors, NaN where unknown; empty when all are.
    pub errors: Vec<Real>,
    /// One per part of the constraints; ≤ 0 is feasible.
    pub violations: Vec<Real>,
}

impl Judge {
    /// Reads the expressions of the settings.
    pub fn new(settings: &Settings) -> Result<Self, SettingsError> {
        crate::repeat::check(&settings.repeat)?;
        crate::conditions::check(&settings.stop)?;
        let objectives = settings.objectives.iter().enumerate();
        let constraints = settings.constraints.iter().enumerate().map(|(i, constraint)| {
            Expr::parse(&constraint.expr).map_err(|error| wrong(format!("constraint[{i}].expr"), error))
        });
        Ok(Judge {
            objectives: objectives.map(|(i, objective)| compile(i, objective)).collect::<Result<_, _>>()?,
            constraints: constraints.collect::<Result<_, _>>()?,
            watched: settings
                .stop
                .when
                .iter()
                .flat_map(|text| crate::conditions::names(text))
                .chain(settings.cost.clone())
                .collect(),
            made: Made::of(settings),
        })
    }

    /// How many violations a judged trial has: one for each part of a constraint that `&&` joins.
    pub fn violations(&self) -> usize {
        self.constraints.iter().map(|expr| expr.terms().len()).sum()
    }

    /// The names of metrics that objectives, constraints, the cost and stop conditions look up.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let objectives = self.objectives.iter().flat_map(|objective| {
            let noise = match &objective.noise {
                Noise::Metric(name) => Some(name.as_str()),
                _ => None,
            };
            let (text, expr) = objective.metric.as_ref().map(|(text, expr)| (text.as_str(), expr)).unzip();
            text.into_iter().chain(noise).chain(expr.into_iter().flat_map(Expr::names))
        });
        let watched = self.watched.iter().map(String::as_str);
        objectives.chain(self.constraints.iter().flat_map(Expr::names)).chain(watched)
    }

    /// The value of the first objective, as reported; `None` where the metrics do not give it.
    pub(crate) fn first_value(&self, digests: &Digests) -> Option<f64> {
        self.objectives.first()?.value(self.metrics(digests)).ok().map(Real::get)
    }

    /// The value of the first objective in the minimised sense; `None` where the metrics do not give it.
    pub(crate) fn first_minimized(&self, digests: &Digests) -> Option<f64> {
        let direction = self.objectives.first()?.direction;
        self.first_value(digests).map(|value| direction.minimized(value))
    }

    /// The objectives' values at one report, in the minimised sense: where it has all that they need. `find` gives what it
    /// holds by name, `only` its value where it holds one.
    pub(crate) fn at_report(
        &self,
        find: &dyn Fn(&str) -> Option<f64>,
        only: Option<f64>,
    ) -> Vec<Option<f64>> {
        let value = |objective: &Compiled| {
            let value = match &objective.metric {
                None => only,
                // The exact name comes first, as at the end.
                Some((text, expr)) => find(text).or_else(|| at_step(expr, find)),
            };
            value.map(|value| objective.direction.minimized(value))
        };
        self.objectives.iter().map(value).collect()
    }

    /// The value of the first objective at a report, in the minimised sense, which may be NaN; `None` where the report does
    /// not have all that it needs.
    pub fn first_at_report(&self, values: &IndexMap<String, Real>) -> Option<f64> {
        let only = if values.len() == 1 { values.values().next().map(|value| value.0) } else { None };
        let find = |name: &str| values.get(name).map(|value| value.0);
        self.at_report(&find, only).first().copied().flatten()
    }

    /// What messages call the first objective.
    pub(crate) fn first_title(&self) -> &str {
        let metric = self.objectives.first().and_then(|objective| objective.metric.as_ref());
        metric.map_or("objective", |(text, _)| text)
    }

    fn metrics<'a>(&'a self, digests: &'a Digests) -> Metrics<'a> {
        Metrics { all: digests, made: &self.made }
    }

    /// The values of what was reported.
    pub fn judge(&self, digests: &Digests) -> Result<Judged, JudgeError> {
        let metrics = self.metrics(digests);
        let mut judged = Judged::default();
        for objective in &self.objectives {
            judged.values.push(objective.value(metrics)?);
            judged.errors.push(objective.error(metrics)?);
        }
        if judged.errors.iter().all(|error| error.is_nan()) {
            judged.errors.clear();
        }
        for expr in &self.constraints {
            metrics.require(expr)?;
            let violations = expr.violations(&metrics).map_err(|source| failed(expr, source))?;
            judged.violations.extend(violations.into_iter().map(Real));
        }
        Ok(judged)
    }

    /// The ending of a trial whose program ended well: complete with its values, or failed with the reason.
    pub fn complete(&self, trial: TrialId, round: u32, digests: &Digests) -> TrialEnded {
        self.complete_or(trial, round, digests, |error| error)
    }

    /// As [`complete`](Self::complete); `explain` may know more of what went wrong.
    pub(crate) fn complete_or(
        &self,
        trial: TrialId,
        round: u32,
        digests: &Digests,
        explain: impl FnOnce(JudgeError) -> JudgeError,
    ) -> TrialEnded {
        let mut ended = self.ending(trial, round, Ending::Complete, digests);
        match self.judge(digests).map_err(explain) {
            Ok(judged) => fill(&mut ended, judged),
            Err(error) => {
                ended.state = Ending::Failed;
                ended.message = Some(error.to_string());
            }
        }
        ended
    }

    /// The ending of a trial that a rule stopped at `step`: with the values it had by then, if it had any.
    pub fn pruned(&self, trial: TrialId, round: u32, step: u64, digests: &Digests) -> TrialEnded {
        let mut ended = self.ending(trial, round, Ending::Pruned, digests);
        ended.step = Some(step);
        if let Ok(judged) = self.judge(digests) {
            fill(&mut ended, judged);
        }
        ended
    }

    /// The ending of a trial whose program failed.
    pub fn failed(&self, trial: TrialId, round: u32, message: &str, digests: &Digests) -> TrialEnded {
        let mut ended = self.ending(trial, round, Ending::Failed, digests);
        ended.message = Some(message.to_owned());
        ended
    }

    fn ending(&self, trial: TrialId, round: u32, state: Ending, digests: &Digests) -> TrialEnded {
        let metrics = digests.iter().map(|(name, digest)| (name.clone(), digest.last.value)).collect();
        TrialEnded { round, metrics, ..TrialEnded::new(trial, state) }
    }
}

impl Ranking for Judge {
    fn worth(&self, metrics: &Digests) -> Option<f64> {
        self.first_minimized(metrics)
    }

    fn small_is_good(&self, metric: &str) -> bool {
        let is_of = |objective: &&Compiled| {
            let metric_of = |(text, expr): &(String, Expr)| text == metric || expr.as_name() == Some(metric);
            objective.metric.as_ref().is_none_or(metric_of)
        };
        // A metric that is no objective by itself is most often a part of the first one.
        let named = self.objectives.iter().find(is_of).or(self.objectives.first());
        named.is_none_or(|objective| objective.direction == Direction::Minimize)
    }
}

fn fill(ended: &mut TrialEnded, judged: Judged) {
    ended.values = judged.values;
    ended.errors = judged.errors;
    ended.violations = judged.violations;
}

fn compile(index: usize, objective: &Objective) -> Result<Compiled, SettingsError> {
    let place = || format!("objective[{index}].metric");
    let metric = match &objective.metric {
        None => None,
        Some(text) => Some((text.clone(), Expr::parse(text).map_err(|error| wrong(place(), error))?)),
    };
    if let (At::Best, Some((text, expr))) = (objective.at, &metric)
        && expr.as_name().is_none()
    {
        return Err(SettingsError {
            place: format!("objective[{index}].at"),
            problem: format!(
                "the best value of an expression (`{text}`) is not known: its parts are best at other steps"
            ),
            hint: Some("name one metric, or use at = \"last\"".to_owned()),
            span: None,
        });
    }
    Ok(Compiled { metric, direction: objective.direction, at: objective.at, noise: objective.noise.clone() })
}

/// An expression's value over one report, NaN where it has none; `None` where a name is missing.
fn at_step(expr: &Expr, find: &dyn Fn(&str) -> Option<f64>) -> Option<f64> {
    let names: Option<Vec<(&str, f64)>> =
        expr.names().into_iter().map(|name| Some((name, find(name)?))).collect();
    Some(expr.eval_number(&Step(&names?)).unwrap_or(f64::NAN))
}

fn wrong(place: String, error: ExprError) -> SettingsError {
    SettingsError { place, problem: error.message, hint: error.hint, span: Some(error.span) }
}

fn failed(expr: &Expr, source: EvalError) -> JudgeError {
    JudgeError::Expression { expr: expr.source().to_owned(), source }
}

impl Compiled {
    fn value(&self, metrics: Metrics<'_>) -> Result<Real, JudgeError> {
        let (name, value) = match &self.metric {
            None => {
                let name = metrics.only()?;
                (name, metrics.value(name, self.at, self.direction)?)
            }
            // The exact name comes first: `val/acc` is one metric, not a quotient, where a program reports it.
            Some((text, _)) if metrics.all.contains_key(text) => {
                (text.as_str(), metrics.value(text, self.at, self.direction)?)
            }
            Some((text, expr)) => match expr.as_name() {
                Some(name) => (text.as_str(), metrics.value(name, self.at, self.direction)?),
                None => {
                    metrics.require(expr)?;
                    (text.as_str(), expr.eval_number(&metrics).map_err(|source| failed(expr, source))?)
                }
            },
        };
        if value.is_nan() { Err(JudgeError::NotANumber { name: name.to_owned() }) } else { Ok(Real(value)) }
    }

    fn error(&self, metrics: Metrics<'_>) -> Result<Real, JudgeError> {
        match &self.noise {
            Noise::Auto | Noise::None => Ok(Real(f64::NAN)),
            Noise::Metric(name) => metrics.value(name, At::Last, self.direction).map(Real),
        }
    }
}

impl Made {
    fn of(settings: &Settings) -> Self {
        let named: Vec<String> = settings.stages.iter().map(|stage| stage.name.clone()).collect();
        let stages = if named.is_empty() { vec!["run".to_owned()] } else { named };
        Made { stages, repeats: !settings.repeat.is_empty() }
    }

    /// Whether a name among `all` is not the program's: what a stage took, a stage's own name for a metric, the spread
    /// over repetitions.
    fn is_made(&self, name: &str, all: &Digests) -> bool {
        let of_stage = |stage: &String| name.strip_prefix(stage.as_str())?.strip_prefix('.');
        let mut own = self.stages.iter().filter_map(of_stage);
        let spread = ["mean_", "std_"].iter().find_map(|prefix| name.strip_prefix(prefix));
        own.any(|own| TOOK.contains(&own) || all.contains_key(own))
            || spread.is_some_and(|name| self.repeats && all.contains_key(name))
    }
}

/// What a trial reported, as an expression sees it.
#[derive(Clone, Copy)]
struct Metrics<'a> {
    all: &'a Digests,
    made: &'a Made,
}

impl<'a> Metrics<'a> {
    fn only(self) -> Result<&'a str, JudgeError> {
        let mut names = self.reported();
        match (names.next(), names.next()) {
            (Some(name), None) => Ok(name),
            (Some(_), Some(_)) => Err(JudgeError::Ambiguous { arrived: self.arrived() }),
            (None, _) => Err(JudgeError::Silent { name: "objective".to_owned() }),
        }
    }

    fn value(self, name: &str, at: At, direction: Direction) -> Result<f64, JudgeError> {
        let digest = self.all.get(name).ok_or_else(|| self.missing(name))?;
        Ok(match at {
            At::Last => digest.last.value.0,
            At::Best => digest.best(direction).map_or(f64::NAN, |mark| mark.value.0),
        })
    }

    fn require(self, expr: &Expr) -> Result<(), JudgeError> {
        match expr.names().into_iter().find(|name| !self.all.contains_key(*name)) {
            Some(name) => Err(self.missing(name)),
            None => Ok(()),
        }
    }

    fn missing(self, name: &str) -> JudgeError {
        if self.reported().next().is_none() {
            return JudgeError::Silent { name: name.to_owned() };
        }
        let nearest = space::nearest(name, self.all.keys().map(String::as_str)).map(str::to_owned);
        JudgeError::Missing { name: name.to_owned(), arrived: self.arrived(), nearest }
    }

    fn arrived(self) -> Vec<String> {
        self.reported().map(str::to_owned).collect()
    }

    /// The names that programs gave.
    fn reported(self) -> impl Iterator<Item = &'a str> {
        self.all.keys().map(String::as_str).filter(move |name| !self.made.is_made(name, self.all))
    }
}

/// One report, as an expression sees it.
struct Step<'a>(&'a [(&'a str, f64)]);

impl Env for Step<'_> {
    fn get(&self, name: &str) -> Lookup {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map_or(Lookup::Unknown, |(_, value)| Lookup::Value(Value::Float(*value)))
    }
}

impl Env for Metrics<'_> {
    fn get(&self, name: &str) -> Lookup {
        self.all.get(name).map_or(Lookup::Unknown, |digest| Lookup::Value(Value::Float(digest.last.value.0)))
    }
}

/// Digests of metrics that were told once, as by a program that asks and tells.
pub fn told(metrics: &IndexMap<String, Real>) -> Digests {
    metrics.iter().map(|(name, value)| (name.clone(), crate::Digest::single(*value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Constraint, DigestBuilder};

    fn judge(objectives: &[Objective], constraints: &[&str]) -> Judge {
        let constraints = constraints.iter().map(|expr| Constraint { expr: (*expr).to_owned() }).collect();
        Judge::new(&Settings { objectives: objectives.to_vec(), constraints, ..Settings::default() }).unwrap()
    }

    fn digests(metrics: &[(&str, &[f64])]) -> Digests {
        let digest = |values: &[f64]| {
            let mut builder = DigestBuilder::default();
            for (step, value) in values.iter().enumerate() {
                builder.push(step as u64, Real(*value));
            }
            builder.finish().unwrap()
        };
        metrics.iter().map(|(name, values)| ((*name).to_owned(), digest(values))).collect()
    }

    #[test]
    fn an_expression_combines_the_last_values_of_metrics() {
        let judge = judge(&[Objective::minimize("loss + 0.5 * saturation")], &[]);
        let judged = judge.judge(&digests(&[("loss", &[3.0, 1.0]), ("saturation", &[2.0])])).unwrap();
        assert_eq!(judged.values, [Real(2.0)]);
    }

    #[test]
    fn best_follows_the_direction_of_the_objective() {
        let best = |objective: Objective| judge(&[Objective { at: At::Best, ..objective }], &[]);
        let curve = digests(&[("acc", &[0.1, 0.9, 0.5])]);
        assert_eq!(best(Objective::maximize("acc")).judge(&curve).unwrap().values, [Real(0.9)]);
        assert_eq!(best(Objective::minimize("acc")).judge(&curve).unwrap().values, [Real(0.1)]);
    }

    #[test]
    fn an_odd_name_is_taken_whole_where_it_was_reported() {
        let judged = judge(&[Objective::minimize("val/acc")], &[]).judge(&digests(&[("val/acc", &[4.0])]));
        assert_eq!(judged.unwrap().values, [Real(4.0)]);
    }

    #[test]
    fn a_missing_metric_names_what_arrived_and_the_nearest() {
        let error = judge(&[Objective::minimize("val_error")], &[])
            .judge(&digests(&[("val_eror", &[1.0]), ("loss", &[1.0])]))
            .unwrap_err();
        let want = "the metric `val_error` was never reported; what was: `val_eror`, `loss`; did you mean `val_eror`?";
        assert_eq!(error.to_string(), want);
        let silent = judge(&[Objective::minimize("val_error")], &[]).judge(&Digests::new()).unwrap_err();
        assert!(silent.to_string().starts_with("the program reported nothing"), "{silent}");
    }

    #[test]
    fn what_ravine_measured_itself_is_no_report() {
        let took = ("run.time", &[0.5][..]);
        let silent = judge(&[Objective::minimize("loss")], &[]).judge(&digests(&[took])).unwrap_err();
        assert!(matches!(silent, JudgeError::Silent { .. }), "{silent}");
        let nameless = Objective { metric: None, ..Objective::minimize("") };
        let settings = Settings {
            objectives: vec![nameless],
            repeat: vec![crate::Axis::counted("fold", 2)],
            ..Settings::default()
        };
        let all = digests(&[("loss", &[2.0]), took, ("mean_loss", &[2.0]), ("std_run.time", &[0.0])]);
        assert_eq!(Judge::new(&settings).unwrap().judge(&all).unwrap().values, [Real(2.0)]);
    }

    #[test]
    fn a_metric_that_came_as_text_is_told_so() {
        let texts: IndexMap<_, _> = [("loss".to_owned(), "0.5".to_owned())].into();
        let told = |objective, digests: &Digests| {
            judge(&[objective], &[]).judge(digests).unwrap_err().knowing(&texts).to_string()
        };
        let want = "the metric `loss` was reported as the text \"0.5\"; it must be a number, such as {\"loss\": 0.5}";
        assert_eq!(told(Objective::minimize("loss"), &Digests::new()), want);
        assert_eq!(told(Objective::minimize("loss + acc"), &digests(&[("acc", &[1.0])])), want);
        assert_eq!(told(Objective { metric: None, ..Objective::minimize("") }, &Digests::new()), want);
    }

    #[test]
    fn a_metric_of_some_repetitions_is_told_so() {
        let partial = IndexMap::from([("loss".to_owned(), 2)]);
        let told = |objective: &str, digests: &[(&str, &[f64])]| {
            let error =
                judge(&[Objective::minimize(objective)], &[]).judge(&self::digests(digests)).unwrap_err();
            error.among(&partial, 3).to_string()
        };
        let want = "the metric `loss` was reported by 2 of 3 repetitions; the objective needs it of each";
        assert_eq!(told("loss", &[]), want);
        assert_eq!(told("mean_loss + acc", &[("acc", &[1.0])]), want);
        assert!(told("los", &[("acc", &[1.0])]).starts_with("the metric `los` was never reported"));
    }

    #[test]
    fn the_only_metric_counts_where_none_is_named_and_several_are_refused() {
        let unnamed = Objective { metric: None, ..Objective::minimize("") };
        let judge = judge(&[unnamed], &[]);
        assert_eq!(judge.judge(&digests(&[("x", &[1.0])])).unwrap().values, [Real(1.0)]);
        let error = judge.judge(&digests(&[("x", &[1.0]), ("y", &[1.0])])).unwrap_err();
        assert!(matches!(error, JudgeError::Ambiguous { .. }), "{error}");
    }

    #[test]
    fn nan_ends_the_trial_as_failed_with_its_metrics_kept() {
        let judge = judge(&[Objective::minimize("loss")], &[]);
        let ended = judge.complete(TrialId(3), 0, &digests(&[("loss", &[f64::NAN]), ("acc", &[0.5])]));
        assert_eq!((ended.state, ended.values.len()), (Ending::Failed, 0));
        assert_eq!(ended.metrics["acc"], Real(0.5));
        assert_eq!(ended.message.as_deref(), Some("`loss` is not a number (nan)"));
    }

    #[test]
    fn violations_have_one_entry_for_each_joined_condition() {
        let judge = judge(&[Objective::minimize("loss")], &["latency <= 20 && size <= 3"]);
        let judged =
            judge.judge(&digests(&[("loss", &[1.0]), ("latency", &[25.0]), ("size", &[1.0])])).unwrap();
        assert_eq!(judged.violations, [Real(5.0), Real(-2.0)]);
        assert_eq!(judge.violations(), 2);
    }

    #[test]
    fn the_best_value_of_an_expression_is_refused() {
        let objective = Objective { at: At::Best, ..Objective::minimize("a + b") };
        let settings = Settings { objectives: vec![objective], ..Settings::default() };
        assert_eq!(Judge::new(&settings).unwrap_err().place, "objective[0].at");
    }

    #[test]
    fn a_pruned_trial_keeps_the_value_it_had() {
        let judge = judge(&[Objective::minimize("loss")], &[]);
        let ended = judge.pruned(TrialId(0), 0, 4, &digests(&[("loss", &[2.0, 1.5])]));
        assert_eq!((ended.values, ended.step), (vec![Real(1.5)], Some(4)));
        assert!(judge.pruned(TrialId(0), 0, 4, &Digests::new()).values.is_empty());
    }
}
