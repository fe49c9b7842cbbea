//! A trial, as the objective's closure sees it.

use serde_json::Value as Json;
use session::{Asked, Session, SessionError};
use space::{ChoiceDomain, ChoiceOption, Domain, FloatDomain, IntDomain};
use study::{Real, TrialId};

/// What a closure says of a trial: its value, or the reason why there is none. Any error ends the trial as failed, and the
/// search goes on.
pub type Outcome = Result<f64, Box<dyn std::error::Error>>;

/// One trial under way: asks for parameters, and may report how it goes.
#[derive(Debug)]
pub struct Trial<'a> {
    session: &'a Session,
    asked: &'a Asked,
}

impl<'a> Trial<'a> {
    pub(crate) fn new(session: &'a Session, asked: &'a Asked) -> Self {
        Trial { session, asked }
    }

    /// Its number in the study, from 0.
    pub fn number(&self) -> TrialId {
        self.asked.number
    }

    /// A number in [low, high].
    ///
    /// # Errors
    /// A range that is none, or other than the study knows for this name.
    pub fn float(&self, name: &str, low: f64, high: f64) -> Result<f64, SessionError> {
        self.number_in(name, Domain::Float(float(name, low, high, false)?))
    }

    /// A number in [low, high], low > 0, searched by its logarithm.
    ///
    /// # Errors
    /// As [`float`](Trial::float).
    pub fn float_log(&self, name: &str, low: f64, high: f64) -> Result<f64, SessionError> {
        self.number_in(name, Domain::Float(float(name, low, high, true)?))
    }

    /// A whole number in [low, high].
    ///
    /// # Errors
    /// As [`float`](Trial::float).
    pub fn int(&self, name: &str, low: i64, high: i64) -> Result<i64, SessionError> {
        let domain = IntDomain::new(low, high, false).map_err(|error| wrong(name, error))?;
        let value = self.suggest(name, &Domain::Int(domain))?;
        value.as_i64().ok_or_else(|| wrong(name, format!("its value {value} is no whole number")))
    }

    /// One of some labels.
    ///
    /// # Errors
    /// No or equal labels, or others than the study knows for this name.
    pub fn choice<'l>(&self, name: &str, labels: &[&'l str]) -> Result<&'l str, SessionError> {
        let options = labels.iter().map(|label| ChoiceOption {
            label: Json::from(*label),
            value: Json::from(*label),
            weight: 1.0,
        });
        let domain = ChoiceDomain::new(options.collect(), false).map_err(|error| wrong(name, error))?;
        let value = self.suggest(name, &Domain::Choice(domain))?;
        let chosen = labels.iter().find(|label| value == **label).copied();
        chosen.ok_or_else(|| wrong(name, format!("its value {value} is none of the labels")))
    }

    /// The value of any domain, or of a parameter of a declared space, as JSON.
    ///
    /// # Errors
    /// As [`Session::suggest`].
    pub fn suggest(&self, name: &str, domain: &Domain) -> Result<Json, SessionError> {
        self.session.suggest(self.asked.number, name, domain)
    }

    /// The sampled values by path, where the study's space is declared.
    pub fn parameters(&self) -> &study::Assignment {
        &self.asked.parameters
    }

    /// Says how it goes at a step: kept with the trial.
    ///
    /// # Errors
    /// As [`Session::report`].
    pub fn report(&self, step: u64, metric: &str, value: f64) -> Result<(), SessionError> {
        self.session.report(self.asked.number, step, [(metric.to_owned(), Real(value))])
    }

    fn number_in(&self, name: &str, domain: Domain) -> Result<f64, SessionError> {
        let value = self.suggest(name, &domain)?;
        value.as_f64().ok_or_else(|| wrong(name, format!("its value {value} is no number")))
    }
}

fn float(name: &str, low: f64, high: f64, log: bool) -> Result<FloatDomain, SessionError> {
    FloatDomain::new(low, high, log).map_err(|error| wrong(name, error))
}

fn wrong(name: &str, message: impl std::fmt::Display) -> SessionError {
    SessionError::Incompatible { name: name.to_owned(), message: message.to_string() }
}
