//! Minimising a smooth function in a box: limited-memory BFGS with projection.
//!
//! The box is kept by Bertsekas' two-metric projection (1982, "Projected Newton methods for optimization problems with
//! simple constraints"): coordinates that lie at a bound and would leave it are held, the quasi-Newton direction is made
//! of the others by the two-loop recursion (Nocedal 1980), and the step is projected and shortened until it satisfies
//! Armijo's rule. The answer is that of L-BFGS-B (Byrd, Lu, Nocedal, Zhu 1995) with less machinery.
//!
//! The function is not called: a [`Minimiser`] names the point it wants to know and is told, so that several can
//! share one batch of evaluations.

use std::collections::VecDeque;

/// Pairs of steps and changes of the gradient that are remembered.
const MEMORY: usize = 8;
/// The share of the promised decrease that a step has to bring.
const ARMIJO: f64 = 1e-4;
/// How often a step is shortened before the search ends where it is.
const MOST_CUTS: u32 = 12;

/// When to stop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stop {
    /// No entry of the projected gradient is larger.
    pub(crate) gradient: f64,
    /// An iteration decreases the function by less, twice in a row.
    pub(crate) decrease: f64,
    /// So many evaluations were made.
    pub(crate) evaluations: u32,
}

/// A remembered step.
#[derive(Clone, Debug)]
struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
    /// 1 / (step · change)
    inverse: f64,
}

/// A minimisation under way.
#[derive(Clone, Debug)]
pub(crate) struct Minimiser {
    bounds: Vec<(f64, f64)>,
    stop: Stop,
    /// The best point so far, its value and gradient; empty before the first evaluation.
    at: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
    direction: Vec<f64>,
    step: f64,
    cuts: u32,
    slow: u32,
    trial: Vec<f64>,
    pairs: VecDeque<Pair>,
    evaluations: u32,
    done: bool,
}

impl Minimiser {
    /// Starts at `start`, moved into the box.
    pub(crate) fn new(start: &[f64], bounds: Vec<(f64, f64)>, stop: Stop) -> Self {
        let trial: Vec<f64> =
            start.iter().zip(&bounds).map(|(x, (low, high))| x.max(*low).min(*high)).collect();
        Minimiser {
            done: trial.is_empty(),
            at: Vec::new(),
            value: f64::INFINITY,
            gradient: Vec::new(),
            direction: vec![0.0; trial.len()],
            step: 1.0,
            cuts: 0,
            slow: 0,
            trial,
            pairs: VecDeque::new(),
            evaluations: 0,
            bounds,
            stop,
        }
    }

    /// The point to evaluate next; `None` at the end.
    pub(crate) fn wanted(&self) -> Option<&[f64]> {
        (!self.done).then_some(&self.trial)
    }

    /// The best point so far, or the start.
    pub(crate) fn best(&self) -> &[f64] {
        if self.at.is_empty() { &self.trial } else { &self.at }
    }

    /// The least value so far.
    pub(crate) fn value(&self) -> f64 {
        self.value
    }

    /// Whether a value at the point that was wanted is too high, so that its gradient is not looked at.
    pub(crate) fn refuses(&self, value: f64) -> bool {
        !self.at.is_empty() && (value.is_nan() || value > self.value + ARMIJO * self.promised())
    }

    /// By how much the gradient says that the function changes up to the point that was wanted.
    fn promised(&self) -> f64 {
        self.trial.iter().zip(&self.at).zip(&self.gradient).map(|((t, x), g)| (t - x) * g).sum()
    }

    /// Takes in the value and the gradient at the point that was wanted. What is not finite counts as too high.
    pub(crate) fn tell(&mut self, value: f64, gradient: &[f64]) {
        self.evaluations += 1;
        let finite = value.is_finite() && gradient.iter().all(|g| g.is_finite());
        if self.at.is_empty() {
            if !finite {
                self.done = true;
                return;
            }
            self.at.clone_from(&self.trial);
            self.value = value;
            self.gradient = gradient.to_vec();
            self.turn();
            return;
        }
        let promised = self.promised();
        if !finite || value > self.value + ARMIJO * promised {
            self.cut(if finite { value } else { f64::INFINITY }, promised);
            return;
        }
        self.remember(gradient);
        let decrease = self.value - value;
        self.at.clone_from(&self.trial);
        self.value = value;
        self.gradient.copy_from_slice(gradient);
        self.slow = if decrease < self.stop.decrease { self.slow + 1 } else { 0 };
        if self.slow >= 2 {
            self.done = true;
        }
        self.turn();
    }

    fn remember(&mut self, gradient: &[f64]) {
        let step: Vec<f64> = self.trial.iter().zip(&self.at).map(|(t, x)| t - x).collect();
        let change: Vec<f64> = gradient.iter().zip(&self.gradient).map(|(n, g)| n - g).collect();
        let curvature = dot(&step, &change);
        if curvature > 1e-10 * dot(&step, &step).sqrt() * dot(&change, &change).sqrt() {
            if self.pairs.len() == MEMORY {
                self.pairs.pop_front();
            }
            self.pairs.push_back(Pair { step, change, inverse: 1.0 / curvature });
        }
    }

    /// Shortens the step: to the least point of the parabola through what is known, within a tenth and a half.
    fn cut(&mut self, value: f64, promised: f64) {
        self.cuts += 1;
        let moved = self.trial.iter().zip(&self.at).any(|(t, x)| t != x);
        if self.cuts > MOST_CUTS || self.evaluations >= self.stop.evaluations || !moved {
            if self.pairs.is_empty() || self.evaluations >= self.stop.evaluations {
                self.done = true;
            } else {
                // The remembered curvature misleads: once more along the gradient.
                self.pairs.clear();
                self.turn();
            }
            return;
        }
        let rise = value - self.value - promised;
        let share = if rise.is_finite() && rise > 0.0 { -0.5 * promised / rise } else { 0.1 };
        self.step *= share.clamp(0.1, 0.5);
        self.place();
    }

    /// Chooses the next direction from where the search is now.
    fn turn(&mut self) {
        let free: Vec<bool> = self
            .at
            .iter()
            .zip(&self.gradient)
            .zip(&self.bounds)
            .map(|((x, g), (low, high))| !(*x <= *low && *g > 0.0 || *x >= *high && *g < 0.0))
            .collect();
        let largest =
            self.gradient.iter().zip(&free).filter(|(_, f)| **f).map(|(g, _)| g.abs()).fold(0.0, f64::max);
        if largest <= self.stop.gradient || self.evaluations >= self.stop.evaluations {
            self.done = true;
        }
        if self.done {
            return;
        }
        let mask =
            |v: &[f64]| -> Vec<f64> { v.iter().zip(&free).map(|(x, f)| if *f { *x } else { 0.0 }).collect() };
        let mut direction = mask(&self.gradient);
        let mut shares = Vec::with_capacity(self.pairs.len());
        for pair in self.pairs.iter().rev() {
            let share = pair.inverse * dot(&pair.step, &direction);
            direction.iter_mut().zip(&pair.change).for_each(|(d, y)| *d -= share * y);
            direction = mask(&direction);
            shares.push(share);
        }
        self.step = 1.0;
        match self.pairs.back() {
            Some(last) => {
                let scale = 1.0 / (last.inverse * dot(&last.change, &last.change));
                direction.iter_mut().for_each(|d| *d *= scale);
            }
            // Nothing is known of the curvature: a tenth of the widest side at first.
            None => {
                let widest = self.bounds.iter().map(|(low, high)| high - low).fold(0.0, f64::max);
                self.step = (0.1 * widest / largest).min(1.0);
            }
        }
        for (pair, share) in self.pairs.iter().zip(shares.iter().rev()) {
            let back = share - pair.inverse * dot(&pair.change, &direction);
            direction.iter_mut().zip(&pair.step).for_each(|(d, s)| *d += back * s);
            direction = mask(&direction);
        }
        direction.iter_mut().for_each(|d| *d = -*d);
        let slope = dot(&direction, &self.gradient);
        let gradient = mask(&self.gradient);
        let steep = -1e-12 * dot(&direction, &direction).sqrt() * dot(&gradient, &gradient).sqrt();
        // Not downhill, or not a number.
        if slope.is_nan() || slope >= steep {
            direction = gradient.iter().map(|g| -g).collect();
            self.pairs.clear();
            let widest = self.bounds.iter().map(|(low, high)| high - low).fold(0.0, f64::max);
            self.step = (0.1 * widest / largest).min(1.0);
        }
        self.direction = direction;
        self.cuts = 0;
        self.place();
    }

    fn place(&mut self) {
        for (i, t) in self.trial.iter_mut().enumerate() {
            let (low, high) = self.bounds[i];
            *t = (self.at[i] + self.step * self.direction[i]).max(low).min(high);
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Minimises a function that can be called.
#[cfg(test)]
pub(crate) fn minimise(
    start: &[f64],
    bounds: Vec<(f64, f64)>,
    stop: Stop,
    mut function: impl FnMut(&[f64], &mut [f64]) -> f64,
) -> Minimiser {
    let mut search = Minimiser::new(start, bounds, stop);
    let mut gradient = vec![0.0; start.len()];
    while let Some(point) = search.wanted() {
        let value = function(point, &mut gradient);
        search.tell(value, &gradient);
    }
    search
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STOP: Stop = Stop { gradient: 1e-9, decrease: 0.0, evaluations: 2000 };

    fn rosenbrock(x: &[f64], g: &mut [f64]) -> f64 {
        g.fill(0.0);
        let mut sum = 0.0;
        for i in 0..x.len() - 1 {
            let (valley, slope) = (x[i + 1] - x[i] * x[i], 1.0 - x[i]);
            sum += 100.0 * valley * valley + slope * slope;
            g[i] += -400.0 * x[i] * valley - 2.0 * slope;
            g[i + 1] += 200.0 * valley;
        }
        sum
    }

    #[test]
    fn rosenbrocks_valley_is_followed_to_its_end() {
        let found = minimise(&[-1.2, 1.0, -1.2, 1.0], vec![(-5.0, 5.0); 4], STOP, rosenbrock);
        assert!(found.best().iter().all(|x| (x - 1.0).abs() < 1e-6), "{found:?}");
        assert!(found.evaluations < 150, "{}", found.evaluations);
    }

    #[test]
    fn a_least_point_outside_the_box_is_found_on_its_side() {
        // scipy.optimize.minimize(rosen, method="L-BFGS-B", bounds=[(-2, 0.5), (-2, 2)]): (0.5, 0.25)
        let found = minimise(&[-1.2, 1.0], vec![(-2.0, 0.5), (-2.0, 2.0)], STOP, rosenbrock);
        assert!((found.best()[0] - 0.5).abs() < 1e-12 && (found.best()[1] - 0.25).abs() < 1e-8, "{found:?}");
    }

    #[test]
    fn what_is_not_finite_is_stepped_back_from() {
        let log = |x: &[f64], g: &mut [f64]| {
            g[0] = 1.0 - 1.0 / x[0];
            x[0] - libm::log(x[0])
        };
        let found = minimise(&[30.0], vec![(-100.0, 100.0)], STOP, log);
        assert!((found.best()[0] - 1.0).abs() < 1e-6, "{found:?}");
    }

    proptest! {
        #[test]
        fn a_bowls_least_point_is_its_centre_moved_into_the_box(
            centre in proptest::collection::vec(-2.0..2.0f64, 6), stretch in proptest::collection::vec(0.01..100.0f64, 6),
        ) {
            let bowl = |x: &[f64], g: &mut [f64]| {
                (0..6).for_each(|i| g[i] = stretch[i] * (x[i] - centre[i]));
                (0..6).map(|i| 0.5 * stretch[i] * (x[i] - centre[i]) * (x[i] - centre[i])).sum()
            };
            let found = minimise(&[0.3; 6], vec![(-1.0, 1.0); 6], STOP, bowl);
            for (x, centre) in found.best().iter().zip(&centre) {
                prop_assert!((x - centre.clamp(-1.0, 1.0)).abs() < 1e-6, "{:?}", found.best());
            }
        }
    }
}
