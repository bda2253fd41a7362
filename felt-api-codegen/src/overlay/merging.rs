//! How what an action says is merged into what its target selects.

use serde_json::Value;

use crate::document::join;

pub(super) const ARRAY: &str = "arrays";
pub(super) const PRIMITIVE: &str = "primitive values";

/// What a node is, as far as it matters for merging.
pub(super) fn sort(value: &Value) -> &'static str {
    match value {
        Value::Object(_) => "objects",
        Value::Array(_) => ARRAY,
        _ => PRIMITIVE,
    }
}

/// What has become of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Merged {
    /// It was so before.
    Same,
    /// Its lists have entries twice.
    Twice,
    Other,
}

/// Merges into a node that a target selects; what is within is merged a little otherwise.
pub(super) fn merge_selected(
    node: &mut Value,
    update: &Value,
    pointer: &str,
) -> Result<Merged, String> {
    match (node, update) {
        // An entry, unless there are several.
        (Value::Array(entries), Value::Array(more)) => Ok(add(entries, more)),
        (Value::Array(entries), entry) => Ok(add(entries, std::slice::from_ref(entry))),
        (node, update) => merge(node, update, pointer),
    }
}

fn add(entries: &mut Vec<Value>, more: &[Value]) -> Merged {
    let merged = match more {
        [] => Merged::Same,
        more if more.iter().all(|entry| entries.contains(entry)) => Merged::Twice,
        _ => Merged::Other,
    };
    entries.extend(more.iter().cloned());
    merged
}

fn merge(node: &mut Value, update: &Value, pointer: &str) -> Result<Merged, String> {
    match (node, update) {
        (Value::Object(members), Value::Object(update)) => {
            let mut most = Merged::Same;
            for (name, value) in update {
                let merged = match members.get_mut(name) {
                    Some(member) => merge(member, value, &join(pointer, name))?,
                    None => {
                        members.insert(name.clone(), value.clone());
                        Merged::Other
                    }
                };
                most = most.max(merged);
            }
            Ok(most)
        }
        (Value::Array(entries), Value::Array(more)) => Ok(add(entries, more)),
        (node, update) if node == update => Ok(Merged::Same),
        (node, update) if sort(node) == sort(update) => {
            *node = update.clone();
            Ok(Merged::Other)
        }
        (node, update) => {
            let (found, given) = (sort(node), sort(update));
            Err(match pointer {
                "" => format!("the document cannot be merged: {given} into {found}"),
                pointer => {
                    format!("{pointer} cannot be merged: {given} into {found}; remove it first")
                }
            })
        }
    }
}
