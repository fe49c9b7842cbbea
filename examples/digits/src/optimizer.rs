//! Update rules. Weight decay is decoupled for all of them (Loshchilov and Hutter 2019) and done by the training
//! loop, so that its strength means the same whatever the rule.

/// A rule and its own parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Rule {
    /// Polyak's heavy ball, or Nesterov's form of it (Sutskever et al. 2013).
    Sgd { momentum: f32, nesterov: bool },
    /// Kingma and Ba (2015), with bias correction.
    Adam { beta1: f32, beta2: f32 },
    /// Tieleman and Hinton (2012); `rho` is the memory of the mean square.
    Rmsprop { rho: f32 },
}

/// Keeps a division by a vanishing mean square finite.
const EPSILON: f32 = 1e-8;

/// A rule with its memory of past gradients.
#[derive(Debug)]
pub(crate) struct Optimizer {
    rule: Rule,
    /// Velocity of sgd, first moment of adam.
    first: Vec<f32>,
    /// Mean square of rmsprop, second moment of adam.
    second: Vec<f32>,
    steps: i32,
}

impl Optimizer {
    /// For a network of so many parameters, its memory empty.
    pub(crate) fn new(rule: Rule, parameters: usize) -> Self {
        Self { rule, first: vec![0.0; parameters], second: vec![0.0; parameters], steps: 0 }
    }

    /// One step downhill.
    pub(crate) fn step(&mut self, parameters: &mut [f32], gradient: &[f32], rate: f32) {
        self.steps += 1;
        let cells = parameters.iter_mut().zip(gradient).zip(&mut self.first).zip(&mut self.second);
        match self.rule {
            Rule::Sgd { momentum, nesterov } => {
                for (((parameter, g), velocity), _) in cells {
                    *velocity = momentum * *velocity + g;
                    *parameter -= rate * if nesterov { g + momentum * *velocity } else { *velocity };
                }
            }
            Rule::Adam { beta1, beta2 } => {
                // Both corrections folded into the rate and epsilon, as in section 2 of the paper.
                let root = (1.0 - beta2.powi(self.steps)).sqrt();
                let rate = rate * root / (1.0 - beta1.powi(self.steps));
                for (((parameter, g), mean), square) in cells {
                    *mean = beta1 * *mean + (1.0 - beta1) * g;
                    *square = beta2 * *square + (1.0 - beta2) * g * g;
                    *parameter -= rate * *mean / (square.sqrt() + EPSILON * root);
                }
            }
            Rule::Rmsprop { rho } => {
                for (((parameter, g), _), square) in cells {
                    *square = rho * *square + (1.0 - rho) * g * g;
                    *parameter -= rate * g / (square.sqrt() + EPSILON);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: [Rule; 4] = [
        Rule::Sgd { momentum: 0.5, nesterov: false },
        Rule::Sgd { momentum: 0.5, nesterov: true },
        Rule::Adam { beta1: 0.9, beta2: 0.999 },
        Rule::Rmsprop { rho: 0.9 },
    ];

    #[test]
    fn every_rule_finds_the_bottom_of_a_bowl() {
        for rule in RULES {
            let mut optimizer = Optimizer::new(rule, 2);
            let mut at = [3.0_f32, -2.0];
            for step in 0..2_000 {
                let gradient = [2.0 * at[0], 20.0 * at[1]];
                optimizer.step(&mut at, &gradient, 0.02 * (1.0 - step as f32 / 2_000.0));
            }
            assert!(at.iter().all(|x| x.abs() < 1e-2), "{rule:?} ended at {at:?}");
        }
    }

    #[test]
    fn the_first_step_of_adam_is_the_learning_rate_whatever_the_gradient() {
        for scale in [1e-3_f32, 1.0, 1e3] {
            let mut at = [0.0];
            Optimizer::new(RULES[2], 1).step(&mut at, &[scale], 0.01);
            assert!((at[0] + 0.01).abs() < 1e-5, "{at:?}");
        }
    }

    #[test]
    fn heavy_ball_and_nesterov_take_the_steps_worked_out_by_hand() {
        let two = |rule| {
            let mut optimizer = Optimizer::new(rule, 1);
            let mut at = [0.0];
            optimizer.step(&mut at, &[1.0], 1.0);
            optimizer.step(&mut at, &[1.0], 1.0);
            at[0]
        };
        assert_eq!(two(RULES[0]), -1.0 - 1.5);
        assert_eq!(two(RULES[1]), -1.5 - 1.75);
    }
}
