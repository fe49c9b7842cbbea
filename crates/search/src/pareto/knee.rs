//! Where a front bends most.

/// The place of the knee: the point that lies farthest in front of the plane through the front's extremes, after each
/// objective's range is made 1 (Das 1999). Beyond it a little more of one objective costs much of another. Points with
/// infinite values are passed over; of equals the first. `None` where fewer than three points are left, or an objective
/// is the same for all.
pub fn knee<V: AsRef<[f64]>>(front: &[V]) -> Option<usize> {
    let finite = |i: &usize| front[*i].as_ref().iter().all(|v| v.is_finite());
    let usable: Vec<usize> = (0..front.len()).filter(finite).collect();
    let objectives = front.get(*usable.get(2)?)?.as_ref().len();
    let mut sums = vec![0.0; usable.len()];
    for k in 0..objectives {
        let values = || usable.iter().map(|&i| front[i].as_ref()[k]);
        let low = values().fold(f64::INFINITY, f64::min);
        let high = values().fold(f64::NEG_INFINITY, f64::max);
        if low == high {
            return None;
        }
        sums.iter_mut().zip(values()).for_each(|(sum, value)| *sum += (value - low) / (high - low));
    }
    let least = (1..usable.len()).fold(0, |best, i| if sums[i] < sums[best] { i } else { best });
    Some(usable[least])
}
