//! What a proposal is to be good for: a score of points that several models and a person's beliefs go into.

use space::{Confidence, Scalar, Space};

use super::acquisition::{Moments, Scored, log_expected_improvement, log_probability_below};
use super::layout::{Kind, Layout, Row};
use super::model::{Local, Model};
use super::volume::Gains;

/// After so many trials a belief counts as much as one unit of log expected improvement per nat (β of Hvarfner, Stoll,
/// Souza, Lindauer, Hutter, Nardi 2022, arXiv:2204.11051).
const BELIEF_STRENGTH: f64 = 10.0;

/// What is looked for in what a model predicts.
#[derive(Clone, Debug)]
pub(crate) enum Aim {
    /// A value below this one.
    Improve(f64),
    /// A value of at most this, with the greatest probability.
    Below(f64),
    /// A low value, each unit of which counts so much.
    Low(f64),
}

/// A score of points: the sum of what is looked for in each model, and of beliefs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Goal {
    /// Of several objectives: their models, and what is to be gained.
    pub(crate) front: Option<(Vec<Model>, Gains)>,
    pub(crate) parts: Vec<(Model, Aim)>,
    pub(crate) beliefs: Beliefs,
}

/// Scores and gradients at a few points.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sloped {
    pub(crate) scores: Vec<f64>,
    /// An entry for each number of a row.
    pub(crate) gradients: Vec<Vec<f64>>,
}

/// Room for [`Goal::slopes`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Room {
    locals: Vec<Option<Local>>,
}

impl Aim {
    fn score(&self, moments: Moments) -> Scored {
        match self {
            Aim::Improve(best) => log_expected_improvement(moments, *best),
            Aim::Below(limit) => log_probability_below(moments, *limit),
            Aim::Low(weight) => Scored { score: -weight * moments.mean, by_mean: -weight, by_variance: 0.0 },
        }
    }
}

impl Goal {
    /// The score of each row.
    pub(crate) fn scores(&self, rows: &[&Row]) -> Vec<f64> {
        let mut scores = self.beliefs.scores(rows);
        for (model, aim) in &self.parts {
            let moments = model.predict(rows);
            scores.iter_mut().zip(moments).for_each(|(s, m)| *s += aim.score(m).score);
        }
        if let Some((models, gains)) = &self.front {
            let predicted: Vec<Vec<Moments>> = models.iter().map(|model| model.predict(rows)).collect();
            for (i, score) in scores.iter_mut().enumerate() {
                let moments: Vec<Moments> = predicted.iter().map(|of_model| of_model[i]).collect();
                *score += gains.score(&moments);
            }
        }
        scores
    }

    /// The score of each row and its gradient.
    pub(crate) fn slopes(&self, rows: &[Row], room: &mut Room) -> Sloped {
        let numbers = rows.first().map_or(0, |row| row.numbers.len());
        let mut sloped =
            Sloped { scores: vec![0.0; rows.len()], gradients: vec![vec![0.0; numbers]; rows.len()] };
        room.locals.resize_with(self.parts.len(), || None);
        for ((model, aim), room) in self.parts.iter().zip(&mut room.locals) {
            let mut local = model.local(rows, room.take());
            for b in 0..rows.len() {
                let Scored { score, by_mean, by_variance } = aim.score(local.moments[b]);
                sloped.scores[b] += score;
                model.pull(rows, &mut local, b, (by_mean, by_variance), &mut sloped.gradients[b]);
            }
            *room = Some(local);
        }
        if let Some((models, gains)) = &self.front {
            let mut locals: Vec<Local> = models.iter().map(|model| model.local(rows, None)).collect();
            let mut partials = vec![(0.0, 0.0); models.len()];
            for b in 0..rows.len() {
                let moments: Vec<Moments> = locals.iter().map(|local| local.moments[b]).collect();
                sloped.scores[b] += gains.slopes(&moments, &mut partials);
                for (k, model) in models.iter().enumerate() {
                    model.pull(rows, &mut locals[k], b, partials[k], &mut sloped.gradients[b]);
                }
            }
        }
        for (row, (score, gradient)) in rows.iter().zip(sloped.scores.iter_mut().zip(&mut sloped.gradients)) {
            *score += self.beliefs.add(row, gradient);
        }
        sloped
    }
}

/// Where a person has said that good values lie, and how much that still counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beliefs {
    /// Coordinate, centre, width.
    numbers: Vec<(usize, f64, f64)>,
    /// Label, option, ln of the odds against another option.
    options: Vec<(usize, u32, f64)>,
    weight: f64,
}

impl Beliefs {
    /// Those of a space, after so many trials.
    pub(crate) fn new(space: &Space, layout: &Layout, trials: usize) -> Self {
        let weight = BELIEF_STRENGTH / (trials as f64 + 1.0);
        let mut beliefs = Beliefs { weight, ..Beliefs::default() };
        for variable in &layout.variables {
            let parameter = &space.parameters()[variable.parameter];
            let Some(belief) = &parameter.prior else { continue };
            let (width, odds) = match belief.confidence {
                Confidence::Low => (0.4, 1.0),
                Confidence::Medium => (0.2, 2.0),
                Confidence::High => (0.1, 3.0),
            };
            match (&variable.kind, &belief.at) {
                (Kind::Number { number, .. }, at) => {
                    let mut unit = [0.5];
                    parameter.domain.to_unit(at, &mut unit);
                    beliefs.numbers.push((*number, unit[0], width));
                }
                (Kind::Options { label, .. }, Scalar::Choice(option)) => {
                    beliefs.options.push((*label, *option, odds));
                }
                _ => {}
            }
        }
        beliefs
    }

    fn scores(&self, rows: &[&Row]) -> Vec<f64> {
        let mut scores = vec![0.0; rows.len()];
        for (number, at, width) in &self.numbers {
            for (score, row) in scores.iter_mut().zip(rows) {
                let z = (row.numbers[*number] - at) / width;
                *score -= self.weight * 0.5 * z * z;
            }
        }
        for (label, option, odds) in &self.options {
            for (score, row) in scores.iter_mut().zip(rows) {
                *score -= if row.labels[*label] == *option { 0.0 } else { self.weight * odds };
            }
        }
        scores
    }

    /// The score of one row; adds its gradient.
    fn add(&self, row: &Row, gradient: &mut [f64]) -> f64 {
        let mut score = 0.0;
        for (number, at, width) in &self.numbers {
            let z = (row.numbers[*number] - at) / width;
            score -= self.weight * 0.5 * z * z;
            gradient[*number] -= self.weight * z / width;
        }
        for (label, option, odds) in &self.options {
            score -= if row.labels[*label] == *option { 0.0 } else { self.weight * odds };
        }
        score
    }
}
