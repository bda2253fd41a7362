//! OpenAPI Overlays: changes to a spec as data, beside the spec that they are for.
//!
//! By the letter of the [Overlay Specification](https://spec.openapis.org/overlay/latest.html), 1.0 and 1.1; 1.1 adds
//! `copy`, several entries for an array, and targets that are primitive values. What the standard's schema refuses is
//! refused, but that beside `remove` anything may stand. An overlay belongs to the folder in which it lies: if `extends` is
//! the name of a file there, relative as the standard has it, then it is applied to that file, before files are merged;
//! otherwise, also if `extends` is the URL of the vendor's spec, to the spec as a whole.

use std::collections::{BTreeSet, HashSet};
use std::fmt;

use serde_json::{Map, Value};
use serde_json_path::JsonPath;

use crate::adapt::report;
use crate::document::unescaped;
use crate::error::Error;
use crate::visible;

mod extends;
mod merging;

use merging::{ARRAY, Merged, PRIMITIVE, merge_selected, sort};

/// An overlay document, ready to be applied.
#[derive(Clone, Debug)]
pub struct Overlay {
    place: String,
    file: Option<String>,
    version: Version,
    actions: Vec<Action>,
}

/// The set of features that an overlay is written for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Version {
    V1_0,
    V1_1,
}

/// One change of an overlay.
#[derive(Clone, Debug)]
struct Action {
    target: JsonPath,
    /// As it was written.
    path: String,
    description: Option<String>,
    change: Change,
}

#[derive(Clone, Debug)]
enum Change {
    Update(Value),
    Copy(JsonPath, String),
    Remove,
    /// It only says what it says.
    None,
}

/// What an action of an overlay did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The overlay: `openapi/felt.overlay.yaml`.
    pub overlay: String,
    /// The overlay, and which of its actions, from 1: `openapi/felt.overlay.yaml, action 2`.
    pub action: String,
    /// The action's target, as it was written.
    pub target: String,
    /// What the action says about itself.
    pub description: Option<String>,
    /// JSON pointers to those of the nodes that its target selects that it changed, sorted; where it removed something,
    /// to where that was.
    pub touched: Vec<String>,
    /// Why it is of no use, if it is.
    pub idle: Option<Idle>,
}

/// Why an action of an overlay is of no use. One that only describes what it selects is not meant to change anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idle {
    /// Its target selects nothing: the vendor may have changed what it was for.
    SelectsNothing,
    /// All that it says was there before: the vendor may have corrected it. What it adds to a list is there twice then.
    SaysNothingNew,
}

impl Overlay {
    /// Reads an overlay; `place` names it in messages.
    ///
    /// # Errors
    ///
    /// It is no overlay of version 1.0 or 1.1, or an action is none: every message names the action.
    pub fn parse(document: &Value, place: &str) -> Result<Self, Error> {
        let refused = |why: String| Error::new(format!("{place}: {why}"));
        let fields = ["overlay", "info", "extends", "actions"];
        let root =
            object(document, &fields).map_err(|why| refused(format!("no overlay: {why}")))?;
        let version = match root.get("overlay").and_then(Value::as_str) {
            Some(version) if is_version(version, "1.0") => Version::V1_0,
            Some(version) if is_version(version, "1.1") => Version::V1_1,
            _ => {
                let found = root
                    .get("overlay")
                    .map_or("left out".to_string(), Value::to_string);
                let why = format!("`overlay` has to be \"1.0.0\" or \"1.1.0\", and is {found}");
                return Err(refused(why));
            }
        };
        let fields: &[_] = match version {
            Version::V1_0 => &["title", "version"],
            Version::V1_1 => &["title", "version", "description"],
        };
        let info = root.get("info").unwrap_or(&Value::Null);
        let info = object(info, fields).map_err(|why| refused(format!("`info`: {why}")))?;
        for name in ["title", "version"] {
            if !info.get(name).is_some_and(Value::is_string) {
                return Err(refused(format!("`info` has to have a {name}, a string")));
            }
        }
        for (name, value) in [
            ("info/description", info.get("description")),
            ("extends", root.get("extends")),
        ] {
            if value.is_some_and(|value| !value.is_string()) {
                return Err(refused(format!("`{name}` has to be a string")));
            }
        }
        let actions = root.get("actions").and_then(Value::as_array);
        let actions = actions.filter(|actions| !actions.is_empty());
        let actions = actions.ok_or_else(|| {
            refused("`actions` has to be an array with one action or more".to_string())
        })?;
        let mut parsed = Vec::new();
        for (index, value) in actions.iter().enumerate() {
            let refused = |why: String| refused(format!("action {}: {why}", index + 1));
            // The standard's schema wants them to be unique.
            if let Some(same) = actions.iter().take(index).position(|it| it == value) {
                let same = same + 1;
                let why = format!("the same as action {same}: take one of them out");
                return Err(refused(why));
            }
            parsed.push(Action::parse(value, version).map_err(refused)?);
        }
        Ok(Self {
            place: place.to_string(),
            file: root
                .get("extends")
                .and_then(Value::as_str)
                .and_then(extends::file),
            version,
            actions: parsed,
        })
    }

    /// The name of the file that it is for; none if it is for the spec as a whole.
    pub(crate) fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// What it is called in messages.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// That there is no such file.
    pub(crate) fn extends_none(&self, file: &str) -> Error {
        Error::new(format!(
            "{}: `extends` names {file}, but there is no spec of this name in its folder",
            self.place
        ))
    }

    /// Makes the changes in place, in their order, and says what each has touched.
    ///
    /// # Errors
    ///
    /// An action does not fit what its target selects, or its source is not one node. The spec is then changed in
    /// part, and of no use.
    pub fn apply(&self, spec: &mut Value) -> Result<Vec<Applied>, Error> {
        let mut all = Vec::new();
        for (index, action) in self.actions.iter().enumerate() {
            let place = format!("{}, action {}", self.place, index + 1);
            let (mut touched, idle) = action.apply(spec, self.version).map_err(|why| {
                let path = visible::line(&action.path);
                Error::new(format!("{place} ({path}): {why}"))
            })?;
            touched.sort();
            all.push(Applied {
                overlay: self.place.clone(),
                action: place,
                target: action.path.clone(),
                description: action.description.clone(),
                touched,
                idle,
            });
        }
        Ok(all)
    }
}

impl Applied {
    /// What it did, and why, in lines.
    pub fn report(&self) -> String {
        report(
            &self.to_string(),
            self.description.as_deref(),
            &self.touched,
        )
    }
}

impl fmt::Display for Idle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SelectsNothing => "its target selects nothing",
            Self::SaysNothingNew => "all that it says is there without it",
        })
    }
}

impl fmt::Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.action, self.target)
    }
}

/// The patch version makes no difference.
fn is_version(version: &str, feature_set: &str) -> bool {
    let patch = version
        .strip_prefix(feature_set)
        .and_then(|rest| rest.strip_prefix('.'));
    patch
        .is_some_and(|patch| !patch.is_empty() && patch.bytes().all(|digit| digit.is_ascii_digit()))
}

/// The members of an object that has no others: one that is misspelt would have no effect.
fn object<'a>(value: &'a Value, fields: &[&str]) -> Result<&'a Map<String, Value>, String> {
    let object = value.as_object().ok_or("it has to be an object")?;
    let unknown = object
        .keys()
        .find(|name| !fields.contains(&name.as_str()) && !name.starts_with("x-"));
    match unknown {
        Some(name) => Err(format!(
            "{name:?} is no member of it: there are {}",
            fields.join(", ")
        )),
        None => Ok(object),
    }
}

fn path(text: &str, what: &str) -> Result<JsonPath, String> {
    JsonPath::parse(text).map_err(|error| {
        let at = error.position() + 1;
        let text = visible::line(text);
        format!("`{what}` is no JSONPath as RFC 9535 has them: {text} (from character {at} on)")
    })
}

impl Action {
    fn parse(value: &Value, version: Version) -> Result<Self, String> {
        let fields = ["target", "description", "update", "copy", "remove"];
        let fields: Vec<_> = fields
            .into_iter()
            .filter(|it| version == Version::V1_1 || *it != "copy")
            .collect();
        let action = object(value, &fields)?;
        let text = |name: &str| match action.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(format!("`{name}` has to be a string")),
        };
        let target = text("target")?.ok_or("it has to have a `target`, a JSONPath")?;
        let remove = match action.get("remove") {
            None => false,
            Some(Value::Bool(remove)) => *remove,
            Some(_) => return Err("`remove` has to be true or false".to_string()),
        };
        let change = match (remove, text("copy")?, action.get("update")) {
            // Beside it the others have no impact.
            (true, ..) => Change::Remove,
            // By the letter of the standard each of them keeps the other from having an impact; nobody can mean that,
            // and the standard's schema refuses it.
            (_, Some(_), Some(_)) => {
                let why = "`copy` and `update` have no impact beside each other: make two actions of them";
                return Err(why.to_string());
            }
            (_, Some(copy), None) => Change::Copy(path(&copy, "copy")?, copy),
            (_, None, Some(update)) => Change::Update(update.clone()),
            _ => Change::None,
        };
        Ok(Self {
            target: path(&target, "target")?,
            path: target,
            description: text("description")?,
            change,
        })
    }

    /// What it changed, and why it is of no use, if it is.
    fn apply(
        &self,
        spec: &mut Value,
        version: Version,
    ) -> Result<(Vec<String>, Option<Idle>), String> {
        let selected = pointers(&self.target, spec);
        let sorts = selected
            .iter()
            .filter_map(|pointer| spec.pointer(pointer))
            .map(sort);
        let sorts: BTreeSet<&str> = sorts.collect();
        if version == Version::V1_0 && sorts.contains(PRIMITIVE) {
            return Err(format!(
                "the target selects {PRIMITIVE}, which takes version 1.1.0"
            ));
        }
        if selected.is_empty() {
            // What would be copied does not have to be there either.
            return Ok((selected, Some(Idle::SelectsNothing)));
        }
        let update = match &self.change {
            Change::Remove => return Ok((remove(spec, selected)?, None)),
            Change::None => return Ok((Vec::new(), None)),
            Change::Update(update) => update.clone(),
            Change::Copy(source, path) => match pointers(source, spec).as_slice() {
                [one] => spec.pointer(one).cloned().unwrap_or_default(),
                all => {
                    let found = all.len();
                    return Err(format!(
                        "`copy` has to select one node, and {path} selects {found}"
                    ));
                }
            },
        };
        if sorts.len() > 1 {
            let sorts: Vec<&str> = sorts.into_iter().collect();
            return Err(format!(
                "the target selects different kinds of nodes: {}",
                sorts.join(", ")
            ));
        }
        if version == Version::V1_0 && sorts.contains(ARRAY) && update.is_array() {
            return Err(
                "an array would become one entry of the array: version 1.1.0 takes it for several"
                    .to_string(),
            );
        }
        let mut touched = Vec::new();
        let mut most = Merged::Same;
        for pointer in selected {
            if let Some(node) = spec.pointer_mut(&pointer) {
                let merged = merge_selected(node, &update, &pointer)?;
                most = most.max(merged);
                if merged != Merged::Same {
                    touched.push(pointer);
                }
            }
        }
        let idle = (most != Merged::Other).then_some(Idle::SaysNothingNew);
        Ok((touched, idle))
    }
}

/// Where the nodes are that a path selects, each once.
fn pointers(path: &JsonPath, spec: &Value) -> Vec<String> {
    let located = path.query_located(spec);
    let mut pointers: Vec<String> = Vec::new();
    let mut seen = HashSet::new();
    for node in located.iter() {
        let pointer = node.location().to_json_pointer();
        if seen.insert(pointer.clone()) {
            pointers.push(pointer);
        }
    }
    pointers
}

/// The last ones first, and what is within before what holds it: so each stands where it was found.
fn remove(spec: &mut Value, selected: Vec<String>) -> Result<Vec<String>, String> {
    let mut steps: Vec<(&str, String)> = Vec::new();
    for pointer in &selected {
        let (parent, name) = pointer
            .rsplit_once('/')
            .ok_or("the whole document cannot be removed")?;
        steps.push((parent, unescaped(name)));
    }
    let index = |name: &str| name.parse::<usize>().unwrap_or(0);
    steps.sort_by(|(a, x), (b, y)| {
        let depth = |pointer: &str| pointer.matches('/').count();
        (depth(b), b, index(y)).cmp(&(depth(a), a, index(x)))
    });
    for (parent, name) in steps {
        match spec.pointer_mut(parent) {
            Some(Value::Object(members)) => {
                members.shift_remove(&name);
            }
            Some(Value::Array(entries)) if index(&name) < entries.len() => {
                entries.remove(index(&name));
            }
            _ => {}
        }
    }
    Ok(selected)
}

#[cfg(test)]
mod tests;
