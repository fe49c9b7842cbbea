//! How alone a point stands in its front.

/// The crowding distance of each point of one front (Deb et al. 2002): over the objectives the sum of the distances between
/// its two neighbours, as shares of the front's range. Infinite for the first and the last of an objective. An
/// objective that is the same for all says nothing, and neither do infinite values about distances.
pub fn crowding<V: AsRef<[f64]>>(front: &[V]) -> Vec<f64> {
    let mut distances = vec![0.0; front.len()];
    let objectives = front.first().map_or(0, |point| point.as_ref().len());
    let mut order: Vec<usize> = (0..front.len()).collect();
    for k in 0..objectives {
        let value = |i: usize| front[i].as_ref()[k];
        order.sort_by(|&a, &b| value(a).total_cmp(&value(b)));
        let (first, last) = (order[0], order[order.len() - 1]);
        if value(first) == value(last) {
            continue;
        }
        let finite = || order.iter().map(|&i| value(i)).filter(|v| v.is_finite());
        let range = finite().next_back().unwrap_or(0.0) - finite().next().unwrap_or(0.0);
        for near in order.windows(3) {
            let gap = value(near[2]) - value(near[0]);
            if gap.is_finite() && range > 0.0 {
                distances[near[1]] += gap / range;
            }
        }
        (distances[first], distances[last]) = (f64::INFINITY, f64::INFINITY);
    }
    distances
}
