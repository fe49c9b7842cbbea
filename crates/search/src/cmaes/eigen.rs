//! The eigenvalues and eigenvectors of a small symmetric matrix: Householder's reduction to three diagonals, then QL
//! steps with implicit shifts (Bowdler, Martin, Reinsch, Wilkinson 1968; the form of EISPACK's tred2 and tql2).

/// `matrix` (n × n, row by row) as V · diag(values) · Vᵀ. The columns of V, in place of the matrix, are the vectors.
/// Values ascend.
pub(crate) fn decompose(matrix: &mut [f64], n: usize) -> Vec<f64> {
    let mut values = vec![0.0; n];
    let mut beside = vec![0.0; n];
    reduce(matrix, n, &mut values, &mut beside);
    iterate(matrix, n, &mut values, &mut beside);
    sort(matrix, n, &mut values);
    values
}

/// Householder's reduction: `d` becomes the diagonal, `e` the one beside it, `v` the transformation.
fn reduce(v: &mut [f64], n: usize, d: &mut [f64], e: &mut [f64]) {
    d.copy_from_slice(&v[(n - 1) * n..]);
    for i in (1..n).rev() {
        let scale: f64 = d[..i].iter().map(|x| x.abs()).sum();
        let mut h = 0.0;
        if scale == 0.0 {
            e[i] = d[i - 1];
            for j in 0..i {
                d[j] = v[(i - 1) * n + j];
                v[i * n + j] = 0.0;
                v[j * n + i] = 0.0;
            }
        } else {
            for x in &mut d[..i] {
                *x /= scale;
                h += *x * *x;
            }
            let f = d[i - 1];
            let g = if f > 0.0 { -h.sqrt() } else { h.sqrt() };
            e[i] = scale * g;
            h -= f * g;
            d[i - 1] = f - g;
            e[..i].fill(0.0);
            for j in 0..i {
                let f = d[j];
                v[j * n + i] = f;
                let mut g = e[j] + v[j * n + j] * f;
                for k in j + 1..i {
                    g += v[k * n + j] * d[k];
                    e[k] += v[k * n + j] * f;
                }
                e[j] = g;
            }
            let mut f = 0.0;
            for j in 0..i {
                e[j] /= h;
                f += e[j] * d[j];
            }
            let share = f / (h + h);
            for j in 0..i {
                e[j] -= share * d[j];
            }
            for j in 0..i {
                let (f, g) = (d[j], e[j]);
                for k in j..i {
                    v[k * n + j] -= f * e[k] + g * d[k];
                }
                d[j] = v[(i - 1) * n + j];
                v[i * n + j] = 0.0;
            }
        }
        d[i] = h;
    }
    accumulate(v, n, d);
    e[0] = 0.0;
}

/// The product of the reflections that `reduce` left in `v`.
fn accumulate(v: &mut [f64], n: usize, d: &mut [f64]) {
    for i in 0..n - 1 {
        v[(n - 1) * n + i] = v[i * n + i];
        v[i * n + i] = 1.0;
        let h = d[i + 1];
        if h != 0.0 {
            for k in 0..=i {
                d[k] = v[k * n + i + 1] / h;
            }
            for j in 0..=i {
                let g: f64 = (0..=i).map(|k| v[k * n + i + 1] * v[k * n + j]).sum();
                for k in 0..=i {
                    v[k * n + j] -= g * d[k];
                }
            }
        }
        for k in 0..=i {
            v[k * n + i + 1] = 0.0;
        }
    }
    for j in 0..n {
        d[j] = v[(n - 1) * n + j];
        v[(n - 1) * n + j] = 0.0;
    }
    v[n * n - 1] = 1.0;
}

/// QL steps until nothing is left beside the diagonal.
fn iterate(v: &mut [f64], n: usize, d: &mut [f64], e: &mut [f64]) {
    /// More steps a value are never needed; the bound keeps a matrix of NaN from running for ever.
    const MOST_STEPS: usize = 60;
    e.rotate_left(1);
    let (mut shift, mut largest) = (0.0, 0.0_f64);
    for l in 0..n {
        largest = largest.max(d[l].abs() + e[l].abs());
        let end = (l..n).find(|m| e[*m].abs() <= f64::EPSILON * largest || *m == n - 1).unwrap_or(n - 1);
        if end > l {
            for _ in 0..MOST_STEPS {
                shift += step(v, n, d, e, (l, end));
                if e[l].abs() <= f64::EPSILON * largest {
                    break;
                }
            }
        }
        d[l] += shift;
        e[l] = 0.0;
    }
}

/// One implicit QL step on the block from `l` to `end`; the shift that it took off the diagonal.
fn step(v: &mut [f64], n: usize, d: &mut [f64], e: &mut [f64], (l, end): (usize, usize)) -> f64 {
    let g = d[l];
    let half = (d[l + 1] - g) / (2.0 * e[l]);
    let root = if half < 0.0 { -libm::hypot(half, 1.0) } else { libm::hypot(half, 1.0) };
    d[l] = e[l] / (half + root);
    d[l + 1] = e[l] * (half + root);
    let below = d[l + 1];
    let shift = g - d[l];
    d[l + 2..n].iter_mut().for_each(|x| *x -= shift);
    let mut p = d[end];
    let (mut c, mut c2, mut c3) = (1.0, 1.0, 1.0);
    let beside = e[l + 1];
    let (mut s, mut s2) = (0.0, 0.0);
    for i in (l..end).rev() {
        (c3, c2, s2) = (c2, c, s);
        let g = c * e[i];
        let h = c * p;
        let r = libm::hypot(p, e[i]);
        e[i + 1] = s * r;
        s = e[i] / r;
        c = p / r;
        p = c * d[i] - s * g;
        d[i + 1] = h + s * (c * g + s * d[i]);
        for row in v.chunks_exact_mut(n) {
            let h = row[i + 1];
            row[i + 1] = s * row[i] + c * h;
            row[i] = c * row[i] - s * h;
        }
    }
    p = -s * s2 * c3 * beside * e[l] / below;
    e[l] = s * p;
    d[l] = c * p;
    shift
}

/// Puts the values in ascending order, and the vectors with them.
fn sort(v: &mut [f64], n: usize, d: &mut [f64]) {
    for i in 0..n {
        let least = (i..n).min_by(|a, b| d[*a].total_cmp(&d[*b])).unwrap_or(i);
        if least != i {
            d.swap(i, least);
            v.chunks_exact_mut(n).for_each(|row| row.swap(i, least));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use space::Stream;

    #[test]
    fn a_matrix_is_the_product_of_its_parts() {
        for (n, seed) in [(1, 1), (2, 2), (3, 3), (5, 4), (17, 5), (60, 6)] {
            let mut stream = Stream::new(seed, 0, 0);
            let mut matrix = vec![0.0; n * n];
            for i in 0..n {
                for j in 0..=i {
                    let x = stream.normal();
                    (matrix[i * n + j], matrix[j * n + i]) = (x, x);
                }
            }
            let mut v = matrix.clone();
            let values = decompose(&mut v, n);
            assert!(values.windows(2).all(|w| w[0] <= w[1]));
            for i in 0..n {
                for j in 0..n {
                    let back: f64 = (0..n).map(|k| v[i * n + k] * values[k] * v[j * n + k]).sum();
                    let unit: f64 = (0..n).map(|k| v[k * n + i] * v[k * n + j]).sum();
                    assert!((back - matrix[i * n + j]).abs() < 1e-12 * n as f64, "{n} {i} {j}");
                    assert!((unit - f64::from(i == j)).abs() < 1e-13 * n as f64, "{n} {i} {j}");
                }
            }
        }
    }

    #[test]
    fn a_diagonal_matrix_has_its_entries_as_values() {
        let mut v = vec![3.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 2.0];
        assert_eq!(decompose(&mut v, 3), [1.0, 2.0, 3.0]);
        let mut v = vec![0.0; 16];
        assert_eq!(decompose(&mut v, 4), [0.0; 4]);
    }
}
