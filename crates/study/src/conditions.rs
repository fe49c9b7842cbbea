//! `[stop] when`: conditions over what complete trials measured, such as `max(madd) > 2e8`. A name stands for the list
//! of its metric's values, by trial.
//!
//! They are weighed when a trial ends, not when somebody asks: a limit is asked for at every decision.

use serde::{Deserialize, Serialize};
use space::expr::{Env, Expr, Lookup, Names, Type, Value};

use crate::record::State;
use crate::{SettingsError, StopRules, Study};

/// A condition as of the last ended trial.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Reading {
    /// Of a comparison its left side, its right side; of others, and before there is a value, nothing.
    pub(crate) sides: Option<(f64, f64)>,
    /// Whether it holds. One over a metric that no complete trial has does not.
    pub(crate) holds: bool,
}

/// Any name may be that of a metric, and is a list.
struct Lists;

impl Names for Lists {
    fn type_of(&self, _: &str) -> Option<Type> {
        Some(Type::Float.list())
    }

    fn known(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Looks at the conditions of a study.
///
/// # Errors
/// The first one that is none.
pub(crate) fn check(rules: &StopRules) -> Result<(), SettingsError> {
    for (i, text) in rules.when.iter().enumerate() {
        let place = || format!("stop.when[{i}]");
        let checked = Expr::parse(text).and_then(|expr| expr.check_bool(&Lists).map(|()| expr));
        let expr = checked.map_err(|error| {
            let single = error.hint.filter(|hint| !hint.contains("layers"));
            let hint = Some(single.unwrap_or_else(|| HINT.to_owned()));
            SettingsError { place: place(), problem: error.message, hint, span: Some(error.span) }
        })?;
        if expr.names().is_empty() {
            let problem = "this condition names no metric".to_owned();
            return Err(SettingsError { place: place(), problem, hint: Some(HINT.to_owned()), span: None });
        }
    }
    Ok(())
}

/// The metrics that a condition looks at.
pub(crate) fn names(text: &str) -> Vec<String> {
    let expr = Expr::parse(text).ok();
    expr.iter().flat_map(Expr::names).map(str::to_owned).collect()
}

const HINT: &str = "a metric stands for the list of its values over all complete trials: `max(madd) > 2e8`";

/// What complete trials measured.
struct Measured<'a>(&'a Study);

impl Measured<'_> {
    fn list(&self, name: &str) -> Vec<Value> {
        let complete = self.0.counting().filter(|trial| trial.state() == State::Complete);
        complete.filter_map(|trial| trial.metric(name)).map(|value| Value::Float(value.0)).collect()
    }
}

impl Env for Measured<'_> {
    fn get(&self, name: &str) -> Lookup {
        match self.list(name) {
            // The smallest of nothing is not known: what needs it does not hold.
            values if values.is_empty() => Lookup::Unknown,
            values => Lookup::Value(Value::List(values)),
        }
    }
}

impl Study {
    /// Looks at the stop conditions anew.
    pub(crate) fn weigh_conditions(&mut self) {
        let measured = Measured(self);
        self.conditions = self.settings.stop.when.iter().map(|text| measured.reading(text)).collect();
    }

    /// The text of a stop condition, by its place in `[stop] when`.
    pub fn condition(&self, index: u32) -> Option<&str> {
        self.settings.stop.when.get(index as usize).map(String::as_str)
    }
}

/// A name in a stop condition, or the cost, that no complete trial measured: the condition cannot hold, the cost is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmeasured {
    /// The condition's place in `[stop] when`; `None` where it is the cost.
    pub condition: Option<u32>,
    /// The name.
    pub name: String,
    /// The metric that was probably meant.
    pub nearest: Option<String>,
}

impl Study {
    /// The names in stop conditions, and of the cost, that mean nothing so far; none while no trial is complete.
    pub fn unmeasured(&self) -> Vec<Unmeasured> {
        if self.counts().complete == 0 {
            return Vec::new();
        }
        let known = self.metric_names();
        let conditions = (0..).zip(&self.settings.stop.when);
        let of_conditions =
            conditions.flat_map(|(place, text)| names(text).into_iter().map(move |name| (Some(place), name)));
        let all = of_conditions.chain(self.settings.cost.clone().map(|name| (None, name)));
        let unknown = all.filter(|(_, name)| !known.contains(&name.as_str()));
        let told = |(condition, name): (Option<u32>, String)| {
            let nearest = space::nearest(&name, known.iter().copied()).map(str::to_owned);
            Unmeasured { condition, name, nearest }
        };
        unknown.map(told).collect()
    }
}

impl Measured<'_> {
    fn reading(&self, text: &str) -> Reading {
        let Ok(expr) = Expr::parse(text) else { return Reading::default() };
        let number = |side: &Expr| side.eval_number(self).ok().filter(|number| !number.is_nan());
        let sides = expr.sides().and_then(|(left, right)| Some((number(&left)?, number(&right)?)));
        Reading { sides, holds: expr.eval_bool(self).unwrap_or(false) }
    }
}
