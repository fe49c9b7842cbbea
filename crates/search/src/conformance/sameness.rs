//! Checks that a search is the same where only units or names differ.

use super::Make;
use super::spaces::{few, renamed, units};
use super::study::{Study, complete};

/// 4 f + 8 is searched as f is: units do not matter.
pub fn scaled_objectives_give_the_same_search(make: Make<'_>) {
    for named in few() {
        let (Some(mut plain), Some(mut scaled)) =
            (Study::new(make, &named, 11), Study::new(make, &named, 11))
        else {
            continue;
        };
        for _ in 0..30 {
            let (Some(a), Some(b)) = (plain.start(), scaled.start()) else { break };
            assert_eq!(plain.points.last(), scaled.points.last(), "{}: {a:?}", named.name);
            // Rounded first, so that the scaling is exact and ties stay ties.
            let value = (plain.bowl(a) * 1024.0).round() / 1024.0;
            plain.end(a, complete(value));
            scaled.end(b, complete(4.0 * value + 8.0));
        }
    }
}

/// Parameters with other names, in the same order, are searched alike.
pub fn names_do_not_matter(make: Make<'_>) {
    for [plain, other] in renamed() {
        let (Some(mut plain), Some(mut other)) = (Study::new(make, &plain, 14), Study::new(make, &other, 14))
        else {
            continue;
        };
        for trial in 0..25 {
            plain.step();
            other.step();
            assert_eq!(plain.points.last(), other.points.last(), "{}: trial {trial}", plain.name);
        }
    }
}

/// Logarithmic parameters in other units are searched alike, as far as numbers have digits.
pub fn units_of_logarithmic_parameters_do_not_matter(make: Make<'_>) {
    let [plain, other] = units();
    let (Some(mut plain), Some(mut other)) = (Study::new(make, &plain, 15), Study::new(make, &other, 15))
    else {
        return;
    };
    let unit = |study: &Study| {
        let mut units = vec![0.0; study.space.encoding().width()];
        study.points.last().inspect(|point| study.space.encode(point, &mut units));
        units
    };
    for trial in 0..25 {
        plain.step();
        other.step();
        let far = unit(&plain).iter().zip(unit(&other)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(far < 1e-3, "trial {trial} is {far} away in other units");
    }
}
