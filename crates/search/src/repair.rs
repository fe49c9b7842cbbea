//! Points that keep narrow space constraints: from one that does, towards one that does not, as far as it goes.

use std::sync::Arc;

use space::{NEUTRAL, Point, Space, Stream};

/// So many points that keep the constraints are held, the newest.
const HELD: usize = 64;
/// How often the way from a held point is halved.
const HALVINGS: u32 = 40;

/// Points of trials that keep the constraints.
#[derive(Clone, Debug, Default)]
pub(crate) struct Repair {
    held: Vec<Arc<Point>>,
    /// Where the next one goes.
    next: usize,
}

impl Repair {
    /// Takes in the point of a trial.
    pub(crate) fn learn(&mut self, space: &Space, point: &Arc<Point>) {
        if !space.is_constrained() || space.validate(point).is_err() || !space.allows(point) {
            return;
        }
        if self.held.len() < HELD {
            self.held.push(point.clone());
        } else {
            self.held[self.next] = point.clone();
            self.next = (self.next + 1) % HELD;
        }
    }

    /// The point nearest to `wish` that will do, of a few on the way from one that is held; `None` where none is held, or
    /// none of the few will do.
    pub(crate) fn towards(
        &self,
        wish: &Point,
        space: &Space,
        accept: &dyn Fn(&Point) -> bool,
        stream: &mut Stream,
    ) -> Option<Point> {
        if self.held.is_empty() {
            return None;
        }
        let from = &self.held[stream.below(self.held.len() as u64) as usize];
        let width = space.encoding().width();
        let (mut a, mut b) = (vec![NEUTRAL; width], vec![NEUTRAL; width]);
        space.encode(from, &mut a);
        space.encode(wish, &mut b);
        let mut share = 1.0;
        for _ in 0..HALVINGS {
            share /= 2.0;
            let between: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a + share * (b - a)).collect();
            let point = space.decode(&between);
            if accept(&point) {
                return Some(point);
            }
        }
        None
    }
}
