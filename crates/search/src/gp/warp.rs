//! Kumaraswamy's input warp: w(u) = 1 − (1 − uᵃ)ᵇ bends a number's scale where the objective changes faster on one side
//! of its range than on the other (Snoek, Swersky, Zemel, Adams 2014, with the cheaper distribution function that
//! HEBO and BoTorch use).

/// Nothing is bent closer to the ends: the slope there may be infinite.
const EDGE: f64 = 1e-6;

/// The two exponents of one number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Warp {
    a: f64,
    b: f64,
}

impl Warp {
    /// From the logarithms of the exponents.
    pub(crate) fn new(log_a: f64, log_b: f64) -> Self {
        Warp { a: libm::exp(log_a), b: libm::exp(log_b) }
    }

    /// w(u).
    pub(crate) fn place(self, u: f64) -> f64 {
        let rest = -libm::expm1(self.a * libm::log(u.clamp(EDGE, 1.0 - EDGE)));
        -libm::expm1(self.b * libm::log(rest))
    }

    /// dw/du.
    pub(crate) fn slope(self, u: f64) -> f64 {
        let u = u.clamp(EDGE, 1.0 - EDGE);
        let rest = -libm::expm1(self.a * libm::log(u));
        self.a * self.b * libm::pow(u, self.a - 1.0) * libm::pow(rest, self.b - 1.0)
    }

    /// dw/d ln a and dw/d ln b.
    pub(crate) fn bends(self, u: f64) -> (f64, f64) {
        let log = libm::log(u.clamp(EDGE, 1.0 - EDGE));
        let power = libm::exp(self.a * log);
        let rest = -libm::expm1(self.a * log);
        let by_a = self.a * self.b * libm::pow(rest, self.b - 1.0) * power * log;
        (by_a, -self.b * libm::pow(rest, self.b) * libm::log(rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_are_slopes() {
        for (a, b) in [(0.0, 0.0), (0.7, -0.4), (-1.0, 1.2)] {
            for u in [0.01, 0.3, 0.77, 0.99] {
                let warp = Warp::new(a, b);
                let h = 1e-6;
                let close = |slope: f64, own: f64| {
                    assert!((slope - own).abs() < 1e-5 * (1.0 + own.abs()), "{a} {b} {u}")
                };
                close((warp.place(u + h) - warp.place(u - h)) / (2.0 * h), warp.slope(u));
                let (by_a, by_b) = warp.bends(u);
                close((Warp::new(a + h, b).place(u) - Warp::new(a - h, b).place(u)) / (2.0 * h), by_a);
                close((Warp::new(a, b + h).place(u) - Warp::new(a, b - h).place(u)) / (2.0 * h), by_b);
            }
        }
        assert!((Warp::new(0.0, 0.0).place(0.4) - 0.4).abs() < 1e-15, "exponents of 1 bend nothing");
    }
}
