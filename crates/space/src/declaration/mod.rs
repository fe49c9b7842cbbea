//! `[space]` as people write it. The types here are the file format: the study file embeds them and its JSON Schema
//! is made from them.
//!
//! No `flatten` and no `untagged`, which would lose the place of a mistake: a parameter is one table with optional
//! keys, and [`Table::kind`] says what is wrong where not exactly one of the kind keys is there.

mod forms;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use forms::{IntKey, LengthKey, OptionDeclaration, OptionTable};

use crate::{Anchor, Json, SpaceError, space::Confidence};

/// The entries of `[space]`, in the order of the file.
pub type Declarations = IndexMap<String, Declaration>;

/// One entry of `[space]`: a literal that every configuration gets, or a table that says what to search.
#[derive(Clone, Debug, PartialEq)]
pub enum Declaration {
    /// `patience = 5`: a constant.
    Constant(Json),
    /// `lr = { float = [1e-5, 1e-1], log = true }`.
    Table(Box<Table>),
}

/// A parameter's table. Exactly one of the kind keys `float`, `int`, `choice`, `bool`, `permutation`, `expr`,
/// `value` is there; only `expr` goes together with `int = true`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Parameter")]
pub struct Table {
    /// Real numbers from low to high, both ends inclusive: `[1e-5, 1e-1]`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "forms::float_bounds")]
    pub float: Option<[f64; 2]>,
    /// Whole numbers from low to high, both ends inclusive: `[1, 4]`; beside `expr`: `true` rounds its value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub int: Option<IntKey>,
    /// One of these options: literals, or tables with a `name` that hold parameters of their own or a `value`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<Vec<OptionDeclaration>>,
    /// `true`: either false or true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bool: Option<bool>,
    /// An order of these items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permutation: Option<Vec<Json>>,
    /// A value computed from others, not searched: `"2 * units[0]"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expr: Option<String>,
    /// A constant of any shape: `{ value = { a = 1, b = [2, 3] } }`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Json>,

    /// Search evenly in the logarithm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<bool>,
    /// The distance of neighbours on a grid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<f64>,
    /// So many values at even distances (of their logarithms, with `log`), both ends among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<u32>,
    /// Where steps are counted from: `low` (default) or `zero`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<Anchor>,
    /// Neighbouring options are alike.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordered: Option<bool>,
    /// How often each option is drawn, relative to the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<Vec<f64>>,
    /// The value of the first trial, and for ablations. For a list: one value for all elements, or one for each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Json>,
    /// Where good values are believed to be; fades as results come in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior: Option<Prior>,
    /// A list of such values: so many, or as many as the named int says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<LengthKey>,
    /// The parameter is there only where this expression holds: `"layers > 2"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
}

/// `prior = { at = 1e-4, confidence = "low" }`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prior {
    /// The value believed to be good.
    pub at: Json,
    /// How firmly: `low`, `medium` (default) or `high`.
    #[serde(default)]
    pub confidence: Confidence,
}

/// What a table declares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind<'a> {
    /// Real numbers.
    Float([f64; 2]),
    /// Whole numbers.
    Int([i64; 2]),
    /// Options.
    Choice(&'a [OptionDeclaration]),
    /// False or true.
    Bool,
    /// An order of items.
    Permutation(&'a [Json]),
    /// A tied value, rounded where `int`.
    Expr {
        /// The expression.
        source: &'a str,
        /// Whether its value is rounded to a whole number.
        int: bool,
    },
    /// A constant.
    Value(&'a Json),
}

impl Kind<'_> {
    /// The key that declares it.
    pub fn key(&self) -> &'static str {
        match self {
            Kind::Float(_) => "float",
            Kind::Int(_) => "int",
            Kind::Choice(_) => "choice",
            Kind::Bool => "bool",
            Kind::Permutation(_) => "permutation",
            Kind::Expr { .. } => "expr",
            Kind::Value(_) => "value",
        }
    }
}

const KINDS: &str = "`float`, `int`, `choice`, `bool`, `permutation`, `expr`, `value`";

impl Table {
    /// What the table at key path `at` declares.
    ///
    /// # Errors
    /// Where not exactly one kind key is there, or a key does not go with the kind.
    pub fn kind(&self, at: &str) -> Result<Kind<'_>, SpaceError> {
        let kinds = [
            self.float.map(Kind::Float),
            match (&self.int, &self.expr) {
                (Some(IntKey::Range(range)), _) => Some(Kind::Int(*range)),
                (Some(IntKey::Flag(_)), None) => {
                    let error = SpaceError::new(format!("{at}.int"), "`int` is not a range here");
                    return Err(error.hint("write `int = [low, high]`; `int = true` goes with `expr` only"));
                }
                _ => None,
            },
            self.choice.as_deref().map(Kind::Choice),
            self.bool.map(|_| Kind::Bool),
            self.permutation.as_deref().map(Kind::Permutation),
            self.expr
                .as_deref()
                .map(|source| Kind::Expr { source, int: self.int == Some(IntKey::Flag(true)) }),
            self.value.as_ref().map(Kind::Value),
        ];
        let mut kinds = kinds.into_iter().flatten();
        let kind = match (kinds.next(), kinds.next()) {
            (Some(kind), None) => kind,
            (Some(one), Some(other)) => {
                let message = format!("`{}` and `{}` exclude each other", one.key(), other.key());
                return Err(SpaceError::new(at, message).hint(format!("use exactly one of {KINDS}")));
            }
            _ => {
                let error = SpaceError::new(at, "nothing says what kind of parameter this is");
                return Err(error.hint(format!("use exactly one of {KINDS}")));
            }
        };
        if self.bool == Some(false) {
            return Err(SpaceError::new(format!("{at}.bool"), "a bool that is searched is `bool = true`")
                .hint("write `= false` without a table for a constant"));
        }
        self.check_keys(&kind, at)?;
        Ok(kind)
    }

    /// Each key goes with some kinds only; one that would be ignored is an error.
    fn check_keys(&self, kind: &Kind<'_>, at: &str) -> Result<(), SpaceError> {
        let numbers: &[&str] = &["float", "int"];
        let searched: &[&str] = &["float", "int", "choice", "bool", "permutation"];
        let keys: [(&str, bool, &[&str]); 10] = [
            ("log", self.log.is_some(), numbers),
            ("step", self.step.is_some(), numbers),
            ("points", self.points.is_some(), numbers),
            ("anchor", self.anchor.is_some(), numbers),
            ("ordered", self.ordered.is_some(), &["choice"]),
            ("weights", self.weights.is_some(), &["choice", "bool"]),
            ("default", self.default.is_some(), searched),
            ("prior", self.prior.is_some(), searched),
            ("length", self.length.is_some(), searched),
            (
                "when",
                self.when.is_some(),
                &["float", "int", "choice", "bool", "permutation", "expr", "value"],
            ),
        ];
        for (key, there, kinds) in keys {
            if there && !kinds.contains(&kind.key()) {
                let message = format!("`{key}` does not go with `{}`", kind.key());
                let hint = format!("it goes with {}", listed(kinds));
                return Err(SpaceError::new(format!("{at}.{key}"), message).hint(hint));
            }
        }
        if self.anchor.is_some() && self.step.is_none() {
            return Err(SpaceError::new(
                format!("{at}.anchor"),
                "`anchor` says where steps start, but there is no `step`",
            ));
        }
        Ok(())
    }
}

fn listed(keys: &[&str]) -> String {
    keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}
