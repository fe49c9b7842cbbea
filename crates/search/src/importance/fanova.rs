//! How much of the objective's variance over the whole space each parameter explains, alone and with another: functional
//! analysis of variance of a random forest (Hutter, Hoos and Leyton-Brown 2014, ICML), and from the same forest how the
//! objective depends on each parameter.
//!
//! Each tree parts the space into boxes, over which its means are sums that need no sampling. Every configuration counts
//! alike, wherever the search went: a number's range evenly (by factors where it is log), options evenly.
//!
//! A parameter that is not always there is taken for one that is and has no effect where it is not: each tree
//! draws a value for it at random. So its weight is in proportion to how often it is there, and what the choice
//! that it hangs on takes away from it is an interaction of the two.
//!
//! Bad values are pulled in: none is further above the upper decile than three times that is above the middle value, or a
//! few crashes at 10¹² would be all that there is to explain.

use space::Stream;

use super::bins::{Bins, INACTIVE, MOST};
use super::tree::{Rows, Tree, stretches};
use super::{Axis, Samples};

/// Interactions are taken from so many trees at most: they are most of the work.
const PAIRED: usize = 64;

/// How the forest is grown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FanovaOptions {
    /// How many trees.
    pub trees: u32,
    /// The fewest rows of a leaf.
    pub least: usize,
    /// Each tree sees at most so many rows, drawn with replacement.
    pub rows: usize,
    /// Interactions are looked for between so many parameters, those that the trees split by most.
    pub interacting: usize,
    /// Whether bad values are pulled in.
    pub fence: bool,
    /// So many splits at most lie between a tree's root and a leaf.
    pub depth: u32,
    /// What the rows of the trees, and the axes that splits are tried by first, are drawn from.
    pub seed: u64,
}

impl FanovaOptions {
    /// For so many trials. Trees of few trials are quick and differ from each other, so there are more of them: for the
    /// same work 64 of 2,048 trials and more, 512 of 256 trials and fewer.
    pub fn for_trials(trials: usize) -> Self {
        let rows = 2048;
        let trees = (64 * rows / trials.max(1)).clamp(64, 512) as u32;
        FanovaOptions { trees, least: 1, rows, interacting: 10, fence: true, depth: u32::MAX, seed: 0 }
    }
}

/// What the forest says.
#[derive(Clone, Debug, PartialEq)]
pub struct Fanova {
    /// For each axis the share of the variance that it explains alone, 0…1; 0 for one that has one value.
    pub alone: Vec<f64>,
    /// For each axis its standard deviation over the trees.
    pub deviation: Vec<f64>,
    /// For each axis the share of what all splits gained, 0…1: the mean decrease of impurity.
    pub gains: Vec<f64>,
    /// Interactions of two, the largest first.
    pub together: Vec<Interaction>,
    /// How the objective depends on each axis; `None` where one value was tried.
    pub dependence: Vec<Option<Dependence>>,
    /// How many trials it is made from.
    pub trials: usize,
}

impl Fanova {
    /// What an axis explains together with others, of the interactions that were looked for.
    pub fn together_of(&self, axis: usize) -> f64 {
        let has = |pair: &&Interaction| pair.axes.0 == axis || pair.axes.1 == axis;
        self.together.iter().filter(has).map(|pair| pair.share).sum()
    }
}

/// What two parameters explain together beyond each alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interaction {
    /// The two axes, the smaller place first.
    pub axes: (usize, usize),
    /// The share of the variance, 0…1.
    pub share: f64,
}

/// The mean of the objective over all others, along one parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Dependence {
    /// The pieces of the axis, in order; for options those that were tried.
    pub pieces: Vec<Piece>,
}

/// One piece of an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    /// Where it begins: a value of the parameter, or an option's place.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// The mean of the objective, minimised sense.
    pub mean: f64,
    /// Its standard deviation over the trees.
    pub deviation: f64,
}

/// Grows a forest and takes it apart. `None` where fewer than two trials have a finite value, or all have the same, or
/// no parameter varies.
pub fn fanova(samples: &Samples, options: &FanovaOptions) -> Option<Fanova> {
    let kept: Vec<usize> = (0..samples.len()).filter(|&i| samples.values[i].is_finite()).collect();
    let mut values: Vec<f64> = kept.iter().map(|&i| samples.values[i]).collect();
    if options.fence {
        fence(&mut values);
    }
    let (low, high) =
        values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(*v), b.max(*v)));
    if values.len() < 2 || low == high || !(high - low).is_finite() {
        return None;
    }
    // Near 0 and 1, so that squares neither overflow nor vanish.
    values.iter_mut().for_each(|value| *value = (*value - low) / (high - low));
    let mut which = Vec::new();
    let mut bins = Vec::new();
    for (axis, (described, column)) in samples.axes.iter().zip(&samples.columns).enumerate() {
        let column: Vec<f64> = kept.iter().map(|&i| column[i]).collect();
        if let Some(cut) = Bins::new(described, &column) {
            which.push(axis);
            bins.push(cut);
        }
    }
    if bins.is_empty() {
        return None;
    }
    let forest = Forest::grow(&bins, &values, options);
    let found = forest.take_apart(&bins, options.interacting);
    let mut fanova = Fanova {
        alone: vec![0.0; samples.axes.len()],
        deviation: vec![0.0; samples.axes.len()],
        gains: vec![0.0; samples.axes.len()],
        together: Vec::new(),
        dependence: vec![None; samples.axes.len()],
        trials: values.len(),
    };
    let gained: f64 = forest.gains.iter().sum();
    for (k, &axis) in which.iter().enumerate() {
        fanova.gains[axis] = if gained > 0.0 { forest.gains[k] / gained } else { 0.0 };
        (fanova.alone[axis], fanova.deviation[axis]) = found.alone[k].mean_and_deviation();
        let unscale = |(mean, deviation)| (low + mean * (high - low), deviation * (high - low));
        let along = found.along[k].iter().map(|sums| unscale(sums.mean_and_deviation()));
        fanova.dependence[axis] = Some(dependence(&samples.axes[axis], &bins[k], along));
    }
    fanova.together = found
        .together
        .iter()
        .map(|((a, b), sums)| Interaction {
            axes: (which[*a], which[*b]),
            share: sums.mean_and_deviation().0,
        })
        .filter(|interaction| interaction.share > 0.0)
        .collect();
    fanova.together.sort_by(|a, b| b.share.total_cmp(&a.share).then(a.axes.cmp(&b.axes)));
    Some(fanova)
}

/// Pulls bad values in.
fn fence(values: &mut [f64]) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let share = |k: usize| sorted.get(k * sorted.len() / 10).copied().unwrap_or(0.0);
    let (middle, high) = (share(5), share(9));
    let most = high + 3.0 * (high - middle);
    if most > high && most.is_finite() {
        values.iter_mut().for_each(|value| *value = value.min(most));
    }
}

fn dependence(axis: &Axis, bins: &Bins, along: impl Iterator<Item = (f64, f64)>) -> Dependence {
    let mut begin = 0.0;
    let pieces = along.zip(&bins.ends).filter_map(|((mean, deviation), &end)| {
        let from = std::mem::replace(&mut begin, end);
        let (from, to) = if bins.ordered { (axis.value(from), axis.value(end)) } else { (end, end) };
        // What rare options share is nobody's.
        (!to.is_nan()).then_some(Piece { from, to, mean, deviation })
    });
    Dependence { pieces: pieces.collect() }
}

struct Forest {
    trees: Vec<Tree>,
    /// What splits by each axis gained.
    gains: Vec<f64>,
}

impl Forest {
    fn grow(bins: &[Bins], values: &[f64], options: &FanovaOptions) -> Forest {
        let mut gains = vec![0.0; bins.len()];
        let tree = |number: u32| {
            let mut stream = Stream::new(options.seed, 1, u64::from(number));
            let drawn = values.len().min(options.rows.max(2));
            let mut rows = Rows { bins, cells: Vec::with_capacity(drawn * bins.len()), values: Vec::new() };
            for _ in 0..drawn {
                let row = stream.below(values.len() as u64) as usize;
                rows.values.push(values[row]);
                rows.cells.extend(bins.iter().map(|bins| match bins.of[row] {
                    INACTIVE => stream.weighted(&bins.measure) as u8,
                    bin => bin,
                }));
            }
            Tree::grow(&rows, (options.least.max(1), options.depth), &mut gains, &mut stream)
        };
        let trees = (0..options.trees).map(tree).collect();
        Forest { trees, gains }
    }

    /// The axes between which interactions are looked for.
    fn interacting(&self, most: usize) -> Vec<usize> {
        let mut axes: Vec<usize> = (0..self.gains.len()).collect();
        axes.sort_by(|&a, &b| self.gains[b].total_cmp(&self.gains[a]).then(a.cmp(&b)));
        axes.truncate(most);
        axes.sort_unstable();
        axes
    }

    fn take_apart(&self, bins: &[Bins], interacting: usize) -> Found {
        let axes = self.interacting(interacting);
        let pairs: Vec<(usize, usize)> =
            axes.iter().enumerate().flat_map(|(i, &a)| axes[i + 1..].iter().map(move |&b| (a, b))).collect();
        let mut found = Found {
            alone: vec![Sums::default(); bins.len()],
            along: bins.iter().map(|bins| vec![Sums::default(); bins.measure.len()]).collect(),
            together: pairs.iter().map(|pair| (*pair, Sums::default())).collect(),
        };
        let mut means = Means::new(bins, &pairs);
        for (number, tree) in self.trees.iter().enumerate() {
            let pairs = if number < PAIRED { &*pairs } else { &[] };
            means.take(tree, bins, pairs);
            found.add(&means, bins, pairs);
        }
        found
    }
}

/// Sums over trees, for mean and deviation.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Sums {
    fn add(&mut self, x: f64) {
        self.count += 1.0;
        self.sum += x;
        self.squares += x * x;
    }

    fn mean_and_deviation(&self) -> (f64, f64) {
        let count = self.count.max(1.0);
        let mean = self.sum / count;
        (mean, (self.squares / count - mean * mean).max(0.0).sqrt())
    }
}

/// What all trees say.
struct Found {
    alone: Vec<Sums>,
    along: Vec<Vec<Sums>>,
    together: Vec<((usize, usize), Sums)>,
}

impl Found {
    fn add(&mut self, means: &Means, bins: &[Bins], pairs: &[(usize, usize)]) {
        for (along, means) in self.along.iter_mut().zip(&means.along) {
            along.iter_mut().zip(means).for_each(|(sums, mean)| sums.add(*mean));
        }
        let variance = means.squares - means.mean * means.mean;
        if variance <= 1e-14 {
            return;
        }
        let of_axis: Vec<f64> = means
            .along
            .iter()
            .zip(bins)
            .map(|(along, bins)| {
                let square = |(mean, share): (&f64, &f64)| share * (mean - means.mean) * (mean - means.mean);
                along.iter().zip(&bins.measure).map(square).sum()
            })
            .collect();
        for (sums, of_axis) in self.alone.iter_mut().zip(&of_axis) {
            sums.add(of_axis / variance);
        }
        for ((&(a, b), grid), (_, sums)) in pairs.iter().zip(&means.pairs).zip(&mut self.together) {
            let mut both = 0.0;
            for (i, share) in bins[a].measure.iter().enumerate() {
                let row = &grid[i * (MOST + 1)..][..bins[b].measure.len()];
                let square = |(mean, share): (&f64, &f64)| share * (mean - means.mean) * (mean - means.mean);
                both += share * row.iter().zip(&bins[b].measure).map(square).sum::<f64>();
            }
            sums.add((both - of_axis[a] - of_axis[b]).max(0.0) / variance);
        }
    }
}

/// One tree's means over the space: of all, along each axis, over each pair of axes.
struct Means {
    mean: f64,
    squares: f64,
    along: Vec<Vec<f64>>,
    /// By pair a grid of rows of `MOST + 1`, one more than there are bins.
    pairs: Vec<Vec<f64>>,
}

impl Means {
    fn new(bins: &[Bins], pairs: &[(usize, usize)]) -> Self {
        let along = bins.iter().map(|bins| vec![0.0; bins.measure.len() + 1]).collect();
        let grid = |(a, _): &(usize, usize)| vec![0.0; (bins[*a].measure.len() + 1) * (MOST + 1)];
        Means { mean: 0.0, squares: 0.0, along, pairs: pairs.iter().map(grid).collect() }
    }

    /// Each leaf adds its value to a stretch of each axis and to a rectangle of each pair: noted as steps up and down at
    /// their corners, and summed up at the end.
    fn take(&mut self, tree: &Tree, bins: &[Bins], pairs: &[(usize, usize)]) {
        let Means { mean, squares, along, pairs: grids } = self;
        let grids = &mut grids[..pairs.len()];
        (*mean, *squares) = (0.0, 0.0);
        along.iter_mut().for_each(|along| along.fill(0.0));
        grids.iter_mut().for_each(|grid| grid.fill(0.0));
        let mut shares = vec![0.0; bins.len()];
        tree.leaves(bins, |value, sets| {
            for ((share, bins), set) in shares.iter_mut().zip(bins).zip(sets) {
                *share = bins.share(*set);
            }
            let volume: f64 = shares.iter().product();
            *mean += value * volume;
            *squares += value * value * volume;
            for ((along, set), share) in along.iter_mut().zip(sets).zip(&shares) {
                let height = value * volume / share;
                stretches(*set, |from, to| {
                    along[from] += height;
                    along[to] -= height;
                });
            }
            for (grid, &(a, b)) in grids.iter_mut().zip(pairs) {
                let height = value * volume / (shares[a] * shares[b]);
                stretches(sets[a], |top, bottom| {
                    stretches(sets[b], |left, right| {
                        grid[top * (MOST + 1) + left] += height;
                        grid[top * (MOST + 1) + right] -= height;
                        grid[bottom * (MOST + 1) + left] -= height;
                        grid[bottom * (MOST + 1) + right] += height;
                    });
                });
            }
        });
        for along in along.iter_mut() {
            run_up(along);
        }
        for grid in grids.iter_mut() {
            grid.chunks_exact_mut(MOST + 1).for_each(run_up);
            for place in MOST + 1..grid.len() {
                grid[place] += grid[place - MOST - 1];
            }
        }
    }
}

/// Steps become heights.
fn run_up(steps: &mut [f64]) {
    let mut height = 0.0;
    for step in steps {
        height += *step;
        *step = height;
    }
}
