//! Which parameters are modelled together.

use indexmap::IndexMap;
use space::{Belief, Confidence, Scalar, Space, Stream};

use super::axis::Axis;
use super::line_column::LineColumn;

/// One parameter of an estimator.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    /// Its place in the space.
    pub(crate) parameter: usize,
    /// Its axis.
    pub(crate) axis: Axis,
    /// Where a person has said that good values lie: a coordinate on the line, and the width of the belief as a share
    /// of the range.
    pub(crate) believed: Option<(f64, f64)>,
}

impl Variable {
    /// A value drawn from the belief, if there is one.
    pub(crate) fn draw_believed(&self, stream: &mut Stream) -> Option<(usize, Scalar)> {
        let (Axis::Line(line), Some(_)) = (&self.axis, self.believed) else { return None };
        let column = LineColumn::new(line.clone(), false, self.believed);
        Some((self.parameter, line.value(column.draw(super::line_column::PRIOR, stream.uniform()))))
    }
}

/// What makes parameters active together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Activity {
    Always,
    /// With this option of this choice.
    Option(usize, u32),
    /// With those that were seen together.
    Seen(usize),
    /// Under a condition of its own.
    Alone(usize),
}

/// The variables of each group: those active under the same condition, or seen together where that is known, or each
/// parameter by itself. Parameters with a single value are in none.
pub(crate) fn variables(space: &Space, together: bool, seen: Option<&[usize]>) -> Vec<Vec<Variable>> {
    let seen = |i: usize| seen.and_then(|seen| seen.get(i).copied());
    let mut groups: IndexMap<Activity, Vec<Variable>> = IndexMap::new();
    for (i, parameter) in space.parameters().iter().enumerate() {
        let Some(axis) = Axis::new(parameter) else { continue };
        let activity = match (space.parent(i), seen(i)) {
            _ if !together => Activity::Alone(i),
            (_, Some(group)) => Activity::Seen(group),
            _ if space.is_always_active(i) => Activity::Always,
            (Some((choice, option)), None) => Activity::Option(choice, option),
            (None, None) => Activity::Alone(i),
        };
        let believed =
            parameter.prior.as_ref().and_then(|belief| Some((axis.place(&belief.at)?.at, share(belief))));
        groups.entry(activity).or_default().push(Variable { parameter: i, axis, believed });
    }
    groups.into_values().collect()
}

/// How wide a belief is, as a share of the range.
fn share(belief: &Belief) -> f64 {
    match belief.confidence {
        Confidence::Low => 0.4,
        Confidence::Medium => 0.2,
        Confidence::High => 0.1,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    fn groups(space: &Space, together: bool, seen: Option<&[usize]>) -> BTreeSet<BTreeSet<usize>> {
        let parameters = |group: Vec<Variable>| group.iter().map(|v| v.parameter).collect();
        variables(space, together, seen).into_iter().map(parameters).collect()
    }

    #[test]
    fn what_an_option_brings_along_is_a_group_and_so_is_what_was_seen_together() {
        let own = json!([{"name": "a", "x": {"float": [0.0, 1.0]}, "y": {"float": [0.0, 1.0]}}, "b"]);
        let declared = json!({"kind": {"choice": own}, "z": {"float": [0.0, 1.0]}});
        let space = Space::build(&serde_json::from_value(declared).unwrap(), &[]).unwrap();
        let [kind, x, y, z] = ["kind", "kind.a.x", "kind.a.y", "z"].map(|path| space.index(path).unwrap());
        let both = |a, b| BTreeSet::from([a, b]);
        assert_eq!(groups(&space, true, None), BTreeSet::from([both(kind, z), both(x, y)]));
        let mut seen = [0; 4];
        (seen[x], seen[z], seen[y]) = (1, 1, 2);
        let seen = Some(&seen[..]);
        let alone = |a| BTreeSet::from([a]);
        assert_eq!(groups(&space, true, seen), BTreeSet::from([alone(kind), both(x, z), alone(y)]));
        assert_eq!(groups(&space, false, seen).len(), 4);
    }
}
