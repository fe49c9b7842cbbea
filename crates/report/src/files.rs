//! How this crate writes files.

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Puts `content` in the place of a file at once: readers see the old or the new one, never a part.
pub(crate) fn replace(path: &Path, content: &[u8]) -> std::io::Result<PathBuf> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let mut file = std::fs::File::create(&temporary)?;
    file.write_all(content)?;
    file.sync_data()?;
    std::fs::rename(&temporary, path)?;
    Ok(path.to_owned())
}
