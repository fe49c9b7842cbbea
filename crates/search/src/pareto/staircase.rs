//! The border of what is dominated in the plane, as points are added.

/// The points of a plane that none dominates, from left to right and so from top to bottom, and the area they dominate
/// within a reference point.
#[derive(Clone, Debug)]
pub(super) struct Staircase {
    steps: Vec<(f64, f64)>,
    reference: (f64, f64),
    area: f64,
}

impl Staircase {
    pub(super) fn new(reference: (f64, f64)) -> Self {
        Staircase { steps: Vec::new(), reference, area: 0.0 }
    }

    pub(super) fn area(&self) -> f64 {
        self.area
    }

    /// Adds a point; one that is dominated, or not within the reference point, changes nothing.
    pub(super) fn add(&mut self, (x, y): (f64, f64)) {
        if !(x < self.reference.0 && y < self.reference.1) {
            return;
        }
        let first = self.steps.partition_point(|step| step.0 < x);
        let above = first.checked_sub(1).map_or(self.reference.1, |i| self.steps[i].1);
        let level = self.steps.get(first).filter(|step| step.0 == x && step.1 <= y);
        if above <= y || level.is_some() {
            return;
        }
        let count = self.steps[first..].iter().take_while(|step| step.1 >= y).count();
        // From left to right, what was dominated so far of the strip that the point covers ends at `top`.
        let (mut left, mut top) = (x, above);
        for step in &self.steps[first..first + count] {
            self.area += (step.0 - left) * (top - y);
            (left, top) = *step;
        }
        let right = self.steps.get(first + count).map_or(self.reference.0, |step| step.0);
        self.area += (right - left) * (top - y);
        self.steps.splice(first..first + count, [(x, y)]);
    }
}
