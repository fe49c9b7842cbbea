//! Ask, tell, report: store, fold and sampler together, without processes.
