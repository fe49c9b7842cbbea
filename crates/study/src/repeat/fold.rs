//! From the metrics of each repetition to those of the trial, the innermost axis first.

use indexmap::IndexMap;

use super::Statistic;
use super::axis::{Axis, coordinates};
use super::statistic::Weighted;
use crate::digest::Mark;
use crate::{Digest, Digests, Real};

/// What folding must know of the study's objectives.
pub(crate) trait Ranking {
    /// What a set of metrics is worth by the first objective, small is good; `None` where it is not known.
    fn worth(&self, metrics: &Digests) -> Option<f64>;
    /// Whether small values of a metric are the good ones.
    fn small_is_good(&self, metric: &str) -> bool;
}

/// Folds the metrics of repetitions, each with its number, into one set: metric by metric, for those that every
/// repetition has. Curves are not folded: their points are dropped.
pub(crate) fn fold(axes: &[Axis], found: Vec<(u32, Digests)>, ranking: &dyn Ranking) -> Digests {
    // Repetitions without an axis are those that a sampler asked for.
    let implicit = [Axis::counted("repetition", 1)];
    let axes = if axes.is_empty() { &implicit[..] } else { axes };
    let found = found.into_iter().map(|(index, digests)| (coordinates(axes, index), digests));
    level(axes, found.collect(), ranking)
}

fn level(axes: &[Axis], found: Vec<(Vec<u32>, Digests)>, ranking: &dyn Ranking) -> Digests {
    let Some((axis, inner)) = axes.split_first() else {
        return found.into_iter().next().map(|(_, digests)| digests).unwrap_or_default();
    };
    let mut entries: IndexMap<u32, Vec<(Vec<u32>, Digests)>> = IndexMap::new();
    for (mut place, digests) in found {
        let first = if place.is_empty() { 0 } else { place.remove(0) };
        entries.entry(first).or_default().push((place, digests));
    }
    let entries = entries.into_iter().map(|(index, found)| (index, level(inner, found, ranking)));
    combine(axis, entries.collect(), ranking)
}

fn combine(axis: &Axis, mut entries: Vec<(u32, Digests)>, ranking: &dyn Ranking) -> Digests {
    entries.sort_by_key(|(index, _)| *index);
    let kept = axis.kept(entries.len());
    if kept < entries.len() {
        let worth = |digests: &Digests| match &axis.by {
            None => ranking.worth(digests),
            Some(name) => digests.get(name).map(|digest| {
                if ranking.small_is_good(name) { digest.last.value.0 } else { -digest.last.value.0 }
            }),
        };
        // Stable, so that of equals the earlier stay; what has no worth, or NaN, goes first.
        entries.sort_by(|(_, a), (_, b)| rank(worth(a)).total_cmp(&rank(worth(b))));
        entries.truncate(kept);
        entries.sort_by_key(|(index, _)| *index);
    }
    let Some((_, first)) = entries.first() else { return Digests::new() };
    let shared = first.keys().filter(|name| entries.iter().all(|(_, digests)| digests.contains_key(*name)));
    shared.map(|name| (name.clone(), one(axis, name, &entries, ranking))).collect()
}

fn rank(worth: Option<f64>) -> f64 {
    worth.filter(|worth| !worth.is_nan()).unwrap_or(f64::INFINITY)
}

fn one(axis: &Axis, name: &str, entries: &[(u32, Digests)], ranking: &dyn Ranking) -> Digest {
    let small_is_good = ranking.small_is_good(name);
    let found = || entries.iter().filter_map(|(index, digests)| Some((*index, digests.get(name)?)));
    let mark = |pick: &dyn Fn(&Digest) -> Option<Mark>| -> Option<Mark> {
        let marks: Option<Vec<(u32, Mark)>> =
            found().map(|(index, digest)| Some((index, pick(digest)?))).collect();
        let marks = marks.filter(|marks| !marks.is_empty())?;
        let values: Vec<Weighted> = marks
            .iter()
            .map(|(index, mark)| Weighted { value: mark.value.0, weight: axis.weight(*index) })
            .collect();
        let step = marks.iter().map(|(_, mark)| mark.step).max().unwrap_or(0);
        Some(Mark { step, value: Real(axis.statistic.of(&values, small_is_good)) })
    };
    let nothing = Mark { step: 0, value: Real(f64::NAN) };
    Digest {
        count: found().map(|(_, digest)| digest.count).sum(),
        first: mark(&|digest| Some(digest.first)).unwrap_or(nothing),
        last: mark(&|digest| Some(digest.last)).unwrap_or(nothing),
        min: mark(&|digest| digest.min),
        max: mark(&|digest| digest.max),
        points: Vec::new(),
    }
}

/// The plain mean and the population standard deviation over all repetitions, as `mean_NAME` and `std_NAME`, of each metric
/// that every repetition has: a mean over some of them would rank trials by which ones those are.
pub(crate) fn spread(found: &[(u32, Digests)]) -> Digests {
    let mut spread = Digests::new();
    for (name, values) in by_metric(found).into_iter().filter(|(_, values)| values.len() == found.len()) {
        for (prefix, statistic) in [("mean", Statistic::Mean), ("std", Statistic::Std)] {
            spread.insert(format!("{prefix}_{name}"), Digest::single(statistic.of(&values, true)));
        }
    }
    spread
}

/// How many repetitions have a metric, for those that some of them lack.
pub(crate) fn partial(found: &[(u32, Digests)]) -> IndexMap<String, usize> {
    let counts = by_metric(found).into_iter().map(|(name, values)| (name.to_owned(), values.len()));
    counts.filter(|(_, count)| *count < found.len()).collect()
}

fn by_metric(found: &[(u32, Digests)]) -> IndexMap<&str, Vec<Weighted>> {
    let mut values: IndexMap<&str, Vec<Weighted>> = IndexMap::new();
    for (name, digest) in found.iter().flat_map(|(_, digests)| digests) {
        let value = Weighted { value: digest.last.value.0, weight: 1.0 };
        values.entry(name).or_default().push(value);
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Loss;

    impl Ranking for Loss {
        fn worth(&self, metrics: &Digests) -> Option<f64> {
            metrics.get("loss").map(|digest| digest.last.value.0)
        }

        fn small_is_good(&self, metric: &str) -> bool {
            metric != "acc"
        }
    }

    fn metrics(pairs: &[(&str, f64)]) -> Digests {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), Digest::single(*value))).collect()
    }

    fn last(digests: &Digests, name: &str) -> f64 {
        digests[name].last.value.0
    }

    #[test]
    fn nested_axes_are_folded_from_the_inside() {
        let fold_axis = Axis { statistic: Statistic::Worst, ..Axis::counted("fold", 2) };
        let axes = [fold_axis, Axis::counted("replica", 2)];
        let losses = [1.0, 3.0, 2.0, 6.0];
        let found = losses.iter().enumerate().map(|(i, loss)| (i as u32, metrics(&[("loss", *loss)])));
        assert_eq!(last(&fold(&axes, found.collect(), &Loss), "loss"), 4.0, "max(mean(1, 3), mean(2, 6))");
    }

    #[test]
    fn the_kept_share_is_the_best_by_the_objective_or_by_the_named_metric() {
        let found = || {
            let all = [(1.0, 0.9), (2.0, 0.5), (9.0, 0.1)];
            let one = |(i, (loss, acc)): (usize, &(f64, f64))| {
                (i as u32, metrics(&[("loss", *loss), ("acc", *acc)]))
            };
            all.iter().enumerate().map(one).collect::<Vec<_>>()
        };
        let axis = Axis { keep: Some(Real(0.5)), ..Axis::counted("replica", 3) };
        let folded = fold(std::slice::from_ref(&axis), found(), &Loss);
        assert_eq!((last(&folded, "loss"), last(&folded, "acc")), (1.5, 0.7));
        let axis = Axis { by: Some("acc".into()), keep: Some(Real(0.3)), ..axis };
        assert_eq!(last(&fold(&[axis], found(), &Loss), "loss"), 1.0, "a large accuracy is good");
    }

    #[test]
    fn a_metric_that_one_repetition_lacks_is_left_out() {
        let found = vec![(0, metrics(&[("loss", 1.0), ("extra", 2.0)])), (1, metrics(&[("loss", 3.0)]))];
        let folded = fold(&[Axis::counted("r", 2)], found.clone(), &Loss);
        assert_eq!(folded.keys().collect::<Vec<_>>(), ["loss"]);
        let spread = spread(&found);
        assert_eq!((last(&spread, "mean_loss"), last(&spread, "std_loss")), (2.0, 1.0));
        assert!(!spread.contains_key("mean_extra"), "trials would be ranked by which repetitions have it");
        assert_eq!(partial(&found), IndexMap::from([("extra".to_owned(), 1)]));
    }

    #[test]
    fn the_best_repetition_of_a_part_of_an_objective_follows_its_direction() {
        let best = |objective: crate::Objective| {
            let axis = Axis { statistic: Statistic::Best, ..Axis::counted("fold", 2) };
            let (objectives, repeat) = (vec![objective], vec![axis.clone()]);
            let judge =
                crate::Judge::new(&crate::Settings { objectives, repeat, ..Default::default() }).unwrap();
            let found = [0.1, 0.4].iter().enumerate().map(|(i, acc)| (i as u32, metrics(&[("acc", *acc)])));
            judge.judge(&fold(&[axis], found.collect(), &judge)).unwrap().values
        };
        assert_eq!(best(crate::Objective::maximize("100 * acc")), [Real(40.0)]);
        assert_eq!(best(crate::Objective::minimize("100 * acc")), [Real(10.0)]);
    }
}
