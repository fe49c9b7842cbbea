//! The search for the point of the highest score.
//!
//! At first a cloud of points is scored: Sobol's, and perturbations of the best trials. From the best few of them, which
//! lie apart, the numbers climb by gradients, all together so that they share the models' solves; then each discrete
//! parameter in turn is tried at its other values; and again while that helps. A finite space that is small is
//! scored whole instead.

use space::{Point, Space, Stream};

use super::goal::{Goal, Room};
use super::layout::{FEW, Kind, Layout, Row, Variable};
use crate::maths::lbfgsb::{Minimiser, Stop};
use crate::sobol::directions::Sequence;

/// Points of Sobol's sequence that are scored.
const CLOUD: u32 = 1024;
/// How many of the best trials are perturbed, and how often each.
const BEST: usize = 5;
const PERTURBED: usize = 32;
/// From how many points the climb starts.
const STARTS: usize = 5;
/// Evaluations of one climb.
const CLIMB: u32 = 30;
/// How often climbing and trying discrete values alternate at most.
const ROUNDS: usize = 3;
/// Values of one discrete parameter that are tried.
const TRIED: usize = 64;
/// A finite space of at most so many configurations is scored whole.
const WHOLE: u32 = 1500;

/// A part of the unit cube.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Region {
    /// Its middle, in the space's encoding.
    pub(crate) centre: Vec<f64>,
    /// Its width along each coordinate.
    pub(crate) lengths: Vec<f64>,
}

/// What [`suggest`] searches.
#[derive(Clone, Copy)]
pub(crate) struct Search<'a> {
    pub(crate) space: &'a Space,
    pub(crate) layout: &'a Layout,
    pub(crate) sequence: Option<&'a Sequence>,
    pub(crate) goal: &'a Goal,
    /// The best trials, best first, in the space's encoding.
    pub(crate) seeds: &'a [Vec<f64>],
    /// Where to look; everywhere where absent.
    pub(crate) region: Option<&'a Region>,
}

#[derive(Clone, Debug)]
struct Candidate {
    units: Vec<f64>,
    row: Row,
    score: f64,
}

/// The point of the highest score that was found and that `accept` accepts, and its score.
pub(crate) fn suggest(
    search: &Search<'_>,
    stream: &mut Stream,
    accept: &dyn Fn(&Point) -> bool,
) -> Option<(Point, f64)> {
    if search.space.numbered().is_some_and(|count| *count <= WHOLE.into()) {
        return search.whole(accept);
    }
    let mut cloud = search.cloud(stream);
    search.score(&mut cloud);
    sort(&mut cloud);
    let mut polished = search.starts(&cloud);
    search.polish(&mut polished, stream);
    sort(&mut polished);
    let found = polished.into_iter().chain(cloud);
    found.map(|c| (search.space.decode(&c.units), c.score)).find(|(point, _)| accept(point))
}

/// Highest score first.
fn sort(candidates: &mut [Candidate]) {
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
}

impl Search<'_> {
    fn whole(&self, accept: &dyn Fn(&Point) -> bool) -> Option<(Point, f64)> {
        let points: Vec<Point> = self.space.enumerate().filter(|point| accept(point)).collect();
        let rows: Vec<Row> = points.iter().map(|point| self.layout.row(self.space, point)).collect();
        let scores = self.goal.scores(&rows.iter().collect::<Vec<_>>());
        let best = points.into_iter().zip(scores);
        best.reduce(|a, b| if b.1 > a.1 { b } else { a })
    }

    fn candidate(&self, mut units: Vec<f64>) -> Option<Candidate> {
        let row = self.layout.row_at(self.space, &mut units);
        let allowed = !self.space.is_constrained() || self.space.allows(&self.space.decode(&units));
        allowed.then_some(Candidate { units, row, score: f64::NEG_INFINITY })
    }

    fn score(&self, candidates: &mut [Candidate]) {
        let rows: Vec<&Row> = candidates.iter().map(|c| &c.row).collect();
        let scores = self.goal.scores(&rows);
        let number = |s: f64| if s.is_nan() { f64::NEG_INFINITY } else { s };
        candidates.iter_mut().zip(scores).for_each(|(c, s)| c.score = number(s));
    }

    /// The points that are scored at first.
    fn cloud(&self, stream: &mut Stream) -> Vec<Candidate> {
        let width = self.layout.width;
        let mut cloud = Vec::with_capacity(CLOUD as usize + BEST * PERTURBED);
        let shifts: Vec<u32> = (0..width).map(|_| (stream.next_u64() >> 32) as u32).collect();
        // Where a constraint refuses some, more are drawn; at most eight times as many.
        for index in 0..8 * CLOUD {
            if cloud.len() >= CLOUD as usize {
                break;
            }
            let mut units: Vec<f64> = match self.sequence {
                Some(sequence) => {
                    let words = sequence.point(index).zip(&shifts);
                    words.map(|(word, shift)| (f64::from(word ^ shift) + 0.5) / 4_294_967_296.0).collect()
                }
                None => (0..width).map(|_| stream.uniform()).collect(),
            };
            self.confine(&mut units, stream);
            cloud.extend(self.candidate(units));
        }
        for seed in self.seeds.iter().take(BEST) {
            for _ in 0..PERTURBED {
                cloud.extend(self.candidate(self.perturbed(seed, stream)));
            }
        }
        cloud
    }

    /// Shrinks a point of the whole cube into the region. In many dimensions only some coordinates leave the centre
    /// (Regis and Shoemaker 2013); so do options, with a probability that shrinks with the region.
    fn confine(&self, units: &mut [f64], stream: &mut Stream) {
        let Some(Region { centre, lengths }) = self.region else { return };
        let share = (20.0 / self.layout.dimensions().max(1) as f64).min(1.0);
        for variable in &self.layout.variables {
            let leaves = share >= 1.0 || stream.uniform() < share;
            for at in coordinates(variable) {
                let (middle, length) = (centre[at], lengths[at].min(1.0));
                match variable.kind {
                    _ if !leaves => units[at] = middle,
                    Kind::Number { .. } => {
                        let (low, high) = (middle - 0.5 * length, middle + 0.5 * length);
                        let (low, high) = (low.max(0.0), high.min(1.0));
                        units[at] = low + units[at] * (high - low);
                    }
                    _ if stream.uniform() >= length => units[at] = middle,
                    _ => {}
                }
            }
        }
    }

    fn bounds(&self, at: usize) -> (f64, f64) {
        self.region.map_or((0.0, 1.0), |region| {
            let (middle, half) = (region.centre[at], 0.5 * region.lengths[at]);
            ((middle - half).max(0.0), (middle + half).min(1.0))
        })
    }

    fn perturbed(&self, seed: &[f64], stream: &mut Stream) -> Vec<f64> {
        let mut units = seed.to_vec();
        let spread = 0.3 * libm::exp(-4.0 * stream.uniform());
        let d = self.layout.dimensions() as f64;
        let share = if stream.uniform() < 0.5 { 1.0 } else { (2.0 / d).min(1.0) };
        for variable in &self.layout.variables {
            match variable.kind {
                Kind::Number { levels, .. } => {
                    if stream.uniform() < share {
                        let at = variable.coordinate;
                        let spread = if levels > 0 { spread.max(1.0 / levels as f64) } else { spread };
                        let (low, high) = self.bounds(at);
                        units[at] = (units[at] + spread * stream.normal()).max(low).min(high);
                    }
                }
                _ => {
                    for at in coordinates(variable) {
                        if stream.uniform() < 1.5 / d {
                            units[at] = stream.uniform();
                        }
                    }
                }
            }
        }
        units
    }

    /// The best of the cloud that lie apart.
    fn starts(&self, cloud: &[Candidate]) -> Vec<Candidate> {
        let mut starts: Vec<Candidate> = Vec::new();
        for candidate in cloud.iter().take(200) {
            let apart = |other: &Candidate| {
                other.row.labels != candidate.row.labels
                    || other.row.active != candidate.row.active
                    || (0..self.layout.numbers)
                        .any(|j| (other.row.numbers[j] - candidate.row.numbers[j]).abs() > 0.1)
            };
            if starts.iter().all(apart) {
                starts.push(candidate.clone());
                if starts.len() == STARTS {
                    break;
                }
            }
        }
        starts
    }

    fn polish(&self, candidates: &mut [Candidate], stream: &mut Stream) {
        let discrete = |v: &&Variable| !matches!(v.kind, Kind::Number { levels: 0, .. });
        let discrete: Vec<&Variable> = self.layout.variables.iter().filter(discrete).collect();
        let smooth = self.layout.variables.iter().any(is_smooth);
        let mut room = Room::default();
        for _ in 0..ROUNDS {
            if smooth {
                self.climb(candidates, &mut room);
            }
            let mut changed = false;
            for variable in &discrete {
                changed |= self.try_values(candidates, variable, stream);
            }
            if !changed {
                break;
            }
        }
    }

    /// Moves the smooth numbers uphill.
    fn climb(&self, candidates: &mut [Candidate], room: &mut Room) {
        let stop = Stop { gradient: 1e-6, decrease: 1e-5, evaluations: CLIMB };
        let smooth = |c: &Candidate| -> Vec<&Variable> {
            let moves = |v: &&Variable| is_smooth(v) && c.row.active[v.block];
            self.layout.variables.iter().filter(moves).collect()
        };
        let moving: Vec<Vec<&Variable>> = candidates.iter().map(smooth).collect();
        let mut climbs: Vec<Minimiser> = candidates
            .iter()
            .zip(&moving)
            .map(|(c, moving)| {
                let start: Vec<f64> = moving.iter().map(|v| c.units[v.coordinate]).collect();
                let bounds = moving.iter().map(|v| self.bounds(v.coordinate)).collect();
                Minimiser::new(&start, bounds, stop)
            })
            .collect();
        loop {
            let (mut which, mut rows) = (Vec::new(), Vec::new());
            for (b, climb) in climbs.iter().enumerate() {
                let Some(wanted) = climb.wanted() else { continue };
                let mut row = candidates[b].row.clone();
                moving[b].iter().zip(wanted).for_each(|(v, x)| set_number(&mut row, v, *x));
                which.push(b);
                rows.push(row);
            }
            if which.is_empty() {
                break;
            }
            let sloped = self.goal.slopes(&rows, room);
            for (i, b) in which.into_iter().enumerate() {
                let gradient: Vec<f64> =
                    moving[b].iter().map(|v| -number_of(v).map_or(0.0, |j| sloped.gradients[i][j])).collect();
                climbs[b].tell(-sloped.scores[i], &gradient);
            }
        }
        let moved: Vec<Option<Candidate>> = candidates
            .iter()
            .zip(&moving)
            .zip(&climbs)
            .map(|((c, moving), climb)| {
                let mut units = c.units.clone();
                moving.iter().zip(climb.best()).for_each(|(v, x)| units[v.coordinate] = *x);
                self.allowed_towards(&c.units, units)
            })
            .collect();
        self.take_better(candidates, moved);
    }

    /// The candidate at `to`, or the first on the way back to `from` that no constraint refuses.
    fn allowed_towards(&self, from: &[f64], to: Vec<f64>) -> Option<Candidate> {
        [1.0, 0.9, 0.7, 0.5, 0.3, 0.1].iter().find_map(|share| {
            let between = from.iter().zip(&to);
            self.candidate(
                between.map(|(a, b)| if *share == 1.0 { *b } else { a + share * (b - a) }).collect(),
            )
        })
    }

    fn take_better(&self, candidates: &mut [Candidate], moved: Vec<Option<Candidate>>) -> bool {
        let (which, mut moved): (Vec<usize>, Vec<Candidate>) =
            moved.into_iter().enumerate().filter_map(|(b, c)| Some((b, c?))).unzip();
        self.score(&mut moved);
        let mut changed = false;
        for (b, candidate) in which.into_iter().zip(moved) {
            if candidate.score > candidates[b].score {
                changed |= candidate.score > candidates[b].score + 1e-9;
                candidates[b] = candidate;
            }
        }
        changed
    }

    /// Tries the other values of a discrete parameter at each candidate.
    fn try_values(&self, candidates: &mut [Candidate], variable: &Variable, stream: &mut Stream) -> bool {
        let (mut which, mut tried) = (Vec::new(), Vec::new());
        for (b, candidate) in candidates.iter().enumerate() {
            if !candidate.row.active[variable.block] {
                continue;
            }
            for units in self.values(candidate, variable, stream) {
                if let Some(other) = self.candidate(units)
                    && other.row != candidate.row
                {
                    which.push(b);
                    tried.push(other);
                }
            }
        }
        self.score(&mut tried);
        let mut changed = false;
        for (b, other) in which.into_iter().zip(tried) {
            if other.score > candidates[b].score + 1e-9 {
                candidates[b] = other;
                changed = true;
            }
        }
        changed
    }

    /// A candidate's coordinates with other values of one parameter: all of them where they are few, else neighbours of a
    /// number, drawn options, swapped items.
    fn values(&self, candidate: &Candidate, variable: &Variable, stream: &mut Stream) -> Vec<Vec<f64>> {
        let at = variable.coordinate;
        let with = |u: f64| {
            let mut units = candidate.units.clone();
            units[at] = u;
            units
        };
        let cell = |k: u64, count: u64| (k as f64 + 0.5) / count as f64;
        let inside = |u: &f64| {
            let (low, high) = self.bounds(at);
            *u >= low && *u <= high
        };
        match variable.kind {
            Kind::Number { levels, .. } if levels <= FEW => {
                self.levels(variable, levels).into_iter().filter(inside).map(with).collect()
            }
            Kind::Number { levels, .. } => {
                let step = 1.0 / levels as f64;
                let near = [-3.0, -2.0, -1.0, 1.0, 2.0, 3.0].map(|k| candidate.units[at] + k * step);
                near.into_iter().filter(inside).map(with).collect()
            }
            Kind::Options { count, .. } if count <= TRIED as u64 => {
                (0..count).map(|k| with(cell(k, count))).collect()
            }
            Kind::Options { count, .. } => {
                (0..TRIED).map(|_| with(cell(stream.below(count), count))).collect()
            }
            Kind::Orders { items, .. } => (0..TRIED.min(items * items))
                .map(|_| {
                    let mut units = candidate.units.clone();
                    let digit = at + stream.below(items as u64 - 1) as usize;
                    units[digit] = stream.uniform();
                    units
                })
                .collect(),
        }
    }

    /// The coordinates of a number's few values.
    fn levels(&self, variable: &Variable, levels: u64) -> Vec<f64> {
        let domain = &self.space.parameters()[variable.parameter].domain;
        let coordinate = |k: u64| {
            let mut unit = [0.5];
            domain.to_unit(&domain.nth(&k.into()), &mut unit);
            unit[0]
        };
        (0..levels).map(coordinate).collect()
    }
}

/// Whether a number is moved along the line.
fn is_smooth(variable: &Variable) -> bool {
    matches!(variable.kind, Kind::Number { levels, .. } if levels == 0 || levels > FEW)
}

fn number_of(variable: &Variable) -> Option<usize> {
    match variable.kind {
        Kind::Number { number, .. } => Some(number),
        _ => None,
    }
}

fn set_number(row: &mut Row, variable: &Variable, x: f64) {
    if let Some(number) = number_of(variable) {
        row.numbers[number] = x;
    }
}

/// The coordinates of a variable in the space's encoding.
fn coordinates(variable: &Variable) -> std::ops::Range<usize> {
    let width = match variable.kind {
        Kind::Orders { items, .. } => items - 1,
        _ => 1,
    };
    variable.coordinate..variable.coordinate + width
}
