//! A mixing function for seeded choices that must not depend on the order in which they are made.

/// Mixes two words into one whose bits all depend on all bits of both: the finaliser of SplitMix64
/// (Steele, Lea, Flood 2014), applied twice.
pub(crate) fn mix(key: u64, value: u64) -> u64 {
    finalise(finalise(key).wrapping_add(value.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}

fn finalise(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_changed_bit_changes_about_half_of_the_result() {
        for bit in 0..64 {
            let flipped: u32 = (0..256).map(|v| (mix(7, v) ^ mix(7, v ^ (1 << bit))).count_ones()).sum();
            let mean = f64::from(flipped) / 256.0;
            assert!((29.0..35.0).contains(&mean), "bit {bit}: {mean}");
        }
    }
}
