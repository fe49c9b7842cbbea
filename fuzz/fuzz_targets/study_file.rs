//! The reader of study files, in the format that the first byte picks: it reads or refuses, and says why.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spec::{Format, StudyFile};

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let format = [Format::Toml, Format::Yaml, Format::Json][usize::from(*first) % 3];
    match StudyFile::parse("study.toml", text, format) {
        Ok(study) => assert!(spec::diff(&study, &study).is_empty()),
        Err(errors) => assert!(!errors.to_string().is_empty()),
    }
});
