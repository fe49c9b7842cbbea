//! A regression tree (Breiman et al. 1984) over binned columns, grown until its leaves are pure, and walked as boxes.

use space::Stream;

use super::bins::{Bins, MOST, Set, bits};

/// A node: a leaf's value, or which bins of an axis go left.
#[derive(Clone, Copy, Debug)]
enum Node {
    Leaf(f64),
    Split { axis: usize, left: Set, children: usize },
}

/// A grown tree; the first node is the root.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
}

/// What a tree is grown from: rows drawn from all trials, their bins row by row, their values.
pub(super) struct Rows<'a> {
    pub(super) bins: &'a [Bins],
    /// `bins.len()` for each row.
    pub(super) cells: Vec<u8>,
    pub(super) values: Vec<f64>,
}

/// The best way to part a node.
struct Split {
    axis: usize,
    left: Set,
    gain: f64,
}

impl Rows<'_> {
    fn cell(&self, row: u32, axis: usize) -> u8 {
        self.cells[row as usize * self.bins.len() + axis]
    }

    /// The split that leaves the least variance; `None` where no axis has two bins with rows, or nothing is gained. Of
    /// splits as good, as all of two rows are, the one of the first axis from `first` on.
    fn split(&self, rows: &[u32], least: usize, first: usize, counted: &mut Counted) -> Option<Split> {
        counted.take(self, rows);
        let total: f64 = rows.iter().map(|&row| self.values[row as usize]).sum();
        let before = total * total / rows.len() as f64;
        let mut best: Option<Split> = None;
        for axis in (first..self.bins.len()).chain(0..first) {
            let bins = &self.bins[axis];
            counted.order(axis, bins);
            let (mut left, mut sum, mut count) = (0 as Set, 0.0, 0_u32);
            for (k, &bin) in counted.order.iter().enumerate().take(counted.order.len().saturating_sub(1)) {
                left |= 1 << bin;
                let place = axis * MOST + bin;
                sum += counted.sums[place];
                count += counted.counts[place];
                let rest = rows.len() as u32 - count;
                if (count as usize) < least || (rest as usize) < least {
                    continue;
                }
                let others = total - sum;
                let gain = sum * sum / f64::from(count) + others * others / f64::from(rest) - before;
                if best.as_ref().is_none_or(|best| gain > best.gain) {
                    let left =
                        if bins.ordered { below(bins.between(bin, counted.order[k + 1])) } else { left };
                    best = Some(Split { axis, left, gain });
                }
            }
        }
        best.filter(|best| best.gain > 1e-12 * before.abs().max(1e-300))
    }
}

/// All bins up to and with one.
fn below(bin: usize) -> Set {
    Set::MAX >> (MOST - 1 - bin)
}

/// Sums and numbers of rows by bin, kept between nodes.
struct Counted {
    /// The bins of each axis that have rows; what stands below of others is an earlier node's.
    present: Vec<Set>,
    sums: Vec<f64>,
    counts: Vec<u32>,
    /// The bins of one axis that have rows, in the order in which they are parted.
    order: Vec<usize>,
}

impl Counted {
    fn new(axes: usize) -> Self {
        let places = axes * MOST;
        Counted {
            present: vec![0; axes],
            sums: vec![0.0; places],
            counts: vec![0; places],
            order: Vec::new(),
        }
    }

    fn take(&mut self, rows: &Rows<'_>, chosen: &[u32]) {
        self.present.fill(0);
        let axes = rows.bins.len();
        for &row in chosen {
            let value = rows.values[row as usize];
            let cells = &rows.cells[row as usize * axes..(row as usize + 1) * axes];
            for (axis, &cell) in cells.iter().enumerate() {
                let place = axis * MOST + cell as usize;
                if (self.present[axis] >> cell) & 1 == 0 {
                    self.present[axis] |= 1 << cell;
                    (self.sums[place], self.counts[place]) = (0.0, 0);
                }
                self.sums[place] += value;
                self.counts[place] += 1;
            }
        }
    }

    /// Options are parted by their means, which holds the best of all ways to part them (Fisher 1958).
    fn order(&mut self, axis: usize, bins: &Bins) {
        let from = axis * MOST;
        let Counted { present, sums, counts, order } = self;
        order.clear();
        order.extend(bits(present[axis]));
        if !bins.ordered {
            let mean = |bin: &usize| sums[from + bin] / f64::from(counts[from + bin]);
            order.sort_by(|a, b| mean(a).total_cmp(&mean(b)).then(a.cmp(b)));
        }
    }
}

impl Tree {
    /// Grows it; each leaf has at least `least` rows, and at most `depth` splits above it. What each split gains is added
    /// to its axis in `gains`.
    pub(super) fn grow(
        rows: &Rows<'_>,
        (least, depth): (usize, u32),
        gains: &mut [f64],
        stream: &mut Stream,
    ) -> Tree {
        let mut counted = Counted::new(rows.bins.len());
        let mut order: Vec<u32> = (0..rows.values.len() as u32).collect();
        let mut nodes = vec![Node::Leaf(0.0)];
        let mut open = vec![(0, 0..order.len(), 0)];
        while let Some((node, range, above)) = open.pop() {
            let part = &mut order[range.clone()];
            let values = || part.iter().map(|&row| rows.values[row as usize]);
            let first = values().next().unwrap_or_default();
            let is_pure = part.len() < 2 * least || above >= depth || values().all(|value| value == first);
            let split = if is_pure {
                None
            } else {
                rows.split(part, least, stream.below(rows.bins.len() as u64) as usize, &mut counted)
            };
            let Some(split) = split else {
                nodes[node] = Node::Leaf(values().sum::<f64>() / part.len().max(1) as f64);
                continue;
            };
            gains[split.axis] += split.gain;
            let goes_left = |row: u32| (split.left >> rows.cell(row, split.axis)) & 1 == 1;
            let middle = range.start + part_in_two(part, goes_left);
            nodes[node] = Node::Split { axis: split.axis, left: split.left, children: nodes.len() };
            open.push((nodes.len(), range.start..middle, above + 1));
            open.push((nodes.len() + 1, middle..range.end, above + 1));
            nodes.extend([Node::Leaf(0.0); 2]);
        }
        Tree { nodes }
    }

    /// Calls `visit` with each leaf: its value, and the bins of each axis that belong to it.
    pub(super) fn leaves(&self, bins: &[Bins], mut visit: impl FnMut(f64, &[Set])) {
        let mut sets: Vec<Set> = bins.iter().map(Bins::whole).collect();
        self.descend(0, &mut sets, &mut visit);
    }

    fn descend(&self, node: usize, sets: &mut [Set], visit: &mut impl FnMut(f64, &[Set])) {
        match self.nodes[node] {
            Node::Leaf(value) => visit(value, sets),
            Node::Split { axis, left, children } => {
                let whole = sets[axis];
                for (child, side) in [(children, whole & left), (children + 1, whole & !left)] {
                    sets[axis] = side;
                    self.descend(child, sets, visit);
                }
                sets[axis] = whole;
            }
        }
    }
}

/// Puts those for which `first` holds before the others, which it keeps in no order; how many they are.
fn part_in_two(rows: &mut [u32], first: impl Fn(u32) -> bool) -> usize {
    let mut end = 0;
    for i in 0..rows.len() {
        if first(rows[i]) {
            rows.swap(i, end);
            end += 1;
        }
    }
    end
}

/// The stretches of neighbouring bins in a set, from the first and up to but without the last.
pub(super) fn stretches(set: Set, mut visit: impl FnMut(usize, usize)) {
    let mut bins = bits(set).peekable();
    while let Some(from) = bins.next() {
        let mut to = from + 1;
        while bins.next_if_eq(&to).is_some() {
            to += 1;
        }
        visit(from, to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_are_the_runs_of_ones() {
        let mut found = Vec::new();
        stretches(0b1110_0101, |from, to| found.push((from, to)));
        assert_eq!(found, [(0, 1), (2, 3), (5, 8)]);
        stretches(Set::MAX, |from, to| assert_eq!((from, to), (0, MOST)));
    }
}
