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
    /// Under a condition of its own.
    Alone(usize),
}

/// The variables of each group: those active under the same condition, or each parameter by itself. Parameters with a
/// single value are in none.
pub(crate) fn variables(space: &Space, together: bool) -> Vec<Vec<Variable>> {
    let mut groups: IndexMap<Activity, Vec<Variable>> = IndexMap::new();
    for (i, parameter) in space.parameters().iter().enumerate() {
        let Some(axis) = Axis::new(parameter) else { continue };
        let activity = match space.parent(i) {
            _ if !together => Activity::Alone(i),
            _ if space.is_always_active(i) => Activity::Always,
            Some((choice, option)) => Activity::Option(choice, option),
            None => Activity::Alone(i),
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
