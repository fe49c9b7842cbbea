//! Writes the reports of made-up studies: `cargo run -p ravine-report --example sample -- FOLDER`. For looking at them.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

#[path = "../tests/it/fixture.rs"]
mod fixture;

use std::path::Path;
use std::time::Instant;

use report::page::{Made, write};

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "target/sample".into());
    let mut studies = fixture::edges();
    studies.extend([
        ("digits", fixture::digits(200)),
        ("small", fixture::digits(60)),
        ("compression", fixture::compression(300)),
        ("huge", fixture::digits(100_000)),
    ]);
    for (name, view) in studies {
        let started = Instant::now();
        let made = Made { at: Some(1_795_290_000_000), version: "0.1.0".into(), from: None };
        let html = report::page::page(&view, &made);
        let page = started.elapsed();
        let files = write(&Path::new(&folder).join(name), &view, &made)?;
        let size = html.len() as u64;
        let all = started.elapsed() - page;
        println!(
            "{name}: page {} in {page:?}, {} files in {all:?}",
            report::format::bytes(size),
            files.len()
        );
    }
    Ok(())
}
