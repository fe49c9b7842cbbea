//! The kernels of one estimator on permutations: Mallows' distribution around each trial's order, in which an
//! order's share falls with e^(−θ · Kendall's distance) (Mallows 1957; Fligner and Verducci 1986).
//!
//! Its normaliser is a product and it is drawn from exactly by repeated insertion, so that nothing is approximated.

use space::Stream;

use super::line_column::PRIOR;

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct OrderColumn {
    items: usize,
    /// By slot.
    order: Vec<Box<[u32]>>,
    /// Concentration of the trials' kernels, and the logarithm of their normaliser.
    theta: f64,
    log_normaliser: f64,
    kernels: f64,
}

impl OrderColumn {
    pub(crate) fn new(items: usize) -> Self {
        OrderColumn { items, order: vec![Box::default()], theta: 0.0, log_normaliser: 0.0, kernels: 0.0 }
    }

    pub(crate) fn insert(&mut self, slot: u32, order: &[u32]) {
        if slot as usize == self.order.len() {
            self.order.push(Box::default());
        }
        self.order[slot as usize] = order.into();
    }

    /// Concentrates the kernels as their number grows: the mean distance within a kernel is that of the uniform
    /// distribution divided by √kernels, but at least half a swap.
    pub(crate) fn set_kernels(&mut self, kernels: f64) {
        if kernels == self.kernels {
            return;
        }
        self.kernels = kernels;
        let uniform = (self.items * (self.items - 1)) as f64 / 4.0;
        let target = (uniform / libm::sqrt(kernels)).max(0.5);
        let (mut low, mut high) = (0.0, 16.0);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if self.mean_distance(middle) > target { low = middle } else { high = middle }
        }
        self.theta = 0.5 * (low + high);
        let terms = (1..=self.items).map(|j| libm::log(geometric_sum(self.theta, j)));
        self.log_normaliser = terms.sum();
    }

    fn mean_distance(&self, theta: f64) -> f64 {
        let stage = |j: usize| {
            let weights = (0..j).map(|k| libm::exp(-theta * k as f64));
            weights.enumerate().map(|(k, w)| k as f64 * w).sum::<f64>() / geometric_sum(theta, j)
        };
        (1..=self.items).map(stage).sum()
    }

    /// ln of a kernel's share for `order`.
    pub(crate) fn log(&self, slot: u32, order: &[u32]) -> f64 {
        -self.theta * distance(&self.order[slot as usize], order) as f64 - self.log_normaliser
    }

    /// Adds each kernel's log to those of its other dimensions.
    pub(crate) fn add_logs(&self, order: &[u32], logs: &mut [f64]) {
        for (slot, log) in logs.iter_mut().enumerate().filter(|(_, log)| log.is_finite()) {
            *log += self.log(slot as u32, order);
        }
    }

    /// ln of the prior's share for any order.
    pub(crate) fn log_prior(&self) -> f64 {
        -libm::lgamma(self.items as f64 + 1.0)
    }

    /// An order drawn from the kernel of `slot`: each item of the centre in turn is put k places before the end with
    /// probability in proportion to e^(−θ k).
    pub(crate) fn draw(&self, slot: u32, stream: &mut Stream) -> Box<[u32]> {
        let (theta, centre) = if slot == PRIOR {
            (0.0, (0..self.items as u32).collect())
        } else {
            (self.theta, self.order[slot as usize].clone())
        };
        let mut drawn = Vec::with_capacity(self.items);
        for item in centre {
            let weights: Vec<f64> = (0..=drawn.len()).map(|k| libm::exp(-theta * k as f64)).collect();
            drawn.insert(drawn.len() - stream.weighted(&weights), item);
        }
        drawn.into()
    }
}

/// 1 + e^−θ + … + e^−(j−1)θ
fn geometric_sum(theta: f64, j: usize) -> f64 {
    (0..j).map(|k| libm::exp(-theta * k as f64)).sum()
}

/// Kendall's distance: how many pairs stand in another order.
fn distance(a: &[u32], b: &[u32]) -> usize {
    let mut place = vec![0; a.len()];
    b.iter().enumerate().for_each(|(i, item)| place[*item as usize] = i);
    let inverted =
        |i: usize| a[i + 1..].iter().filter(|later| place[**later as usize] < place[a[i] as usize]).count();
    (0..a.len()).map(inverted).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orders(n: u32) -> Vec<Box<[u32]>> {
        let domain = space::PermutationDomain::new((0..n).map(|i| i.into()).collect()).unwrap();
        (0..(1..=n).product::<u32>()).map(|i| domain.nth(&i.into())).collect()
    }

    #[test]
    fn a_kernels_shares_sum_to_one() {
        let mut column = OrderColumn::new(5);
        column.insert(1, &[3, 1, 4, 0, 2]);
        for kernels in [2.0, 10.0, 1000.0] {
            column.set_kernels(kernels);
            let total: f64 = orders(5).iter().map(|order| libm::exp(column.log(1, order))).sum();
            assert!((total - 1.0).abs() < 1e-12, "{total}");
        }
    }

    #[test]
    fn orders_are_drawn_by_their_shares() {
        let mut column = OrderColumn::new(3);
        column.insert(1, &[2, 0, 1]);
        column.set_kernels(4.0);
        let mut stream = Stream::new(1, 0, 0);
        let draws: Vec<Box<[u32]>> = (0..40_000).map(|_| column.draw(1, &mut stream)).collect();
        for order in orders(3) {
            let share = draws.iter().filter(|d| **d == order).count() as f64 / draws.len() as f64;
            assert!((share - libm::exp(column.log(1, &order))).abs() < 0.01);
        }
    }
}
