//! The brackets of Hyperband, and which trial is in which.

use crate::Level;

/// One bracket: successive halving that begins with many short trials, or with few long ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bracket {
    /// n: how many configurations it begins with.
    pub configurations: u64,
    /// How far trials run before they are compared, the lowest first; the last is R, where none is.
    pub levels: Vec<Level>,
}

/// The brackets s = s_max … 0 of the paper (Li et al. 2018, "Hyperband", algorithm 1): n = ⌈(s_max + 1) ηˢ / (s + 1)⌉
/// configurations that begin at R η⁻ˢ, rounded down.
///
/// Trials are put into brackets in the paper's order: of each Σ n in a row the first n are in the bracket of the shortest
/// trials, and the last in that of the longest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brackets {
    brackets: Vec<Bracket>,
    /// Σ n.
    total: u64,
}

impl Brackets {
    /// From the least resource, the most (R), and η. A least resource of 0 counts as 1, a factor below 2 as 2, and there
    /// is always the bracket whose trials run to R at once.
    pub fn new(min_resource: u64, max_resource: u64, reduction_factor: u64) -> Self {
        let (top, factor) = (max_resource.max(1), reduction_factor.max(2));
        let powers: Vec<u64> = std::iter::successors(Some(1_u64), |power| power.checked_mul(factor))
            .take_while(|power| top / power >= min_resource.max(1))
            .collect();
        // R η⁻⁰, R η⁻¹, …, of which there are at most 64.
        let levels: Vec<Level> = powers.iter().map(|power| Level(top / power)).collect();
        let all = levels.len().max(1) as u128;
        let of_rate = |(s, power): (usize, &u64)| {
            let configurations = (all * u128::from(*power)).div_ceil(s as u128 + 1);
            Bracket {
                configurations: u64::try_from(configurations).unwrap_or(u64::MAX),
                levels: levels.iter().take(s + 1).rev().copied().collect(),
            }
        };
        let mut brackets: Vec<Bracket> = powers.iter().enumerate().map(of_rate).rev().collect();
        if brackets.is_empty() {
            brackets.push(Bracket { configurations: 1, levels: vec![Level(top)] });
        }
        let total = brackets.iter().fold(0_u64, |sum, bracket| sum.saturating_add(bracket.configurations));
        Brackets { brackets, total }
    }

    /// The brackets, that of the shortest trials first.
    pub fn iter(&self) -> impl Iterator<Item = &Bracket> {
        self.brackets.iter()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.brackets.len()
    }

    /// How many trials they have together, in one round of the paper's algorithm.
    pub fn configurations(&self) -> u64 {
        self.total
    }

    /// Which bracket the `k`-th trial is in.
    pub fn of(&self, k: u64) -> usize {
        let place = k % self.total;
        let mut end = 0_u64;
        let ends = self.brackets.iter().map(|bracket| {
            end = end.saturating_add(bracket.configurations);
            end
        });
        ends.take_while(|end| *end <= place).count().min(self.brackets.len() - 1)
    }

    /// Which bracket a trial is in that began with this level: none, where it is no bracket's first.
    pub fn of_level(&self, level: Level) -> Option<usize> {
        self.brackets.iter().position(|bracket| bracket.levels.first() == Some(&level))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn table(brackets: &Brackets) -> Vec<(u64, u64)> {
        brackets.iter().map(|bracket| (bracket.configurations, bracket.levels[0].0)).collect()
    }

    #[test]
    fn the_papers_table_for_81_and_3() {
        let brackets = Brackets::new(1, 81, 3);
        assert_eq!(table(&brackets), [(81, 1), (34, 3), (15, 9), (8, 27), (5, 81)]);
        assert_eq!(brackets.configurations(), 143);
        let first: Vec<u64> = brackets.iter().next().unwrap().levels.iter().map(|level| level.0).collect();
        assert_eq!(first, [1, 3, 9, 27, 81]);
    }

    #[test]
    fn levels_are_counted_from_the_top() {
        assert_eq!(table(&Brackets::new(1, 100, 3)), [(81, 1), (34, 3), (15, 11), (8, 33), (5, 100)]);
        assert_eq!(table(&Brackets::new(10, 81, 3)), [(3, 27), (2, 81)]);
        assert_eq!(table(&Brackets::new(90, 81, 3)), [(1, 81)]);
    }

    #[test]
    fn each_round_goes_from_the_shortest_trials_to_the_longest() {
        let brackets = Brackets::new(1, 81, 3);
        let of: Vec<usize> =
            [0, 80, 81, 114, 115, 129, 130, 137, 138, 142, 143].map(|k| brackets.of(k)).into();
        assert_eq!(of, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 0]);
    }

    proptest! {
        #[test]
        fn each_bracket_gets_its_share_of_each_round(
            min in 1..20u64, top in 1..3000u64, factor in 2..6u64, round in 0..1000u64
        ) {
            let brackets = Brackets::new(min, top, factor);
            let mut counts = vec![0; brackets.count()];
            let total = brackets.configurations();
            (0..total).for_each(|k| counts[brackets.of(round * total + k)] += 1);
            let wanted: Vec<u64> = brackets.iter().map(|bracket| bracket.configurations).collect();
            prop_assert_eq!(counts, wanted);
        }
    }
}
