//! What a configuration holds, one line for each entry: the searched values, then what is constant or computed.

use report::format;
use space::{Anchor, ChoiceDomain, Domain, Given, Space};

use super::default_of;
use crate::term::{FAINT, paint};

/// The lines, aligned.
pub(super) fn lines(space: &Space) -> Vec<String> {
    let given = space.given();
    let paths = space.parameters().iter().map(|parameter| parameter.path.as_str());
    let names = paths.chain(given.iter().map(|(name, _)| *name));
    let width = names.map(|name| name.chars().count()).max().unwrap_or(0);
    let searched = space.parameters().iter().enumerate().map(|(index, parameter)| {
        let mut text = format!("{:<width$}  {}", parameter.path, domain(&parameter.domain));
        if let Some(default) = default_of(parameter) {
            text += &format!("  default {}", format::json(&default));
        }
        if let Some(when) = space.presence(index) {
            text += &paint(FAINT, format!("  where {when}"));
        }
        text
    });
    let beside = given.iter().map(|(name, given)| match given {
        Given::Constant(value) => format!("{name:<width$}  constant {}", format::json(value)),
        Given::Computed(source) => format!("{name:<width$}  computed {source}"),
    });
    searched.chain(beside).collect()
}

fn domain(domain: &Domain) -> String {
    let log = |is_log| if is_log { " log" } else { "" };
    let grid = |points: Option<u32>, step: Option<String>, anchor: Anchor| match (points, step) {
        (Some(points), _) => format!(" at {points} points"),
        (None, Some(step)) if anchor == Anchor::Zero => format!(" step {step} from 0"),
        (None, Some(step)) => format!(" step {step}"),
        (None, None) => String::new(),
    };
    match domain {
        Domain::Float(float) => {
            let (low, high) = (format::number(float.low()), format::number(float.high()));
            let grid = grid(float.points(), float.step().map(format::number), float.anchor());
            format!("float {low} … {high}{}{grid}", log(float.log()))
        }
        Domain::Int(int) => {
            let step = (int.step() > 1).then(|| int.step().to_string());
            let grid = grid(int.points(), step, int.anchor());
            format!("int {} … {}{}{grid}", int.low(), int.high(), log(int.log()))
        }
        Domain::Choice(choice) => options(choice),
        Domain::Permutation(permutation) => {
            let items: Vec<String> = permutation.items().iter().map(format::json).collect();
            format!("permutation of {}", items.join(", "))
        }
    }
}

/// `choice adam, sgd ordered weights 3, 1`.
fn options(choice: &ChoiceDomain) -> String {
    let listed = |texts: Vec<String>| texts.join(", ");
    let options = choice.options();
    let labels = listed(options.iter().map(|option| format::json(&option.label)).collect());
    let ordered = if choice.ordered() { " ordered" } else { "" };
    let is_even = options.windows(2).all(|pair| pair[0].weight == pair[1].weight);
    let weights = || listed(options.iter().map(|option| format::number(option.weight)).collect());
    let weights = if is_even { String::new() } else { format!(" weights {}", weights()) };
    format!("choice {labels}{ordered}{weights}")
}
