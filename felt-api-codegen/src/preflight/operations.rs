//! Rules about operations: what their methods are called, and what they answer to.

use std::collections::BTreeMap;

use heck::ToSnakeCase;
use serde_json::Value;

use super::Finding;
use crate::document::{join, operations};

/// Names that the generated `Client` has already, or that its methods call on it.
const TAKEN: [&str; 6] = [
    "api_version",
    "exec",
    "new",
    "new_with_client",
    "post",
    "pre",
];

pub(super) fn ids(spec: &Value) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut methods: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for operation in operations(spec) {
        let pointer = join(&operation.pointer, "operationId");
        match operation.value.get("operationId").and_then(Value::as_str) {
            Some(id) => methods
                .entry(snake(id))
                .or_default()
                .push((pointer, id.to_string())),
            None => {
                let why = "the operation has no operationId, after which its method is named";
                found.push(Finding::new(
                    "operation-id",
                    operation.pointer,
                    why,
                    "give it one",
                ));
            }
        }
    }
    for (method, ids) in methods {
        if TAKEN.contains(&method.as_str()) {
            let why = format!("the generated client has a method `{method}` of its own");
            let pointers = ids.iter().map(|(pointer, _)| pointer);
            found.extend(
                pointers
                    .map(|pointer| Finding::new("operation-id-clash", pointer, &why, "rename it")),
            );
        }
        let Some(((first, _), others)) = ids.split_first() else {
            continue;
        };
        for (pointer, id) in others {
            let why = format!("`{id}` makes a method `{method}`, as {first} does");
            found.push(Finding::new(
                "operation-id-clash",
                pointer,
                why,
                "rename one of the two",
            ));
        }
    }
    found
}

/// The name of a method or an argument, as progenitor makes it of what the spec says.
pub(crate) fn snake(name: &str) -> String {
    name.replace('\'', "")
        .replace(|c: char| !c.is_alphanumeric(), "-")
        .to_snake_case()
}

/// openapiv3 leaves a response out whose status it cannot read.
pub(super) fn statuses(spec: &Value) -> Vec<Finding> {
    let mut found = Vec::new();
    for operation in operations(spec) {
        let pointer = join(&operation.pointer, "responses");
        for status in spec
            .pointer(&pointer)
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|map| map.keys())
        {
            if !(status.starts_with("x-") || is_status(status)) {
                let why =
                    format!("`{status}` is no status, so that the response would be left out");
                let fix = "write a status (404), a range (4XX) or `default`";
                found.push(Finding::new("status", join(&pointer, status), why, fix));
            }
        }
    }
    found
}

/// Whether openapiv3 can read it.
pub(super) fn is_status(status: &str) -> bool {
    match status.as_bytes() {
        b"default" => true,
        [b'1'..=b'9', b'X' | b'x', b'X' | b'x'] => true,
        [b'1'..=b'9', rest @ ..] => rest.len() == 2 && rest.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

pub(super) fn websockets(spec: &Value) -> Vec<Finding> {
    let lacks_upgrade = |operation: &Value| {
        let responses = operation.get("responses");
        let upgrade = ["101", "default"].map(|status| responses.and_then(|all| all.get(status)));
        operation.get("x-dropshot-websocket").is_some() && upgrade.iter().all(Option::is_none)
    };
    let all = operations(spec).into_iter();
    let found = all
        .filter(|operation| lacks_upgrade(operation.value))
        .map(|operation| {
            let why = "a websocket operation needs a response 101";
            Finding::new(
                "websocket",
                operation.pointer,
                why,
                "add it, or take x-dropshot-websocket away",
            )
        });
    found.collect()
}
