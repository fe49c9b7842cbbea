//! What happened and what follows: events, the fold, statistics, stop rules. Pure.
