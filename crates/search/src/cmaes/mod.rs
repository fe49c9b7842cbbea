//! CMA-ES: a normal distribution over the space that moves, grows, shrinks and turns towards better trials (Hansen and
//! Ostermeier 2001; Hansen 2016, arXiv:1604.00772), with pycma's constants.
//!
//! Made for studies as they are: discrete coordinates keep a margin ([`margin`]), choices without an order have learned
//! chances ([`chances`]), results may come late, in any order and from elsewhere ([`distribution::Sample`]), earlier results
//! may shape the start ([`warm`]).
//!
//! The state follows from what was learned (invariant HISTORY). A trial's memo holds in which generation it was drawn, and
//! what its point does not tell: where in its cell a discrete coordinate lay, and inactive coordinates.

mod chances;
mod constants;
mod coordinates;
mod distribution;
mod learning_rate;
mod margin;
mod options;
#[cfg(test)]
mod oracles;
mod restarts;
mod run;
mod shape;
mod warm;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use space::{Point, Space};

pub use self::options::{CmaesOptions, Covariance, Restarts};

use self::coordinates::{Layout, Place};
use self::run::{Member, Run, Start};
use crate::standing::Standing;
use crate::strategy::{Draft, Strategy, stream};
use crate::transfer::nearest;
use crate::{Ask, Observed, Purpose, SearchError, TrialId};

/// The key in a memo under which a draw's own data stand.
const KEY: &str = "cmaes";
/// A generation has so many results at most.
const MOST_RESULTS: u32 = 100_000;
/// So many earlier results shape the start.
const ENOUGH_TO_WARM: usize = 10;

/// What becomes of results that were not drawn here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Foreign {
    /// They count for a generation as any other.
    Counted,
    /// Of each generation's so many, the best, stand beside its own.
    Best(usize),
}

/// Where the search begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beginning {
    /// At the defaults, where good values are believed to be, or in the middle.
    Middle,
    /// At the best result that is known.
    Best,
}

/// What is for whoever uses the search to say, beside its options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Role {
    pub(crate) foreign: Foreign,
    pub(crate) beginning: Beginning,
    /// So often a draw outside the cube is drawn again before it is put on the boundary.
    pub(crate) redraws: usize,
}

impl Role {
    /// A search by itself.
    pub(crate) const ALONE: Role =
        Role { foreign: Foreign::Counted, beginning: Beginning::Middle, redraws: 12 };
}

/// A trial that runs.
#[derive(Clone, Debug)]
struct Running {
    point: Arc<Point>,
    draw: Option<Draw>,
}

/// What a memo says.
#[derive(Clone, Debug, PartialEq)]
struct Draw {
    generation: u64,
    /// What the point does not tell, in the order of the coordinates.
    hidden: Vec<f64>,
    /// How many results were known when the search began with this draw.
    from: Option<usize>,
    /// Its population then, where the options do not say it.
    population: Option<u32>,
}

impl Draw {
    fn read(memo: &Value) -> Option<Draw> {
        let memo = memo.get(KEY)?;
        let hidden = memo.get("hidden").and_then(Value::as_array);
        Some(Draw {
            generation: memo.get("generation")?.as_u64()?,
            hidden: hidden.map(|list| list.iter().filter_map(Value::as_f64).collect()).unwrap_or_default(),
            from: memo.get("from").and_then(Value::as_u64).map(|n| n as usize),
            population: memo.get("population").and_then(Value::as_u64).and_then(|n| n.try_into().ok()),
        })
    }

    fn write(&self) -> Value {
        let mut memo = json!({ "generation": self.generation });
        if !self.hidden.is_empty() {
            memo["hidden"] = self.hidden.clone().into();
        }
        if let Some(from) = self.from {
            memo["from"] = from.into();
        }
        if let Some(population) = self.population {
            memo["population"] = population.into();
        }
        json!({ KEY: memo })
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Cmaes {
    options: CmaesOptions,
    role: Role,
    /// What the options say of where it begins.
    start: Point,
    promising: Vec<Point>,
    layout: Layout,
    space: Arc<Space>,
    /// Known from the first decision on. Until then `backlog` holds what was learned.
    seed: Option<u64>,
    backlog: Vec<Observed>,
    trials: BTreeMap<TrialId, Running>,
    /// Results from before the search began.
    before: Vec<Member>,
    run: Option<Run>,
}

impl Cmaes {
    pub(crate) fn new(space: Arc<Space>, options: CmaesOptions, role: Role) -> Result<Self, SearchError> {
        let wrong = |what: &str| Err(SearchError::Unsuitable(format!("sampler cmaes: {what}")));
        if options.population.is_some_and(|p| p < 4) {
            return wrong("population is below 4");
        }
        if options.population.is_some_and(|p| p > MOST_RESULTS) {
            return wrong(&format!("population is above {MOST_RESULTS}"));
        }
        if options.adapt_learning_rate && options.covariance == Covariance::Diagonal {
            return wrong("adapt_learning_rate needs all correlations, and covariance is `diagonal`");
        }
        if !(options.sigma > 0.0 && options.sigma <= 2.0) {
            return wrong("sigma is not a number above 0 and at most 2");
        }
        let layout = Layout::new(&space);
        let mut promising = Vec::with_capacity(options.promising.len());
        for given in &options.promising {
            promising.push(named("promising", given, &space)?);
        }
        let start = named("start", &options.start, &space)?;
        Ok(Cmaes {
            start,
            promising,
            layout,
            options,
            role,
            space,
            seed: None,
            backlog: Vec::new(),
            trials: BTreeMap::new(),
            before: Vec::new(),
            run: None,
        })
    }

    /// How many results make a generation of the first run.
    pub(crate) fn population(&self) -> usize {
        let usual = constants::population(self.layout.dimension());
        self.options.population.map_or(usual, |population| population as usize)
    }

    /// The beginning, made of the first so many results.
    fn begin(&self, from: usize, population: Option<u32>) -> Run {
        let mut place = self.first_place();
        let mut known: Vec<&Member> = self.before.iter().take(from).filter(|m| m.is_good()).collect();
        known.sort_by(|a, b| a.order(b));
        let count = (known.len() as f64 * warm::PROMISING).floor() as usize;
        if let (Beginning::Best, Some(best)) = (self.role.beginning, known.first()) {
            place.at.iter_mut().zip(&best.place.at).filter(|(_, x)| !x.is_nan()).for_each(|(at, x)| *at = *x);
        }
        let warm = self.options.warm_start && known.len() >= ENOUGH_TO_WARM;
        let filled = |m: &&Member| {
            let known = m.place.at.iter().zip(&place.at);
            known.map(|(x, default)| if x.is_nan() { *default } else { *x }).collect()
        };
        let promising = if self.promising.is_empty() {
            known.iter().take(if warm { count } else { 0 }).map(filled).collect()
        } else {
            self.promising.iter().map(|point| self.place_within(point, &place.at)).collect()
        };
        let options =
            CmaesOptions { population: self.options.population.or(population), ..self.options.clone() };
        Run::new(&options, &self.layout, Start { place, promising }, self.role)
    }

    /// Where the search begins: at defaults, where good values are believed to be, or in the middle.
    fn first_place(&self) -> Place {
        let parameters = self.space.parameters();
        let value = |i: usize| {
            let p = &parameters[i];
            self.start
                .get(i)
                .or(p.default.as_ref())
                .or_else(|| p.prior.as_ref().map(|belief| &belief.at))
                .cloned()
        };
        let known = Point::new((0..parameters.len()).map(value).collect::<Vec<_>>());
        let mut place = self.layout.place(&self.space, &known);
        place.at.iter_mut().filter(|x| x.is_nan()).for_each(|x| *x = 0.5);
        place
    }

    /// Where a point lies, with what it does not have from elsewhere.
    fn place_within(&self, point: &Point, elsewhere: &[f64]) -> Vec<f64> {
        let place = self.layout.place(&self.space, point);
        place.at.iter().zip(elsewhere).map(|(x, other)| if x.is_nan() { *other } else { *x }).collect()
    }

    fn take_in(&mut self, event: &Observed, seed: u64) {
        match event {
            Observed::Created { trial, point, memo, .. } => {
                let draw = memo.as_ref().and_then(Draw::read);
                if let (None, Some(draw)) = (&self.run, &draw) {
                    self.set_off(draw.from.unwrap_or(0), draw.population, seed);
                }
                self.trials.insert(*trial, Running { point: point.clone(), draw });
            }
            Observed::Ended { trial, outcome } => {
                let Some(running) = self.trials.get(trial) else { return };
                let member = self.member(*trial, running, Standing::of(outcome));
                match &mut self.run {
                    Some(run) => run.learn(member, &self.layout, seed),
                    None => self.before.push(member),
                }
            }
            Observed::Continued { .. }
            | Observed::Repeated { .. }
            | Observed::Repetition { .. }
            | Observed::Spent { .. }
            | Observed::Reported { .. } => {}
        }
    }

    /// Begins the search, and tells it what was not known when that was decided.
    fn set_off(&mut self, from: usize, population: Option<u32>, seed: u64) {
        let mut run = self.begin(from, population);
        for member in self.before.drain(..).skip(from) {
            run.learn(member, &self.layout, seed);
        }
        self.run = Some(run);
    }

    fn member(&self, trial: TrialId, running: &Running, standing: Option<Standing>) -> Member {
        let mut place = self.layout.place(&self.space, &running.point);
        if let Some(draw) = &running.draw {
            let mut hidden = draw.hidden.iter();
            for (x, coordinate) in place.at.iter_mut().zip(&self.layout.coordinates) {
                if coordinate.cells.is_some() || x.is_nan() {
                    *x = hidden.next().copied().unwrap_or(f64::NAN);
                }
            }
        }
        Member { trial, standing, place, generation: running.draw.as_ref().map(|d| d.generation) }
    }

    /// A draw; where it is the first one, of a search whose first generations are of so many.
    pub(crate) fn draw_of(
        &mut self,
        ask: &Ask<'_>,
        attempt: u32,
        accept: &dyn Fn(&Point) -> bool,
        population: Option<u32>,
    ) -> Result<Draft, SearchError> {
        let seed = ask.stream(Purpose::Study).next_u64();
        self.seed = Some(seed);
        for event in std::mem::take(&mut self.backlog) {
            self.take_in(&event, seed);
        }
        let begun;
        let (run, from) = match &self.run {
            Some(run) => (run, None),
            None => {
                begun = self.begin(self.before.len(), population);
                (&begun, Some(self.before.len()))
            }
        };
        let place = run.draw(&self.layout, &mut stream(ask, attempt));
        let seen = run.seen(&place);
        let parameters = ask.space.parameters();
        let point = ask.space.complete(|i, _| self.layout.value(i, &parameters[i], &seen));
        if !accept(&point) {
            return Ok(Draft::Refused);
        }
        let population = population.filter(|_| from.is_some());
        let draw = Draw { generation: run.age, hidden: self.hidden(&place, &point), from, population };
        Ok(Draft::Point(point, Some(draw.write())))
    }

    /// What of a draw its point does not tell.
    fn hidden(&self, place: &Place, point: &Point) -> Vec<f64> {
        let of = |(x, c): (&f64, &coordinates::Coordinate)| {
            (c.cells.is_some() || point.get(c.parameter).is_none()).then_some((*x * 1e9).round() / 1e9)
        };
        place.at.iter().zip(&self.layout.coordinates).filter_map(of).collect()
    }
}

/// The values of an option's table, each the nearest that its parameter can take.
fn named(option: &str, values: &Map<String, Value>, space: &Space) -> Result<Point, SearchError> {
    let mut point = Point::empty(space.parameters().len());
    for (path, value) in values {
        let wrong = |what: &str| SearchError::Unsuitable(format!("sampler cmaes: {option}.{path}: {what}"));
        let slot = space.index(path).ok_or_else(|| wrong("the space has no such parameter"))?;
        let fitting = nearest(&space.parameters()[slot].domain, value);
        point.set(slot, Some(fitting.ok_or_else(|| wrong(&format!("{value} is no value of it")))?));
    }
    Ok(point)
}

impl Strategy for Cmaes {
    fn learn(&mut self, events: &[Observed]) {
        match self.seed {
            Some(seed) => events.iter().for_each(|event| self.take_in(event, seed)),
            None => {
                let matters = |e: &&Observed| matches!(e, Observed::Created { .. } | Observed::Ended { .. });
                self.backlog.extend(events.iter().filter(matters).cloned());
            }
        }
    }

    fn draw(
        &mut self,
        ask: &Ask<'_>,
        attempt: u32,
        accept: &dyn Fn(&Point) -> bool,
    ) -> Result<Draft, SearchError> {
        self.draw_of(ask, attempt, accept, None)
    }
}
