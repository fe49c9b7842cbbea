//! Promises of what is printed.

use report::terminal::{Style, best, history, trials};

use crate::fixture;

const PLAIN: Style = Style { width: 80, ascii: false, color: false };

#[test]
fn tables_and_charts_look_as_they_did() {
    let view = fixture::digits(40);
    let rows: Vec<usize> = (0..8).collect();
    insta::assert_snapshot!("trials", trials(&view, &rows, PLAIN));
    insta::assert_snapshot!("best", best(&view, Some(1), PLAIN));
    insta::assert_snapshot!("best_three", best(&view, Some(3), PLAIN));
    insta::assert_snapshot!("front", best(&fixture::compression(30), None, PLAIN));
    insta::assert_snapshot!("history", history(&view, 0, 6, PLAIN));
    insta::assert_snapshot!("history_ascii", history(&view, 0, 6, Style { ascii: true, ..PLAIN }));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let view = fixture::digits(80);
    let rows: Vec<usize> = (0..80).collect();
    for width in [50, 60, 80, 100, 132, 200] {
        let style = Style { width, ..PLAIN };
        for text in [trials(&view, &rows, style), history(&view, 0, 8, style)] {
            let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(widest <= width, "{widest} > {width}:\n{text}");
        }
    }
}

#[test]
fn what_users_wrote_cannot_steer_the_terminal() {
    let view = fixture::hostile();
    let rows: Vec<usize> = (0..view.rows.len()).collect();
    for style in [PLAIN, Style { ascii: true, ..PLAIN }] {
        for text in [trials(&view, &rows, style), best(&view, Some(1), style), history(&view, 0, 5, style)] {
            assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
            assert!(!style.ascii || text.is_ascii(), "{text:?}");
        }
    }
}

#[test]
fn studies_at_the_edges_print_something_and_never_panic() {
    for (name, view) in fixture::edges() {
        let rows: Vec<usize> = (0..view.rows.len()).collect();
        assert!(!trials(&view, &rows, PLAIN).is_empty(), "{name}");
        assert!(!best(&view, Some(1), PLAIN).is_empty(), "{name}");
        history(&view, 0, 5, Style { width: 3, ..PLAIN });
    }
}
