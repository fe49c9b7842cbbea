//! A search under way: the distributions, the results of the generation that is not full yet, and the restarts.

use std::cmp::Ordering;

use space::Stream;

use super::CmaesOptions;
use super::chances::Chances;
use super::constants::{Constants, population};
use super::coordinates::{Layout, Place};
use super::distribution::{Distribution, Sample};
use super::margin::{self, Widths};
use super::options::Covariance;
use super::restarts::{Progress, Runs};
use super::shape::Shape;
use super::{Foreign, Role, warm};
use crate::TrialId;
use crate::standing::Standing;

/// Up to so many coordinates all correlations are learned.
const MOST_CORRELATED: usize = 100;

/// A result, in the generation that it counts for.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) trial: TrialId,
    /// `None`: it failed.
    pub(crate) standing: Option<Standing>,
    pub(crate) place: Place,
    /// In which generation it was drawn; `None` where it comes from elsewhere.
    pub(crate) generation: Option<u64>,
}

impl Member {
    /// Whether it has a value and keeps the constraints.
    pub(crate) fn is_good(&self) -> bool {
        matches!(self.standing, Some(Standing::Feasible(_)))
    }

    /// Best first.
    pub(crate) fn order(&self, other: &Member) -> Ordering {
        let standing = match (&self.standing, &other.standing) {
            (Some(a), Some(b)) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
            (a, b) => b.is_some().cmp(&a.is_some()),
        };
        standing.then(self.trial.cmp(&other.trial))
    }

    fn value(&self) -> f64 {
        match self.standing {
            Some(Standing::Feasible(value)) => value,
            _ => f64::INFINITY,
        }
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) distribution: Distribution,
    pub(crate) chances: Chances,
    pub(crate) widths: Widths,
    members: Vec<Member>,
    progress: Progress,
    runs: Runs,
    /// Generations since the study's start, those of earlier runs counted: names the generation that a draw is of.
    pub(crate) age: u64,
    adaptive: bool,
    role: Role,
}

/// Where a run begins.
pub(crate) struct Start {
    pub(crate) place: Place,
    /// Promising places among earlier results, best first.
    pub(crate) promising: Vec<Vec<f64>>,
}

impl Run {
    pub(crate) fn new(options: &CmaesOptions, layout: &Layout, start: Start, role: Role) -> Self {
        let n = layout.coordinates.len();
        let diagonal = match options.covariance {
            Covariance::Auto => n > MOST_CORRELATED,
            Covariance::Full => false,
            Covariance::Diagonal => true,
        };
        let size = options.population.map_or_else(|| population(layout.dimension()), |p| p as usize);
        let constants = Constants::new(n, size, diagonal);
        let chances = Chances::new(&layout.choices);
        let mean = start.place.at;
        let (mean, sigma, shape) = if start.promising.is_empty() || n == 0 {
            (mean, options.sigma, Shape::ball(n, diagonal))
        } else {
            let places: Vec<&[f64]> = start.promising.iter().map(Vec::as_slice).collect();
            let (mean, covariance) = warm::promising(&places);
            let mut shape = Shape::of_matrix(covariance, n);
            let sigma = libm::exp(shape.log_determinant() / (2.0 * n as f64));
            shape.scale(1.0 / (sigma * sigma));
            (mean, sigma, if diagonal { shape.into_diagonal() } else { shape })
        };
        let distribution = Distribution::new(constants, mean, sigma, shape, options.adapt_learning_rate);
        let runs = Runs::new(options.restarts, size, options.sigma);
        let mut run = Run {
            distribution,
            chances,
            widths: vec![1.0; n],
            members: Vec::new(),
            progress: Progress::default(),
            runs,
            age: 0,
            adaptive: options.adapt_learning_rate,
            role,
        };
        margin::correct(&mut run.distribution, &layout.coordinates, &mut run.widths);
        run
    }

    /// A draw. Discrete coordinates hold what the distribution drew, from which [`seen`](Self::seen) makes what the space
    /// sees.
    pub(crate) fn draw(&self, layout: &Layout, stream: &mut Stream) -> Place {
        let inside = |x: &[f64]| {
            let mut pairs = x.iter().zip(&layout.coordinates);
            pairs.all(|(x, c)| c.cells.is_some() || (0.0..=1.0).contains(x))
        };
        let mut at = Vec::new();
        for _ in 0..self.role.redraws {
            let z: Vec<f64> = (0..layout.coordinates.len()).map(|_| stream.normal()).collect();
            at = self.distribution.draw(&z);
            if inside(&at) {
                break;
            }
        }
        for (x, coordinate) in at.iter_mut().zip(&layout.coordinates) {
            // A memo holds these: nine decimals are enough for a cell.
            *x = if coordinate.cells.is_some() { (*x * 1e9).round() / 1e9 } else { x.clamp(0.0, 1.0) };
        }
        let options = self.chances.shares.iter().map(|shares| Some(stream.weighted(shares) as u32)).collect();
        Place { at, options }
    }

    /// What the space sees of a place: discrete coordinates widened by the margin.
    pub(crate) fn seen(&self, place: &Place) -> Place {
        let mean = &self.distribution.mean;
        let at = (0..place.at.len()).map(|i| mean[i] + (place.at[i] - mean[i]) * self.widths[i]).collect();
        Place { at, options: place.options.clone() }
    }

    /// Takes in a result, and once a generation is full learns from it.
    pub(crate) fn learn(&mut self, member: Member, layout: &Layout, seed: u64) {
        match self.members.iter_mut().find(|m| m.trial == member.trial) {
            Some(known) => known.standing = member.standing,
            None => self.members.push(member),
        }
        self.forget_the_worst_foreign();
        let population = self.distribution.constants.population;
        let own = self.members.iter().filter(|m| m.generation.is_some()).count();
        let counted = if self.role.foreign == Foreign::Counted { self.members.len() } else { own };
        if counted >= population {
            self.finish_generation(layout, seed);
        }
    }

    /// Of points from elsewhere only so many are kept as can count.
    fn forget_the_worst_foreign(&mut self) {
        let Foreign::Best(most) = self.role.foreign else { return };
        let foreign = |m: &&Member| m.generation.is_none();
        if self.members.iter().filter(foreign).count() > most {
            let worst = self.members.iter().filter(foreign).max_by(|a, b| a.order(b)).map(|m| m.trial);
            self.members.retain(|m| Some(m.trial) != worst);
        }
    }

    fn finish_generation(&mut self, layout: &Layout, seed: u64) {
        let mut members = std::mem::take(&mut self.members);
        self.runs.count(members.len() as u64);
        members.sort_by(Member::order);
        self.age += 1;
        for member in &mut members {
            self.fill_in(&mut member.place, member.generation.is_some(), layout);
        }
        let parents = self.distribution.constants.parents;
        let better: Vec<(f64, &[Option<u32>])> = members
            .iter()
            .zip(&self.distribution.constants.weights[..parents])
            .map(|(member, weight)| (*weight, member.place.options.as_slice()))
            .collect();
        self.chances.learn(&better);
        let drawn_now = Some(self.age - 1);
        let samples: Vec<Sample<'_>> =
            members.iter().map(|m| Sample { at: &m.place.at, drawn: m.generation == drawn_now }).collect();
        self.distribution.learn(&samples);
        margin::correct(&mut self.distribution, &layout.coordinates, &mut self.widths);
        let values: Vec<f64> = members.iter().map(Member::value).collect();
        self.progress.learn(&values);
        let worst = values.last().copied().unwrap_or(f64::INFINITY);
        if self.runs.go_on() && self.progress.is_over(&self.distribution, layout.dimension(), worst) {
            self.restart(layout, seed);
        }
    }

    /// Gives a member's missing coordinates a value that teaches nothing, the mean's, and undoes the margin's widening of
    /// discrete ones that come from elsewhere.
    fn fill_in(&self, place: &mut Place, own: bool, layout: &Layout) {
        for (i, coordinate) in layout.coordinates.iter().enumerate() {
            let mean = self.distribution.mean[i];
            let x = &mut place.at[i];
            if x.is_nan() {
                *x = mean;
            } else if let (Some(cells), false) = (&coordinate.cells, own) {
                let same = cells.of(*x) == cells.of(mean);
                *x = if same { mean } else { mean + (*x - mean) / self.widths[i] };
            }
        }
    }

    /// Begins anew somewhere else.
    fn restart(&mut self, layout: &Layout, seed: u64) {
        let mut stream = Stream::new(seed, RESTART_PURPOSE, self.runs.restarts);
        let (population, sigma) = self.runs.next(&mut stream);
        let n = layout.coordinates.len();
        let diagonal = matches!(self.distribution.shape, Shape::Diagonal(_));
        let constants = Constants::new(n, population, diagonal);
        let mean = (0..n).map(|_| stream.uniform()).collect();
        self.distribution =
            Distribution::new(constants, mean, sigma, Shape::ball(n, diagonal), self.adaptive);
        self.chances = Chances::new(&layout.choices);
        self.widths = vec![1.0; n];
        margin::correct(&mut self.distribution, &layout.coordinates, &mut self.widths);
        self.progress.restart();
    }
}

/// Sets the streams of restarts apart from all others that a study's seed gives.
const RESTART_PURPOSE: u64 = 0x0063_6d61;
