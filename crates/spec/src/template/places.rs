//! Where in a line for the shell a place stands: what quotes, substitutions and comments are open there (POSIX.1-2017,
//! Shell Command Language, 2.2 to 2.6).

/// How a value that is put there has to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// As a word of its own.
    Bare,
    /// Between `'…'`.
    Single,
    /// Between `"…"`.
    Double,
    /// In `$((…))`, where only numbers are safe.
    Number,
    /// Not at all: no way of writing it is safe in this, whatever the value.
    Never(&'static str),
}

/// What is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Context {
    Single,
    Double,
    /// `$'…'`, which not every shell knows.
    Ansi,
    /// `$(…)`, with so many parentheses open: quotes begin anew inside.
    Substitution(usize),
    Arithmetic(usize),
    /// `${…}`.
    Brace,
    Backtick,
    Comment,
    /// A here-document; where it ends is not looked for.
    Document,
}

/// Reads a line from left to right.
#[derive(Debug, Default)]
pub(super) struct Places {
    open: Vec<Context>,
    /// The last character was a backslash that takes the next one's meaning.
    escaped: bool,
    /// The last character was part of a word.
    in_word: bool,
    /// A here-document begins with the next line.
    document: bool,
    /// `case` in a substitution: its parentheses need not be in pairs.
    unclear: bool,
}

impl Places {
    /// The place that was come to.
    pub(super) fn here(&self) -> Place {
        if self.escaped {
            return Place::Never("right behind a backslash");
        }
        if self.unclear {
            return Place::Never("behind a `case` inside `$(…)`");
        }
        match self.open.last() {
            None | Some(Context::Substitution(_)) => Place::Bare,
            Some(Context::Single) => Place::Single,
            Some(Context::Double) => Place::Double,
            Some(Context::Arithmetic(_)) => Place::Number,
            Some(Context::Ansi) => Place::Never("between `$'…'`"),
            Some(Context::Brace) => Place::Never("inside `${…}`"),
            Some(Context::Backtick) => Place::Never("between backticks; write `$(…)`"),
            Some(Context::Comment) => Place::Never("in a comment"),
            Some(Context::Document) => Place::Never("in a here-document"),
        }
    }

    /// Passes over a value.
    pub(super) fn pass_value(&mut self) {
        (self.escaped, self.in_word) = (false, true);
    }

    /// Passes over a text.
    pub(super) fn pass(&mut self, text: &str) {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let length = if std::mem::take(&mut self.escaped) { c.len_utf8() } else { self.step(c, rest) };
            rest = &rest[length..];
        }
    }

    /// Takes in what begins with `c`, and says how long it is.
    fn step(&mut self, c: char, rest: &str) -> usize {
        let was_in_word = std::mem::replace(&mut self.in_word, !c.is_whitespace() && !";|&()".contains(c));
        match self.open.last().copied() {
            Some(Context::Single) => self.close_at(c, '\''),
            Some(Context::Comment) => {
                self.close_at(c, '\n');
                if c == '\n' {
                    self.line_ends();
                }
            }
            Some(Context::Document) => {}
            Some(Context::Ansi) if c != '\\' => self.close_at(c, '\''),
            Some(Context::Backtick) if c != '\\' => self.close_at(c, '`'),
            _ if c == '\\' => self.escaped = true,
            _ if c == '$' => return self.dollar(rest),
            Some(Context::Brace) => self.close_at(c, '}'),
            Some(Context::Double) if c == '"' => self.close_at(c, '"'),
            Some(Context::Arithmetic(_)) => self.parenthesis(c),
            _ if c == '`' => self.open.push(Context::Backtick),
            Some(Context::Double) => {}
            _ => return self.bare(c, rest, was_in_word),
        }
        c.len_utf8()
    }

    /// Outside of all quotes.
    fn bare(&mut self, c: char, rest: &str, was_in_word: bool) -> usize {
        match c {
            '\'' => self.open.push(Context::Single),
            '"' => self.open.push(Context::Double),
            '#' if !was_in_word => self.open.push(Context::Comment),
            '\n' => self.line_ends(),
            '<' if rest.starts_with("<<<") => return 3,
            '<' if rest.starts_with("<<") => {
                self.document = true;
                return 2;
            }
            'c' if !was_in_word && !self.open.is_empty() && rest.starts_with("case") => self.unclear = true,
            _ => self.parenthesis(c),
        }
        c.len_utf8()
    }

    fn dollar(&mut self, rest: &str) -> usize {
        let in_quotes = matches!(self.open.last(), Some(Context::Double | Context::Brace));
        let (context, length) = if rest.starts_with("$((") {
            (Context::Arithmetic(2), 3)
        } else if rest.starts_with("$(") {
            (Context::Substitution(1), 2)
        } else if rest.starts_with("${") {
            (Context::Brace, 2)
        } else if rest.starts_with("$'") && !in_quotes {
            (Context::Ansi, 2)
        } else {
            return 1;
        };
        self.open.push(context);
        self.in_word = false;
        length
    }

    fn parenthesis(&mut self, c: char) {
        let Some(Context::Substitution(depth) | Context::Arithmetic(depth)) = self.open.last_mut() else {
            return;
        };
        match c {
            '(' => *depth += 1,
            ')' => *depth -= 1,
            _ => {}
        }
        if *depth == 0 {
            self.open.pop();
        }
    }

    fn close_at(&mut self, c: char, end: char) {
        if c == end {
            self.open.pop();
        }
    }

    fn line_ends(&mut self) {
        if std::mem::take(&mut self.document) {
            self.open.push(Context::Document);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The place at the end of a text.
    fn at_end(text: &str) -> Place {
        let mut places = Places::default();
        places.pass(text);
        places.here()
    }

    #[test]
    fn quotes_begin_anew_inside_a_substitution() {
        for text in [
            "",
            "echo ",
            "\"a\" ",
            "'a' ",
            "\"$(printf '<%s>' ",
            "\"a $(echo \"b\") $(echo ",
            "a $(b | (c; d) ",
            "\\\"",
            "\\' ",
        ] {
            assert_eq!(at_end(text), Place::Bare, "{text}");
        }
        for text in ["\"", "\"$(echo 'a')", "\"$(echo \"", "'a'\"b", "\"it's ", "# don't\n\"", "a#b \""] {
            assert_eq!(at_end(text), Place::Double, "{text}");
        }
        for text in ["'", "\"a\" '$(", "$(echo '", "'\\"] {
            assert_eq!(at_end(text), Place::Single, "{text}");
        }
        for text in ["$((1 + ", "\"$(( (2) * ", "$((1 << "] {
            assert_eq!(at_end(text), Place::Number, "{text}");
        }
    }

    #[test]
    fn where_no_quoting_is_safe_there_is_no_place() {
        let wrong = [
            "`echo ",
            "\"`echo ",
            "${x:-",
            "\"${x:-",
            "cat <<E\n",
            "cat <<-'E' # x\n",
            "# ",
            "a; # don't ",
            "\\",
            "\"\\",
            "$'",
            "$(case x in a) ",
        ];
        for text in wrong {
            assert!(matches!(at_end(text), Place::Never(_)), "{text}");
        }
        assert_eq!(at_end("cat <<< "), Place::Bare);
        assert_eq!(at_end("`echo` "), Place::Bare);
        assert_eq!(at_end("${x} "), Place::Bare);
        assert_eq!(at_end("echo $((1 + 2)) "), Place::Bare);
    }
}
