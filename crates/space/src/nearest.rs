//! The name that was probably meant.

/// The candidate nearest to `name`, where one is near enough to be what was meant: a slip or two of the fingers, another
/// case, or a path that ends in the name. Of equally near ones the shortest wins, then the first.
///
/// ```
/// assert_eq!(ravine_space::nearest("optimzer", ["lr", "optimizer"]), Some("optimizer"));
/// assert_eq!(ravine_space::nearest("beta1", ["optimizer.beta1", "beta"]), Some("optimizer.beta1"));
/// assert_eq!(ravine_space::nearest("momentum", ["lr", "layers"]), None);
/// ```
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Beyond this no slip of the fingers is left to find, and the distance costs the product of the lengths.
    const LONGEST: usize = 200;
    if name.is_empty() || name.len() > LONGEST {
        return None;
    }
    let folded = |text: &str| text.to_lowercase().replace('-', "_");
    let wanted = folded(name);
    let suffix = format!(".{wanted}");
    let mut best: Option<((usize, usize), &'a str)> = None;
    for candidate in candidates.into_iter().filter(|candidate| candidate.len() <= LONGEST) {
        let given = folded(candidate);
        let distance =
            if given.ends_with(&suffix) { 0 } else { strsim::damerau_levenshtein(&wanted, &given) };
        let longer = wanted.chars().count().max(given.chars().count());
        let near = distance <= (longer / 3).max(1) && distance < longer;
        let rank = (distance, candidate.len());
        if near && best.is_none_or(|(least, _)| rank < least) {
            best = Some((rank, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}
