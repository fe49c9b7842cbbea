//! How wide text is, near enough to lay out labels without a font.

use std::borrow::Cow;

/// The width of `text` in pixels at a font size, for the usual sans-serif faces; errs on the wide side.
pub fn width(text: &str, size: f64) -> f64 {
    text.chars().map(advance).sum::<f64>() * size
}

/// `text` cut to `max` pixels, with an ellipsis where something is missing.
pub fn fit(text: &str, size: f64, max: f64) -> Cow<'_, str> {
    if width(text, size) <= max {
        return Cow::Borrowed(text);
    }
    let room = max - advance('…') * size;
    let mut used = 0.0;
    let kept: String = text
        .chars()
        .take_while(|&c| {
            used += advance(c) * size;
            used <= room
        })
        .collect();
    Cow::Owned(kept + "…")
}

/// Like [`fit`], but the middle goes missing: paths differ at both ends.
pub fn fit_middle(text: &str, size: f64, max: f64) -> Cow<'_, str> {
    if width(text, size) <= max {
        return Cow::Borrowed(text);
    }
    let half = (max - advance('…') * size) / 2.0;
    let take = |chars: &mut dyn Iterator<Item = char>| -> String {
        let mut used = 0.0;
        chars
            .take_while(|&c| {
                used += advance(c) * size;
                used <= half
            })
            .collect()
    };
    let head = take(&mut text.chars());
    let tail: String = take(&mut text.chars().rev()).chars().rev().collect();
    Cow::Owned(format!("{head}…{tail}"))
}

/// Like [`fit`], but the start goes missing: the last part of a path says most.
pub fn fit_end(text: &str, size: f64, max: f64) -> Cow<'_, str> {
    if width(text, size) <= max {
        return Cow::Borrowed(text);
    }
    let backwards: String = text.chars().rev().collect();
    let kept = fit(&backwards, size, max).trim_end_matches('…').chars().rev().collect::<String>();
    // Whole parts where at least one fits.
    let whole = kept.split_once('.').map(|(_, rest)| rest).filter(|rest| !rest.is_empty());
    Cow::Owned(format!("…{}", whole.unwrap_or(&kept)))
}

/// The advance of a character in em.
fn advance(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 0.29,
        'f' | 'r' | 't' | ' ' | '(' | ')' | '[' | ']' | '/' | '-' => 0.38,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 0.9,
        'A'..='Z' => 0.7,
        '\u{300}'..='\u{36f}' => 0.0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe4f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{1f300}'..='\u{1faff}' => 1.05,
        _ => 0.6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn fitted_text_fits(text in any::<String>(), max in 20.0..200.0f64) {
            prop_assert!(width(&fit(&text, 12.0, max), 12.0) <= max + 1e-9);
            prop_assert!(width(&fit_middle(&text, 12.0, max), 12.0) <= max + 1e-9);
            prop_assert!(width(&fit_end(&text, 12.0, max), 12.0) <= max + 1e-9);
        }
    }

    #[test]
    fn text_with_room_stays_whole() {
        assert_eq!(fit("lr", 12.0, 100.0), "lr");
        assert_eq!(fit_middle("optimizer.adam.beta1", 12.0, 80.0), "optim…beta1");
        assert_eq!(fit_end("optimizer.adam.beta1", 12.0, 80.0), "…adam.beta1");
    }
}
