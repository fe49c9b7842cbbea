//! From tokens to the tree: precedence climbing with CEL's precedences.

use std::ops::Range;

use super::ExprError;
use super::ast::{BinaryOp, Function, Kind, MAX_DEPTH, Node};
use super::lex::{Token, tokens};

/// How deeply brackets, calls, unary operators and conditionals may nest: what bounds the parser's recursion.
const MAX_NESTING: u16 = 32;

/// Names that quote a name which is no identifier: `metric['val/acc']`, `param['weight-decay']`.
const QUOTING: [&str; 2] = ["metric", "param"];

pub(super) fn parse(source: &str) -> Result<Node, ExprError> {
    let tokens = tokens(source)?;
    if tokens.len() == 1 {
        return Err(ExprError::new(0..source.len(), "the expression is empty"));
    }
    let mut parser = Parser { tokens, at: 0, nesting: 0 };
    let root = parser.expression()?;
    match parser.peek() {
        Token::End => Ok(root),
        _ => Err(parser.unexpected("an operator or the end")),
    }
}

struct Parser {
    /// Ends in `Token::End`, which is never passed.
    tokens: Vec<(Token, Range<usize>)>,
    at: usize,
    nesting: u16,
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.at].0
    }

    fn span(&self) -> Range<usize> {
        self.tokens[self.at].1.clone()
    }

    fn advance(&mut self) -> (Token, Range<usize>) {
        let token = self.tokens[self.at].clone();
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
        token
    }

    fn take(&mut self, mark: &str) -> bool {
        let found = matches!(self.peek(), Token::Mark(m) if *m == mark);
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, mark: &str, opened: &Range<usize>) -> Result<Range<usize>, ExprError> {
        let span = self.span();
        if self.take(mark) {
            return Ok(span);
        }
        if *self.peek() == Token::End {
            return Err(ExprError::new(opened.clone(), format!("this is not closed: `{mark}` is missing")));
        }
        Err(self.unexpected(&format!("`{mark}`")))
    }

    fn unexpected(&self, wanted: &str) -> ExprError {
        let (token, span) = &self.tokens[self.at];
        let shown = match token {
            Token::End => {
                return ExprError::new(span.clone(), format!("the expression ends where {wanted} is wanted"));
            }
            Token::Int(value) => value.to_string(),
            Token::Float(value) => value.to_string(),
            Token::Str(_) => "text".to_owned(),
            Token::Name(name) => name.clone(),
            Token::Mark(mark) => (*mark).to_owned(),
        };
        let error = ExprError::new(span.clone(), format!("unexpected `{shown}` where {wanted} is wanted"));
        match shown.as_str() {
            "and" => error.with_hint("write `&&`"),
            "or" => error.with_hint("write `||`"),
            "if" => error.with_hint("write `condition ? a : b`"),
            "{" | "}" => error.with_hint("names stand without braces here: `lr`, not `{lr}`"),
            _ => error,
        }
    }

    fn nested<T>(&mut self, f: impl FnOnce(&mut Parser) -> Result<T, ExprError>) -> Result<T, ExprError> {
        if self.nesting == MAX_NESTING {
            return Err(too_deep(self.span()));
        }
        self.nesting += 1;
        let result = f(self);
        self.nesting -= 1;
        result
    }

    fn expression(&mut self) -> Result<Node, ExprError> {
        self.nested(|parser| {
            let condition = parser.disjunction()?;
            if !parser.take("?") {
                return Ok(condition);
            }
            let yes = parser.disjunction()?;
            if !parser.take(":") {
                return Err(parser.unexpected("`:` of `condition ? a : b`"));
            }
            let no = parser.expression()?;
            let span = condition.span.start..no.span.end;
            node(Kind::Conditional(Box::new([condition, yes, no])), span)
        })
    }

    fn disjunction(&mut self) -> Result<Node, ExprError> {
        self.joined("||", Parser::conjunction, Kind::Or)
    }

    fn conjunction(&mut self) -> Result<Node, ExprError> {
        self.joined("&&", |parser| parser.binary(0), Kind::And)
    }

    fn joined(
        &mut self,
        mark: &str,
        part: fn(&mut Parser) -> Result<Node, ExprError>,
        join: fn(Vec<Node>) -> Kind,
    ) -> Result<Node, ExprError> {
        let first = part(self)?;
        if !matches!(self.peek(), Token::Mark(m) if *m == mark) {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.take(mark) {
            parts.push(part(self)?);
        }
        let span = parts[0].span.start..parts[parts.len() - 1].span.end;
        node(join(parts), span)
    }

    /// Relations, sums and products, all left-associative; `floor` is the loosest precedence taken.
    fn binary(&mut self, floor: u8) -> Result<Node, ExprError> {
        let mut left = self.unary()?;
        while let Some((op, precedence)) =
            self.binary_operator().filter(|(_, precedence)| *precedence >= floor)
        {
            self.advance();
            let right = self.binary(precedence + 1)?;
            let span = left.span.start..right.span.end;
            left = node(Kind::Binary(op, Box::new(left), Box::new(right)), span)?;
        }
        Ok(left)
    }

    fn binary_operator(&self) -> Option<(BinaryOp, u8)> {
        Some(match self.peek() {
            Token::Name(name) if name == "in" => (BinaryOp::In, 0),
            Token::Mark("==") => (BinaryOp::Equal, 0),
            Token::Mark("!=") => (BinaryOp::NotEqual, 0),
            Token::Mark("<") => (BinaryOp::Less, 0),
            Token::Mark("<=") => (BinaryOp::LessEqual, 0),
            Token::Mark(">") => (BinaryOp::Greater, 0),
            Token::Mark(">=") => (BinaryOp::GreaterEqual, 0),
            Token::Mark("+") => (BinaryOp::Add, 1),
            Token::Mark("-") => (BinaryOp::Subtract, 1),
            Token::Mark("*") => (BinaryOp::Multiply, 2),
            Token::Mark("/") => (BinaryOp::Divide, 2),
            Token::Mark("%") => (BinaryOp::Remainder, 2),
            _ => return None,
        })
    }

    fn unary(&mut self) -> Result<Node, ExprError> {
        let start = self.span().start;
        if self.take("!") {
            let operand = self.nested(Parser::unary)?;
            let span = start..operand.span.end;
            return node(Kind::Not(Box::new(operand)), span);
        }
        if !self.take("-") {
            return self.postfix();
        }
        // A sign before a literal belongs to it: here and not in `primary`, so that the least integer can be written.
        let literal = match *self.peek() {
            Token::Int(value) => Some(Kind::Int(0_i64.wrapping_sub_unsigned(value))),
            Token::Float(value) => Some(Kind::Float(-value)),
            _ => None,
        };
        if let Some(kind) = literal {
            let (_, span) = self.advance();
            return Ok(Node::new(kind, start..span.end));
        }
        let operand = self.nested(Parser::unary)?;
        let span = start..operand.span.end;
        node(Kind::Negate(Box::new(operand)), span)
    }

    fn postfix(&mut self) -> Result<Node, ExprError> {
        let mut base = self.primary()?;
        loop {
            let opened = self.span();
            if self.take("[") {
                let index = self.expression()?;
                let closed = self.expect("]", &opened)?;
                let span = base.span.start..closed.end;
                base = match (base.kind, index.kind) {
                    (Kind::Name(name), Kind::Str(quoted)) => {
                        let quoting = QUOTING.contains(&name.as_str());
                        Node::new(Kind::Name(if quoting { quoted } else { format!("{name}.{quoted}") }), span)
                    }
                    (base_kind, index_kind) => {
                        let base = Node { kind: base_kind, ..base };
                        let index = Node { kind: index_kind, ..index };
                        node(Kind::Index(Box::new(base), Box::new(index)), span)?
                    }
                };
            } else if self.take(".") {
                base = self.member(base)?;
            } else {
                return Ok(base);
            }
        }
    }

    /// `base.field`: a longer name. Members of anything else do not exist.
    fn member(&mut self, base: Node) -> Result<Node, ExprError> {
        let Token::Name(field) = self.peek().clone() else {
            return Err(self.unexpected("a name after the point"));
        };
        let (_, field_span) = self.advance();
        let opened = self.span();
        if self.take("(") {
            let error = ExprError::new(field_span.start..opened.end, "functions are not called on a value");
            return Err(error.with_hint(format!("write `{field}(…)`")));
        }
        match base.kind {
            Kind::Name(name) => {
                Ok(Node::new(Kind::Name(format!("{name}.{field}")), base.span.start..field_span.end))
            }
            _ => Err(ExprError::new(field_span, format!("`.{field}` may only follow a name"))),
        }
    }

    fn primary(&mut self) -> Result<Node, ExprError> {
        let (token, span) = self.tokens[self.at].clone();
        let kind = match token {
            Token::Int(value) => match i64::try_from(value) {
                Ok(value) => Kind::Int(value),
                Err(_) => return Err(ExprError::new(span, "the integer is too large")),
            },
            Token::Float(value) => Kind::Float(value),
            Token::Str(value) => Kind::Str(value),
            Token::Name(name) => return self.name(name, span),
            Token::Mark("(") => {
                self.advance();
                let mut inner = self.expression()?;
                let closed = self.expect(")", &span)?;
                inner.span = span.start..closed.end;
                return Ok(inner);
            }
            Token::Mark("[") => {
                self.advance();
                let (items, end) = self.items("]", &span)?;
                return node(Kind::List(items), span.start..end);
            }
            _ => return Err(self.unexpected("a value")),
        };
        self.advance();
        Ok(Node::new(kind, span))
    }

    fn name(&mut self, name: String, span: Range<usize>) -> Result<Node, ExprError> {
        let kind = match name.as_str() {
            "true" => Kind::Bool(true),
            "false" => Kind::Bool(false),
            "True" | "False" => {
                let hint = format!("write `{}`", name.to_ascii_lowercase());
                return Err(ExprError::new(span, format!("`{name}` is not a value")).with_hint(hint));
            }
            "null" | "None" => {
                return Err(ExprError::new(span, format!("there is no `{name}` in expressions")));
            }
            "not" => return Err(self.unexpected("a value").with_hint("write `!`")),
            "in" | "and" | "or" => return Err(self.unexpected("a value")),
            _ => Kind::Name(name.clone()),
        };
        self.advance();
        let opened = self.span();
        if !matches!(kind, Kind::Name(_)) || !self.take("(") {
            return Ok(Node::new(kind, span));
        }
        let Some((_, function)) = Function::ALL.iter().find(|(known, _)| *known == name) else {
            return Err(unknown_function(&name, span));
        };
        let (arguments, end) = self.items(")", &opened)?;
        node(Kind::Call(*function, arguments), span.start..end)
    }

    /// Expressions between commas up to `close`; CEL allows a comma at the end of a list, not of arguments.
    fn items(&mut self, close: &str, opened: &Range<usize>) -> Result<(Vec<Node>, usize), ExprError> {
        let mut items = Vec::new();
        loop {
            let span = self.span();
            if (items.is_empty() || close == "]") && self.take(close) {
                return Ok((items, span.end));
            }
            items.push(self.expression()?);
            if !self.take(",") {
                return Ok((items, self.expect(close, opened)?.end));
            }
        }
    }
}

fn node(kind: Kind, span: Range<usize>) -> Result<Node, ExprError> {
    let node = Node::new(kind, span);
    if node.depth > MAX_DEPTH { Err(too_deep(node.span)) } else { Ok(node) }
}

fn too_deep(span: Range<usize>) -> ExprError {
    ExprError::new(span, "the expression is nested too deeply").with_hint(format!(
        "at most {MAX_NESTING} brackets inside each other and {MAX_DEPTH} operations in one chain"
    ))
}

fn unknown_function(name: &str, span: Range<usize>) -> ExprError {
    let error = ExprError::new(span, format!("there is no function `{name}`"));
    let known = Function::ALL.iter().map(|(known, _)| *known);
    let meant = match name {
        "size" | "length" | "count" => Some("len"),
        "ln" => Some("log"),
        "avg" | "average" => Some("mean"),
        "ceiling" => Some("ceil"),
        "int" => Some("floor"),
        _ => crate::nearest(name, known.clone()),
    };
    match meant {
        Some(meant) => error.with_hint(format!("did you mean `{meant}`?")),
        None => error.with_hint(format!("known are {}", known.collect::<Vec<_>>().join(" "))),
    }
}
