//! What programs print: split into lines, read as reports, searched by patterns. Any bytes are allowed.
#![no_main]

use exec::report::{Captures, Splitter, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = parse(bytes);
    let Ok(mut captures) = Captures::new([("loss", "loss[:=] *([0-9.eE+-]+)")]) else { return };
    let mut splitter = Splitter::default();
    // In two parts: a line may be cut anywhere.
    let (first, second) = bytes.split_at(bytes.len() / 2);
    for part in [first, second] {
        splitter.push(part, |line| {
            let _ = parse(line);
            let _ = captures.find(line);
        });
    }
    splitter.finish(|line| {
        let _ = parse(line);
    });
});
