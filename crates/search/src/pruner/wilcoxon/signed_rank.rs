//! Wilcoxon's signed-rank test, one-sided: how likely paired differences are to be so far above 0, were they symmetric
//! around it (Wilcoxon 1945). As in scipy 1.17 with `alternative = "greater"`, `zero_method = "zsplit"`: a difference of 0
//! counts half to either side.

use std::sync::OnceLock;

use crate::maths::normal;

/// Up to so many differences without ties the distribution is exact.
const EXACT: usize = 50;
/// Up to so many with ties or zeros.
const EXACT_WITH_TIES: usize = 13;

/// Paired differences, kept in the order of their sizes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Differences(Vec<f64>);

/// What the ranks of differences come to.
#[derive(Default)]
struct Signed {
    /// Twice the sum of the ranks of those above 0, and half of those that are 0: a whole number.
    twice_positive: u64,
    /// Twice the sum of the ranks of those that are 0, halved.
    of_zeros: u64,
    /// Σ t³ − t over groups of t equal ones.
    ties: f64,
    has_ties: bool,
}

impl Differences {
    /// Takes in one more.
    pub(crate) fn push(&mut self, difference: f64) {
        let at = self.0.partition_point(|other| other.abs().total_cmp(&difference.abs()).is_lt());
        self.0.insert(at, difference);
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The p-value, where all are finite; `None` of none.
    pub(crate) fn p_value(&self) -> Option<f64> {
        let count = self.len();
        if count == 0 {
            return None;
        }
        let signed = self.signed();
        Some(if !signed.has_ties && count <= EXACT {
            // 0 is at least a tie with itself: here all are distinct and none is 0.
            exact(count, (signed.twice_positive / 2) as usize)
        } else if signed.has_ties && count <= EXACT_WITH_TIES {
            self.permutation(&signed)
        } else {
            asymptotic(count, &signed)
        })
    }

    /// Those of one size each, the sizes in their order, with twice the rank that they share.
    fn groups(&self) -> impl Iterator<Item = (&[f64], u64)> {
        let mut before = 0;
        self.0.chunk_by(|a, b| a.abs() == b.abs()).map(move |group| {
            // Ranks before + 1 … before + size, twice their mean.
            let size = group.len() as u64;
            let twice_rank = 2 * before + size + 1;
            before += size;
            (group, twice_rank)
        })
    }

    fn signed(&self) -> Signed {
        let mut signed = Signed::default();
        for (group, twice_rank) in self.groups() {
            let size = group.len() as u64;
            if group.first() == Some(&0.0) {
                signed.of_zeros = size * twice_rank / 2;
                signed.twice_positive += signed.of_zeros;
                signed.has_ties = true;
            } else {
                let positive = group.iter().map(|difference| u64::from(*difference > 0.0)).sum::<u64>();
                signed.twice_positive += positive * twice_rank;
            }
            if size > 1 {
                let size = size as f64;
                signed.ties += size * size * size - size;
                signed.has_ties = true;
            }
        }
        signed
    }

    /// The share of all ways to give the differences signs that come to at least as much.
    fn permutation(&self, signed: &Signed) -> f64 {
        let ranks = || {
            let others = self.groups().filter(|(group, _)| group.first() != Some(&0.0));
            others.flat_map(|(group, twice_rank)| std::iter::repeat_n(twice_rank as usize, group.len()))
        };
        let mut ways = vec![0.0; ranks().sum::<usize>() + 1];
        ways[0] = 1.0;
        let mut reached = 0;
        for rank in ranks() {
            for sum in (0..=reached).rev() {
                ways[sum + rank] += ways[sum];
            }
            reached += rank;
        }
        let from = (signed.twice_positive - signed.of_zeros) as usize;
        let all: f64 = ways.iter().sum();
        ways.iter().skip(from).sum::<f64>() / all
    }
}

/// P(W ≥ w) for `count` distinct differences.
fn exact(count: usize, w: usize) -> f64 {
    static TAILS: OnceLock<Vec<Vec<f64>>> = OnceLock::new();
    let tails = TAILS.get_or_init(tails);
    tails.get(count).and_then(|tail| tail.get(w)).copied().unwrap_or(0.0)
}

/// For each count the probabilities of a sum of ranks of at least w, which are whole multiples of 2⁻⁵⁰ and so exact.
fn tails() -> Vec<Vec<f64>> {
    let mut shares = vec![1.0];
    let mut tails = vec![vec![1.0]];
    for rank in 1..=EXACT {
        let without = shares.len();
        let mut with = vec![0.0; without + rank];
        for (w, share) in shares.iter().enumerate() {
            with[w] += 0.5 * share;
            with[w + rank] += 0.5 * share;
        }
        shares = with;
        let mut tail = shares.clone();
        for w in (0..tail.len() - 1).rev() {
            tail[w] += tail[w + 1];
        }
        tails.push(tail);
    }
    tails
}

fn asymptotic(count: usize, signed: &Signed) -> f64 {
    let n = count as f64;
    let mean = n * (n + 1.0) * 0.25;
    let deviation = libm::sqrt((n * (n + 1.0) * (2.0 * n + 1.0) - signed.ties / 2.0) / 24.0);
    let z = (signed.twice_positive as f64 / 2.0 - mean) / deviation;
    normal::cdf(-z)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(differences: Vec<f64>) -> f64 {
        let mut kept = Differences::default();
        differences.into_iter().for_each(|difference| kept.push(difference));
        kept.p_value().unwrap()
    }

    #[test]
    fn figures_of_scipy() {
        assert_eq!(p(vec![1.0, 2.0, 3.0]), 0.125);
        assert_eq!(p(vec![-1.0, 2.0, 3.0, 4.0]), 0.125);
        assert_eq!((p(vec![1.0]), p(vec![0.0, 0.0])), (0.5, 1.0));
        // Darwin's maize.
        let maize =
            vec![6.0, 8.0, 14.0, 16.0, 23.0, 24.0, 28.0, 29.0, 41.0, -48.0, 49.0, 56.0, 60.0, -67.0, 75.0];
        assert_eq!(p(maize), 0.0206298828125);
    }

    #[test]
    fn figures_of_scipy_with_ties_and_zeros() {
        assert_eq!(p(vec![0.0, 1.0, 1.0, -2.0, 3.0, 3.0]), 0.125);
        assert_eq!(p(vec![0.0, 0.0, 1.0, -1.0, 2.0]), 0.375);
        let long = [1.0, 1.0, 2.0, 2.0, -3.0, 4.0, 5.0, 6.0, 7.0, 8.0, -9.0, 10.0, 11.0, 12.0, 0.0];
        assert!((p(long.to_vec()) / 0.00918702943159335 - 1.0).abs() < 1e-12);
        let range = (-20..45).map(f64::from).collect();
        assert!((p(range) / 1.3604340473979089e-5 - 1.0).abs() < 1e-12);
    }

    #[test]
    fn no_difference_has_no_value() {
        assert_eq!(Differences::default().p_value(), None);
    }
}
