//! The 1,797 images, read from the text in the binary, and how they are dealt out: always the same way.

/// Grey values of one image, 8 × 8.
pub(crate) const PIXELS: usize = 64;
/// The digits 0 to 9.
pub(crate) const CLASSES: usize = 10;
/// Of so many images of one digit that follow each other in the source, every second one, beginning with the second,
/// is for the test: four of nine. The other five are open: a search may look at them, by turns to learn from and to
/// validate.
const ROUND: usize = 9;

const TEXT: &str = include_str!("../data/digits.txt");

/// Images as rows of 64 values in [0, 1], and what they show.
#[derive(Debug, Clone, Default)]
pub(crate) struct Set {
    pub(crate) pixels: Vec<f32>,
    pub(crate) labels: Vec<usize>,
}

/// The two parts; no image is in both.
#[derive(Debug)]
pub(crate) struct Digits {
    open: Set,
    pub(crate) test: Set,
}

/// One turn of a cross-validation.
#[derive(Debug)]
pub(crate) struct Fold {
    pub(crate) train: Set,
    pub(crate) validation: Set,
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

    /// Each open image is in the validation set of one fold, and in the training set of the others.
    pub(crate) fn folds(&self, count: usize) -> Vec<Fold> {
        let mut folds: Vec<Fold> =
            (0..count).map(|_| Fold { train: Set::default(), validation: Set::default() }).collect();
        for at in 0..self.open.len() {
            for (turn, fold) in folds.iter_mut().enumerate() {
                let part = if at % count == turn { &mut fold.validation } else { &mut fold.train };
                part.push(self.open.image(at), self.open.labels[at]);
            }
        }
        folds
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

/// Deals out the images digit by digit, those of one digit in the order of the source. The source lists them writer by
/// writer, so that each part, and each fold of the open part, gets its share of every digit and of every hand. A random
/// deal would leave that to chance, and with 1,797 images chance makes one part visibly harder than another.
fn split(all: &Set) -> Digits {
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by_key(|at| all.labels[*at]);
    let mut digits = Digits { open: Set::default(), test: Set::default() };
    for (place, at) in order.into_iter().enumerate() {
        let part = if (place % ROUND).is_multiple_of(2) { &mut digits.open } else { &mut digits.test };
        part.push(all.image(at), all.labels[at]);
    }
    digits
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

    fn images(sets: &[&Set]) -> Vec<Vec<u32>> {
        let bits = |image: &[f32]| image.iter().map(|grey| grey.to_bits()).collect();
        let mut images: Vec<Vec<u32>> =
            sets.iter().flat_map(|set| (0..set.len()).map(|at| bits(set.image(at)))).collect();
        images.sort();
        images.dedup();
        images
    }

    #[test]
    fn no_image_is_both_open_and_in_the_test_set() {
        let digits = Digits::load().unwrap();
        assert_eq!([digits.open.len(), digits.test.len()], [998, 799]);
        // The source holds no image twice, so that equal counts mean disjoint parts.
        assert_eq!(images(&[&digits.open, &digits.test]).len(), 1_797);
    }

    #[test]
    fn each_open_image_is_validated_once_and_never_by_a_network_that_learned_it() {
        let digits = Digits::load().unwrap();
        let folds = digits.folds(5);
        for fold in &folds {
            assert!([199, 200].contains(&fold.validation.len()), "{}", fold.validation.len());
            assert_eq!(images(&[&fold.train, &fold.validation]).len(), 998);
        }
        let validated: Vec<&Set> = folds.iter().map(|fold| &fold.validation).collect();
        assert_eq!(images(&validated), images(&[&digits.open]));
    }

    #[test]
    fn every_part_and_every_fold_gets_its_share_of_each_digit() {
        let digits = Digits::load().unwrap();
        let share = |set: &Set, digit| set.labels.iter().filter(|label| **label == digit).count() as f64;
        for digit in 0..CLASSES {
            let [open, test] = [&digits.open, &digits.test].map(|set| share(set, digit));
            assert!(
                (open - 5.0 / 9.0 * (open + test)).abs() < 1.0,
                "{digit}: {open} open, {test} for the test"
            );
            for fold in digits.folds(5) {
                assert!((share(&fold.validation, digit) - open / 5.0).abs() <= 1.0);
            }
        }
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
