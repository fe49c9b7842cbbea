//! The three products that a dense layer needs, row by row in memory order so that the compiler vectorises them.
//!
//! All matrices are row-major slices. Four rows of the right-hand side are taken at a time: each element of the
//! result is then loaded and stored once for four multiply-adds.

/// `result += left · right`, with `left` of rows × inner and `right` of inner × columns.
pub(crate) fn add_product(result: &mut [f32], left: &[f32], right: &[f32], inner: usize, columns: usize) {
    for (result, left) in result.chunks_exact_mut(columns).zip(left.chunks_exact(inner)) {
        add_combination(result, left.iter().copied(), right);
    }
}

/// `result += leftᵀ · right`, with `left` of rows × columns of the result's rows and `right` of rows × columns.
pub(crate) fn add_transposed_product(
    result: &mut [f32],
    left: &[f32],
    right: &[f32],
    inner: usize,
    columns: usize,
) {
    for (i, result) in result.chunks_exact_mut(columns).enumerate() {
        add_combination(result, left.iter().skip(i).step_by(inner).copied(), right);
    }
}

/// `result = left · rightᵀ`, with `left` of rows × inner and `right` of columns × inner.
pub(crate) fn product_transposed(
    result: &mut [f32],
    left: &[f32],
    right: &[f32],
    inner: usize,
    columns: usize,
) {
    for (result, left) in result.chunks_exact_mut(columns).zip(left.chunks_exact(inner)) {
        for (cell, right) in result.iter_mut().zip(right.chunks_exact(inner)) {
            *cell = dot(left, right);
        }
    }
}

/// `result += Σ factors[k] · rows[k]`: the inner loop of both sums above.
fn add_combination(result: &mut [f32], mut factors: impl Iterator<Item = f32>, rows: &[f32]) {
    let columns = result.len();
    let mut blocks = rows.chunks_exact(4 * columns);
    for block in &mut blocks {
        let mut next = || factors.next().unwrap_or(0.0);
        let factor = [next(), next(), next(), next()];
        // Pixels and rectified units are zero more often than not.
        if factor == [0.0; 4] {
            continue;
        }
        let (a, rest) = block.split_at(columns);
        let (b, rest) = rest.split_at(columns);
        let (c, d) = rest.split_at(columns);
        for ((((cell, a), b), c), d) in result.iter_mut().zip(a).zip(b).zip(c).zip(d) {
            *cell += (factor[0] * a + factor[1] * b) + (factor[2] * c + factor[3] * d);
        }
    }
    for (factor, row) in factors.zip(blocks.remainder().chunks_exact(columns)) {
        for (cell, value) in result.iter_mut().zip(row) {
            *cell += factor * value;
        }
    }
}

/// Eight running sums: one would be a chain of additions that cannot be vectorised.
fn dot(left: &[f32], right: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    let (left_blocks, right_blocks) = (left.chunks_exact(8), right.chunks_exact(8));
    let tail: f32 = left_blocks.remainder().iter().zip(right_blocks.remainder()).map(|(l, r)| l * r).sum();
    for (l, r) in left_blocks.zip(right_blocks) {
        for ((sum, l), r) in sums.iter_mut().zip(l).zip(r) {
            *sum += l * r;
        }
    }
    sums.iter().sum::<f32>() + tail
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// Row-major product by the definition: rows × inner times inner × columns.
    fn plain(left: &[f32], right: &[f32], rows: usize, inner: usize, columns: usize) -> Vec<f32> {
        let mut result = vec![0.0; rows * columns];
        for r in 0..rows {
            for c in 0..columns {
                result[r * columns + c] =
                    (0..inner).map(|k| left[r * inner + k] * right[k * columns + c]).sum();
            }
        }
        result
    }

    fn transposed(matrix: &[f32], rows: usize, columns: usize) -> Vec<f32> {
        (0..rows * columns).map(|at| matrix[(at % rows) * columns + at / rows]).collect()
    }

    fn close(a: &[f32], b: &[f32]) {
        assert_eq!(a.len(), b.len());
        for (a, b) in a.iter().zip(b) {
            assert!((a - b).abs() < 1e-4, "{a} is not {b}");
        }
    }

    #[test]
    fn all_three_products_agree_with_the_definition_for_every_small_shape() {
        let mut random = Random::new(3, 0);
        for (rows, inner, columns) in
            (1..7).flat_map(|r| (1..11).flat_map(move |i| (1..12).map(move |c| (r, i, c))))
        {
            let left: Vec<f32> = (0..rows * inner).map(|_| random.normal()).collect();
            let right: Vec<f32> = (0..inner * columns).map(|_| random.normal()).collect();
            let expected = plain(&left, &right, rows, inner, columns);

            let mut result = vec![0.0; rows * columns];
            add_product(&mut result, &left, &right, inner, columns);
            close(&result, &expected);

            let mut result = vec![0.0; rows * columns];
            add_transposed_product(&mut result, &transposed(&left, rows, inner), &right, rows, columns);
            close(&result, &expected);

            let mut result = vec![0.0; rows * columns];
            product_transposed(&mut result, &left, &transposed(&right, inner, columns), inner, columns);
            close(&result, &expected);
        }
    }
}
