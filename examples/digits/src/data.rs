//! The 1,797 images, read from the text in the binary, and their fixed split.

use crate::random::Random;

/// Grey values of one image, 8 × 8.
pub(crate) const PIXELS: usize = 64;
/// The digits 0 to 9.
pub(crate) const CLASSES: usize = 10;
/// Images that the network learns from.
const TRAIN: usize = 1_000;
/// Images that a search may look at; what remains is the test set.
const VALIDATION: usize = 397;
/// The split is the same whatever the seed of a training: results of two runs can be compared.
const SPLIT_SEED: u64 = 1_998;

const TEXT: &str = include_str!("../data/digits.txt");

/// Images as rows of 64 values in [0, 1], and what they show.
#[derive(Debug, Clone, Default)]
pub(crate) struct Set {
    pub(crate) pixels: Vec<f32>,
    pub(crate) labels: Vec<usize>,
}

/// The three parts; no image is in two of them.
#[derive(Debug)]
pub(crate) struct Digits {
    pub(crate) train: Set,
    pub(crate) validation: Set,
    pub(crate) test: Set,
}

/// What is wrong with the text, and in which line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DataError {
    line: usize,
    message: &'static str,
}

impl std::fmt::Display for DataError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "digits.txt, line {}: {}", self.line, self.message)
    }
}

impl Digits {
    /// Reads the data in the binary and deals them out.
    pub(crate) fn load() -> Result<Self, DataError> {
        Ok(split(&parse(TEXT)?))
    }
}

impl Set {
    /// Number of images.
    pub(crate) fn len(&self) -> usize {
        self.labels.len()
    }

    /// Grey values of image `at`.
    pub(crate) fn image(&self, at: usize) -> &[f32] {
        &self.pixels[at * PIXELS..(at + 1) * PIXELS]
    }

    fn push(&mut self, image: &[f32], label: usize) {
        self.pixels.extend_from_slice(image);
        self.labels.push(label);
    }
}

fn parse(text: &str) -> Result<Set, DataError> {
    let mut set = Set::default();
    for (at, row) in text.lines().enumerate() {
        let wrong = |message| DataError { line: at + 1, message };
        let (label, image) = row.split_once(' ').ok_or(wrong("expected a digit, a space, 64 grey values"))?;
        let label = label.parse::<usize>().ok().filter(|digit| *digit < CLASSES);
        set.labels.push(label.ok_or(wrong("the label is not a digit"))?);
        if image.len() != PIXELS {
            return Err(wrong("an image has 64 grey values"));
        }
        for grey in image.chars() {
            let grey = grey.to_digit(17).ok_or(wrong("a grey value is one character of 0-9a-g"))?;
            set.pixels.push(grey as f32 / 16.0);
        }
    }
    Ok(set)
}

/// Shuffles all images once and deals them out. The source lists them writer by writer; without the shuffle the
/// three sets would hold different hands.
fn split(all: &Set) -> Digits {
    let mut order: Vec<usize> = (0..all.len()).collect();
    Random::new(SPLIT_SEED, 0).shuffle(&mut order);
    let mut parts = [Set::default(), Set::default(), Set::default()];
    for (place, at) in order.into_iter().enumerate() {
        let part = usize::from(place >= TRAIN) + usize::from(place >= TRAIN + VALIDATION);
        parts[part].push(all.image(at), all.labels[at]);
    }
    let [train, validation, test] = parts;
    Digits { train, validation, test }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_text_holds_the_published_number_of_each_digit() {
        let all = parse(TEXT).unwrap();
        let mut counts = [0; CLASSES];
        all.labels.iter().for_each(|label| counts[*label] += 1);
        assert_eq!(counts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
        assert_eq!(all.pixels.len(), 1_797 * PIXELS);
    }

    #[test]
    fn the_grey_values_sum_to_those_of_the_source() {
        let all = parse(TEXT).unwrap();
        let sum: f64 = all.pixels.iter().map(|grey| f64::from(grey * 16.0)).sum();
        assert_eq!(sum, 561_718.0);
    }

    #[test]
    fn each_image_is_in_one_part_of_the_split() {
        let digits = Digits::load().unwrap();
        let parts = [&digits.train, &digits.validation, &digits.test];
        assert_eq!(parts.map(Set::len), [TRAIN, VALIDATION, 1_797 - TRAIN - VALIDATION]);
        let mut images: Vec<Vec<u32>> = parts
            .iter()
            .flat_map(|part| (0..part.len()).map(|at| part.image(at).iter().map(|x| x.to_bits()).collect()))
            .collect();
        images.sort();
        images.dedup();
        assert_eq!(images.len(), 1_797);
    }

    #[test]
    fn a_damaged_line_is_named() {
        let image = "0".repeat(PIXELS);
        let error = parse(&format!("3 {image}\n11 {image}")).unwrap_err();
        assert_eq!(error.to_string(), "digits.txt, line 2: the label is not a digit");
        assert!(parse(&format!("3 {}", "z".repeat(PIXELS))).is_err());
        assert!(parse("3 00").is_err());
        assert!(parse("3").is_err());
    }
}
