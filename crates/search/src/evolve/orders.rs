//! Variation of permutations.

use space::Stream;

/// Order crossover (Davis 1985): a stretch of `a` stays where it is, and the other items fill the places around it in the
/// order of `b`.
pub(crate) fn cross(a: &[u32], b: &[u32], stream: &mut Stream) -> Box<[u32]> {
    let (from, to) = stretch(a.len(), stream);
    let mut kept = vec![false; a.len()];
    a[from..=to].iter().for_each(|item| kept[*item as usize] = true);
    let mut others = b.iter().filter(|item| !kept[**item as usize]);
    let place = |i: usize| if (from..=to).contains(&i) { Some(a[i]) } else { others.next().copied() };
    (0..a.len()).filter_map(place).collect()
}

/// Another order, one step away: two items swapped, one put elsewhere, or a stretch reversed.
pub(crate) fn mutate(order: &[u32], stream: &mut Stream) -> Box<[u32]> {
    let mut order: Box<[u32]> = order.into();
    if order.len() < 2 {
        return order;
    }
    let from = stream.below(order.len() as u64) as usize;
    let apart = 1 + stream.below(order.len() as u64 - 1) as usize;
    let to = (from + apart) % order.len();
    let (low, high) = (from.min(to), from.max(to));
    match stream.below(3) {
        0 => order.swap(low, high),
        1 if from < to => order[low..=high].rotate_left(1),
        1 => order[low..=high].rotate_right(1),
        _ => order[low..=high].reverse(),
    }
    order
}

fn stretch(len: usize, stream: &mut Stream) -> (usize, usize) {
    let (a, b) = (stream.below(len as u64) as usize, stream.below(len as u64) as usize);
    (a.min(b), a.max(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variation_of_orders_gives_orders_and_mutation_another_one() {
        for seed in 0..300 {
            let mut stream = Stream::new(seed, 0, 0);
            let len = 2 + seed % 6;
            let mut orders: [Vec<u32>; 2] = [(0..len as u32).collect(), (0..len as u32).collect()];
            orders.iter_mut().for_each(|order| stream.shuffle(order));
            let [a, b] = orders;
            for mut child in [cross(&a, &b, &mut stream), mutate(&a, &mut stream)] {
                child.sort_unstable();
                assert!(child.iter().copied().eq(0..len as u32), "{child:?}");
            }
            assert_ne!(*mutate(&a, &mut stream), *a);
            assert_eq!(*cross(&a, &a, &mut stream), *a);
        }
    }
}
