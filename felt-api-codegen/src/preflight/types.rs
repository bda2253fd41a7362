//! The rule about types that get one name: typify keeps the first of them, and takes it for all.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{Finding, Parts, Rule, Severity};
use crate::document::{Kind, join, keys, list, reference, target};
use crate::names::{field_name, type_name};

pub(crate) static TYPE_NAME_CLASH: Rule = Rule {
    name: "type-name-clash",
    severity: Severity::Refused,
    text: "Two different schemas get one type name: inline ones are named after their title, or \
           after what they are in (the property bar_baz of Foo, and the property baz of FooBar, \
           are both FooBarBaz). typify takes the first for both without a word, so that the \
           second is sent and read in a wrong shape; or the type is there twice. Give one of the \
           two a title of its own; if one is a component, the other one, since a component is \
           called by its name alone. (In an adapted spec a title that was taken is gone already.)",
    before: "Foo:\n  properties: {bar_baz: {type: object, properties: {a: {type: string}}}}\nFooBar:\n  properties: {baz: {type: object, properties: {b: {type: string}}}}",
    after: "Foo:\n  properties: {bar_baz: {title: FooDetail, type: object, properties: {a: {type: string}}}}\nFooBar:\n  properties: {baz: {type: object, properties: {b: {type: string}}}}",
};

pub(super) fn types(parts: &Parts<'_>) -> Vec<Finding> {
    // A component is called by its name, whatever its title: it is the other that can have another.
    let (mut all, inline): (Vec<_>, Vec<_>) =
        all(parts).into_iter().partition(|one| one.is_component);
    all.extend(inline);
    let mut named: HashMap<&str, usize> = HashMap::new();
    let mut found = Vec::new();
    for (number, other) in all.iter().enumerate() {
        let first = *named.entry(&other.name).or_insert(number);
        let Some(first) = all
            .get(first)
            .filter(|first| first.pointer != other.pointer)
        else {
            continue;
        };
        // Two components of one name have a rule of their own.
        let is_told = first.is_component && other.is_component;
        let is_same = !first.is_component && !other.is_component && same(first.value, other.value);
        if !is_told && !is_same {
            let why = format!(
                "this makes a type `{}`, as {} does, which is another",
                other.name, first.pointer
            );
            let fix = match first.is_component {
                true => "give this a title of its own",
                false => "give one of the two a title of its own",
            };
            let pointer = other.pointer.as_str();
            found.push(Finding::new(&TYPE_NAME_CLASH, pointer, why, fix));
        }
    }
    found
}

/// A schema that typify makes a named type of.
struct Named<'a> {
    pub name: String,
    pub pointer: String,
    pub value: &'a Value,
    pub is_component: bool,
}

/// Whether two schemas make the same type: they differ in nothing but what people read, and whether
/// they may be null.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    const READ: [&str; 8] = [
        "default",
        "deprecated",
        "description",
        "example",
        "externalDocs",
        "nullable",
        "title",
        "xml",
    ];
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            // A property may have the name of what is only read.
            let is_read = |key: &str, value: &Value| READ.contains(&key) && !is_schema(value);
            let counts =
                |key: &String, value: &Value| !key.starts_with("x-") && !is_read(key, value);
            let left = || a.iter().filter(|(key, value)| counts(key, value));
            left().count() == b.iter().filter(|(key, value)| counts(key, value)).count()
                && left().all(|(key, value)| b.get(key).is_some_and(|other| same(value, other)))
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        _ => a == b,
    }
}

fn is_schema(value: &Value) -> bool {
    value.get("type").is_some() || reference(value).is_some()
}

/// The names of inline types and of components, by their pointers.
pub(crate) fn type_names(spec: &Value) -> HashMap<String, String> {
    let parts = Parts::new(spec);
    all(&parts)
        .into_iter()
        .map(|one| (one.pointer, one.name))
        .collect()
}

/// The property by which typify tells alternatives apart: one that each requires, with a value of its own.
/// Only of schemas that stand there themselves.
pub(crate) fn tag<'a>(schema: &'a Value, key: &str) -> Option<&'a str> {
    let branches = schema.get(key)?.as_array()?;
    let (first, _) = branches
        .split_first()
        .filter(|(_, others)| !others.is_empty())?;
    let mut names = first.get("properties")?.as_object()?.keys();
    names
        .find(|name| {
            branches
                .iter()
                .all(|branch| constant(branch, name).is_some())
        })
        .map(String::as_str)
}

/// The one value of a required property.
pub(crate) fn constant<'a>(branch: &'a Value, name: &str) -> Option<&'a str> {
    let required = branch.get("required")?.as_array()?;
    let values = branch
        .get("properties")?
        .get(name)?
        .get("enum")?
        .as_array()?;
    match values.as_slice() {
        [value] if required.iter().any(|one| one == name) => value.as_str(),
        _ => None,
    }
}

/// What typify is told to call a type.
#[derive(Clone)]
enum Name {
    /// The name of a component.
    Required(String),
    /// A name made of where it is; a title comes before it.
    Suggested(String),
    Unknown,
}

impl Name {
    fn below(&self, end: &str) -> Self {
        match self {
            Name::Required(name) | Name::Suggested(name) => Name::Suggested(format!("{name}{end}")),
            Name::Unknown => Name::Unknown,
        }
    }
}

/// Every named type, as far as its name can be told: those within alternatives only by their titles.
fn all<'a>(parts: &Parts<'a>) -> Vec<Named<'a>> {
    let mut walk = Walk {
        parts,
        spec: parts.spec,
        found: Vec::new(),
        open: Vec::new(),
    };
    for name in keys(parts.spec.pointer("/components/schemas")) {
        walk.schema(
            join("/components/schemas", name),
            Name::Required(name.clone()),
        );
    }
    for operation in &parts.operations {
        let Some(id) = operation.value.get("operationId").and_then(Value::as_str) else {
            continue;
        };
        for parameter in super::parameters::of(parts.spec, operation) {
            let name = type_name(&format!("{id}-{}", parameter.name));
            walk.schema(join(&parameter.pointer, "schema"), Name::Suggested(name));
        }
        for part in Kind::Operation.children(operation.value) {
            let end = match part.kind {
                Kind::RequestBody => "body",
                Kind::Response => "response",
                _ => continue,
            };
            let Some(pointer) = target(parts.spec, &(operation.pointer.clone() + &part.pointer))
            else {
                continue;
            };
            let content = join(&pointer, "content");
            for media in keys(parts.spec.pointer(&content)) {
                let name = type_name(&format!("{id}-{end}"));
                walk.schema(
                    join(&join(&content, media), "schema"),
                    Name::Suggested(name),
                );
            }
        }
    }
    walk.found
}

struct Walk<'p, 'a> {
    parts: &'p Parts<'a>,
    spec: &'a Value,
    found: Vec<Named<'a>>,
    /// What the walk is in the middle of: parts may lead back to it.
    open: Vec<String>,
}

/// How many names are looked at: parts of parts of parts may be very many.
const MOST: usize = 200_000;

impl<'a> Walk<'_, 'a> {
    fn schema(&mut self, pointer: String, name: Name) {
        if self.found.len() < MOST && !self.open.contains(&pointer) {
            self.open.push(pointer.clone());
            self.within(pointer, name);
            self.open.pop();
        }
    }

    fn within(&mut self, pointer: String, name: Name) {
        let Some(value) = self
            .spec
            .pointer(&pointer)
            .filter(|value| reference(value).is_none())
        else {
            return;
        };
        let get = |key: &str| value.get(key);
        let count = |key: &str| list(value, key).len();
        let is_component = matches!(name, Name::Required(_));
        if let Name::Required(name) = &name {
            self.add(type_name(name), &pointer, value, true);
        }
        let name = match name {
            Name::Required(name) if get("nullable") == Some(&Value::Bool(true)) => {
                Name::Suggested(format!("{name}Inner"))
            }
            name => name,
        };
        let is_object = get("properties").is_some() || get("required").is_some();
        if count("allOf") == 1 && !is_object {
            return self.schema(pointer + "/allOf/0", name);
        }
        let title = get("title").and_then(Value::as_str);
        let base = match (&name, title) {
            (Name::Required(name), _) | (Name::Suggested(name), None) => Some(type_name(name)),
            (_, Some(title)) => Some(type_name(title)),
            (Name::Unknown, None) => None,
        };
        let is_combined = ["allOf", "anyOf", "oneOf"].iter().any(|key| count(key) > 0);
        let is_restricted = ["enum", "minLength", "maxLength", "pattern"]
            .iter()
            .any(|key| get(key).is_some());
        let kind = get("type").and_then(Value::as_str);
        let is_closed =
            kind == Some("object") && get("additionalProperties") == Some(&Value::Bool(false));
        let is_named =
            is_object || is_combined || is_closed || (is_restricted && kind != Some("array"));
        if let (Some(base), true, false) = (&base, is_named, is_component) {
            self.add(base.clone(), &pointer, value, false);
        }
        for part in self.parts.all_of(&pointer) {
            self.properties(&part.pointer, part.value, base.as_deref(), None);
        }
        for key in ["anyOf", "oneOf"] {
            let tag = tag(value, key);
            for index in 0..count(key) {
                let branch = format!("{pointer}/{key}/{index}");
                match self.spec.pointer(&branch) {
                    Some(value) if tag.is_some() => {
                        let title = value
                            .get("title")
                            .and_then(Value::as_str)
                            .filter(|_| !is_component);
                        let base = title.map(type_name).or_else(|| base.clone());
                        self.properties(&branch, value, base.as_deref(), tag);
                    }
                    _ => self.schema(branch, Name::Unknown),
                }
            }
        }
        if get("additionalProperties").is_some_and(Value::is_object) {
            let name = match &base {
                Some(base) if is_object => Name::Suggested(format!("{base}_extraValue")),
                _ if is_object => Name::Unknown,
                _ => name.below("Value"),
            };
            self.schema(join(&pointer, "additionalProperties"), name);
        }
        let is_fixed = get("minItems").is_some() && get("minItems") == get("maxItems");
        let name = match base {
            _ if is_fixed => name.below("_item"),
            Some(base) => Name::Suggested(format!("{base}Item")),
            None => Name::Unknown,
        };
        self.schema(join(&pointer, "items"), name);
    }

    /// The properties of a struct; a tag is none of them.
    fn properties(
        &mut self,
        pointer: &str,
        value: &'a Value,
        base: Option<&str>,
        tag: Option<&str>,
    ) {
        let properties = value.get("properties").and_then(Value::as_object);
        let names = keys(value.get("properties")).filter(|name| Some(name.as_str()) != tag);
        for property in names.filter(|name| !is_bare(properties, name)) {
            let name = base.map_or(Name::Unknown, |base| {
                Name::Suggested(format!("{base}_{}", field_name(property)))
            });
            self.schema(join(&join(pointer, "properties"), property), name);
        }
    }

    fn add(&mut self, name: String, pointer: &str, value: &'a Value, is_component: bool) {
        let pointer = pointer.to_string();
        self.found.push(Named {
            name,
            pointer,
            value,
            is_component,
        });
    }
}

/// Whether nothing below a property makes a type: of those that many structs have, most are such.
fn is_bare(properties: Option<&Map<String, Value>>, name: &str) -> bool {
    let property = properties.and_then(|properties| properties.get(name)?.as_object());
    property.is_some_and(|property| {
        let is_scalar = matches!(
            property.get("type").and_then(Value::as_str),
            Some("boolean" | "integer" | "number" | "string")
        );
        let says = |key: &str| property.contains_key(key);
        let makes = [
            "additionalProperties",
            "allOf",
            "anyOf",
            "enum",
            "items",
            "maxLength",
            "minLength",
            "oneOf",
            "pattern",
            "properties",
            "required",
        ];
        says("$ref") || (is_scalar && !makes.into_iter().any(says))
    })
}
