//! Who reaches what: whether a part is sent, comes in answers, or is handed on unread.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::bodies::is_json;
use super::responses::is_taken;
use super::sides::is_success;
use super::texts::Text;
use crate::document::{Kind, Node, join, nodes, operations, reference, unescaped};

/// Whether requests, responses or errors reach a part. None of them: nothing that is called does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reach {
    pub request: bool,
    pub response: bool,
    pub error: bool,
    /// Whether it comes in what our clients hand on unread: responses that are no JSON, and redirects.
    pub unread: bool,
    /// How it is sent as text, if it is in all requests that reach it: in parameters and forms.
    pub text: Option<Text>,
}

impl Reach {
    const NONE: Reach = Reach {
        request: false,
        response: false,
        error: false,
        unread: false,
        text: None,
    };
    pub const REQUEST: Reach = Reach {
        request: true,
        ..Self::NONE
    };
    pub const RESPONSE: Reach = Reach {
        response: true,
        ..Self::NONE
    };
    pub const ERROR: Reach = Reach {
        error: true,
        ..Self::NONE
    };
    pub const UNREAD: Reach = Reach {
        unread: true,
        ..Self::NONE
    };

    /// What a response that is a success is reached by.
    pub fn of_success(status: &str) -> Self {
        match is_taken(status) {
            true => Self::RESPONSE,
            false => Self::UNREAD,
        }
    }

    /// The same of a part that clients do not read.
    pub fn not_read(self) -> Self {
        Self {
            response: false,
            unread: self.unread || self.response,
            ..self
        }
    }

    /// The same of a part that requests send as text, if they do.
    pub fn sent_as(self, text: Option<Text>) -> Self {
        Self {
            text: text.filter(|_| self.request).or(self.text),
            ..self
        }
    }

    /// The same of a part that a text has in some way.
    pub fn within(self, way: impl FnOnce(Text) -> Text) -> Self {
        Self {
            text: self.text.map(way),
            ..self
        }
    }

    pub fn and(self, other: Reach) -> Reach {
        let text = match (self.request, other.request) {
            (true, true) => self.text.zip(other.text).map(|(a, b)| a.min(b)),
            (true, false) => self.text,
            (false, _) => other.text,
        };
        Reach {
            text,
            request: self.request || other.request,
            response: self.response || other.response,
            error: self.error || other.error,
            unread: self.unread || other.unread,
        }
    }
}

/// Who reaches the shared parts that are referred to, by pointer.
pub(super) fn reach(spec: &Value) -> HashMap<String, Reach> {
    let mut open: Vec<(String, Kind, Reach)> = Vec::new();
    for operation in operations(spec) {
        let responses = operation.value.get("responses").unwrap_or(&Value::Null);
        for Node { kind, pointer, .. } in Kind::Operation.children(operation.value) {
            let reach = match (kind, pointer.strip_prefix("/responses/")) {
                (Kind::Parameter | Kind::RequestBody, _) => Reach::REQUEST,
                (Kind::Response, Some(status)) if is_success(responses, status) => {
                    Reach::of_success(status)
                }
                (Kind::Response, _) => Reach::ERROR,
                // The server calls these: no client of ours does.
                _ => continue,
            };
            open.push((operation.pointer.clone() + &pointer, kind, reach));
        }
    }
    let items = spec.get("paths").and_then(Value::as_object);
    for path in items.into_iter().flat_map(Map::keys) {
        let pointer = join("/paths", path);
        let item = spec.pointer(&pointer).unwrap_or(&Value::Null);
        for child in Kind::PathItem.children(item) {
            if child.kind == Kind::Parameter {
                let pointer = pointer.clone() + &child.pointer;
                open.push((pointer, child.kind, Reach::REQUEST));
            }
        }
    }
    let mut found: HashMap<String, Reach> = HashMap::new();
    // Three directions may come to a part: what it refers to is looked for once.
    let mut links: HashMap<String, Vec<Link>> = HashMap::new();
    while let Some((pointer, kind, reach)) = open.pop() {
        let to = links.entry(pointer).or_insert_with_key(|pointer| {
            let value = spec.pointer(pointer);
            value
                .map(|value| references(kind, value))
                .unwrap_or_default()
        });
        for link in to.iter() {
            let reach = reach.sent_as(link.text).within(|text| text.at(&link.from));
            let reach = match link.is_read {
                true => reach,
                false => reach.not_read(),
            };
            let known = found.entry(link.to.clone()).or_default();
            let now = known.and(reach);
            if *known != now {
                *known = now;
                open.push((link.to.clone(), link.kind, reach));
            }
        }
    }
    found
}

/// What a part refers to, and how that comes there.
struct Link {
    /// Where it stands in the part.
    from: String,
    to: String,
    kind: Kind,
    /// Whether clients read what comes there.
    is_read: bool,
    /// How it is sent as text, if it is.
    text: Option<Text>,
}

/// What a part and its parts refer to, what has to be there.
fn references(kind: Kind, value: &Value) -> Vec<Link> {
    let nodes = nodes(kind, value).into_iter();
    let found = nodes.filter_map(|node| {
        let to = reference(node.value)?.strip_prefix('#')?;
        let media = node
            .pointer
            .strip_prefix("/content/")
            .map(|rest| unescaped(rest.split('/').next().unwrap_or(rest)));
        let text = match kind {
            Kind::Parameter if media.is_none() && !node.pointer.is_empty() => Some(Text::of(value)),
            Kind::RequestBody => media.as_deref().and_then(Text::of_form),
            _ => None,
        };
        let is_whole = node.pointer.is_empty();
        let is_json = media.is_some_and(|name| is_json(&name));
        Some(Link {
            to: to.to_string(),
            from: node.pointer,
            kind: node.kind,
            is_read: kind != Kind::Response || is_whole || is_json,
            text,
        })
    });
    found.collect()
}
