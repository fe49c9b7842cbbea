//! Eigenvalues and eigenvectors of a symmetric matrix: Householder's reduction to tridiagonal form, then the implicit QL
//! method (Bowdler, Martin, Reinsch, Wilkinson 1968, procedures tred2 and tql2).

use crate::Matrix;

/// Sweeps that one eigenvalue may take; more than a handful are never seen.
const MOST_SWEEPS: usize = 60;

/// A symmetric matrix as V·diag(λ)·Vᵀ.
#[derive(Clone, Debug, PartialEq)]
pub struct Eigen {
    /// λ, ascending.
    pub values: Vec<f64>,
    /// V: column k belongs to eigenvalue k, has length 1, and stands upright on the others.
    pub vectors: Matrix,
}

/// The eigenvalues and eigenvectors of `a`, of which only the lower triangle counts. `None` where an entry is not finite.
pub fn symmetric_eigen(a: &Matrix) -> Option<Eigen> {
    let n = a.rows();
    if (0..n).any(|i| a.row(i)[..=i].iter().any(|x| !x.is_finite())) {
        return None;
    }
    // Rows of `v` are the vectors while at work: the loops then run along rows.
    let mut v = Matrix::from_fn(n, n, |i, j| if i >= j { a[(i, j)] } else { a[(j, i)] });
    let (mut d, mut e) = (vec![0.0; n], vec![0.0; n]);
    tridiagonalise(&mut v, &mut d, &mut e);
    let mut rows = v.transposed();
    diagonalise(&mut rows, &mut d, &mut e)?;
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|i, j| d[*i].total_cmp(&d[*j]));
    let vectors = Matrix::from_fn(n, n, |i, k| rows[(order[k], i)]);
    Some(Eigen { values: order.iter().map(|k| d[*k]).collect(), vectors })
}

/// `v` becomes the orthogonal matrix of the reduction, `d` the diagonal, `e[1..]` what lies beside it.
fn tridiagonalise(v: &mut Matrix, d: &mut [f64], e: &mut [f64]) {
    let n = d.len();
    if n == 0 {
        return;
    }
    d.copy_from_slice(v.row(n - 1));
    for i in (1..n).rev() {
        let scale: f64 = d[..i].iter().map(|x| x.abs()).sum();
        let mut h = 0.0;
        if scale == 0.0 {
            e[i] = d[i - 1];
            for j in 0..i {
                d[j] = v[(i - 1, j)];
                v[(i, j)] = 0.0;
                v[(j, i)] = 0.0;
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
                v[(j, i)] = f;
                let mut g = e[j] + v[(j, j)] * f;
                for k in j + 1..i {
                    g += v[(k, j)] * d[k];
                    e[k] += v[(k, j)] * f;
                }
                e[j] = g;
            }
            let mut f = 0.0;
            for j in 0..i {
                e[j] /= h;
                f += e[j] * d[j];
            }
            let hh = f / (h + h);
            for j in 0..i {
                e[j] -= hh * d[j];
            }
            for j in 0..i {
                let (f, g) = (d[j], e[j]);
                for k in j..i {
                    v[(k, j)] -= f * e[k] + g * d[k];
                }
                d[j] = v[(i - 1, j)];
                v[(i, j)] = 0.0;
            }
        }
        d[i] = h;
    }
    for i in 0..n - 1 {
        v[(n - 1, i)] = v[(i, i)];
        v[(i, i)] = 1.0;
        let h = d[i + 1];
        if h != 0.0 {
            for k in 0..=i {
                d[k] = v[(k, i + 1)] / h;
            }
            for j in 0..=i {
                let g: f64 = (0..=i).map(|k| v[(k, i + 1)] * v[(k, j)]).sum();
                for k in 0..=i {
                    v[(k, j)] -= g * d[k];
                }
            }
        }
        for k in 0..=i {
            v[(k, i + 1)] = 0.0;
        }
    }
    for j in 0..n {
        d[j] = v[(n - 1, j)];
        v[(n - 1, j)] = 0.0;
    }
    v[(n - 1, n - 1)] = 1.0;
    e[0] = 0.0;
}

/// `rows` holds the vectors as rows.
fn diagonalise(rows: &mut Matrix, d: &mut [f64], e: &mut [f64]) -> Option<()> {
    let n = d.len();
    e.rotate_left(usize::from(n > 0));
    let mut shift = 0.0;
    let mut largest = 0.0_f64;
    for l in 0..n {
        largest = largest.max(d[l].abs() + e[l].abs());
        let small = |e: &[f64], m: usize| m + 1 == n || e[m].abs() <= f64::EPSILON * largest;
        let m = (l..n).find(|m| small(e, *m)).unwrap_or(n - 1);
        if m > l {
            for sweep in 0.. {
                if sweep == MOST_SWEEPS {
                    return None;
                }
                shift += sweep_once(rows, d, e, l, m);
                if e[l].abs() <= f64::EPSILON * largest {
                    break;
                }
            }
        }
        d[l] += shift;
        e[l] = 0.0;
    }
    Some(())
}

/// One implicit QL sweep of rows l…m; what it shifted the eigenvalues by.
fn sweep_once(rows: &mut Matrix, d: &mut [f64], e: &mut [f64], l: usize, m: usize) -> f64 {
    let n = d.len();
    let g = d[l];
    let mut p = (d[l + 1] - g) / (2.0 * e[l]);
    let mut r = libm::hypot(p, 1.0);
    if p < 0.0 {
        r = -r;
    }
    d[l] = e[l] / (p + r);
    d[l + 1] = e[l] * (p + r);
    let next = d[l + 1];
    let h = g - d[l];
    d[l + 2..].iter_mut().for_each(|x| *x -= h);
    p = d[m];
    let (mut c, mut c2, mut c3) = (1.0, 1.0, 1.0);
    let (mut s, mut s2) = (0.0, 0.0);
    let beside = e[l + 1];
    for i in (l..m).rev() {
        (c3, c2, s2) = (c2, c, s);
        let g = c * e[i];
        let h = c * p;
        r = libm::hypot(p, e[i]);
        e[i + 1] = s * r;
        s = e[i] / r;
        c = p / r;
        p = c * d[i] - s * g;
        d[i + 1] = h + s * (c * g + s * d[i]);
        let (first, second) = rows.entries_mut().split_at_mut((i + 1) * n);
        for (a, b) in first[i * n..].iter_mut().zip(&mut second[..n]) {
            let h = *b;
            *b = s * *a + c * h;
            *a = c * *a - s * h;
        }
    }
    p = -s * s2 * c3 * beside * e[l] / next;
    e[l] = s * p;
    d[l] = c * p;
    let _ = c2;
    h
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn vectors_and_values_make_the_matrix(n in 1..40usize, entries in proptest::collection::vec(-1.0..1.0f64, 1600)) {
            let a = Matrix::from_fn(n, n, |i, j| entries[i.max(j) * 40 + i.min(j)]);
            let Eigen { values, vectors } = symmetric_eigen(&a).unwrap();
            for i in 0..n {
                for j in 0..n {
                    let made: f64 = (0..n).map(|k| vectors[(i, k)] * values[k] * vectors[(j, k)]).sum();
                    prop_assert!((made - a[(i, j)]).abs() < 1e-12, "{} {}", made, a[(i, j)]);
                    let upright: f64 = (0..n).map(|k| vectors[(k, i)] * vectors[(k, j)]).sum();
                    let expected = if i == j { 1.0 } else { 0.0 };
                    prop_assert!((upright - expected).abs() < 1e-12);
                }
            }
            prop_assert!(values.is_sorted());
        }
    }

    #[test]
    fn small_and_degenerate_matrices_do() {
        assert_eq!(symmetric_eigen(&Matrix::zeros(0, 0)).unwrap().values, Vec::<f64>::new());
        assert_eq!(symmetric_eigen(&Matrix::from_fn(1, 1, |_, _| 3.0)).unwrap().values, [3.0]);
        assert_eq!(symmetric_eigen(&Matrix::identity(5)).unwrap().values, [1.0; 5]);
        assert_eq!(symmetric_eigen(&Matrix::zeros(4, 4)).unwrap().values, [0.0; 4]);
        assert!(symmetric_eigen(&Matrix::from_fn(2, 2, |_, _| f64::NAN)).is_none());
    }
}
