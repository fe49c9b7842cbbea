//! Directions spread evenly over the objectives.

/// So many directions at most are made where nobody says how many.
const MOST: u64 = 100;
/// With more objectives than this a single layer would have all its directions on the border.
const ONE_LAYER: usize = 5;

/// The points of a simplex with `divisions` steps along each edge (Das and Dennis 1998), as directions.
pub(crate) fn directions(objectives: usize, divisions: Option<u32>) -> Vec<Vec<f64>> {
    match divisions {
        Some(divisions) => simplex(objectives, divisions.max(1)),
        None if objectives > ONE_LAYER => {
            // An outer layer, and an inner one half-way to the middle (Deb and Jain 2014).
            let outer = most_divisions(objectives, MOST).max(2);
            let middle = 1.0 / objectives as f64;
            let inwards = |point: Vec<f64>| point.iter().map(|x| 0.5 * (x + middle)).collect();
            let inner = simplex(objectives, outer - 1).into_iter().map(inwards);
            simplex(objectives, outer).into_iter().chain(inner).collect()
        }
        None => simplex(objectives, most_divisions(objectives, MOST)),
    }
}

fn most_divisions(objectives: usize, most: u64) -> u32 {
    (1..most as u32).take_while(|p| count(objectives, *p) <= most).last().unwrap_or(1)
}

/// C(objectives + divisions − 1, divisions).
pub(crate) fn count(objectives: usize, divisions: u32) -> u64 {
    // Of so many, how many exactly does not matter.
    let grown = |product: u64, k: u64| Some(product.checked_mul(objectives as u64 - 1 + k)? / k);
    (1..=u64::from(divisions)).try_fold(1, grown).unwrap_or(u64::MAX)
}

fn simplex(objectives: usize, divisions: u32) -> Vec<Vec<f64>> {
    let mut points = Vec::new();
    fill(&mut points, &mut Vec::new(), objectives, divisions);
    let share = |steps: Vec<u32>| steps.iter().map(|s| f64::from(*s) / f64::from(divisions)).collect();
    points.into_iter().map(share).collect()
}

fn fill(points: &mut Vec<Vec<u32>>, begun: &mut Vec<u32>, objectives: usize, left: u32) {
    if begun.len() + 1 >= objectives {
        points.push(begun.iter().copied().chain([left]).collect());
        return;
    }
    for steps in 0..=left {
        begun.push(steps);
        fill(points, begun, objectives, left - steps);
        begun.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_as_many_as_published() {
        // Deb and Jain 2014, table I: 91 of 3 objectives with 12 divisions, 210 of 5 with 6.
        assert_eq!(directions(3, Some(12)).len(), 91);
        assert_eq!(directions(5, Some(6)).len(), 210);
        assert_eq!(directions(3, None).len(), 91);
        assert_eq!(directions(2, None).len(), 100);
        assert_eq!(directions(1, None).len(), 1);
        // 8 objectives, layers of 2 and 1 divisions.
        assert_eq!(directions(8, None).len(), 36 + 8);
    }

    #[test]
    fn each_direction_sums_to_1() {
        for objectives in 1..9 {
            for direction in directions(objectives, None) {
                assert_eq!(direction.len(), objectives);
                assert!((direction.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            }
        }
    }
}
