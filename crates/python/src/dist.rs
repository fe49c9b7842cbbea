//! What values a parameter may take, as a ledger holds it: compact, compared without Python, drawn without Python.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyTuple};
use space::{Anchor, ChoiceDomain, ChoiceOption, Domain, FloatDomain, IntDomain, Scalar, Stream};

/// A distribution, once for all trials that have it.
pub(crate) struct Dist {
    pub(crate) kind: Kind,
    /// Whether it holds one value only.
    pub(crate) single: bool,
    /// The same for samplers; `None` where they cannot work in it (whole numbers beyond 2⁵³, ranges without end).
    pub(crate) domain: Option<Domain>,
    /// The same as a log holds it, once it was read or written.
    pub(crate) record: Option<Domain>,
    /// The Python object.
    pub(crate) object: Py<PyAny>,
}

/// The kinds of distributions, with what tells two of one kind apart.
pub(crate) enum Kind {
    /// Real numbers.
    Float {
        /// The least.
        low: f64,
        /// The greatest.
        high: f64,
        /// Whether the logarithm is searched evenly.
        log: bool,
        /// The distance of neighbours.
        step: Option<f64>,
    },
    /// Whole numbers.
    Int {
        /// The least.
        low: i64,
        /// The greatest.
        high: i64,
        /// Whether the logarithm is searched evenly.
        log: bool,
        /// The distance of neighbours.
        step: i64,
    },
    /// One of these objects.
    Categorical {
        /// They are what the objective gets.
        choices: Py<PyTuple>,
        /// How many.
        count: u32,
    },
}

impl Dist {
    /// What a Python distribution is; its classes have checked it.
    pub(crate) fn of(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let single = object.call_method0("single")?.extract()?;
        let (kind, domain) = if let Ok(choices) = object.getattr("choices") {
            let choices = choices.cast_into::<PyTuple>()?;
            let count = u32::try_from(choices.len())?;
            let options = (0..count).map(ChoiceOption::literal).collect();
            let domain = ChoiceDomain::new(options, false).ok().map(Domain::Choice);
            (Kind::Categorical { choices: choices.unbind(), count }, domain)
        } else {
            let log: bool = object.getattr("log")?.is_truthy()?;
            let (low, high, step) =
                (object.getattr("low")?, object.getattr("high")?, object.getattr("step")?);
            if low.is_instance_of::<PyFloat>() {
                let (low, high, step) = (low.extract()?, high.extract()?, step.extract()?);
                let domain = match step {
                    Some(step) => FloatDomain::with_step(low, high, step, Anchor::Low, log),
                    None => FloatDomain::new(low, high, log),
                };
                (Kind::Float { low, high, log, step }, domain.ok().map(Domain::Float))
            } else {
                let (low, high, step) = (low.extract()?, high.extract()?, step.extract()?);
                let domain = IntDomain::with_step(low, high, step, Anchor::Low, log);
                (Kind::Int { low, high, log, step }, domain.ok().map(Domain::Int))
            }
        };
        Ok(Dist { kind, single, domain, record: None, object: object.clone().unbind() })
    }

    /// Whether it is this range of real numbers.
    #[inline]
    pub(crate) fn is_float(&self, range: (f64, f64, Option<f64>, bool)) -> bool {
        matches!(self.kind, Kind::Float { low, high, log, step } if (low, high, step, log) == range)
    }

    /// Whether it is this range of whole numbers.
    #[inline]
    pub(crate) fn is_int(&self, range: (i64, i64, i64, bool)) -> bool {
        matches!(self.kind, Kind::Int { low, high, log, step } if (low, high, step, log) == range)
    }

    /// Whether it is a choice among these very objects.
    #[inline]
    pub(crate) fn is_choice(&self, items: &[Bound<'_, PyAny>]) -> bool {
        let Kind::Categorical { choices, count } = &self.kind else { return false };
        let Some(py) = items.first().map(Bound::py) else { return false };
        let choices = choices.bind(py);
        *count as usize == items.len() && choices.iter_borrowed().zip(items).all(|(own, item)| own.is(item))
    }

    /// A value drawn evenly, in the representation that [`Param`](crate::table::Param) has.
    pub(crate) fn draw(&self, stream: &mut Stream) -> f64 {
        match (&self.domain, &self.kind) {
            (Some(Domain::Choice(d)), _) => stream.below(d.len() as u64) as f64,
            (Some(domain), _) => number(&domain.sample(stream)),
            (None, Kind::Float { low, high, step: None, .. }) => {
                let u = stream.uniform();
                low * (1.0 - u) + high * u
            }
            (None, Kind::Float { low, high, step: Some(step), .. }) => {
                let steps = ((high - low) / step).floor().max(0.0);
                low + step * (stream.uniform() * (steps + 1.0)).floor()
            }
            (None, Kind::Int { low, high, step, .. }) => {
                let steps = high.wrapping_sub(*low).unsigned_abs() / step.unsigned_abs().max(1);
                let drawn = stream.below(steps.saturating_add(1)) as i64;
                low.wrapping_add(drawn.wrapping_mul(*step)) as f64
            }
            (None, Kind::Categorical { count, .. }) => stream.below(u64::from(*count)) as f64,
        }
    }

    /// What a sampler calls the value.
    pub(crate) fn scalar(&self, value: f64) -> Scalar {
        match self.kind {
            Kind::Float { .. } => Scalar::Float(value),
            Kind::Int { .. } => Scalar::Int(value as i64),
            Kind::Categorical { .. } => Scalar::Choice(value as u32),
        }
    }

    /// A sampler's value, where it is one of this distribution.
    pub(crate) fn fitting(&self, value: &Scalar) -> Option<f64> {
        let domain = self.domain.as_ref()?;
        domain.contains(value).then(|| number(value))
    }

    /// The least value, or the first choice.
    pub(crate) fn first(&self) -> f64 {
        match self.kind {
            Kind::Float { low, .. } => low,
            Kind::Int { low, .. } => low as f64,
            Kind::Categorical { .. } => 0.0,
        }
    }

    /// What the objective gets.
    pub(crate) fn external<'py>(&self, py: Python<'py>, value: f64) -> PyResult<Bound<'py, PyAny>> {
        Ok(match &self.kind {
            Kind::Float { .. } => PyFloat::new(py, value).into_any(),
            Kind::Int { .. } => PyInt::new(py, value as i64).into_any(),
            Kind::Categorical { choices, .. } => choices.bind(py).get_item(value as usize)?,
        })
    }
}

/// The number that stands for a sampler's value.
fn number(value: &Scalar) -> f64 {
    match value {
        Scalar::Float(x) => *x,
        Scalar::Int(n) => *n as f64,
        Scalar::Choice(i) => f64::from(*i),
        Scalar::Order(_) => 0.0,
    }
}

/// Whether two choices are one in records: the same object, or equal ones of one type.
pub(crate) fn same_choices(a: &Bound<'_, PyTuple>, b: &Bound<'_, PyTuple>) -> PyResult<bool> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for (x, y) in a.iter().zip(b.iter()) {
        let alike = x.is(&y)
            || (x.get_type().is(y.get_type()) && !x.is_instance_of::<PyBool>() && x.eq(&y).unwrap_or(false));
        if !alike {
            return Ok(false);
        }
    }
    Ok(true)
}
