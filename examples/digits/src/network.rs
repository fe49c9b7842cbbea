//! A multi-layer perceptron: its numbers in one flat vector, its forward and backward pass over a batch.

use std::ops::Range;

use clap::ValueEnum;

use crate::data::{CLASSES, PIXELS};
use crate::matrix;
use crate::random::Random;

/// What a hidden unit makes of its sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Activation {
    Relu,
    Tanh,
}

/// Where a layer's numbers lie in the flat vector; weights are inputs × outputs.
#[derive(Debug, Clone)]
struct Layer {
    inputs: usize,
    outputs: usize,
    weights: Range<usize>,
    bias: Range<usize>,
}

/// Weights and biases, and how they are wired: 64 inputs, hidden layers, 10 outputs.
#[derive(Debug, Clone)]
pub(crate) struct Network {
    activation: Activation,
    layers: Vec<Layer>,
    pub(crate) parameters: Vec<f32>,
}

/// What a forward pass leaves for the backward pass; kept between batches, so that nothing is allocated in the loop.
#[derive(Debug, Default)]
pub(crate) struct Pass {
    /// The input, then each layer's output; the last one holds the logits and, after `loss`, their gradient.
    outputs: Vec<Vec<f32>>,
    /// 0 for a dropped unit, else what its output was multiplied by.
    masks: Vec<Vec<f32>>,
    gradients: Vec<Vec<f32>>,
}

/// The share of hidden units left out, and who draws them.
pub(crate) struct Dropout<'a> {
    pub(crate) rate: f32,
    pub(crate) random: &'a mut Random,
}

/// Sums over a batch.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Score {
    /// Cross-entropy in nats.
    pub(crate) loss: f64,
    /// Images taken for another digit.
    pub(crate) wrong: usize,
}

impl Network {
    /// Weights from He et al. (2015) for relu and Glorot and Bengio (2010) for tanh; biases zero.
    pub(crate) fn new(hidden: &[usize], activation: Activation, random: &mut Random) -> Self {
        let widths: Vec<usize> = [PIXELS].iter().chain(hidden).chain(&[CLASSES]).copied().collect();
        let mut layers = Vec::new();
        let mut parameters = Vec::new();
        for pair in widths.windows(2) {
            let (inputs, outputs) = (pair[0], pair[1]);
            let variance = match activation {
                Activation::Relu => 2.0 / inputs as f32,
                Activation::Tanh => 2.0 / (inputs + outputs) as f32,
            };
            let start = parameters.len();
            parameters.extend((0..inputs * outputs).map(|_| variance.sqrt() * random.normal()));
            let middle = parameters.len();
            parameters.resize(middle + outputs, 0.0);
            layers.push(Layer { inputs, outputs, weights: start..middle, bias: middle..parameters.len() });
        }
        Self { activation, layers, parameters }
    }

    /// Multiplies all weights, not the biases: weight decay.
    pub(crate) fn scale_weights(&mut self, factor: f32) {
        for layer in &self.layers {
            self.parameters[layer.weights.clone()].iter_mut().for_each(|weight| *weight *= factor);
        }
    }

    /// Fills `pass` with every layer's output for these images.
    pub(crate) fn forward(&self, images: &[f32], pass: &mut Pass, mut dropout: Option<Dropout<'_>>) {
        let rows = images.len() / PIXELS;
        pass.outputs.resize_with(self.layers.len() + 1, Vec::new);
        pass.masks.resize_with(self.layers.len(), Vec::new);
        pass.outputs[0].clear();
        pass.outputs[0].extend_from_slice(images);
        for (at, layer) in self.layers.iter().enumerate() {
            let (before, after) = pass.outputs.split_at_mut(at + 1);
            let output = &mut after[0];
            output.clear();
            for _ in 0..rows {
                output.extend_from_slice(&self.parameters[layer.bias.clone()]);
            }
            let weights = &self.parameters[layer.weights.clone()];
            matrix::add_product(output, &before[at], weights, layer.inputs, layer.outputs);
            if at + 1 < self.layers.len() {
                self.activate(output);
                drop_units(output, &mut pass.masks[at], dropout.as_mut());
            }
        }
    }

    fn activate(&self, sums: &mut [f32]) {
        match self.activation {
            // Not `max`: that would turn NaN into 0 and hide a divergence.
            Activation::Relu => sums.iter_mut().filter(|sum| **sum < 0.0).for_each(|sum| *sum = 0.0),
            Activation::Tanh => sums.iter_mut().for_each(|sum| *sum = sum.tanh()),
        }
    }

    /// The gradient of the mean loss over the batch, after `forward` and `Pass::loss` of it.
    pub(crate) fn backward(&self, pass: &mut Pass, gradient: &mut [f32]) {
        gradient.fill(0.0);
        pass.gradients.resize_with(self.layers.len() + 1, Vec::new);
        let last = self.layers.len();
        pass.gradients[last].clone_from(&pass.outputs[last]);
        for (at, layer) in self.layers.iter().enumerate().rev() {
            let (before, after) = pass.gradients.split_at_mut(at + 1);
            let above = &after[0];
            let weights = &mut gradient[layer.weights.clone()];
            matrix::add_transposed_product(weights, &pass.outputs[at], above, layer.inputs, layer.outputs);
            let bias = &mut gradient[layer.bias.clone()];
            for row in above.chunks_exact(layer.outputs) {
                bias.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
            }
            if at > 0 {
                let below = &mut before[at];
                below.resize(pass.outputs[at].len(), 0.0);
                let weights = &self.parameters[layer.weights.clone()];
                matrix::product_transposed(below, above, weights, layer.outputs, layer.inputs);
                self.through_activation(below, &pass.outputs[at], &pass.masks[at - 1]);
            }
        }
    }

    /// From the gradient of a layer's masked outputs to that of its sums.
    fn through_activation(&self, gradient: &mut [f32], outputs: &[f32], masks: &[f32]) {
        for ((gradient, output), mask) in gradient.iter_mut().zip(outputs).zip(masks) {
            *gradient *= match self.activation {
                Activation::Relu if *output > 0.0 => *mask,
                Activation::Tanh if *mask > 0.0 => mask * (1.0 - (output / mask).powi(2)),
                Activation::Relu | Activation::Tanh => 0.0,
            };
        }
    }
}

/// Inverted dropout: what stays is enlarged, so that the expected sum is unchanged and evaluation needs no care.
fn drop_units(outputs: &mut [f32], masks: &mut Vec<f32>, dropout: Option<&mut Dropout<'_>>) {
    masks.clear();
    let Some(Dropout { rate, random }) = dropout.filter(|dropout| dropout.rate > 0.0) else {
        masks.resize(outputs.len(), 1.0);
        return;
    };
    let kept = 1.0 / (1.0 - *rate);
    masks.extend(outputs.iter().map(|_| if random.uniform() < *rate { 0.0 } else { kept }));
    outputs.iter_mut().zip(masks.iter()).for_each(|(output, mask)| *output *= mask);
}

impl Pass {
    /// Scores the logits, and puts the gradient of the batch's mean loss in their place.
    pub(crate) fn loss(&mut self, labels: &[usize]) -> Score {
        let mut score = Score::default();
        let Some(logits) = self.outputs.last_mut() else { return score };
        let share = 1.0 / labels.len() as f32;
        for (row, label) in logits.chunks_exact_mut(CLASSES).zip(labels) {
            let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            // NaN compares false, so that a network that diverged is right about nothing.
            let right = row.iter().enumerate().all(|(digit, logit)| digit == *label || *logit < row[*label]);
            score.wrong += usize::from(!right);
            let sum: f32 = row.iter().map(|logit| (logit - top).exp()).sum();
            score.loss += f64::from(sum.ln() + top - row[*label]);
            for (digit, cell) in row.iter_mut().enumerate() {
                let probability = (*cell - top).exp() / sum;
                *cell = (probability - f32::from(u8::from(digit == *label))) * share;
            }
        }
        score
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean_loss(network: &Network, images: &[f32], labels: &[usize], dropout: f32) -> (f64, Pass) {
        let mut pass = Pass::default();
        // The same seed each time: the same units are dropped.
        let mut random = Random::new(9, 9);
        network.forward(images, &mut pass, Some(Dropout { rate: dropout, random: &mut random }));
        let score = pass.loss(labels);
        (score.loss / labels.len() as f64, pass)
    }

    /// Compares directional derivatives: one number for each layer's weights and biases along a random direction.
    fn gradient_agrees(activation: Activation, dropout: f32, step: f32) {
        let mut random = Random::new(5, 0);
        let mut network = Network::new(&[12, 7], activation, &mut random);
        // Biases away from zero, so that few rectified sums lie at their kink.
        network.parameters.iter_mut().for_each(|parameter| *parameter += 0.1 * random.normal());
        let labels: Vec<usize> = (0..6).map(|_| random.below(CLASSES)).collect();
        let images: Vec<f32> = (0..6 * PIXELS).map(|_| random.uniform()).collect();
        let (_, mut pass) = mean_loss(&network, &images, &labels, dropout);
        let mut gradient = vec![0.0; network.parameters.len()];
        network.backward(&mut pass, &mut gradient);

        for range in network.layers.iter().flat_map(|layer| [layer.weights.clone(), layer.bias.clone()]) {
            // Along the gradient itself the derivative is its norm: largest, and so least hurt by rounding.
            let norm = gradient[range.clone()].iter().map(|g| f64::from(g * g)).sum::<f64>().sqrt();
            let moved = |sign: f32| {
                let mut network = network.clone();
                for at in range.clone() {
                    network.parameters[at] += sign * step * gradient[at] / norm as f32;
                }
                mean_loss(&network, &images, &labels, dropout).0
            };
            let numeric = (moved(1.0) - moved(-1.0)) / (2.0 * f64::from(step));
            assert!(
                (numeric - norm).abs() < 0.01 * norm,
                "{activation:?} {range:?}: {numeric} is not {norm}"
            );
        }
    }

    #[test]
    fn the_gradient_agrees_with_finite_differences() {
        gradient_agrees(Activation::Tanh, 0.0, 1e-2);
        gradient_agrees(Activation::Tanh, 0.3, 1e-2);
        gradient_agrees(Activation::Relu, 0.0, 1e-3);
        gradient_agrees(Activation::Relu, 0.3, 1e-3);
    }

    #[test]
    fn dropout_keeps_the_expected_output() {
        let mut outputs = vec![1.0; 100_000];
        let mut random = Random::new(1, 0);
        drop_units(&mut outputs, &mut Vec::new(), Some(&mut Dropout { rate: 0.4, random: &mut random }));
        let mean = outputs.iter().sum::<f32>() / outputs.len() as f32;
        assert!((mean - 1.0).abs() < 0.02, "{mean}");
    }

    #[test]
    fn a_network_that_knows_nothing_has_the_loss_of_guessing() {
        let mut network = Network::new(&[8], Activation::Tanh, &mut Random::new(1, 0));
        network.scale_weights(0.0);
        let (loss, _) = mean_loss(&network, &[0.5; PIXELS], &[3], 0.0);
        assert!((loss - 10.0_f64.ln()).abs() < 1e-6);
    }

    #[test]
    fn a_nan_weight_shows_in_the_loss_and_counts_as_wrong() {
        for activation in [Activation::Relu, Activation::Tanh] {
            let mut network = Network::new(&[8], activation, &mut Random::new(1, 0));
            network.parameters.fill(f32::NAN);
            let mut pass = Pass::default();
            network.forward(&[0.5; PIXELS], &mut pass, None);
            let score = pass.loss(&[3]);
            assert!(score.loss.is_nan());
            assert_eq!(score.wrong, 1);
        }
    }
}
