//! Published figures, and what holds for any front.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn line(x: impl Fn(f64) -> f64, from: f64, to: f64, count: u32) -> Vec<[f64; 2]> {
    (0..count).map(|i| from + (to - from) * f64::from(i) / f64::from(count - 1)).map(|t| [t, x(t)]).collect()
}

/// The fronts of pymoo 0.6 with 100 points each.
fn zdt() -> [Vec<[f64; 2]>; 3] {
    let parts = [
        (0.0, 0.083_001_534_9),
        (0.182_228_780, 0.257_762_363_4),
        (0.409_313_674_8, 0.453_882_104_1),
        (0.618_396_794_4, 0.652_511_703_8),
        (0.823_331_798_3, 0.851_832_865_4),
    ];
    let third = |x: f64| 1.0 - libm::sqrt(x) - x * libm::sin(10.0 * std::f64::consts::PI * x);
    [
        line(|x| 1.0 - libm::sqrt(x), 0.0, 1.0, 100),
        line(|x| 1.0 - x * x, 0.0, 1.0, 100),
        parts.iter().flat_map(|&(from, to)| line(third, from, to, 20)).collect(),
    ]
}

#[test]
fn the_hypervolumes_of_zdt_fronts_are_pymoos() {
    for (front, expected) in zdt().iter().zip([0.871_409, 0.538_300, 1.329_144]) {
        let volume = hypervolume(front, &[1.1, 1.1]);
        assert!((volume - expected).abs() < 1e-6, "{volume} is not {expected}");
        // The same as the ground of a prism, and of a prism over that.
        let prism: Vec<_> = front.iter().map(|[x, y]| [*x, 1.0, *y]).collect();
        assert!((hypervolume(&prism, &[1.1, 3.0, 1.1]) - 2.0 * volume).abs() < 1e-12);
        let prism: Vec<_> = front.iter().map(|[x, y]| [*x, 1.0, *y, -1.0]).collect();
        assert!((hypervolume(&prism, &[1.1, 3.0, 1.1, 2.0]) - 6.0 * volume).abs() < 1e-12);
    }
}

#[test]
fn points_outside_of_the_reference_add_nothing() {
    assert_eq!(hypervolume(&[[2.0, 0.0], [0.0, 3.0]], &[2.0, 2.0]), 0.0);
    assert_eq!(hypervolume::<[f64; 2]>(&[], &[2.0, 2.0]), 0.0);
    assert_eq!(hypervolume(&[[f64::NEG_INFINITY, 1.0]], &[2.0, 2.0]), f64::INFINITY);
}

#[test]
fn crowding_is_the_share_between_neighbours() {
    // Deb et al. 2002, figure 1: half the perimeter of the cuboid between the neighbours.
    let front = [[0.0, 10.0], [1.0, 6.0], [4.0, 5.0], [5.0, 0.0]];
    let inf = f64::INFINITY;
    assert_eq!(crowding(&front), [inf, 4.0 / 5.0 + 5.0 / 10.0, 4.0 / 5.0 + 6.0 / 10.0, inf]);
    assert_eq!(crowding(&[[1.0, 2.0]; 3]), [0.0; 3]);
    let odd = crowding(&[[f64::NEG_INFINITY, 3.0], [0.0, 2.0], [1.0, 1.0], [2.0, f64::NEG_INFINITY]]);
    assert!(odd.iter().all(|d| !d.is_nan()), "{odd:?}");
}

#[test]
fn the_knee_of_an_elbow_is_its_corner() {
    assert_eq!(knee(&[[0.0, 100.0], [1.0, 10.0], [10.0, 9.0]]), Some(1));
    assert_eq!(knee(&[[0.0, 1.0], [1.0, 0.0]]), None);
    assert_eq!(knee(&[[0.0, 1.0], [f64::INFINITY, 0.0], [0.2, 0.2], [1.0, 0.0]]), Some(2));
}

#[test]
fn infeasible_points_rank_behind_all_feasible_ones() {
    let points = [[0.0, 0.0], [5.0, 5.0], [4.0, 4.0], [1.0, 1.0], [0.0, 9.0]];
    assert_eq!(constrained_ranks(&points, &[2.0, 0.0, 0.0, 1.0, 2.0]), [3, 1, 0, 2, 4]);
    assert_eq!(constrained_ranks(&points, &[f64::INFINITY, 1.0, 1.0, 1.0, 1.0]), [3, 2, 1, 0, 0]);
    assert_eq!(total_violation(&[-5.0, 2.0, 0.5]), 2.5);
    assert_eq!(total_violation(&[f64::NAN]), f64::INFINITY);
}

#[test]
fn a_hull_ends_at_the_least_error() {
    let points = [(1.0, 5.0), (2.0, 2.0), (3.0, 2.5), (4.0, 1.0), (6.0, 3.0), (2.5, 9.0)];
    let hull = LowerHull::new(&points);
    assert_eq!(hull.vertices().collect::<Vec<_>>(), [0, 1, 3]);
    assert_eq!((hull.at(3.0), hull.at(9.0), hull.at(0.5)), (Some(1.5), Some(1.0), Some(f64::INFINITY)));
    assert_eq!(hull.near(&points, 0.7), [0, 1, 2, 3]);
    assert_eq!(LowerHull::new(&[]).at(1.0), None);
}

/// By inclusion and exclusion over all subsets.
fn volume_by_subsets(points: &[Vec<f64>], reference: &[f64]) -> f64 {
    let subset = |mask: u32| {
        let corner = |k: usize| {
            let members = (0..points.len()).filter(|i| mask >> i & 1 == 1);
            members.map(|i| points[i][k]).fold(f64::NEG_INFINITY, f64::max)
        };
        let sides = (0..reference.len()).map(|k| (reference[k] - corner(k)).max(0.0));
        let sign = if mask.count_ones() % 2 == 1 { 1.0 } else { -1.0 };
        sign * sides.product::<f64>()
    };
    (1..1_u32 << points.len()).map(subset).sum()
}

/// Points on a small grid, so that equal values are common and sums are exact.
fn points(most: usize) -> impl Strategy<Value = (Vec<Vec<f64>>, Vec<f64>)> {
    (1..6_usize).prop_flat_map(move |objectives| {
        let coordinate = (0..8_i32).prop_map(f64::from);
        (vec(vec(coordinate, objectives), 0..most), Just(vec![7.0; objectives]))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_hypervolume_is_that_by_inclusion_and_exclusion((points, reference) in points(9)) {
        prop_assert_eq!(hypervolume(&points, &reference), volume_by_subsets(&points, &reference));
    }

    #[test]
    fn a_contribution_is_what_would_be_lost((points, reference) in points(12)) {
        let all = hypervolume(&points, &reference);
        for (i, own) in contributions(&points, &reference).into_iter().enumerate() {
            let mut others = points.clone();
            others.remove(i);
            prop_assert_eq!(own, all - hypervolume(&others, &reference));
        }
    }

    #[test]
    fn each_place_is_dominated_or_in_one_cell((points, reference) in points(12), place in vec(0..14_u32, 5)) {
        let cells = non_dominated_cells(&points, &reference);
        // Half-way between grid points, so that no border matters.
        let place: Vec<f64> =
            place.iter().take(reference.len()).map(|v| f64::from(v / 2) - 0.5).collect();
        let holds = |cell: &&Cell| {
            place.iter().enumerate().all(|(k, v)| cell.low[k] < *v && *v < cell.high[k])
        };
        let dominated = points.iter().any(|point| weakly_dominates(point, &place));
        let outside = !place.iter().zip(&reference).all(|(v, end)| v < end);
        let expected = usize::from(!dominated && !outside);
        prop_assert_eq!(cells.iter().filter(holds).count(), expected);
        // And the improvement that a new point there brings is the sum over the cells.
        let mut with = points.clone();
        with.push(place.clone());
        let side = |cell: &Cell, k: usize| (cell.high[k] - cell.low[k].max(place[k])).max(0.0);
        let product = |cell: &Cell| (0..place.len()).map(|k| side(cell, k)).product::<f64>();
        let gain = hypervolume(&with, &reference) - hypervolume(&points, &reference);
        prop_assert!((cells.iter().map(product).sum::<f64>() - gain).abs() < 1e-9);
    }

    #[test]
    fn cells_are_few(points in vec(vec(0.0..1.0f64, 3), 0..40)) {
        prop_assert!(non_dominated_cells(&points, &[1.0; 3]).len() <= 2 * points.len() + 1);
    }

    #[test]
    fn a_rank_is_one_more_than_the_worst_dominators((points, _) in points(40)) {
        let ranks = ranks(&points);
        for (i, point) in points.iter().enumerate() {
            let dominators = (0..points.len()).filter(|&j| dominates(&points[j], point));
            prop_assert_eq!(ranks[i], dominators.map(|j| ranks[j] + 1).max().unwrap_or(0));
        }
        let first: Vec<usize> = (0..points.len()).filter(|&i| ranks[i] == 0).collect();
        prop_assert_eq!(non_dominated(&points), first);
    }

    #[test]
    fn a_front_grown_one_by_one_is_that_of_all((points, _) in points(30)) {
        let mut front = Front::new();
        for (i, point) in points.iter().enumerate() {
            let covered = front.covers(point);
            prop_assert_eq!(front.insert(point, i), !covered);
        }
        // Of equal ones the first.
        let is_first = |i: &usize| !points[..*i].contains(&points[*i]);
        let expected: Vec<usize> = non_dominated(&points).into_iter().filter(is_first).collect();
        prop_assert_eq!(front.iter().map(|(_, i)| *i).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_greedy_subset_takes_what_adds_most((points, reference) in points(12), count in 0..12_usize) {
        let chosen = greedy_subset(&points, count, &reference);
        prop_assert_eq!(chosen.len(), count.min(points.len()));
        let mut kinds = points.clone();
        kinds.sort_by(|a, b| a.partial_cmp(b).unwrap());
        kinds.dedup();
        if kinds.len() <= count {
            return Ok(());
        }
        let volume = |places: &[usize], extra: Option<&Vec<f64>>| {
            let mut some: Vec<Vec<f64>> = places.iter().map(|&i| points[i].clone()).collect();
            some.extend(extra.cloned());
            hypervolume(&some, &reference)
        };
        for k in 0..chosen.len() {
            let best = kinds.iter().map(|point| volume(&chosen[..k], Some(point))).fold(0.0, f64::max);
            prop_assert_eq!(volume(&chosen[..=k], None), best);
        }
    }

    #[test]
    fn a_hull_is_the_lower_border_of_all_mixtures(
        pool in vec((1.0..100.0f64, 0.0..1.0f64), 1..25), eps in 0.0..0.5f64,
    ) {
        let hull = LowerHull::new(&pool);
        // More cost is always to be had, for no gain.
        let end = pool.iter().fold((0.0, 1.0), |end: (f64, f64), p| (end.0.max(2.0 * p.0), end.1.min(p.1)));
        let ends: Vec<(f64, f64)> = pool.iter().copied().chain([end]).collect();
        let mixed = |x: f64| {
            let pairs = ends.iter().flat_map(|a| ends.iter().map(move |b| (a, b)));
            let around = pairs.filter(|(a, b)| a.0 <= x && x <= b.0);
            let height = |(a, b): (&(f64, f64), &(f64, f64))| {
                if a.0 == b.0 { a.1.min(b.1) } else { a.1 + (b.1 - a.1) * (x - a.0) / (b.0 - a.0) }
            };
            around.map(height).fold(f64::INFINITY, f64::min)
        };
        for (x, _) in &pool {
            let height = hull.at(*x).unwrap();
            prop_assert!((height - mixed(*x)).abs() < 1e-9, "{height} {}", mixed(*x));
        }
        let near = hull.near(&pool, eps);
        for (i, (x, y)) in pool.iter().enumerate() {
            let margin = y - mixed(*x) * (1.0 + eps);
            prop_assert!(margin.abs() < 1e-9 || near.contains(&i) == (margin < 0.0));
        }
    }
}
