//! How values look, everywhere: numbers, durations, bytes, dates. One place, so that the terminal, the page and
//! the charts agree.

use serde_json::Value as Json;

/// A number with four significant digits: `0.01234`, `12.35`, `1.235e-5`; whole numbers below ten million in full.
pub fn number(value: f64) -> String {
    significant(value, 4)
}

/// A number with `digits` significant digits (1…17), trailing zeros dropped, in scientific form where it is
/// below 0.0001 or from 10⁷ on. Not-finite ones are `nan`, `inf`, `-inf`.
pub fn significant(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return non_finite(value).to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let size = value.abs();
    if size < 1e7 && value.fract() == 0.0 {
        return format!("{value:.0}");
    }
    let digits = digits.clamp(1, 17);
    // The exponent after rounding: 0.99996 has exponent 0 at four digits.
    let scientific = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..7).contains(&exponent) {
        let decimals = (digits as i32 - 1 - exponent).max(0) as usize;
        trim(format!("{value:.decimals$}"))
    } else {
        format!("{}e{exponent}", trim(mantissa.to_owned()))
    }
}

/// A number in scientific form with four significant digits: `1e-5`, `2.5e9`.
pub fn number_e(value: f64) -> String {
    if !value.is_finite() {
        return non_finite(value).to_owned();
    }
    let scientific = format!("{value:.3e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    format!("{}e{exponent}", trim(mantissa.to_owned()))
}

fn trim(text: String) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn non_finite(value: f64) -> &'static str {
    if value.is_nan() {
        "nan"
    } else if value > 0.0 {
        "inf"
    } else {
        "-inf"
    }
}

/// A number as records hold it (invariant NUMBERS): the shortest text that reads back the same, whole numbers
/// without a point; not-finite ones are the strings `nan`, `inf`, `-inf`.
pub fn real(value: f64) -> Json {
    study::Real(value).to_json()
}

/// [`real`] as bare text, for tables of text such as CSV.
pub fn exact(value: f64) -> String {
    match real(value) {
        Json::String(text) => text,
        number => number.to_string(),
    }
}

/// A JSON value as a person reads it: strings bare, numbers with [`number`], lists with spaces.
pub fn json(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Number(n) => match n.as_i64() {
            Some(whole) => whole.to_string(),
            None => n.as_f64().map_or_else(|| n.to_string(), number),
        },
        Json::Array(items) => items.iter().map(json).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// A count with thousands apart: `12,345`.
pub fn count(value: usize) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A duration in its two largest units: `340ms`, `4.2s`, `42s`, `2m 14s`, `3h 05m`, `2d 4h`.
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "–".to_owned();
    }
    if seconds < 0.9995 {
        return format!("{:.0}ms", seconds * 1e3);
    }
    if seconds < 9.95 {
        return format!("{seconds:.1}s");
    }
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{whole}s"),
        60..3_600 => format!("{}m {:02}s", whole / 60, whole % 60),
        3_600..86_400 => format!("{}h {:02}m", whole / 3_600, whole % 3_600 / 60),
        _ => format!("{}d {}h", whole / 86_400, whole % 86_400 / 3_600),
    }
}

/// An amount of memory: `512 B`, `1.5 GiB`.
pub fn bytes(amount: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if amount < 1024 {
        return format!("{amount} B");
    }
    let mut value = amount as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1023.95 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{} {}", trim(format!("{value:.1}")), UNITS[unit])
}

/// A large number with an SI letter: `950`, `12.3k`, `4M`.
pub fn si(value: f64) -> String {
    const LETTERS: [&str; 5] = ["", "k", "M", "G", "T"];
    if !value.is_finite() {
        return non_finite(value).to_owned();
    }
    let mut scaled = value;
    let mut letter = 0;
    while scaled.abs() >= 999.5 && letter + 1 < LETTERS.len() {
        scaled /= 1000.0;
        letter += 1;
    }
    let decimals = if scaled.abs() < 99.95 && letter > 0 { 1 } else { 0 };
    if letter == 0 { number(value) } else { trim(format!("{scaled:.decimals$}")) + LETTERS[letter] }
}

/// A moment as `2026-11-21 19:14 UTC`, from milliseconds of Unix time.
pub fn date(unix_ms: u64) -> String {
    let minutes = unix_ms / 60_000;
    let (year, month, day) = civil((minutes / 1_440) as i64);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", minutes % 1_440 / 60, minutes % 60)
}

/// A moment as records write it, RFC 3339 in UTC: `2026-11-21T19:14:26.120Z`.
pub fn timestamp(unix_ms: u64) -> String {
    let (year, month, day) = civil((unix_ms / 86_400_000) as i64);
    let ms = unix_ms % 86_400_000;
    let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", ms % 1_000)
}

/// Year, month and day of a day since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_keep_four_digits_and_drop_zeros() {
        let cases = [
            (0.0, "0"),
            (-0.0, "0"),
            (0.012_341, "0.01234"),
            (12.3456, "12.35"),
            (0.1, "0.1"),
            (1234.5678, "1235"),
            (123_456.7, "123457"),
            (1.234_56e-5, "1.235e-5"),
            (1e-5, "1e-5"),
            (0.999_96, "1"),
            (2.5e9, "2.5e9"),
            (64.0, "64"),
            (-3.5, "-3.5"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text, "{value:?}");
        }
    }

    #[test]
    fn durations_have_their_two_largest_units() {
        let cases = [
            (0.34, "340ms"),
            (0.9996, "1.0s"),
            (4.21, "4.2s"),
            (9.96, "10s"),
            (59.6, "1m 00s"),
            (134.0, "2m 14s"),
            (11_100.0, "3h 05m"),
            (187_200.0, "2d 4h"),
            (f64::NAN, "–"),
        ];
        for (seconds, text) in cases {
            assert_eq!(duration(seconds), text);
        }
    }

    #[test]
    fn sizes_and_counts_read_well() {
        assert_eq!(bytes(512), "512 B");
        assert_eq!(bytes(1_610_612_736), "1.5 GiB");
        assert_eq!(bytes(u64::MAX), "16 EiB");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(100), "100");
        assert_eq!(si(12_345.0), "12.3k");
        assert_eq!(si(4e6), "4M");
        assert_eq!(si(950.0), "950");
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(date(0), "1970-01-01 00:00 UTC");
        assert_eq!(date(951_827_696_000), "2000-02-29 12:34 UTC");
        assert_eq!(timestamp(1_795_288_466_120), "2026-11-21T19:14:26.120Z");
    }

    proptest! {
        #[test]
        fn exact_text_reads_back_the_same(value in any::<f64>().prop_filter("finite", |v| v.is_finite())) {
            prop_assert_eq!(exact(value).parse::<f64>().unwrap().to_bits(), value.to_bits());
        }

        #[test]
        fn rounded_text_is_within_half_a_digit(value in -1e12..1e12f64) {
            let read: f64 = number(value).parse().unwrap();
            prop_assert!((read - value).abs() <= value.abs() * 5.0001e-4);
        }
    }
}
