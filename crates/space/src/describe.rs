//! A space in words: what a parameter's presence hangs on, and what stands beside the searched values.

use indexmap::IndexMap;

use crate::tree::Target;
use crate::{Domain, Json, Space};

/// Something in every configuration that is not searched.
#[derive(Clone, Debug, PartialEq)]
pub enum Given<'a> {
    /// A constant.
    Constant(&'a Json),
    /// A value that is computed: the expression.
    Computed(&'a str),
}

impl Space {
    /// When parameter `i` is there, such as `optimizer = adam` or `layers > 2`; `None` where it always is.
    pub fn presence(&self, i: usize) -> Option<String> {
        if self.is_always_active(i) {
            return None;
        }
        let condition = self.condition(i);
        let path = |i: usize| self.parameters()[i].path.as_str();
        let option = condition.option.map(|(choice, option)| {
            let label = match &self.parameters()[choice].domain {
                Domain::Choice(domain) => domain.options().get(option as usize).map(|option| &option.label),
                _ => None,
            };
            let label = label.map_or_else(|| option.to_string(), shown);
            format!("{} = {label}", path(choice))
        });
        let longer = condition.longer.map(|(length, than)| format!("{} > {than}", path(length)));
        let when = condition.when.as_ref().map(|when| when.expr.source().to_owned());
        Some([option, longer, when].into_iter().flatten().collect::<Vec<_>>().join(" and "))
    }

    /// The constants and the computed values with their full names, in the order of the file.
    pub fn given(&self) -> Vec<(&str, Given<'_>)> {
        let parts = self.parts();
        let mut constants: IndexMap<usize, &str> = IndexMap::new();
        for (name, target) in &parts.names {
            if let Target::Constant(k) = target {
                // It has short names too, within its option.
                let known = constants.entry(*k).or_insert(name);
                if name.len() > known.len() {
                    *known = name;
                }
            }
        }
        let is_known = |name: &str| constants.values().any(|known| *known == name);
        // The members of a constant table have names of their own; the table says it all.
        let is_member = |name: &str| name.rsplit_once('.').is_some_and(|(table, _)| is_known(table));
        let whole = constants.iter().filter(|(_, name)| !is_member(name));
        let constants = whole.map(|(k, name)| (*name, Given::Constant(&parts.constants[*k].value)));
        let computed =
            parts.tied.iter().map(|tied| (tied.path.as_str(), Given::Computed(tied.formula.expr.source())));
        constants.chain(computed).collect()
    }
}

fn shown(label: &Json) -> String {
    label.as_str().map_or_else(|| label.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_space_says_what_hangs_on_what_and_what_is_not_searched() {
        let declarations = serde_json::from_str(
            r#"{
                "layers": {"int": [1, 3]},
                "units": {"int": [16, 64], "length": "layers"},
                "optimizer": {"choice": ["sgd", {"name": "adam", "beta": {"float": [0.8, 0.9]}, "eps": 1}]},
                "depth": {"int": [1, 9], "when": "layers > 1"},
                "patience": 5,
                "data": {"value": {"name": "digits", "split": 0.2}},
                "width": {"expr": "2 * layers"}
            }"#,
        )
        .unwrap();
        let space = Space::build(&declarations, &[]).unwrap();
        let presence = |path: &str| space.presence(space.index(path).unwrap());
        assert_eq!(presence("layers"), None);
        assert_eq!(presence("units[2]").as_deref(), Some("layers > 2"));
        assert_eq!(presence("optimizer.adam.beta").as_deref(), Some("optimizer = adam"));
        assert_eq!(presence("depth").as_deref(), Some("layers > 1"));
        let given = space.given();
        assert_eq!(given[0], ("optimizer.adam.eps", Given::Constant(&Json::from(1))));
        assert_eq!(given[1], ("patience", Given::Constant(&Json::from(5))));
        assert_eq!(given[2].0, "data");
        assert_eq!(given[3], ("width", Given::Computed("2 * layers")));
    }
}
