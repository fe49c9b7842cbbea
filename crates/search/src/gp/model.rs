//! A Gaussian process that was told values: what it predicts, with and without gradients.

use std::sync::Arc;

use linalg::product::add_scaled;
use linalg::{Cholesky, Matrix, wide};

use super::acquisition::Moments;
use super::design::Design;
use super::fit::{Fit, residuals};
use super::kernel::{Parameters, Scaled, Work};
use super::layout::{Layout, Row};

/// No predicted variance is less: rounding leaves no more than this of one.
const LEAST_VARIANCE: f64 = 1e-10;

/// Points that are predicted at once.
const STRIP: usize = 64;
/// The points of a [`Local`] are filled up to a multiple of this, which is what the solves take at once.
const LANES: usize = 8;

/// A fitted process over the points of a [`Design`]; points whose values are pending narrow it without moving it.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    layout: Arc<Layout>,
    parameters: Parameters,
    /// Known points, then pending ones.
    design: Design,
    /// Its numbers, divided by their lengths.
    columns: Vec<Vec<f64>>,
    factor: Cholesky,
    /// K⁻¹(y − mean); as many as there are known points.
    alpha: Vec<f64>,
    mean: f64,
    /// The predicted means at the known points, then at the pending ones.
    at_design: Vec<f64>,
}

/// What a model predicts at a few points, with all that gradients need.
#[derive(Clone, Debug)]
pub(crate) struct Local {
    pub(crate) moments: Vec<Moments>,
    /// K⁻¹ k, a row for each point.
    solved: Matrix,
    /// The kernel's derivatives, for each point.
    works: Vec<Work>,
}

impl Model {
    /// The process under `fit`, told transformed `values` at the rows of `known`; each value's noise is so many times
    /// the fitted variance. Pending points are fantasised at the mean that is predicted for them (Ginsbourger, Le Riche,
    /// Carraro 2010): only the variance changes. `None` where the covariance is singular to rounding.
    pub(crate) fn new(
        layout: &Arc<Layout>,
        known: &Design,
        values: &[f64],
        noise_weights: &[f64],
        fit: &Fit,
        pending: &[Row],
    ) -> Option<Self> {
        let mut parameters = Parameters::new(layout, &fit.theta);
        let mut design = known.clone();
        pending.iter().for_each(|row| design.push(row));
        let factor = loop {
            let scaled = Scaled::new(layout, &parameters, &design);
            let gram = wide(
                #[inline(always)]
                || scaled.gram(noise_weights, &mut Work::default()),
            );
            match Cholesky::new(gram) {
                Some(factor) => break factor,
                None if parameters.noise < 1e-2 => parameters.noise *= 10.0,
                None => return None,
            }
        };
        let n = values.len();
        // The leading part of the factor is that of the known points alone.
        let (mean, mut alpha) = if pending.is_empty() {
            residuals(&factor, values)
        } else {
            let leading = Matrix::from_fn(n, n, |i, j| factor.lower()[(i, j)]);
            residuals(&Cholesky::from_lower(leading), values)
        };
        alpha.truncate(n);
        let mut model = Model {
            layout: layout.clone(),
            parameters,
            factor,
            alpha,
            mean,
            at_design: Vec::new(),
            columns: Vec::new(),
            design: Design::default(),
        };
        model.at_design = model.means(&design, known);
        model.columns = model.parameters.scale(&design);
        model.design = design;
        Some(model)
    }

    fn means(&self, at: &Design, known: &Design) -> Vec<f64> {
        let mut means = vec![self.mean; at.len()];
        let scaled = Scaled::new(&self.layout, &self.parameters, at);
        wide(
            #[inline(always)]
            || {
                let (mut work, mut line) = (Work::default(), vec![0.0; at.len()]);
                for (a, alpha) in self.alpha.iter().enumerate() {
                    scaled.correlate(&known.rows[a], at.len(), &mut work, &mut line);
                    add_scaled(&mut means, *alpha, &line);
                }
            },
        );
        means
    }

    /// The predicted means at the points that it knows, then at those that are pending.
    pub(crate) fn means_at_design(&self) -> &[f64] {
        &self.at_design
    }

    /// The length scale of each number.
    pub(crate) fn lengths(&self) -> Vec<f64> {
        (0..self.layout.numbers).map(|j| self.parameters.length(j)).collect()
    }

    /// What is predicted at many points, a strip at a time, so that it stays in the cache.
    pub(crate) fn predict(&self, at: &[&Row]) -> Vec<Moments> {
        let mut moments = Vec::with_capacity(at.len());
        let (mut work, mut cross) = (Work::default(), Matrix::default());
        for strip in at.chunks(STRIP) {
            let design = Design::of(&self.layout, strip.iter().copied());
            let scaled = Scaled::new(&self.layout, &self.parameters, &design);
            let mut means = vec![self.mean; strip.len()];
            wide(
                #[inline(always)]
                || scaled.cross(&self.design, &self.alpha, &mut work, &mut means, &mut cross),
            );
            self.factor.solve_lower_many(&mut cross);
            let mut explained = vec![0.0; strip.len()];
            for a in 0..cross.rows() {
                explained.iter_mut().zip(cross.row(a)).for_each(|(sum, v)| *sum += v * v);
            }
            let predicted = means.into_iter().zip(explained);
            moments
                .extend(predicted.map(|(mean, e)| Moments { mean, variance: (1.0 - e).max(LEAST_VARIANCE) }));
        }
        moments
    }

    /// What is predicted at a few points, for gradients.
    pub(crate) fn local(&self, rows: &[Row], room: Option<Local>) -> Local {
        let n = self.design.len();
        let scaled = Scaled::with(&self.layout, &self.parameters, &self.design, &self.columns);
        let mut works = room.map(|local| local.works).unwrap_or_default();
        works.resize_with(rows.len(), Work::default);
        let mut lines = Matrix::zeros(rows.len().next_multiple_of(LANES), n);
        wide(
            #[inline(always)]
            || {
                for (b, (row, work)) in rows.iter().zip(&mut works).enumerate() {
                    scaled.correlate(row, n, work, lines.row_mut(b));
                    scaled.weigh(row, n, work, lines.row(b));
                }
            },
        );
        let mut solved = lines.transposed();
        self.factor.solve_lower_many(&mut solved);
        let mut moments = vec![Moments { mean: self.mean, variance: 1.0 }; rows.len()];
        for a in 0..n {
            moments.iter_mut().zip(solved.row(a)).for_each(|(m, v)| m.variance -= v * v);
        }
        for (b, m) in moments.iter_mut().enumerate() {
            m.mean += linalg::product::dot(&self.alpha, lines.row(b));
            m.variance = m.variance.max(LEAST_VARIANCE);
        }
        self.factor.solve_upper_many(&mut solved);
        Local { moments, solved: solved.transposed(), works }
    }

    /// Adds to `gradient`, an entry for each number, that of `by_mean`·mean + `by_variance`·variance at point `b`.
    pub(crate) fn pull(
        &self,
        rows: &[Row],
        local: &mut Local,
        b: usize,
        (by_mean, by_variance): (f64, f64),
        gradient: &mut [f64],
    ) {
        let scaled = Scaled::with(&self.layout, &self.parameters, &self.design, &self.columns);
        let mut weights: Vec<f64> = local.solved.row(b).iter().map(|w| -2.0 * by_variance * w).collect();
        add_scaled(&mut weights, by_mean, &self.alpha);
        wide(
            #[inline(always)]
            || scaled.pull_place(&rows[b], &weights, &mut local.works[b], gradient),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gp::values::Transform;
    use serde_json::json;
    use space::{Space, Stream};

    fn model(pending: usize) -> (Space, Arc<Layout>, Model, Vec<f64>) {
        let declarations = serde_json::from_value(json!({
            "x": {"float": [0.0, 1.0]}, "y": {"float": [0.0, 1.0]},
            "m": {"choice": [{"name": "u", "k": {"float": [0.0, 1.0]}}, {"name": "v", "flag": {"bool": true}}, "w"]}
        }));
        let space = Space::build(&declarations.unwrap(), &[]).unwrap();
        let layout = Arc::new(Layout::new(&space));
        let mut stream = Stream::new(4, 0, 0);
        let rows: Vec<Row> =
            (0..30 + pending).map(|_| layout.row(&space, &space.sample(&mut stream))).collect();
        let values: Vec<f64> =
            rows[..30].iter().map(|r| libm::sin(6.0 * r.numbers[0]) + r.numbers[1]).collect();
        let design = Design::of(&layout, &rows[..30]);
        let mut theta = crate::gp::fit::prior_top(&layout, -9.0, true);
        let last = theta.len() - 1;
        theta[0] += 0.3;
        theta[last - 6] = 0.4;
        theta[last - 3] = -0.3;
        theta[last] = -12.0;
        let fit = Fit { transform: Transform::None, theta };
        let model = Model::new(&layout, &design, &values, &[1.0; 30], &fit, &rows[30..]).unwrap();
        (space, layout, model, values)
    }

    #[test]
    fn with_little_noise_it_says_what_it_was_told() {
        let (_, _, model, values) = model(0);
        for (predicted, told) in model.means_at_design().iter().zip(&values) {
            assert!((predicted - told).abs() < 1e-2, "{predicted} {told}");
        }
        let at_design = model.predict(&model.design.rows.iter().collect::<Vec<_>>());
        assert!(at_design.iter().all(|m| m.variance < 1e-4), "{at_design:?}");
    }

    #[test]
    fn pending_points_narrow_and_do_not_move() {
        let (_, _, plain, _) = model(0);
        let (_, _, waiting, _) = model(5);
        let at: Vec<&Row> = waiting.design.rows.iter().collect();
        for (a, b) in plain.predict(&at).iter().zip(waiting.predict(&at)) {
            assert!((a.mean - b.mean).abs() < 1e-9 && b.variance <= a.variance + 1e-12);
        }
    }

    #[test]
    fn gradients_are_slopes_and_both_ways_of_predicting_agree() {
        let (space, layout, model, _) = model(3);
        let mut stream = Stream::new(9, 0, 0);
        for _ in 0..20 {
            let row = layout.row(&space, &space.sample(&mut stream));
            let many = model.predict(&[&row]);
            let rows = [row.clone()];
            let mut local = model.local(&rows, None);
            assert!((many[0].mean - local.moments[0].mean).abs() < 1e-9);
            assert!((many[0].variance - local.moments[0].variance).abs() < 1e-9);
            let mut gradient = vec![0.0; layout.numbers];
            model.pull(&rows, &mut local, 0, (0.7, -1.3), &mut gradient);
            for (j, own) in gradient.iter().enumerate() {
                if j == 2 && !row.active[1] {
                    assert_eq!(*own, 0.0);
                    continue;
                }
                let at = |x: f64| {
                    let mut moved = row.clone();
                    moved.numbers[j] += x;
                    let m = model.local(&[moved], None).moments[0];
                    0.7 * m.mean - 1.3 * m.variance
                };
                let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
                assert!((slope - own).abs() < 1e-3 * (1.0 + slope.abs()), "{slope} {own}");
            }
        }
    }
}
