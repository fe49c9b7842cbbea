//! Checks of finite spaces.

use super::Make;
use super::spaces::finite;
use super::study::Study;
use crate::Proposal;

/// Every configuration that keeps the constraints is proposed once, and then the sampler is exhausted and stays so.
/// A sampler with a list of its own may end earlier.
pub fn finite_spaces_are_tried_through(make: Make<'_>) {
    for named in finite() {
        let Some(mut study) = Study::new(make, &named, 5) else { continue };
        let all: Vec<_> = named.space.enumerate().map(|point| named.space.hash(&point)).collect();
        while study.step().is_some() {
            assert!(study.points.len() <= all.len(), "{}: more proposals than configurations", named.name);
        }
        let mut tried: Vec<_> = study.points.iter().map(|point| named.space.hash(point)).collect();
        tried.sort();
        tried.dedup();
        assert_eq!(tried.len(), study.points.len(), "{}: a configuration came twice", named.name);
        assert_eq!(
            tried.len(),
            all.len(),
            "{}: the end came before every configuration was tried",
            named.name
        );
        let after = study.ask().proposal;
        assert!(
            matches!(after, Proposal::Exhausted(_)),
            "{}: it began again after its end: {after:?}",
            named.name
        );
    }
}

/// Neither a running nor an ended trial's configuration is proposed while there is a new one, also where a person
/// has enqueued some.
pub fn new_points_come_before_tried_ones(make: Make<'_>) {
    for named in finite() {
        let Some(mut study) = Study::new(make, &named, 6) else { continue };
        // Nothing ever ends: half of the space is enqueued, the rest proposed.
        let given: Vec<_> = named.space.enumerate().step_by(2).collect();
        for point in given {
            study.start_with(crate::Decision::new_trial(point));
        }
        while study.start().is_some() {}
        let mut tried: Vec<_> = study.points.iter().map(|point| named.space.hash(point)).collect();
        tried.sort();
        tried.dedup();
        assert_eq!(tried.len(), study.points.len(), "{}: a configuration came twice", named.name);
    }
}
