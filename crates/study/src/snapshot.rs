//! A fold's state as bytes: a cache that spares a cold process the reading of a long history.
//!
//! Deletable at any time; one of another version, or a damaged one, is as good as none.

use crate::Study;

/// The version of the snapshot's encoding and of the fold itself. Raise it with every change of either, so that
/// states that an older fold made are not taken for this one's.
pub const FOLD_VERSION: u32 = 7;

/// Why a state could not be written or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a snapshot of the study cannot be {doing}: {source}")]
pub struct SnapshotError {
    doing: &'static str,
    source: postcard::Error,
}

impl Study {
    /// The whole state as bytes, to be kept with [`FOLD_VERSION`] and [`Study::seq`].
    pub fn snapshot(&self) -> Result<Vec<u8>, SnapshotError> {
        postcard::to_stdvec(self).map_err(|source| SnapshotError { doing: "written", source })
    }

    /// The state that [`Study::snapshot`] gave; fold the events after its [`Study::seq`] on top.
    pub fn restore(bytes: &[u8]) -> Result<Study, SnapshotError> {
        postcard::from_bytes(bytes).map_err(|source| SnapshotError { doing: "read", source })
    }
}
