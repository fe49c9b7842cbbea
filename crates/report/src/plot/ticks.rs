//! Where an axis has its marks, and what they say.

use crate::format;

/// One mark of an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// The value that it stands at.
    pub value: f64,
    /// What it says; empty for a minor mark.
    pub label: String,
}

/// Round values (1, 2, 5 × 10ᵏ apart) inside `low..=high`, about `wanted` of them, labelled alike.
pub fn linear(low: f64, high: f64, wanted: usize) -> Vec<Tick> {
    let step = nice_step(high - low, wanted);
    if !step.is_finite() || step <= 0.0 {
        return vec![Tick { value: low, label: format::number(low) }];
    }
    let decimals = (-step.log10().floor()).max(0.0) as usize;
    let plain = decimals <= 6 && low.abs().max(high.abs()) < 1e6;
    multiples(low, high, step)
        .map(|value| {
            let label = if plain { grouped(value, decimals) } else { format::significant(value, 6) };
            Tick { value, label }
        })
        .collect()
}

/// Marks of a logarithmic axis inside `low..=high` (both above 0): powers of ten, thinned where there are too
/// many; with 2 and 5 between where there are few; round values as on a linear axis within one decade.
pub fn log(low: f64, high: f64, wanted: usize) -> Vec<Tick> {
    let (first, last) = (low.log10(), high.log10());
    if !(first.is_finite() && last.is_finite()) || last - first < 0.7 {
        return linear(low, high, wanted);
    }
    let decades = (first - 1e-9).ceil() as i32..=(last + 1e-9).floor() as i32;
    let count = decades.clone().count();
    let thin = count.div_ceil(wanted.max(1)).max(1) as i32;
    let within = |v: f64| v >= low * (1.0 - 1e-9) && v <= high * (1.0 + 1e-9);
    let mut ticks: Vec<Tick> = Vec::new();
    for k in *decades.start() - 1..=*decades.end() {
        let factors: &[f64] = if thin > 1 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        for &factor in factors {
            let value = factor * power(k);
            // The labels of 2 and 5 only where the powers alone would be fewer than four.
            let named = if factor == 1.0 { k.rem_euclid(thin) == 0 } else { count * 3 <= wanted + 2 };
            if within(value) && (named || thin == 1) {
                ticks.push(Tick { value, label: if named { power_label(value) } else { String::new() } });
            }
        }
    }
    ticks
}

/// Marks of a span of seconds from 0, in steps that people count time in.
pub fn time(seconds: f64, wanted: usize) -> Vec<Tick> {
    const STEPS: [f64; 21] = [
        0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_200.0, 1_800.0, 3_600.0,
        7_200.0, 14_400.0, 21_600.0, 43_200.0, 86_400.0,
    ];
    let rough = seconds / wanted.max(1) as f64;
    let days = 86_400.0 * nice_step(seconds / 86_400.0, wanted);
    let step = STEPS.into_iter().find(|&step| step >= rough * 0.75).unwrap_or(days);
    if rough < 0.05 {
        let label =
            |value: f64| if value == 0.0 { "0".into() } else { format!("{}ms", format::number(value * 1e3)) };
        return multiples(0.0, seconds, nice_step(seconds, wanted))
            .map(|value| Tick { value, label: label(value) })
            .collect();
    }
    multiples(0.0, seconds, step).map(|value| Tick { value, label: clock(value) }).collect()
}

/// A round span of time in the fewest units: `0`, `0.5s`, `30s`, `5m`, `1h 30m`, `2d`.
fn clock(seconds: f64) -> String {
    if seconds < 60.0 {
        return if seconds == 0.0 { "0".into() } else { format!("{}s", format::number(seconds)) };
    }
    let whole = seconds.round() as u64;
    let parts =
        [(whole / 86_400, "d"), (whole % 86_400 / 3_600, "h"), (whole % 3_600 / 60, "m"), (whole % 60, "s")];
    let words: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n}{unit}")).collect();
    words.join(" ")
}

/// The multiples of `step` inside `low..=high`; at most a thousand.
fn multiples(low: f64, high: f64, step: f64) -> impl Iterator<Item = f64> {
    let slack = 1e-9;
    let (first, last) = ((low / step - slack).ceil(), (high / step + slack).floor());
    let count = if step > 0.0 && last >= first { ((last - first) as usize).min(999) + 1 } else { 0 };
    (0..count).map(move |i| {
        let value = (first + i as f64) * step;
        if value.abs() < step * 1e-6 { 0.0 } else { value }
    })
}

/// The step of 1, 2 or 5 × 10ᵏ that gives about `wanted` steps in `span`.
fn nice_step(span: f64, wanted: usize) -> f64 {
    let rough = span / wanted.max(1) as f64;
    let unit = power(rough.log10().floor() as i32);
    let factor = match rough / unit {
        r if r < 1.5 => 1.0,
        r if r < 3.5 => 2.0,
        r if r < 7.5 => 5.0,
        _ => 10.0,
    };
    factor * unit
}

/// 10ᵏ, correctly rounded: `powi` is not for negative k.
fn power(k: i32) -> f64 {
    format!("1e{k}").parse().unwrap_or(f64::NAN)
}

fn power_label(value: f64) -> String {
    if (1e-3..1e5).contains(&value) {
        grouped(value, (-value.log10().floor()).max(0.0) as usize)
    } else {
        format::number_e(value)
    }
}

/// A number with thousands apart and a fixed count of decimals.
fn grouped(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("−", rest));
    let (whole, rest) = digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    // Four digits read well without a separator.
    let whole = match whole.parse() {
        Ok(number) if whole.len() > 4 => format::count(number),
        _ => whole.to_owned(),
    };
    rest.map_or_else(|| format!("{sign}{whole}"), |rest| format!("{sign}{whole}.{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|tick| tick.label.as_str()).filter(|label| !label.is_empty()).collect()
    }

    #[test]
    fn linear_marks_are_round() {
        assert_eq!(labels(&linear(0.0, 1.0, 5)), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(&linear(-3.0, 32_000.0, 3)), ["0", "10,000", "20,000", "30,000"]);
        assert_eq!(labels(&linear(-1.2, 0.3, 3)), ["−1.0", "−0.5", "0.0"]);
    }

    #[test]
    fn logarithmic_marks_are_powers_of_ten() {
        assert_eq!(labels(&log(1e-5, 0.1, 6)), ["1e-5", "1e-4", "0.001", "0.01", "0.1"]);
        assert_eq!(labels(&log(1e-12, 1e12, 6)).len(), 5);
        assert_eq!(labels(&log(16.0, 256.0, 6)), ["20", "50", "100", "200"]);
        assert_eq!(labels(&log(1.0, 3.0, 4)), ["1.0", "1.5", "2.0", "2.5", "3.0"]);
    }

    #[test]
    fn time_is_marked_in_its_own_steps() {
        assert_eq!(labels(&time(100.0, 5)), ["0", "20s", "40s", "1m", "1m 20s", "1m 40s"]);
        assert_eq!(labels(&time(7_000.0, 4)), ["0", "30m", "1h", "1h 30m"]);
        assert_eq!(labels(&time(0.012, 3)), ["0", "5ms", "10ms"]);
        assert_eq!(labels(&time(86_400.0 * 30.0, 3)), ["0", "10d", "20d", "30d"]);
    }

    proptest! {
        #[test]
        fn marks_lie_inside_and_rise(low in -1e9..1e9f64, span in 1e-6..1e9f64, wanted in 2..10usize) {
            let high = low + span;
            let ticks = linear(low, high, wanted);
            let slack = span * 1e-6;
            prop_assert!(ticks.iter().all(|t| t.value >= low - slack && t.value <= high + slack));
            prop_assert!(ticks.windows(2).all(|w| w[0].value < w[1].value));
            prop_assert!(ticks.len() <= 2 * wanted + 2);
        }

        #[test]
        fn logarithmic_marks_lie_inside_and_rise(low in -12.0..6.0f64, span in 0.01..12.0f64, wanted in 2..10usize) {
            let (low, high) = (10f64.powf(low), 10f64.powf(low + span));
            let ticks = log(low, high, wanted);
            prop_assert!(ticks.iter().all(|t| t.value >= low * 0.999_999 && t.value <= high * 1.000_001));
            prop_assert!(ticks.windows(2).all(|w| w[0].value < w[1].value));
            prop_assert!(labels(&ticks).len() <= 2 * wanted + 2);
        }
    }
}
