//! The training loop, and what it prints.

use std::io::{self, Write};

use crate::data::{Digits, Fold, PIXELS, Set};
use crate::network::{Dropout, Network, Pass, Score};
use crate::optimizer::Optimizer;
use crate::options::{Schedule, Settings};
use crate::random::Random;

/// How a training ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All epochs were done.
    Finished,
    /// The loss of this epoch was not a number.
    Diverged { epoch: usize },
}

/// What each random stream of a seed is for.
const WEIGHTS: u64 = 1;
const ORDER: u64 = 2;
const DROPOUT: u64 = 3;
const SHIFT: u64 = 4;

/// One network in training, on one fold.
struct Training<'a> {
    settings: &'a Settings,
    fold: Fold,
    network: Network,
    optimizer: Optimizer,
    order: Random,
    dropout: Random,
    shift: Random,
    gradient: Vec<f32>,
    pass: Pass,
}

/// Trains one network for each fold, side by side, so that every epoch has its cross-validated line; the test errors
/// come at the end. Each line is flushed at once.
pub(crate) fn train(digits: &Digits, settings: &Settings, out: &mut impl Write) -> io::Result<Outcome> {
    let folds = digits.folds(settings.folds).into_iter().enumerate();
    let mut trainings: Vec<Training<'_>> =
        folds.map(|(turn, fold)| Training::new(settings, fold, turn)).collect();
    for epoch in 1..=settings.epochs {
        let (mut learned, mut validated) = (Mean::default(), Mean::default());
        for training in &mut trainings {
            learned.add(training.epoch(epoch), training.fold.train.len());
            validated.add(training.validate(), training.fold.validation.len());
        }
        writeln!(
            out,
            r#"{{"epoch": {epoch}, "train_loss": {}, "val_loss": {}, "val_error": {}}}"#,
            Number(learned.loss()),
            Number(validated.loss()),
            Number(validated.error())
        )?;
        out.flush()?;
        if learned.loss().is_nan() || validated.loss().is_nan() {
            return Ok(Outcome::Diverged { epoch });
        }
    }
    let mut tested = Mean::default();
    for training in &mut trainings {
        tested.add(training.test(digits), digits.test.len());
    }
    let parameters = trainings.first().map_or(0, |training| training.network.parameters.len());
    writeln!(
        out,
        r#"{{"test_loss": {}, "test_error": {}, "parameters": {parameters}}}"#,
        Number(tested.loss()),
        Number(tested.error())
    )?;
    out.flush()?;
    Ok(Outcome::Finished)
}

/// Scores of several networks, pooled over all the images that they answered.
#[derive(Default)]
struct Mean {
    sum: Score,
    images: usize,
}

impl Mean {
    fn add(&mut self, score: Score, images: usize) {
        self.sum.loss += score.loss;
        self.sum.wrong += score.wrong;
        self.images += images;
    }

    fn loss(&self) -> f64 {
        self.sum.loss / self.images as f64
    }

    fn error(&self) -> f64 {
        self.sum.wrong as f64 / self.images as f64
    }
}

impl<'a> Training<'a> {
    fn new(settings: &'a Settings, fold: Fold, turn: usize) -> Self {
        let stream = |purpose| Random::new(settings.seed, purpose + 16 * turn as u64);
        let network = Network::new(&settings.units, settings.activation, &mut stream(WEIGHTS));
        let count = network.parameters.len();
        Self {
            settings,
            fold,
            network,
            optimizer: Optimizer::new(settings.rule, count),
            order: stream(ORDER),
            dropout: stream(DROPOUT),
            shift: stream(SHIFT),
            gradient: vec![0.0; count],
            pass: Pass::default(),
        }
    }

    /// One pass over the images in a new order; the sum of the scores on the way.
    fn epoch(&mut self, epoch: usize) -> Score {
        let mut order: Vec<usize> = (0..self.fold.train.len()).collect();
        self.order.shuffle(&mut order);
        let batches = order.len().div_ceil(self.settings.batch);
        let (mut images, mut labels) = (Vec::new(), Vec::new());
        let mut total = Score::default();
        for (at, batch) in order.chunks(self.settings.batch).enumerate() {
            images.clear();
            labels.clear();
            for image in batch {
                self.add_image(*image, &mut images);
                labels.push(self.fold.train.labels[*image]);
            }
            let done = (epoch - 1) as f32 + at as f32 / batches as f32;
            let score = self.step(&images, &labels, self.rate(done));
            total.loss += score.loss;
            total.wrong += score.wrong;
        }
        total
    }

    fn step(&mut self, images: &[f32], labels: &[usize], rate: f32) -> Score {
        let dropout = Dropout { rate: self.settings.dropout, random: &mut self.dropout };
        self.network.forward(images, &mut self.pass, Some(dropout));
        let score = self.pass.loss(labels);
        self.network.backward(&mut self.pass, &mut self.gradient);
        self.network.scale_weights(1.0 - rate * self.settings.decay);
        self.optimizer.step(&mut self.network.parameters, &self.gradient, rate);
        score
    }

    /// The learning rate after so many epochs, counted in fractions.
    fn rate(&self, done: f32) -> f32 {
        match self.settings.schedule {
            Schedule::Constant => self.settings.rate,
            Schedule::Cosine => {
                let share = done / self.settings.epochs as f32;
                self.settings.rate * 0.5 * (1.0 + (std::f32::consts::PI * share).cos())
            }
        }
    }

    fn add_image(&mut self, at: usize, images: &mut Vec<f32>) {
        let image = self.fold.train.image(at);
        if self.shift.uniform() >= self.settings.shift {
            images.extend_from_slice(image);
            return;
        }
        let (dx, dy) = [(1, 0), (-1, 0), (0, 1), (0, -1)][self.shift.below(4)];
        images.extend((0..PIXELS as i32).map(|at| pixel(image, at % 8 + dx, at / 8 + dy)));
    }

    /// Without dropout, on images that this network never learned from.
    fn score(network: &Network, set: &Set, pass: &mut Pass) -> Score {
        network.forward(&set.pixels, pass, None);
        pass.loss(&set.labels)
    }

    fn validate(&mut self) -> Score {
        Self::score(&self.network, &self.fold.validation, &mut self.pass)
    }

    fn test(&mut self, digits: &Digits) -> Score {
        Self::score(&self.network, &digits.test, &mut self.pass)
    }
}

/// The grey value at column `x`, row `y`; outside the image there is none.
fn pixel(image: &[f32], x: i32, y: i32) -> f32 {
    if (0..8).contains(&x) && (0..8).contains(&y) { image[(y * 8 + x) as usize] } else { 0.0 }
}

/// A number of a report line: NaN and the infinities in the spelling that JSON readers of the field accept.
struct Number(f64);

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            x if x.is_nan() => f.write_str("NaN"),
            x if x.is_infinite() => f.write_str(if x > 0.0 { "Infinity" } else { "-Infinity" }),
            x => write!(f, "{x:.6}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_none_keep_their_names() {
        let texts = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.25].map(|x| Number(x).to_string());
        assert_eq!(texts, ["NaN", "Infinity", "-Infinity", "0.250000"]);
    }

    #[test]
    fn a_pixel_outside_the_image_is_empty() {
        let image = [1.0; PIXELS];
        assert_eq!(pixel(&image, 8, 0), 0.0);
        assert_eq!(pixel(&image, 0, -1), 0.0);
        assert_eq!(pixel(&image, 7, 7), 1.0);
    }
}
