//! The lower convex hull of costs and errors.

/// Points whose coordinates are all closer than this are one.
const SAME: f64 = 1e-6;

/// The lower left convex hull of points in the plane: what the best mixtures of cost `x` and error `y` reach. It ends at the
/// least `y`; beyond, where more cost brings nothing, it is level.
///
/// Andrew's monotone chain (1979), with the ending of the frontier of Petridish (Hu et al. 2019) as the public code of
/// Archai 1.0.0 computes it: the chain is closed towards a point at twice the largest cost and the least error.
#[derive(Clone, Debug, PartialEq)]
pub struct LowerHull {
    /// Places in what it was made of, from left to right, and their coordinates.
    vertices: Vec<(usize, (f64, f64))>,
}

impl LowerHull {
    /// The hull of finite points. Others are passed over.
    pub fn new(points: &[(f64, f64)]) -> Self {
        let mut order: Vec<usize> =
            (0..points.len()).filter(|&i| points[i].0.is_finite() && points[i].1.is_finite()).collect();
        order.sort_by(|&a, &b| {
            let ((ax, ay), (bx, by)) = (points[a], points[b]);
            ax.total_cmp(&bx).then(ay.total_cmp(&by))
        });
        let mut hull = LowerHull { vertices: Vec::new() };
        let Some(last) = order.last() else { return hull };
        let least = order.iter().map(|&i| points[i].1).fold(f64::INFINITY, f64::min);
        let end = (2.0 * points[*last].0, least);
        for i in order {
            hull.drop_above(points[i]);
            hull.vertices.push((i, points[i]));
        }
        hull.drop_above(end);
        hull
    }

    /// Drops from the end what is not below the line from before it to `next`, or is the same as `next`.
    fn drop_above(&mut self, next: (f64, f64)) {
        while let [.., (_, before), (_, last)] = self.vertices.as_slice() {
            let (x, y) = next;
            let turn = (last.0 - x) * (before.1 - y) - (before.0 - x) * (last.1 - y);
            let same = (last.0 - x).abs() < SAME && (last.1 - y).abs() < SAME;
            if !(turn > 0.0 || same) {
                break;
            }
            self.vertices.pop();
        }
    }

    /// Its corners from left to right, as places in the points it was made of.
    pub fn vertices(&self) -> impl ExactSizeIterator<Item = usize> {
        self.vertices.iter().map(|(i, _)| *i)
    }

    /// Its height at `x`: straight between corners, level beyond the last, and infinite before the first. `None` where
    /// it has no points.
    pub fn at(&self, x: f64) -> Option<f64> {
        self.vertices.first()?;
        let right = self.vertices.partition_point(|(_, corner)| corner.0 <= x);
        let (left, right) = self.vertices.split_at(right);
        let Some((_, (x1, y1))) = left.last() else { return Some(f64::INFINITY) };
        // Where all costs are 0, several corners stand above each other.
        let low = left.iter().rev().take_while(|(_, corner)| corner.0 == *x1).map(|(_, corner)| corner.1);
        let low = low.fold(*y1, f64::min);
        let slope = right.first().map_or(0.0, |(_, (x2, y2))| (y2 - low) / (x2 - x1));
        Some(low + slope * (x - x1))
    }

    /// The places of the points at most `eps`, as a share of the hull's height, above it: the ε-hull. From left to
    /// right; of equal costs in the order of their errors.
    pub fn near(&self, points: &[(f64, f64)], eps: f64) -> Vec<usize> {
        let is_near = |&i: &usize| self.at(points[i].0).is_some_and(|y| points[i].1 <= y * (1.0 + eps));
        let mut near: Vec<usize> = (0..points.len()).filter(is_near).collect();
        near.sort_by(|&a, &b| {
            let ((ax, ay), (bx, by)) = (points[a], points[b]);
            ax.total_cmp(&bx).then(ay.total_cmp(&by))
        });
        near
    }
}
