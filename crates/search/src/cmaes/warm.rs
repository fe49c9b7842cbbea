//! A start that earlier results shape (WS-CMA-ES: Nomura, Watanabe, Akimoto, Ozaki, Onishi 2021, arXiv:2012.06932).

/// The share of the earlier results that counts as promising.
pub(crate) const PROMISING: f64 = 0.1;
/// How wide the distribution is around each of them, as a share of the range.
const WIDTH: f64 = 0.1;

/// The normal distribution nearest to the mixture of balls around the promising places: its mean, and its covariance row
/// by row.
pub(crate) fn promising(places: &[&[f64]]) -> (Vec<f64>, Vec<f64>) {
    let n = places.first().map_or(0, |place| place.len());
    let count = places.len() as f64;
    let mean: Vec<f64> = (0..n).map(|i| places.iter().map(|p| p[i]).sum::<f64>() / count).collect();
    let mut covariance = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..n {
            let together: f64 = places.iter().map(|p| (p[i] - mean[i]) * (p[j] - mean[j])).sum();
            covariance[i * n + j] = together / count + if i == j { WIDTH * WIDTH } else { 0.0 };
        }
    }
    (mean, covariance)
}
