//! YAML as OpenAPI allows it: what could be written as JSON. Plain scalars mean what YAML 1.2 says, so that
//! `no` and a date are strings; keys are strings, so that `200:` is the status "200"; a key stands once.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};
use serde_json::{Map, Value};

use crate::error::Fault;
use crate::visible;

mod scalar;

/// As deep as JSON may nest: what follows handles a spec recursively.
const DEEPEST: usize = 128;

/// How many values aliases may stand for, all in all: a few lines of aliases of aliases stand for billions.
const MOST_ALIASED: usize = 1_000_000;

impl Fault {
    fn new(at: Marker, message: impl Into<String>) -> Self {
        Self {
            line: at.line(),
            column: at.col() + 1,
            message: message.into(),
        }
    }
}

impl From<ScanError> for Fault {
    fn from(error: ScanError) -> Self {
        Fault::new(*error.marker(), error.info())
    }
}

/// What the parser says of a line that begins too far to the left.
const INDENTATION: &str = "invalid indentation";

/// How many such lines are put right: the text is parsed anew after each.
const MOST_INDENTED: usize = 500;

/// Parses a text with one document; an empty one is null.
///
/// YAML wants a line that begins with `}` or `]` to be deeper than the key whose value ends there. Most parsers do not,
/// and many specs are written so: it is put right here.
pub(crate) fn parse(text: &str) -> Result<Value, Fault> {
    let mut lines: Vec<String> = Vec::new();
    let mut added: HashMap<usize, usize> = HashMap::new();
    let mut parsed = strictly(text);
    while let Err(fault) = &mut parsed {
        if lines.is_empty() {
            lines = text.split('\n').map(str::to_string).collect();
        }
        let index = fault.line.saturating_sub(1).min(lines.len());
        let (before, rest) = lines.split_at_mut(index);
        let line = rest
            .first_mut()
            .filter(|line| line.trim_start().starts_with(['}', ']']));
        let known = added.get(&fault.line).copied();
        let is_much = added.len() == MOST_INDENTED;
        let (Some(line), INDENTATION, None, false) = (line, fault.message.as_str(), known, is_much)
        else {
            // Where it is in the text as it was given.
            fault.column = fault.column.saturating_sub(known.unwrap_or(0)).max(1);
            break;
        };
        let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let before = before.iter().rev().find(|line| !line.trim().is_empty());
        let wanted = before.map_or(0, |line| indent(line)) + 1;
        let spaces = wanted.saturating_sub(indent(line));
        line.insert_str(0, &" ".repeat(spaces));
        added.insert(fault.line, spaces);
        parsed = strictly(&lines.join("\n"));
    }
    parsed
}

fn strictly(text: &str) -> Result<Value, Fault> {
    let mut reader = Reader {
        parser: Parser::new_from_str(text),
        anchors: HashMap::new(),
        aliased: 0,
    };
    let mut found = None;
    loop {
        let (event, span) = reader.next()?;
        match event {
            Event::StreamEnd => return Ok(found.unwrap_or_default()),
            Event::DocumentStart(_) if found.is_some() => {
                let message = "a second document begins here, and a spec is one document";
                return Err(Fault::new(span.start, message));
            }
            Event::DocumentStart(_) => {
                let (event, span) = reader.next()?;
                found = Some(reader.value(event, span, 0)?);
            }
            _ => {}
        }
    }
}

struct Reader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    /// What each anchor stands for, once it is complete.
    anchors: HashMap<usize, Value>,
    aliased: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), Fault> {
        match self.parser.next_event() {
            Some(event) => Ok(event?),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    /// The value that begins with this event.
    fn value(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Value, Fault> {
        if depth > DEEPEST {
            return Err(Fault::new(span.start, "this is nested too deep"));
        }
        let (anchor, value) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                (anchor, scalar(&text, style, tag.as_deref(), span)?)
            }
            Event::SequenceStart(anchor, tag) => {
                expect_tag(tag.as_deref(), "seq", span)?;
                (anchor, Value::Array(self.sequence(depth)?))
            }
            Event::MappingStart(anchor, tag) => {
                expect_tag(tag.as_deref(), "map", span)?;
                (anchor, Value::Object(self.mapping(depth)?))
            }
            Event::Alias(anchor) => return self.alias(anchor, span, depth),
            // The parser gives a value where one belongs, if an empty one.
            _ => return Err(Fault::new(span.start, "a value was expected here")),
        };
        if anchor != 0 {
            self.anchors.insert(anchor, value.clone());
        }
        Ok(value)
    }

    fn sequence(&mut self, depth: usize) -> Result<Vec<Value>, Fault> {
        let mut list = Vec::new();
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::SequenceEnd => return Ok(list),
                event => list.push(self.value(event, span, depth + 1)?),
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Map<String, Value>, Fault> {
        let mut map = Map::new();
        let mut merged = Vec::new();
        loop {
            let (event, at) = self.next()?;
            if event == Event::MappingEnd {
                break;
            }
            // A merge key, of YAML 1.1, is no part of 1.2, but widely written.
            let is_merge =
                matches!(&event, Event::Scalar(text, ScalarStyle::Plain, 0, None) if text == "<<");
            let key = self.key(event, at)?;
            if map.contains_key(&key) {
                let key = visible::line(&key);
                let message = format!("`{key}` is defined twice in one object");
                return Err(Fault::new(at.start, message));
            }
            let (event, span) = self.next()?;
            let value = self.value(event, span, depth + 1)?;
            if is_merge {
                merged.extend(maps(value).ok_or_else(|| {
                    Fault::new(span.start, "`<<` takes a mapping, or a list of them")
                })?);
            } else {
                map.insert(key, value);
            }
        }
        // What a mapping says itself comes first, then what comes first in the list.
        for (key, value) in merged.into_iter().flatten() {
            map.entry(key).or_insert(value);
        }
        Ok(map)
    }

    /// A key as JSON has it, a string: as it is written.
    fn key(&mut self, event: Event<'a>, span: Span) -> Result<String, Fault> {
        match event {
            Event::Scalar(text, _, anchor, _) => {
                if anchor != 0 {
                    self.anchors.insert(anchor, Value::String(text.to_string()));
                }
                Ok(text.into_owned())
            }
            Event::Alias(anchor) => match self.anchors.get(&anchor) {
                Some(Value::String(text)) => Ok(text.clone()),
                Some(value @ (Value::Number(_) | Value::Bool(_))) => Ok(value.to_string()),
                _ => Err(Fault::new(span.start, "a key has to be a string")),
            },
            _ => Err(Fault::new(span.start, "a key has to be a string")),
        }
    }

    fn alias(&mut self, anchor: usize, span: Span, depth: usize) -> Result<Value, Fault> {
        let Some(value) = self.anchors.get(&anchor) else {
            return Err(Fault::new(
                span.start,
                "this alias is a part of what it stands for",
            ));
        };
        let (count, height) = extent(value);
        self.aliased += count;
        if self.aliased > MOST_ALIASED {
            return Err(Fault::new(span.start, "the aliases stand for too much"));
        }
        if depth + height > DEEPEST {
            return Err(Fault::new(span.start, "this is nested too deep"));
        }
        Ok(value.clone())
    }
}

/// How many values there are in one, and how deep they nest.
fn extent(value: &Value) -> (usize, usize) {
    let of_all = |values: &mut dyn Iterator<Item = &Value>| {
        values
            .map(extent)
            .fold((1, 0), |(count, height), (more, below)| {
                (count + more, height.max(below + 1))
            })
    };
    match value {
        Value::Array(list) => of_all(&mut list.iter()),
        Value::Object(map) => of_all(&mut map.values()),
        _ => (1, 0),
    }
}

/// The mappings that a merge key brings.
fn maps(value: Value) -> Option<Vec<Map<String, Value>>> {
    let one = |value| match value {
        Value::Object(map) => Some(map),
        _ => None,
    };
    match value {
        Value::Array(list) => list.into_iter().map(one).collect(),
        value => Some(vec![one(value)?]),
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Result<Value, Fault> {
    let fault = |message: String| Fault::new(span.start, message);
    let wanted = match tag {
        // Of a tag `!` only that is known that it is not to be guessed at.
        Some(tag) if tag.handle.is_empty() && tag.suffix == "!" => "str",
        Some(tag) if tag.is_yaml_core_schema() => tag.suffix.as_str(),
        Some(tag) => return Err(fault(unknown(tag))),
        None if style == ScalarStyle::Plain => "",
        None => "str",
    };
    if wanted == "str" {
        return Ok(Value::String(text.to_string()));
    }
    let value = scalar::plain(text).map_err(fault)?;
    let fits = match wanted {
        "" => true,
        "null" => value.is_null(),
        "bool" => value.is_boolean(),
        "int" => value.is_i64() || value.is_u64(),
        "float" => value.is_number(),
        _ => false,
    };
    if fits {
        Ok(value)
    } else {
        Err(fault(format!("`{text}` cannot be read as `!!{wanted}`")))
    }
}

fn expect_tag(tag: Option<&Tag>, wanted: &str, span: Span) -> Result<(), Fault> {
    match tag {
        Some(tag) if !(tag.is_yaml_core_schema() && tag.suffix == wanted) => {
            Err(Fault::new(span.start, unknown(tag)))
        }
        _ => Ok(()),
    }
}

fn unknown(tag: &Tag) -> String {
    format!(
        "the tag `{}{}` says nothing in a spec",
        tag.handle, tag.suffix
    )
}

#[cfg(test)]
mod tests;
