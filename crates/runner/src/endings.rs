//! What the end of an attempt means for its trial (invariant ONE RUN, ONE BAD END).

use session::Consequence;
use study::{Digests, How, RunEnd};

/// A run that was lost so often is not run again: it takes its machine or its supervisor along.
const MOST_LOST: usize = 3;

/// What follows from the end of a trial's only run. `keeps` says that what was reported before a time-out counts;
/// `lost_before` counts its attempts that were lost.
///
/// A run that was ended with the study, or lost, is run again: that is not the configuration's fault.
pub(crate) fn consequence(end: &RunEnd, metrics: &Digests, keeps: bool, lost_before: usize) -> Consequence {
    let metrics = metrics.clone();
    match end.how {
        How::Ok => Consequence::Judge(metrics),
        How::Timeout if keeps && !metrics.is_empty() => Consequence::Judge(metrics),
        How::Killed => Consequence::GoesOn,
        How::Lost if lost_before + 1 < MOST_LOST => Consequence::GoesOn,
        How::Lost => Consequence::Fail {
            message: format!("it was lost {MOST_LOST} times: its supervisor was killed each time"),
            metrics,
        },
        How::Pruned => Consequence::Prune { step: end.reached.unwrap_or(0), metrics },
        How::Failed | How::Timeout => {
            let message = end.message.clone().unwrap_or_else(|| "it failed".to_owned());
            Consequence::Fail { message, metrics }
        }
    }
}

#[cfg(test)]
mod tests {
    use study::Digest;

    use super::*;

    fn reported() -> Digests {
        [("loss".to_owned(), Digest::single(1.0))].into_iter().collect()
    }

    #[test]
    fn what_was_ended_with_the_study_or_lost_is_run_again() {
        for how in [How::Killed, How::Lost] {
            assert_eq!(consequence(&RunEnd::new(how, 1.0), &reported(), false, 0), Consequence::GoesOn);
        }
    }

    #[test]
    fn what_is_lost_again_and_again_fails() {
        let ended = consequence(&RunEnd::new(How::Lost, 1.0), &Digests::new(), false, MOST_LOST - 1);
        assert!(matches!(ended, Consequence::Fail { .. }));
    }

    #[test]
    fn a_time_out_keeps_what_was_reported_only_where_asked_and_where_there_is_something() {
        let end = RunEnd::new(How::Timeout, 1.0);
        assert!(matches!(consequence(&end, &reported(), true, 0), Consequence::Judge(_)));
        assert!(matches!(consequence(&end, &reported(), false, 0), Consequence::Fail { .. }));
        assert!(matches!(consequence(&end, &Digests::new(), true, 0), Consequence::Fail { .. }));
    }
}
