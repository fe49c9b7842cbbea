//! The two colour schemes, and the style sheet of charts made from them.
//!
//! Text has a contrast of at least 4.5 : 1 on its ground in both schemes, marks at least 3 : 1 where colour alone tells
//! them; states differ in shape as well. The accent and the colour of failure (blue, orange-red) stay apart in all
//! common forms of colour blindness.

/// One colour: its name in style sheets, and its two values.
pub struct Token {
    /// The custom property's name, without the dashes.
    pub name: &'static str,
    /// On a light ground.
    pub light: &'static str,
    /// On a dark ground.
    pub dark: &'static str,
}

const fn token(name: &'static str, light: &'static str, dark: &'static str) -> Token {
    Token { name, light, dark }
}

/// All colours of pages and charts.
pub const TOKENS: &[Token] = &[
    token("ground", "#ffffff", "#0e1013"),
    token("raised", "#f7f8fa", "#16191e"),
    token("ink", "#14171c", "#eceef2"),
    token("muted", "#5c6470", "#9ba3b0"),
    token("hair", "#e9ebef", "#20242b"),
    token("rule", "#cfd4db", "#363c46"),
    token("dot", "#8b94a3", "#6c7584"),
    token("accent", "#2a5bd7", "#86a5ff"),
    token("soft", "#e8eefc", "#1a2440"),
    token("fail", "#c2410c", "#ff8a5b"),
    // From best to worst, one hue fading into the ground.
    token("q0", "#2a5bd7", "#86a5ff"),
    token("q1", "#6f90e6", "#5b7ad0"),
    token("q2", "#a3b8ee", "#42579a"),
    token("q3", "#c5d0ea", "#333f66"),
    token("q4", "#dde1ea", "#2a2f3c"),
];

/// The rules that every chart is drawn with, in terms of the tokens.
const CHART: &str = include_str!("theme/chart.css");

/// The style sheet of charts inside a page that defines the tokens as custom properties.
pub fn chart_css() -> &'static str {
    CHART
}

/// The style sheet inside a drawing of its own: colours written out, so that viewers without custom properties
/// draw it too, and the dark ones under a media query.
pub fn standalone_css() -> String {
    let light = resolved(|token| token.light);
    let dark = resolved(|token| token.dark);
    format!("{light}@media (prefers-color-scheme:dark){{{dark}}}")
}

fn resolved(pick: impl Fn(&Token) -> &'static str) -> String {
    TOKENS.iter().fold(CHART.replace('\n', ""), |css, token| {
        css.replace(&format!("var(--{})", token.name), pick(token))
    })
}

/// The tokens as custom properties of one scheme.
pub fn properties(dark: bool) -> String {
    TOKENS.iter().map(|t| format!("--{}:{};", t.name, if dark { t.dark } else { t.light })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(colour: &str) -> f64 {
        let channel = |i: usize| {
            let value = f64::from(u8::from_str_radix(&colour[i..i + 2], 16).unwrap()) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_and_marks_have_contrast_in_both_schemes() {
        let find = |name: &str| TOKENS.iter().find(|t| t.name == name).unwrap();
        for ground in ["ground", "raised"] {
            for (name, least) in [("ink", 12.0), ("muted", 4.5), ("accent", 4.5), ("fail", 4.5), ("dot", 2.8)]
            {
                let (mark, ground) = (find(name), find(ground));
                assert!(
                    contrast(mark.light, ground.light) >= least,
                    "{name} on light {}",
                    contrast(mark.light, ground.light)
                );
                assert!(
                    contrast(mark.dark, ground.dark) >= least,
                    "{name} on dark {}",
                    contrast(mark.dark, ground.dark)
                );
            }
        }
    }

    #[test]
    fn a_drawing_of_its_own_needs_no_custom_properties() {
        assert!(!standalone_css().contains("var("));
    }
}
