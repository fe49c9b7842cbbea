//! Runcards: an edit gives a file that says what was asked for, or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spec::Format;
use spec::runcard::{Runcard, Setting};
use spec::template::{SetupValues, Template};

fuzz_target!(|input: (u8, &str, &str)| {
    let (format, card, path) = input;
    let Ok(target) = Template::parse("card") else { return };
    let set = [(path.to_owned(), Setting::Constant(1e-5.into()))].into_iter().collect();
    let format = [Format::Toml, Format::Yaml, Format::Json][usize::from(format) % 3];
    let runcard = Runcard { template: "card".to_owned(), format, target, set };
    let _ = runcard.write(card, &SetupValues { seed: 1 });
});
