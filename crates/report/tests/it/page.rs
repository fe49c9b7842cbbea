//! Promises of the page.

use report::page::{Made, page, write};

use crate::fixture;

fn made() -> Made {
    Made { at: Some(1_795_290_000_000), version: "0.1.0".into(), from: None }
}

/// The addresses that a browser would fetch from a page.
fn addresses(html: &str) -> Vec<String> {
    let attributes = ["src=", "href=", "srcset=", "action=", "poster=", "data=", "url(", "@import"];
    let after = |word: &str| -> Vec<String> {
        html.split(word).skip(1).map(|rest| rest.chars().take(40).collect()).collect()
    };
    attributes.iter().flat_map(|word| after(word)).collect()
}

#[test]
fn the_page_names_nothing_that_must_be_fetched() {
    for (name, view) in fixture::edges().into_iter().chain([("digits", fixture::digits(200))]) {
        for address in addresses(&page(&view, &made())) {
            let local = address.starts_with("\"#") || address.starts_with("\"data:,\"");
            assert!(local, "{name}: {address}");
        }
    }
}

#[test]
fn what_users_wrote_never_becomes_markup() {
    let html = page(&fixture::hostile(), &made());
    assert!(!html.contains("<script>alert"));
    assert!(!html.contains("<b>日本語"));
    assert_eq!(html.matches("</script>").count(), 2, "the data and the script, nothing else");
    assert!(html.contains("日本語 😀"));
}

#[test]
fn a_study_without_results_says_so() {
    let said = |name: &str| {
        let (_, view) = fixture::edges().into_iter().find(|(n, _)| *n == name).unwrap();
        page(&view, &made())
    };
    assert!(said("empty").contains("No trial has finished yet."));
    assert!(said("running").contains("No trial has finished yet."));
    assert!(said("failed").contains("All 30 finished trials failed."));
    assert!(said("failed").contains("exit code 127: python: not found"));
    assert!(said("constant").contains("Not judged: all complete trials have the same value"));
}

#[test]
fn a_study_of_a_hundred_thousand_trials_makes_a_page_below_three_megabytes() {
    // Two thousand trials over and over: making all of them up takes longer than the page.
    let mut view = fixture::digits(2_000);
    let rows = std::mem::take(&mut view.rows);
    view.rows = rows.iter().cycle().take(100_000).cloned().collect();
    for (number, row) in view.rows.iter_mut().enumerate() {
        row.number = number as u64;
    }
    let html = page(&view, &made());
    assert!(html.len() < 3 << 20, "{} bytes", html.len());
    assert!(html.contains("The best 500 and the newest 500 of 100,000 trials"));
    assert!(html.contains("trials are drawn: the best ones and an even sample of the rest."));
}

#[test]
fn the_same_study_gives_the_same_page() {
    assert_eq!(page(&fixture::digits(120), &made()), page(&fixture::digits(120), &made()));
}

#[test]
fn the_folder_holds_the_page_and_the_drawings_and_no_leftovers() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("runs/x/report");
    let written = write(&place, &fixture::digits(60), &made()).unwrap();
    write(&place, &fixture::digits(60), &made()).unwrap();
    let mut found: Vec<_> = std::fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().path()).collect();
    let mut expected = written.clone();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    assert_eq!(written[0], place.join("index.html"));
    assert!(expected.contains(&place.join("history.svg")));
}
