//! Objectives made comparable: 0 at the best value of each, 1 where the front's plane meets its axis.

/// Where the front lies.
#[derive(Clone, Debug)]
pub(crate) struct Scale {
    ideal: Vec<f64>,
    range: Vec<f64>,
}

/// How much the other objectives count when the extreme point of one is sought.
const OTHERS: f64 = 1e6;

impl Scale {
    /// Of the finite points of a front (Deb and Jain 2014, section IV.C): the plane through the points that are extreme in
    /// each objective; where they have no plane, or it is no front's, their largest values. `all` points tell the range of an
    /// objective that is the same on the whole front.
    pub(crate) fn of(front: &[&[f64]], all: &[&[f64]]) -> Option<Scale> {
        let objectives = front.first()?.len();
        let over = |points: &[&[f64]], start: f64, better: fn(f64, f64) -> f64| -> Vec<f64> {
            (0..objectives).map(|k| points.iter().map(|point| point[k]).fold(start, better)).collect()
        };
        let ideal = over(front, f64::INFINITY, f64::min);
        let mut worst = over(front, f64::NEG_INFINITY, f64::max);
        for (k, value) in over(all, f64::NEG_INFINITY, f64::max).into_iter().enumerate() {
            if worst[k] == ideal[k] {
                worst[k] = value;
            }
        }
        // In shares of the front's own range first, so that units do not matter.
        let width: Vec<f64> =
            ideal.iter().zip(&worst).map(|(low, high)| if high > low { high - low } else { 1.0 }).collect();
        let shares: Vec<Vec<f64>> = front
            .iter()
            .map(|point| (0..objectives).map(|k| (point[k] - ideal[k]) / width[k]).collect())
            .collect();
        let extreme = |k: usize| {
            let reach = |point: &Vec<f64>| {
                point
                    .iter()
                    .enumerate()
                    .map(|(j, x)| if j == k { *x } else { x * OTHERS })
                    .fold(0.0, f64::max)
            };
            shares.iter().min_by(|a, b| reach(a).total_cmp(&reach(b))).cloned().unwrap_or_default()
        };
        let intercepts = intercepts((0..objectives).map(extreme).collect());
        let range = intercepts.map_or_else(
            || width.clone(),
            |intercepts| intercepts.iter().zip(&width).map(|(share, width)| share * width).collect(),
        );
        Some(Scale { ideal, range })
    }

    pub(crate) fn apply(&self, values: &[f64]) -> Vec<f64> {
        let scaled = values.iter().zip(&self.ideal).zip(&self.range);
        scaled.map(|((value, ideal), range)| (value - ideal) / range).collect()
    }
}

/// Where the plane through as many points as there are axes meets these; `None` where it does not at positive places near
/// the points.
fn intercepts(mut rows: Vec<Vec<f64>>) -> Option<Vec<f64>> {
    let n = rows.len();
    rows.iter_mut().for_each(|row| row.push(1.0));
    for column in 0..n {
        let pivot = (column..n).max_by(|&a, &b| rows[a][column].abs().total_cmp(&rows[b][column].abs()))?;
        rows.swap(column, pivot);
        if rows[column][column].abs() < 1e-10 {
            return None;
        }
        for other in (0..n).filter(|other| *other != column) {
            let factor = rows[other][column] / rows[column][column];
            let pivot = rows[column].clone();
            rows[other].iter_mut().zip(&pivot).for_each(|(value, pivot)| *value -= factor * pivot);
        }
    }
    let meets = |k: usize| rows[k][k] / rows[k][n];
    let all: Vec<f64> = (0..n).map(meets).collect();
    all.iter().all(|share| share.is_finite() && *share > 1e-6 && *share < 1e6).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plane_through_the_extremes_becomes_the_unit_simplex() {
        let front: [&[f64]; 4] = [&[1.0, 2.0, 13.0], &[3.0, 2.0, 3.0], &[1.0, 6.0, 3.0], &[1.5, 3.0, 5.5]];
        let scale = Scale::of(&front, &front).unwrap();
        let scaled: Vec<Vec<f64>> = front.iter().map(|point| scale.apply(point)).collect();
        assert_eq!(scaled[0], [0.0, 0.0, 1.0]);
        assert_eq!(scaled[3], [0.25, 0.25, 0.25]);
    }

    #[test]
    fn a_degenerate_front_is_scaled_by_its_range() {
        let front: [&[f64]; 2] = [&[1.0, 5.0], &[1.0, 5.0]];
        let scale = Scale::of(&front, &[&[1.0, 5.0], &[5.0, 5.0]]).unwrap();
        assert_eq!(scale.apply(&[2.0, 7.0]), [0.25, 2.0]);
        assert!(Scale::of(&[], &front).is_none());
    }
}
