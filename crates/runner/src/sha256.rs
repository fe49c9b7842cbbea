//! Hashes as `sha256sum` prints them.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

/// A file's hash in hexadecimal digits, as `sha256sum` prints it, and its size.
pub(crate) fn of_file(path: &Path) -> io::Result<(String, u64)> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut bytes = 0;
    let mut part = vec![0; 1 << 16];
    loop {
        let count = file.read(&mut part)?;
        if count == 0 {
            return Ok((hex(&hash.finalize()), bytes));
        }
        bytes += count as u64;
        hash.update(part.get(..count).unwrap_or_default());
    }
}

/// Bytes as hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The hash of a text.
pub(crate) fn of_text(text: &[u8]) -> String {
    hex(&Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_hashed_as_sha256sum_does_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "abc").unwrap();
        let (hash, bytes) = of_file(&path).unwrap();
        assert_eq!(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(bytes, 3);
    }
}
