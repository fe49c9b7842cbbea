//! What every store must do, as functions that panic when one does not.
//!
//! An implementation calls [`crate::conformance_tests!`] with a function that makes an empty store, and gets one
//! test for each promise. If it keeps its log outside the process, it also calls [`crash::loses_nothing`].
#![allow(clippy::unwrap_used, clippy::panic, reason = "a suite of assertions")]

use std::ops::Range;
use std::time::Duration;

use crate::{Draft, Header};

pub mod appends;
pub mod caches;
pub mod crash;
pub mod guards;
pub mod leases;
pub mod studies;

/// One test for each promise; `$fresh` is a function that returns what a test must keep while it uses a store (a
/// temporary folder, say) and a new, empty store as `Arc<dyn Store>`.
#[macro_export]
macro_rules! conformance_tests {
    ($fresh:path) => {
        $crate::conformance_tests! { @ $fresh;
            studies::a_study_is_found_by_its_name,
            studies::a_name_is_taken_once,
            studies::a_study_that_is_not_there_is_an_error,
            appends::a_log_is_read_as_it_was_written,
            appends::an_append_is_all_or_nothing_and_in_one_piece,
            appends::a_reader_goes_on_from_any_place,
            appends::a_tailing_reader_sees_each_event_once_and_in_order,
            appends::studies_do_not_see_each_other,
            appends::a_waiting_reader_is_woken,
            guards::an_append_happens_only_under_its_lease,
            guards::a_decision_is_made_once,
            guards::of_racing_deciders_one_wins_each_decision,
            guards::an_append_can_ask_for_an_unchanged_log,
            leases::a_lease_has_one_holder,
            leases::an_expired_lease_passes_on_with_a_higher_epoch,
            leases::a_renewed_lease_does_not_expire,
            leases::a_released_epoch_is_never_used_again,
            leases::a_dead_holders_lease_can_be_taken_before_it_expires,
            leases::of_many_who_ask_one_gets_it,
            caches::a_snapshot_is_found_by_its_fold_version,
            caches::a_snapshot_that_runs_ahead_of_the_log_is_ignored,
            caches::a_curve_is_kept_by_its_run,
        }
    };
    (@ $fresh:path; $($module:ident :: $promise:ident),* $(,)?) => {
        $(#[test] fn $promise() {
            let (_keep, store) = $fresh();
            $crate::conformance::$module::$promise(&store);
        })*
    };
}

/// The header that the suite's studies carry.
const HEADER: Header = Header { format: 1, min_reader: 1 };

/// Events `range` of `author`.
fn drafts(author: u64, range: Range<u64>) -> Vec<Draft> {
    range.map(|n| Draft::new("note", format!(r#"{{"author":{author},"n":{n}}}"#))).collect()
}

/// The author and the number that `drafts` wrote.
fn author_and_number(body: &str) -> (u64, u64) {
    let value: serde_json::Value = serde_json::from_str(body).unwrap();
    (value["author"].as_u64().unwrap(), value["n"].as_u64().unwrap())
}

/// Pauses of changing length, so that threads meet in many ways; splitmix64.
#[derive(Debug)]
struct Pauses(u64);

impl Pauses {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One of up to `longest`.
    fn up_to(&mut self, longest: Duration) -> Duration {
        longest.mul_f64(self.next() as f64 / u64::MAX as f64)
    }
}
