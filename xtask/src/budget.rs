//! The build budget: what a fresh clone pays to get the `ravine` binary.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Builds the release binary in a folder of its own and says how long it took and how large it is.
pub(crate) fn report(root: &Path) -> Result<String, String> {
    let target = root.join("target/budget");
    let removed = std::fs::remove_dir_all(&target);
    if let Err(error) = removed
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Err(format!("cannot empty {}: {error}", target.display()));
    }
    let start = Instant::now();
    let status = Command::new("cargo")
        .args(["build", "--release", "--quiet", "--package", "ravine-cli", "--target-dir"])
        .arg(&target)
        .current_dir(root)
        .status()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    if !status.success() {
        return Err(format!("the release build failed: {status}"));
    }
    let seconds = start.elapsed().as_secs_f64();
    let binary = target.join("release/ravine");
    let size = std::fs::metadata(&binary)
        .map_err(|error| format!("cannot read {}: {error}", binary.display()))?
        .len();
    Ok(format!("cold release build {seconds:.0} s, binary {:.1} MiB", size as f64 / 1_048_576.0))
}
