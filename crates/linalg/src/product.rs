//! Products: the loops that take the time.

/// Rows of the tile that is kept in registers.
const ROWS: usize = 4;
/// Columns of it: two AVX2 vectors.
const COLUMNS: usize = 8;
/// How many lanes a sum over a slice has.
pub const LANES: usize = 8;

/// A rectangle within a slice that holds rows of `stride` entries.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Where the first entry lies.
    pub start: usize,
    /// How far apart the rows begin.
    pub stride: usize,
}

/// c ← c − a·b for an `m`×`depth` a, a `depth`×`n` b and an `m`×`n` c, all by rows. Each entry's sum is made from the first
/// product to the last, then subtracted.
///
/// # Panics
/// Where a rectangle does not lie within its slice.
#[inline(always)]
pub fn subtract_product(
    (m, n, depth): (usize, usize, usize),
    (a, at_a): (&[f64], Place),
    (b, at_b): (&[f64], Place),
    (c, at_c): (&mut [f64], Place),
) {
    if m == 0 || n == 0 || depth == 0 {
        return;
    }
    let mut j = 0;
    while j < n {
        let width = COLUMNS.min(n - j);
        let mut i = 0;
        while i < m {
            let height = ROWS.min(m - i);
            let from_a = Place { start: at_a.start + i * at_a.stride, ..at_a };
            let from_b = Place { start: at_b.start + j, ..at_b };
            let to = Place { start: at_c.start + i * at_c.stride + j, ..at_c };
            if height == ROWS && width == COLUMNS {
                tile(depth, (a, from_a), (b, from_b), (&mut *c, to));
            } else {
                edge((height, width, depth), (a, from_a), (b, from_b), (&mut *c, to));
            }
            i += height;
        }
        j += width;
    }
}

#[inline(always)]
fn tile(
    depth: usize,
    (a, at_a): (&[f64], Place),
    (b, at_b): (&[f64], Place),
    (c, at_c): (&mut [f64], Place),
) {
    let row = |i: usize| &a[at_a.start + i * at_a.stride..][..depth];
    let (a0, a1, a2, a3) = (row(0), row(1), row(2), row(3));
    let mut sums = [[0.0; COLUMNS]; ROWS];
    let b = &b[at_b.start..];
    for (k, (((x0, x1), x2), x3)) in a0.iter().zip(a1).zip(a2).zip(a3).enumerate() {
        let Some(line) = b[k * at_b.stride..].first_chunk::<COLUMNS>() else { return };
        let [s0, s1, s2, s3] = &mut sums;
        for l in 0..COLUMNS {
            s0[l] += x0 * line[l];
            s1[l] += x1 * line[l];
            s2[l] += x2 * line[l];
            s3[l] += x3 * line[l];
        }
    }
    for (i, sums) in sums.iter().enumerate() {
        let place = &mut c[at_c.start + i * at_c.stride..][..COLUMNS];
        place.iter_mut().zip(sums).for_each(|(c, s)| *c -= s);
    }
}

#[inline(always)]
fn edge(
    (m, n, depth): (usize, usize, usize),
    (a, at_a): (&[f64], Place),
    (b, at_b): (&[f64], Place),
    (c, at_c): (&mut [f64], Place),
) {
    for i in 0..m {
        let row = &a[at_a.start + i * at_a.stride..][..depth];
        let mut sums = [0.0; COLUMNS];
        for (k, x) in row.iter().enumerate() {
            let line = &b[at_b.start + k * at_b.stride..][..n];
            sums.iter_mut().zip(line).for_each(|(s, y)| *s += x * y);
        }
        let place = &mut c[at_c.start + i * at_c.stride..][..n];
        place.iter_mut().zip(sums).for_each(|(c, s)| *c -= s);
    }
}

/// Σ aᵢ bᵢ in eight interleaved sums.
#[inline(always)]
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().min(b.len());
    let (a, b) = (&a[..n], &b[..n]);
    let mut sums = [0.0; LANES];
    let (a_head, a_tail) = a.as_chunks::<LANES>();
    let (b_head, b_tail) = b.as_chunks::<LANES>();
    for (x, y) in a_head.iter().zip(b_head) {
        for lane in 0..LANES {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let tail: f64 = a_tail.iter().zip(b_tail).map(|(x, y)| x * y).sum();
    total(sums) + tail
}

/// The sum of eight lanes, by halves: an order that leaves each lane in its place of a vector.
#[inline(always)]
pub fn total(lanes: [f64; LANES]) -> f64 {
    let [a, b, c, d, e, f, g, h] = lanes;
    let [a, b, c, d] = [a + e, b + f, c + g, d + h];
    let [a, b] = [a + c, b + d];
    a + b
}

/// y ← y + a·x.
#[inline(always)]
pub fn add_scaled(y: &mut [f64], a: f64, x: &[f64]) {
    y.iter_mut().zip(x).for_each(|(y, x)| *y += a * x);
}
