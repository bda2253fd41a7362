//! A filter from text, and to it.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;
use unicode_width::UnicodeWidthChar;

use super::error::{ParseFilterError, fit};
use super::{DEPTH, Expression, Filter, Join, ListOp, Op, Plain};

/// Words that are names only in backticks.
const KEYWORDS: [&str; 9] = [
    "and", "or", "not", "in", "is", "contains", "null", "true", "false",
];

/// What to write in place of `not` before a condition.
const NEGATION: &str = ": Felt cannot negate a whole condition; use `!=`, `not in`, `not contains` or \
     `is not null` in it";

impl Filter {
    /// Reads a text such as `acres > 50 and state in ("CA", "OR")`.
    ///
    /// - A condition is a name, an operator and a value: [`Filter`] shows all operators. `true`,
    ///   `false` and `null` are whole filters, too.
    /// - `and` binds tighter than `or`; both are folded from the left, into pairs; parentheses group.
    /// - A name is letters, digits and `_`, or anything in backticks: `` `pop-est` ``. Backticks are for
    ///   keywords, too: `` `in` ``. A backtick in a name is doubled.
    /// - A string is in double or single quotes: `"Côte d'Ivoire"`. The quote itself is doubled within
    ///   them; a backslash is a backslash.
    /// - Numbers are written as in JSON, and integers are read exactly, from -2^63
    ///   to 2^64-1.
    /// - Keywords (`and or not in is contains null true false`) may be in upper case.
    ///
    /// # Errors
    ///
    /// [`ParseFilterError`] says what was expected and where. More than 100 pairs or parentheses within
    /// each other are one, too: `a = 1 or a = 2 or …` of that length is better written `a in (1, 2, …)`.
    ///
    /// ```
    /// use felt_api::{Filter, attr};
    ///
    /// let filter = Filter::parse("a = 1 OR `b-c` is not null AND d not contains 'x'")?;
    /// let second = attr("b-c").is_not_null().and(attr("d").not_contains("x"));
    /// assert_eq!(filter, attr("a").eq(1).or(second));
    /// # Ok::<(), felt_api::ParseFilterError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, ParseFilterError> {
        let text = text.trim_end();
        // Some editors begin a file with a byte order mark.
        let rest = text.trim_start_matches('\u{feff}').trim_start();
        let mut parser = Parser { text, rest };
        if rest.is_empty() {
            return parser.error("", "the filter is empty: write, say, acres > 50");
        }
        let expression = parser.chain(Join::Or, DEPTH)?;
        match parser.rest {
            "" => Ok(Self(Ok(expression))),
            rest => parser.expected(rest, "`and`, `or` or the end"),
        }
    }
}

/// As [`Filter::parse`].
impl FromStr for Filter {
    type Err = ParseFilterError;

    fn from_str(text: &str) -> Result<Self, ParseFilterError> {
        Self::parse(text)
    }
}

type Parsed<T> = Result<T, ParseFilterError>;

struct Parser<'a> {
    text: &'a str,
    /// What is not read yet, from a token on.
    rest: &'a str,
}

impl<'a> Parser<'a> {
    /// The next token: a word or a number, an operator, what is in quotes, or any other character.
    fn next(&mut self) -> &'a str {
        let first = self.rest.chars().next().unwrap_or_default();
        let mut open = false;
        let end = self.rest.find(|char: char| match first {
            '"' | '\'' | '`' => {
                open ^= char == first;
                !open && char != first
            }
            '=' | '!' | '<' | '>' | '&' | '|' => !"=!<>&|".contains(char),
            // More than belongs in one, so that `pop-est` and `1.5.2` are shown whole, and letters with
            // the marks on them.
            _ => !char.is_alphanumeric() && !"_+-.".contains(char) && char.width() != Some(0),
        });
        // Of what is never closed only the quote: nobody knows where it should end.
        let whole = if open { 1 } else { self.rest.len() };
        let length = end.unwrap_or(whole).max(first.len_utf8());
        let (token, rest) = self.rest.split_at_checked(length).unwrap_or_default();
        self.rest = rest.trim_start();
        token
    }

    /// Whether these words or marks are next; if so, they are read.
    fn eat(&mut self, tokens: &str) -> bool {
        let before = self.rest;
        let mut tokens = tokens.split(' ');
        let all = tokens.all(|token| self.next().eq_ignore_ascii_case(token));
        if !all {
            self.rest = before;
        }
        all
    }

    /// What stands before a place.
    fn read(&self, place: &str) -> &str {
        self.text.strip_suffix(place).unwrap_or_default()
    }

    fn error<T>(&self, place: &str, message: &str) -> Parsed<T> {
        Err(ParseFilterError::new(
            self.text,
            self.read(place).len(),
            message,
        ))
    }

    fn expected<T>(&mut self, place: &'a str, what: &str) -> Parsed<T> {
        self.rest = place;
        let token = self.next();
        let hint = match token.to_ascii_lowercase().as_str() {
            "" => return self.error(place, &format!("expected {what}, found the end")),
            "\"" | "'" | "`" => return self.error(place, "this quote is never closed"),
            "not" | "!" if what.starts_with("a name") => NEGATION,
            "(" => ": parentheses go around conditions, and around the list after `in`",
            "==" => ": use `=`",
            "<>" => ": use `!=`",
            "&&" => ": use `and`",
            "||" => ": use `or`",
            _ if self.read(place).ends_with(['"', '\'']) => ": a quote within a string is doubled",
            _ => "",
        };
        let found = fit(token.trim_matches('`').chars(), 30);
        self.error(place, &format!("expected {what}, found `{found}`{hint}"))
    }

    /// Conditions that are combined by this word, or by one that binds tighter.
    fn chain(&mut self, join: Join, room: usize) -> Parsed<Expression> {
        let part = |parser: &mut Self| match join {
            Join::Or => parser.chain(Join::And, room),
            Join::And => parser.condition(room),
        };
        let mut left = part(self)?;
        loop {
            let place = self.rest;
            if !self.eat(join.text()) {
                return Ok(left);
            }
            let pair = left.pair(join, part(self)?);
            left = pair.or_else(|why| self.error(place, &why))?;
        }
    }

    /// A comparison, a constant, or what is in parentheses; `room` is for how many more of these.
    fn condition(&mut self, room: usize) -> Parsed<Expression> {
        let place = self.rest;
        if self.eat("(") {
            if room == 0 {
                return self.error(place, "more than 100 parentheses within each other");
            }
            let inner = self.chain(Join::Or, room - 1)?;
            return self.close(place, "`and`, `or` or `)`", inner);
        }
        let token = self.next();
        let compared = self.rest.starts_with(['=', '!', '<', '>']);
        match serde_json::from_str(&token.to_ascii_lowercase()) {
            Ok(constant) if !compared => return Ok(Expression::Constant(constant)),
            _ => {}
        }
        let bare = is_bare(token).then(|| token.to_owned());
        let name = bare.or_else(|| unquote(token, '`'));
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            return self.expected(place, "a name (keywords and unusual names go in backticks)");
        };
        if let Some((operator, ..)) = Op::ALL.iter().rev().find(|(.., text)| self.eat(text)) {
            return Ok(Expression::Compare(name, *operator, self.value()?));
        }
        let Some((operator, ..)) = ListOp::ALL.iter().find(|(.., text)| self.eat(text)) else {
            return self.expected(
                self.rest,
                "an operator (= != < <= > >= in contains is, and not in, not contains, is not)",
            );
        };
        let open = self.rest;
        if !self.eat("(") {
            return self.expected(open, "a list, such as (1, 2)");
        }
        let mut values = Vec::new();
        while !self.rest.starts_with(')') && (values.is_empty() || self.eat(",")) {
            values.push(self.value()?);
        }
        let among = Expression::Among(name, *operator, values);
        self.close(open, "`,` or `)`", among)
    }

    /// The end of what begins at `open`.
    fn close<T>(&mut self, open: &str, what: &str, inner: T) -> Parsed<T> {
        match (self.rest, self.eat(")")) {
            ("", _) => self.error(open, "this parenthesis is never closed"),
            (_, true) => Ok(inner),
            (rest, _) => self.expected(rest, what),
        }
    }

    fn value(&mut self) -> Parsed<Plain> {
        let place = self.rest;
        let token = self.next();
        let text = unquote(token, '"').or_else(|| unquote(token, '\''));
        let other = || serde_json::from_str(&token.to_ascii_lowercase()).ok();
        // An integer that is read as another number; -0 is the same.
        let rounded = |value: &Value| value.is_f64() && !token.contains(['.', 'e', 'E']);
        match text.map(Value::String).or_else(other) {
            Some(value) if rounded(&value) && value != -0.0 => self.error(
                place,
                "this integer is too large: put it in quotes if it is text",
            ),
            // No token is a list or an object.
            Some(value) => Ok(Plain(value)),
            None => self.expected(place, "a value (strings go in quotes, numbers as in JSON)"),
        }
    }
}

/// What is between two quotes of this kind.
fn unquote(token: &str, quote: char) -> Option<String> {
    let text = token.strip_prefix(quote)?.strip_suffix(quote)?;
    Some(text.replace(&format!("{quote}{quote}"), &quote.to_string()))
}

/// Whether a name needs no backticks.
fn is_bare(name: &str) -> bool {
    let keyword = KEYWORDS.contains(&name.to_ascii_lowercase().as_str());
    let inner = |char: char| char.is_alphanumeric() || char == '_';
    let first = |char: char| char.is_alphabetic() || char == '_';
    !keyword && name.starts_with(first) && name.chars().all(inner)
}

/// The text that [`Filter::parse`] reads as the same filter, with no more parentheses than it needs.
/// A filter that cannot be sent has no text: then it is the reason, in angle brackets.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Ok(expression) => f.write_str(&expression.text(0)),
            Err(why) => write!(f, "<{why}>"),
        }
    }
}

impl Expression {
    /// In parentheses if it binds less than that.
    fn text(&self, least: u8) -> String {
        let name = |name: &String| match is_bare(name) {
            true => name.clone(),
            false => format!("`{}`", name.replace('`', "``")),
        };
        let value = |Plain(value): &Plain| match value {
            Value::String(text) => format!("\"{}\"", text.replace('"', "\"\"")),
            _ => value.to_string(),
        };
        match self {
            Self::Constant(constant) => Value::from(*constant).to_string(),
            Self::Compare(of, op, to) => format!("{} {} {}", name(of), op.text(), value(to)),
            Self::Among(of, op, list) => {
                let list: Vec<_> = list.iter().map(value).collect();
                format!("{} {} ({})", name(of), op.text(), list.join(", "))
            }
            // What stands without parentheses is folded from the left.
            Self::Pair(left, join, right, _) => {
                let (own, word) = (*join as u8, join.text());
                let (left, right) = (left.text(own), right.text(own + 1));
                let (open, close) = if own < least { ("(", ")") } else { ("", "") };
                format!("{open}{left} {word} {right}{close}")
            }
        }
    }
}
