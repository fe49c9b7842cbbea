//! The tree of an expression. Each node knows the bytes it was read from and how deep it is.

use std::ops::Range;

/// The deepest tree: what bounds the recursion of the checker and the evaluator.
pub(super) const MAX_DEPTH: u16 = 100;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) span: Range<usize>,
    pub(super) depth: u16,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    List(Vec<Node>),
    /// A whole dotted path, or what stands quoted in `metric['…']`.
    Name(String),
    Index(Box<Node>, Box<Node>),
    Not(Box<Node>),
    Negate(Box<Node>),
    /// Two or more conditions joined by `&&`, flat: one violation each.
    And(Vec<Node>),
    Or(Vec<Node>),
    Binary(BinaryOp, Box<Node>, Box<Node>),
    Conditional(Box<[Node; 3]>),
    Call(Function, Vec<Node>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BinaryOp {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
}

impl BinaryOp {
    /// As it is written.
    pub(super) fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Add => "+",
            BinaryOp::Subtract => "-",
            BinaryOp::Multiply => "*",
            BinaryOp::Divide => "/",
            BinaryOp::Remainder => "%",
            BinaryOp::Equal => "==",
            BinaryOp::NotEqual => "!=",
            BinaryOp::Less => "<",
            BinaryOp::LessEqual => "<=",
            BinaryOp::Greater => ">",
            BinaryOp::GreaterEqual => ">=",
            BinaryOp::In => "in",
        }
    }

    /// Whether it orders two numbers or texts.
    pub(super) fn orders(self) -> bool {
        matches!(self, BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual)
    }
}

/// The functions an expression may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Abs,
    Min,
    Max,
    Sum,
    Mean,
    Sqrt,
    Exp,
    Log,
    Floor,
    Ceil,
    Round,
    Len,
}

impl Function {
    pub(super) const ALL: [(&'static str, Function); 12] = [
        ("abs", Function::Abs),
        ("min", Function::Min),
        ("max", Function::Max),
        ("sum", Function::Sum),
        ("mean", Function::Mean),
        ("sqrt", Function::Sqrt),
        ("exp", Function::Exp),
        ("log", Function::Log),
        ("floor", Function::Floor),
        ("ceil", Function::Ceil),
        ("round", Function::Round),
        ("len", Function::Len),
    ];

    pub(super) fn name(self) -> &'static str {
        Function::ALL.iter().find(|(_, function)| *function == self).map_or("", |(name, _)| name)
    }

    /// Whether it folds a list, or as many arguments as it is given.
    pub(super) fn folds(self) -> bool {
        matches!(self, Function::Min | Function::Max | Function::Sum | Function::Mean)
    }
}

impl Node {
    pub(super) fn new(kind: Kind, span: Range<usize>) -> Node {
        let mut deepest = 0;
        kind.for_each_child(&mut |child| deepest = deepest.max(child.depth));
        Node { kind, span, depth: deepest + 1 }
    }

    /// Calls `f` with this node and all below it, in the order of the source.
    pub(super) fn visit<'a>(&'a self, f: &mut dyn FnMut(&'a Node)) {
        f(self);
        self.kind.for_each_child(&mut |child| child.visit(f));
    }
}

impl Kind {
    fn for_each_child<'a>(&'a self, f: &mut dyn FnMut(&'a Node)) {
        match self {
            Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::Str(_) | Kind::Name(_) => {}
            Kind::List(nodes) | Kind::And(nodes) | Kind::Or(nodes) | Kind::Call(_, nodes) => {
                nodes.iter().for_each(f)
            }
            Kind::Not(node) | Kind::Negate(node) => f(node),
            Kind::Index(left, right) | Kind::Binary(_, left, right) => {
                f(left);
                f(right);
            }
            Kind::Conditional(nodes) => nodes.iter().for_each(f),
        }
    }
}
