//! Direction numbers of Sobol's sequence (Joe and Kuo 2008), and its points without scrambling.

use crate::SearchError;

/// The first rows of new-joe-kuo-6.21201; the format and the licence stand beside the file.
const TABLE: &[u8] = include_bytes!("../../data/new-joe-kuo-6.1111.bin");

/// How many dimensions the table holds.
pub(crate) const MOST_DIMENSIONS: usize = 1111;

/// Binary digits of a coordinate; the sequence repeats after 2³² points.
pub(crate) const BITS: u32 = 32;

/// One dimension's direction numbers, most significant digit first.
type Directions = [u32; BITS as usize];

/// Sobol's sequence in base 2, in Gray-code order, as scipy, Optuna and most others give it.
#[derive(Clone, Debug)]
pub(crate) struct Sequence {
    dimensions: Vec<Directions>,
}

impl Sequence {
    /// The sequence in `width` dimensions.
    ///
    /// # Errors
    /// [`SearchError::Unsuitable`] past [`MOST_DIMENSIONS`].
    pub(crate) fn new(width: usize) -> Result<Self, SearchError> {
        if width > MOST_DIMENSIONS {
            return Err(SearchError::Unsuitable(format!(
                "the space has {width} dimensions and the Sobol sequence here at most {MOST_DIMENSIONS}; \
                 use the sampler `random`"
            )));
        }
        let mut words = TABLE.as_chunks::<2>().0.iter().map(|bytes| u32::from(u16::from_le_bytes(*bytes)));
        let first = std::array::from_fn(|digit| 1 << (BITS as usize - 1 - digit));
        let rest = (1..width).map_while(|_| {
            let polynomial = words.next()?;
            let degree = polynomial.ilog2() as usize;
            let initial: Vec<u32> = words.by_ref().take(degree).collect();
            Some(directions(polynomial, &initial))
        });
        Ok(Sequence { dimensions: std::iter::once(first).chain(rest).take(width).collect() })
    }

    /// The digits of point `index` (from 0, the origin), one word a dimension; the value is word / 2³².
    pub(crate) fn point(&self, index: u32) -> impl Iterator<Item = u32> {
        let gray = index ^ (index >> 1);
        self.dimensions.iter().map(move |directions| {
            (0..BITS).filter(|bit| (gray >> bit) & 1 == 1).fold(0, |x, bit| x ^ directions[bit as usize])
        })
    }
}

/// Extends m₁…mₛ by the recurrence of the primitive polynomial (Bratley and Fox 1988, equation 2).
fn directions(polynomial: u32, initial: &[u32]) -> Directions {
    let degree = initial.len();
    let mut m = [0_u32; BITS as usize];
    m[..degree].copy_from_slice(initial);
    for j in degree..m.len() {
        m[j] = (0..degree).fold(m[j - degree], |value, k| {
            let coefficient = (polynomial >> (degree - 1 - k)) & 1;
            value ^ ((coefficient * m[j - k - 1]) << (k + 1))
        });
    }
    std::array::from_fn(|digit| m[digit] << (BITS as usize - 1 - digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Recorded {
        dimension: usize,
        values: Vec<f64>,
    }

    #[test]
    fn the_first_points_are_scipys() {
        let recorded: Vec<Recorded> =
            serde_json::from_str(include_str!("../../tests/data/sobol.json")).unwrap();
        let sequence = Sequence::new(MOST_DIMENSIONS).unwrap();
        assert!(recorded.len() > 100);
        for row in recorded {
            for (index, expected) in row.values.iter().enumerate() {
                let word = sequence.point(index as u32).nth(row.dimension).unwrap();
                assert_eq!(f64::from(word) / 4_294_967_296.0, *expected, "{} {index}", row.dimension);
            }
        }
    }

    #[test]
    fn the_table_is_used_to_its_last_word() {
        let sequence = Sequence::new(MOST_DIMENSIONS).unwrap();
        assert_eq!(sequence.dimensions.len(), MOST_DIMENSIONS);
        assert!(Sequence::new(MOST_DIMENSIONS + 1).is_err());
        assert!(Sequence::new(0).unwrap().dimensions.is_empty());
    }
}
