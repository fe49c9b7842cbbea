//! Promises of the SVG files.

use std::collections::HashSet;

use report::chart::{Chart, Size, history};
use report::page::charts;
use report::{Cell, Column, Direction, Kind, Objective, Row, State, View};

use crate::fixture;

fn all() -> Vec<(String, Vec<Chart>)> {
    let mut studies = fixture::edges();
    studies.extend([("digits", fixture::digits(200)), ("compression", fixture::compression(80))]);
    studies.into_iter().map(|(name, view)| (name.to_owned(), charts(&view))).collect()
}

#[test]
fn every_drawing_is_well_formed_and_has_a_title_and_a_description() {
    for (study, charts) in all() {
        for chart in charts {
            let text = chart.standalone();
            let document =
                roxmltree::Document::parse(&text).unwrap_or_else(|e| panic!("{study}/{}: {e}", chart.file));
            let root = document.root_element();
            assert_eq!(root.tag_name().namespace(), Some("http://www.w3.org/2000/svg"));
            for name in ["title", "desc"] {
                let said =
                    root.children().find(|node| node.has_tag_name(("http://www.w3.org/2000/svg", name)));
                assert!(
                    said.and_then(|node| node.text()).is_some_and(|t| !t.is_empty()),
                    "{study}/{} {name}",
                    chart.file
                );
            }
            roxmltree::Document::parse(&chart.inline("wide"))
                .unwrap_or_else(|e| panic!("{study}/{}: {e}", chart.file));
        }
    }
}

#[test]
fn every_mark_lies_inside_its_drawing() {
    for (study, charts) in all() {
        for chart in charts {
            let text = chart.inline("");
            let document = roxmltree::Document::parse(&text).unwrap();
            for node in document.descendants().filter(|node| node.has_tag_name("circle")) {
                let number = |name: &str| node.attribute(name).unwrap().parse::<f64>().unwrap();
                let (x, y) = (number("cx"), number("cy"));
                let inside = (0.0..=chart.size.width).contains(&x) && (0.0..=chart.size.height).contains(&y);
                assert!(inside, "{study}/{}: a dot at {x}, {y}", chart.file);
            }
            assert!(!text.contains("NaN") && !text.contains("inf\""), "{study}/{}", chart.file);
        }
    }
}

#[test]
fn file_names_are_distinct_and_safe() {
    for (study, charts) in all() {
        let names: HashSet<String> = charts.iter().map(|chart| chart.file.to_lowercase()).collect();
        assert_eq!(names.len(), charts.len(), "{study}");
        let safe = |c: char| c.is_ascii_alphanumeric() || "._-~".contains(c);
        assert!(names.iter().all(|name| name.len() < 120 && name.chars().all(safe)), "{study}: {names:?}");
    }
}

#[test]
fn drawings_are_the_same_every_time() {
    let texts = || charts(&fixture::digits(300)).iter().map(Chart::standalone).collect::<Vec<_>>();
    assert_eq!(texts(), texts());
}

/// Six trials of every kind, one parameter.
fn small() -> View {
    let states =
        [State::Complete, State::Failed, State::Pruned, State::Complete, State::Complete, State::Running];
    let values = [Some(4.0), None, Some(3.5), Some(2.0), Some(f64::INFINITY), None];
    let rows = states.into_iter().zip(values).enumerate().map(|(k, (state, value))| Row {
        values: value.into_iter().collect(),
        ..Row::new(k as u64, state, vec![Cell::Float(k as f64)])
    });
    View {
        name: "small".into(),
        objectives: vec![Objective { name: "loss".into(), direction: Direction::Minimize }],
        columns: vec![Column { path: "x".into(), kind: Kind::Float { low: 0.0, high: 5.0, log: false } }],
        rows: rows.collect(),
        ..View::default()
    }
}

#[test]
fn a_small_history_looks_as_it_did() {
    let chart = history(&small(), 0, Size::new(400, 200), 100).unwrap();
    insta::assert_snapshot!(chart.inline("").replace("><", ">\n<"));
}

#[test]
fn a_small_slice_looks_as_it_did() {
    let chart = report::chart::slice(&small(), 0, 0, Size::new(300, 200), 100).unwrap();
    insta::assert_snapshot!(chart.inline("").replace("><", ">\n<"));
}

/// One objective, and two parameters of which one is an order.
fn ordered() -> View {
    let columns = vec![
        Column { path: "x".into(), kind: Kind::Float { low: 0.0, high: 1.0, log: false } },
        Column { path: "order".into(), kind: Kind::Permutation(["a", "b", "c"].map(Into::into).to_vec()) },
    ];
    let rows = (0..12_u64).map(|number| {
        let order = [[0, 1, 2], [1, 2, 0], [2, 0, 1]][(number % 3) as usize];
        let cells = vec![Cell::Float(number as f64 / 12.0), Cell::Order(order.into())];
        let mut row = Row::new(number, State::Complete, cells);
        row.values = vec![1.0 + (number % 5) as f64];
        row.violations = vec![if number % 4 == 0 { 0.5 } else { -0.5 }];
        row
    });
    View {
        name: "ordered".into(),
        objectives: vec![Objective { name: "loss".into(), direction: Direction::Minimize }],
        constraints: vec!["cost <= 1".into()],
        columns,
        rows: rows.collect(),
        ..View::default()
    }
}

#[test]
fn what_breaks_a_constraint_is_drawn_apart_and_explained() {
    let drawn = history(&ordered(), 0, Size::new(600, 300), 100).unwrap();
    let text = drawn.standalone();
    let document = roxmltree::Document::parse(&text).unwrap();
    let group =
        |class: &str| document.descendants().find(|node| node.attribute("class") == Some(class)).unwrap();
    let marks = |class: &str, name: &str| {
        group(class).children().filter(|node| node.tag_name().name() == name).count()
    };
    assert_eq!((marks("far", "path"), marks("far", "circle"), marks("ok", "circle")), (3, 0, 9));
    let note = "3 trials break a constraint (hollow diamonds) and do not count for the best so far.";
    assert!(drawn.notes.iter().any(|said| said == note) && text.contains(note), "{:?}", drawn.notes);
    let page = report::page::page(&ordered(), &report::page::Made::default());
    assert!(page.contains("breaks a constraint: not counted for the best so far"));
    assert!(page.contains(">infeasible</span>"));
}

#[test]
fn an_order_is_drawn_by_its_first_item() {
    let view = ordered();
    let slice = charts(&view).into_iter().find(|chart| chart.file == "slice-order").unwrap();
    let text = slice.standalone();
    assert!(text.contains("order: first item"), "{text}");
    let document = roxmltree::Document::parse(&text).unwrap();
    let marks = document.descendants().filter(|node| node.has_attribute("data-t")).count();
    assert_eq!(marks, view.rows.len());
}

#[test]
fn a_trial_that_rests_between_its_levels_leaves_its_slot_to_others() {
    let mut view = small();
    view.rows.truncate(3);
    let spells =
        [vec![(0, Some(1000)), (2000, Some(3000))], vec![(1000, Some(2000))], vec![(3000, Some(4000))]];
    for (row, spells) in view.rows.iter_mut().zip(spells) {
        (row.start, row.end) = (spells.first().map(|s| s.0), spells.last().and_then(|s| s.1));
        row.spells = spells;
    }
    let chart = report::chart::timeline(&view, Size::new(400, 200)).unwrap();
    assert_eq!(chart.about, "3 trials in 4.0s on at most 1 at a time; the slots were busy for 100 % of it.");
}

/// Two objectives, and no trial that keeps the constraint.
fn infeasible() -> View {
    let rows = (0..20).map(|k| Row {
        values: vec![f64::from(k), f64::from(-k)],
        violations: vec![f64::from(20 - k)],
        ..Row::new(u64::try_from(k).unwrap(), State::Complete, vec![Cell::Float(f64::from(k) / 4.0)])
    });
    let objective = |name: &str| Objective { name: name.into(), direction: Direction::Minimize };
    View { objectives: vec![objective("a"), objective("b")], rows: rows.collect(), ..small() }
}

#[test]
fn a_front_that_breaks_the_constraints_is_called_what_it_is() {
    let view = infeasible();
    let chart = report::chart::pareto(&view, (0, 1), Size::new(400, 200), 100).unwrap();
    assert_eq!(chart.about, "None of 20 trials meets the constraints; the strong dots come nearest.");
    let made = report::page::Made { at: None, version: "0.1.0".into(), from: None };
    let page = report::page::page(&view, &made);
    assert!(
        page.contains("that break the constraints least; no trial meets them")
            && !page.contains(">Pareto front<")
    );
    let why = report::importance::importance(&view, 0).unwrap_err();
    assert_eq!(why.to_string(), "no trial meets the constraints");
}
