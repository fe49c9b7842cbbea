//! What every sampler and every pruner must keep, as checks that any can be put through: those of this crate are, and
//! a user's own should be.
//!
//! ```
//! use std::sync::Arc;
//! use ravine_search::{SamplerSpec, RandomOptions, build, conformance};
//!
//! conformance::check_all(&|space| build(&SamplerSpec::Random(RandomOptions {}), space, 1));
//! ```
//!
//! Rules that stop trials have a suite of their own: [`check_pruner`].
//!
//! Samplers of several objectives are put through [`check_several`] besides.
//!
//! Each check panics with the space's name and what is wrong. A space that the sampler calls
//! [`Unsuitable`](crate::SearchError::Unsuitable) is passed over. Objective values reach samplers in the minimised
//! sense, so that "maximising f is minimising −f" is the session's to keep.

mod finite;
mod history;
mod proposals;
mod pruners;
mod sameness;
mod several;
mod sizes;
mod spaces;
mod study;

use std::sync::Arc;

use space::Space;

use crate::{Sampler, SearchError};

pub use finite::{finite_spaces_are_tried_through, new_points_come_before_tried_ones};
pub use history::{
    a_dropped_ask_changes_nothing, asking_twice_gives_the_same, learning_in_one_batch_is_learning_one_by_one,
    results_may_be_late_and_out_of_order,
};
pub use proposals::{
    both_ends_are_reached, every_small_integer_is_reached, learns_better_than_random,
    narrow_constraints_are_kept, odd_results_do_no_harm, proposals_are_valid,
};
pub use sameness::{
    names_do_not_matter, scaled_objectives_give_the_same_search,
    units_of_logarithmic_parameters_do_not_matter,
};
pub use sizes::{a_million_options_do_no_harm, a_space_that_grows_does_no_harm, short_and_long_histories_do};

pub use pruners::{
    MakePruner, asking_leaves_no_trace, check_pruner, forks_do_not_learn_from_each_other,
    later_reports_do_not_change_a_verdict, odd_reports_do_no_harm, repetitions_do_not_mix,
    reports_that_do_not_matter_can_be_left_out, told_at_once_or_one_by_one_a_rule_judges_the_same,
};

pub use several::{
    check_several, covers_more_than_random, odd_values_do_no_harm, telling_all_at_once_gives_the_same,
    units_of_objectives_do_not_matter,
};

/// Makes the sampler under test for a space.
pub type Make<'a> = &'a dyn Fn(Arc<Space>) -> Result<Box<dyn Sampler>, SearchError>;

/// All that holds for every sampler. [`learns_better_than_random`] is apart: it holds for those that learn.
pub fn check_all(make: Make<'_>) {
    proposals_are_valid(make);
    both_ends_are_reached(make);
    odd_results_do_no_harm(make);
    finite_spaces_are_tried_through(make);
    new_points_come_before_tried_ones(make);
    asking_twice_gives_the_same(make);
    a_dropped_ask_changes_nothing(make);
    learning_in_one_batch_is_learning_one_by_one(make);
    results_may_be_late_and_out_of_order(make);
    every_small_integer_is_reached(make);
    narrow_constraints_are_kept(make);
    scaled_objectives_give_the_same_search(make);
    names_do_not_matter(make);
    units_of_logarithmic_parameters_do_not_matter(make);
    a_space_that_grows_does_no_harm(make);
    short_and_long_histories_do(make);
    a_million_options_do_no_harm(make);
}
