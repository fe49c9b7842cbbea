//! Bytes into lines, however a program writes them.

use memchr::{memchr2, memchr2_iter};

/// A longer line, in bytes, cannot be a report; it is skipped to its end.
pub const MAX_LINE: usize = 1 << 20;

/// Cuts a stream of bytes into lines. A carriage return ends a line too: progress bars rewrite theirs, and reports
/// printed between come after one.
///
/// Total: any bytes are lines of some sort, and no more than [`MAX_LINE`] of them are ever held.
#[derive(Clone, Debug, Default)]
pub struct Splitter {
    /// The beginning of a line whose end has not come.
    partial: Vec<u8>,
    /// Whether that line is too long already.
    skipping: bool,
}

impl Splitter {
    /// Takes in bytes and calls `line` for each line that they end, without its end; empty ones are left out.
    pub fn push(&mut self, bytes: &[u8], mut line: impl FnMut(&[u8])) {
        let mut rest = bytes;
        if self.skipping || !self.partial.is_empty() {
            match memchr2(b'\n', b'\r', rest) {
                None => return self.hold(rest),
                Some(end) => {
                    self.hold(&rest[..end]);
                    self.finish(&mut line);
                    rest = &rest[end + 1..];
                }
            }
        }
        let mut start = 0;
        for end in memchr2_iter(b'\n', b'\r', rest) {
            if end > start && end - start <= MAX_LINE {
                line(&rest[start..end]);
            }
            start = end + 1;
        }
        self.hold(&rest[start..]);
    }

    /// The stream is over: what was begun counts as a line.
    pub fn finish(&mut self, line: impl FnOnce(&[u8])) {
        if !self.skipping && !self.partial.is_empty() {
            line(&self.partial);
        }
        self.partial.clear();
        self.skipping = false;
    }

    fn hold(&mut self, bytes: &[u8]) {
        if self.partial.len() + bytes.len() > MAX_LINE {
            self.skipping = true;
            self.partial = Vec::new();
        } else if !self.skipping {
            self.partial.extend_from_slice(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(chunks: &[&[u8]]) -> Vec<Vec<u8>> {
        let (mut splitter, mut lines) = (Splitter::default(), Vec::new());
        for chunk in chunks {
            splitter.push(chunk, |line| lines.push(line.to_vec()));
        }
        splitter.finish(|line| lines.push(line.to_vec()));
        lines
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_how_the_bytes_were_cut(
            bytes in prop::collection::vec(prop::sample::select(b"ab{}\n\r\xff".to_vec()), 0..200),
            cuts in prop::collection::vec(0usize..200, 0..6),
        ) {
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(bytes.len())).chain([0, bytes.len()]).collect();
            cuts.sort_unstable();
            let chunks: Vec<_> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            let whole: Vec<_> = bytes
                .split(|byte| matches!(byte, b'\n' | b'\r'))
                .filter(|line| !line.is_empty())
                .map(<[u8]>::to_vec)
                .collect();
            prop_assert_eq!(split(&chunks), whole);
        }
    }

    #[test]
    fn a_line_beyond_the_limit_is_skipped_and_the_next_one_is_not() {
        let huge = vec![b'x'; MAX_LINE + 1];
        let (half, rest) = huge.split_at(MAX_LINE / 2);
        let want = [b"after".to_vec()];
        assert_eq!(split(&[&huge, b"\nafter\n"]), want);
        assert_eq!(split(&[half, rest, b"\nafter"]), want);
        let one: Vec<u8> = [&huge[..], b"\nafter\n"].concat();
        assert_eq!(split(&[&one]), want);
    }
}
