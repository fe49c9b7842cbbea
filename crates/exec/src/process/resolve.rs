//! From a program's name to its file, and why one could not be started.

use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::unistd::{AccessFlags, access};

/// What execvp uses where PATH is unset.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The file that a name means, looked up in the run's own PATH as a shell does; a name with a slash is a path from
/// the working directory, taken as it is.
pub(crate) fn find(name: &CStr, path: Option<&CStr>) -> Option<CString> {
    let bytes = name.to_bytes();
    if bytes.contains(&b'/') {
        return Some(name.to_owned());
    }
    candidates(bytes, path)
        .into_iter()
        .find(|file| is_program(file))
        .and_then(|file| CString::new(file.as_os_str().as_bytes()).ok())
}

/// Why the program could not be started, and what would be right.
pub(crate) fn explain(name: &CStr, path: Option<&CStr>, directory: &Path, error: Option<Errno>) -> String {
    let bytes = name.to_bytes();
    let shown = String::from_utf8_lossy(bytes);
    let file = if bytes.contains(&b'/') {
        directory.join(OsStr::from_bytes(bytes))
    } else {
        match candidates(bytes, path).into_iter().find(|file| file.is_file()) {
            Some(file) => file,
            None => {
                let path = path.map_or(DEFAULT_PATH.into(), CStr::to_string_lossy);
                let here = directory.join(OsStr::from_bytes(bytes));
                let hint = if here.is_file() {
                    format!("; to run the one in {}, write `./{shown}`", directory.display())
                } else {
                    String::new()
                };
                return format!("the program `{shown}` is in no folder of PATH{hint}\nPATH is {path}");
            }
        }
    };
    let at = file.display();
    match file.metadata() {
        Err(why) => format!("the program `{shown}` is not there: {at}: {why}"),
        Ok(data) if data.is_dir() => format!("the program `{shown}` is a folder: {at}"),
        Ok(data) if data.permissions().mode() & 0o111 == 0 => format!(
            "the program `{shown}` is not executable: {at}; make it so (chmod +x), or name its interpreter before it"
        ),
        Ok(_) => match error {
            Some(Errno::ENOEXEC) => format!(
                "the program `{shown}` is neither a binary nor begins with a `#!` line: {at}; name its interpreter before it"
            ),
            Some(Errno::ENOENT) => {
                format!(
                    "the interpreter that `{shown}` names in its `#!` line, or its loader, is missing: {at}"
                )
            }
            Some(error) => format!("the program `{shown}` cannot be started: {at}: {}", error.desc()),
            None => format!("the program `{shown}` may not be executed: {at}"),
        },
    }
}

fn candidates(name: &[u8], path: Option<&CStr>) -> Vec<PathBuf> {
    let path = path.map_or(DEFAULT_PATH.as_bytes(), CStr::to_bytes);
    path.split(|&byte| byte == b':')
        .map(|folder| Path::new(OsStr::from_bytes(folder)).join(OsStr::from_bytes(name)))
        .collect()
}

fn is_program(file: &Path) -> bool {
    access(file, AccessFlags::X_OK).is_ok() && file.is_file()
}
