//! The training loop, and what it prints.

use std::io::{self, Write};

use crate::data::{Digits, PIXELS, Set};
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

struct Training<'a> {
    settings: &'a Settings,
    network: Network,
    optimizer: Optimizer,
    order: Random,
    dropout: Random,
    shift: Random,
    gradient: Vec<f32>,
    pass: Pass,
}

/// Trains, and prints a line for each epoch and the test error at the end; each line is flushed at once.
pub(crate) fn train(digits: &Digits, settings: &Settings, out: &mut impl Write) -> io::Result<Outcome> {
    let mut training = Training::new(settings);
    for epoch in 1..=settings.epochs {
        let loss = training.epoch(&digits.train, epoch);
        let (val_loss, val_error) = training.score(&digits.validation);
        writeln!(
            out,
            r#"{{"epoch": {epoch}, "train_loss": {}, "val_loss": {}, "val_error": {}}}"#,
            Number(loss),
            Number(val_loss),
            Number(val_error)
        )?;
        out.flush()?;
        if loss.is_nan() || val_loss.is_nan() {
            return Ok(Outcome::Diverged { epoch });
        }
    }
    let (test_loss, test_error) = training.score(&digits.test);
    let parameters = training.network.parameters.len();
    writeln!(
        out,
        r#"{{"test_loss": {}, "test_error": {}, "parameters": {parameters}}}"#,
        Number(test_loss),
        Number(test_error)
    )?;
    out.flush()?;
    Ok(Outcome::Finished)
}

impl<'a> Training<'a> {
    fn new(settings: &'a Settings) -> Self {
        let stream = |purpose| Random::new(settings.seed, purpose);
        let network = Network::new(&settings.units, settings.activation, &mut stream(WEIGHTS));
        let count = network.parameters.len();
        Self {
            settings,
            network,
            optimizer: Optimizer::new(settings.rule, count),
            order: stream(ORDER),
            dropout: stream(DROPOUT),
            shift: stream(SHIFT),
            gradient: vec![0.0; count],
            pass: Pass::default(),
        }
    }

    /// One pass over the images in a new order; the mean loss on the way.
    fn epoch(&mut self, train: &Set, epoch: usize) -> f64 {
        let mut order: Vec<usize> = (0..train.len()).collect();
        self.order.shuffle(&mut order);
        let batches = train.len().div_ceil(self.settings.batch);
        let (mut images, mut labels) = (Vec::new(), Vec::new());
        let mut total = 0.0;
        for (at, batch) in order.chunks(self.settings.batch).enumerate() {
            images.clear();
            labels.clear();
            for image in batch {
                self.add_image(train.image(*image), &mut images);
                labels.push(train.labels[*image]);
            }
            let done = (epoch - 1) as f32 + at as f32 / batches as f32;
            total += self.step(&images, &labels, self.rate(done)).loss;
        }
        total / train.len() as f64
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

    fn add_image(&mut self, image: &[f32], images: &mut Vec<f32>) {
        if self.shift.uniform() >= self.settings.shift {
            images.extend_from_slice(image);
            return;
        }
        let (dx, dy) = [(1, 0), (-1, 0), (0, 1), (0, -1)][self.shift.below(4)];
        images.extend((0..PIXELS as i32).map(|at| pixel(image, at % 8 + dx, at / 8 + dy)));
    }

    /// Mean loss and share of wrong answers, without dropout.
    fn score(&mut self, set: &Set) -> (f64, f64) {
        self.network.forward(&set.pixels, &mut self.pass, None);
        let score = self.pass.loss(&set.labels);
        let count = set.len() as f64;
        (score.loss / count, score.wrong as f64 / count)
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
