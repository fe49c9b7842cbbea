//! The store in memory keeps the promises of every store.

use std::sync::Arc;

use ravine_store::{Memory, Store, conformance_tests};

fn fresh() -> ((), Arc<dyn Store>) {
    ((), Arc::new(Memory::new()))
}

conformance_tests!(fresh);
