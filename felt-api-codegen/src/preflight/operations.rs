//! Rules about operations: what their methods are called, and what they answer to.

use std::collections::HashMap;

use serde_json::Value;

use super::{Finding, Parts, Rule, Severity};
use crate::document::{join, keys};
use crate::names::method_name;

pub(crate) static OPERATION_ID: Rule = Rule {
    name: "operation-id",
    severity: Severity::Refused,
    text: "An operation has no operationId. The method of the client is named after it, and \
           progenitor refuses the spec. A name that a program made up would change with the path, \
           and break callers, so give it one.",
    before: "get:\n  summary: List pets",
    after: "get:\n  operationId: list_pets\n  summary: List pets",
};

pub(crate) static OPERATION_ID_CLASH: Rule = Rule {
    name: "operation-id-clash",
    severity: Severity::Refused,
    text: "Two operationIds make one method name (list-pets, listPets), or one makes a name that \
           the generated client has already: the code would define a method twice. Rename one.",
    before: "/pets:\n  get: {operationId: list-pets}\n/dogs:\n  get: {operationId: listPets}",
    after: "/pets:\n  get: {operationId: list-pets}\n/dogs:\n  get: {operationId: list-dogs}",
};

pub(crate) static OPERATION_SERVERS: Rule = Rule {
    name: "operation-servers",
    severity: Severity::Warning,
    text: "A path or an operation has servers of its own. progenitor knows one base URL for all, \
           given when the client is made, so that this operation would be sent to the wrong \
           place. Call it on a second client with that base URL.",
    before: "/files:\n  servers: [{url: https://files.example.com}]\n  get: {operationId: list_files}",
    after: "/files:\n  get: {operationId: list_files}",
};

pub(crate) static STATUS: Rule = Rule {
    name: "status",
    severity: Severity::Refused,
    text: "The key of a response is no status (404), no range (4XX) and not default. The parser \
           of progenitor leaves such a response out without a word.",
    before: "responses:\n  20: {description: ok}",
    after: "responses:\n  200: {description: ok}",
};

pub(crate) static WEBSOCKET: Rule = Rule {
    name: "websocket",
    severity: Severity::Refused,
    text: "An operation is marked x-dropshot-websocket, but has no response 101, on which \
           progenitor panics. Add it, or take the mark away.",
    before: "get:\n  x-dropshot-websocket: {}\n  responses: {200: {description: ok}}",
    after: "get:\n  x-dropshot-websocket: {}\n  responses: {101: {description: ok}}",
};

/// Names that the generated `Client` has already, or that its methods call on it.
const TAKEN: [&str; 6] = [
    "api_version",
    "exec",
    "new",
    "new_with_client",
    "post",
    "pre",
];

pub(super) fn ids(parts: &Parts<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    // The first place of each.
    let mut methods: HashMap<String, String> = HashMap::new();
    for operation in &parts.operations {
        let pointer = join(&operation.pointer, "operationId");
        let Some(id) = operation.value.get("operationId").and_then(Value::as_str) else {
            let why = "the operation has no operationId, after which its method is named";
            found.push(Finding::new(
                &OPERATION_ID,
                operation.pointer.as_str(),
                why,
                "give it one",
            ));
            continue;
        };
        let method = method_name(id);
        let mut clash =
            |why, fix| found.push(Finding::new(&OPERATION_ID_CLASH, &*pointer, why, fix));
        if TAKEN.contains(&method.as_str()) {
            let why = format!("the generated client has a method `{method}` of its own");
            clash(why, "rename it");
        }
        match methods.get(&method) {
            Some(first) => {
                let why = format!("`{id}` makes a method `{method}`, as {first} does");
                clash(why, "rename one of the two");
            }
            None => drop(methods.insert(method, pointer)),
        }
    }
    found
}

/// openapiv3 leaves a response out whose status it cannot read.
pub(super) fn statuses(parts: &Parts<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for operation in &parts.operations {
        let pointer = join(&operation.pointer, "responses");
        for status in keys(operation.value.get("responses")) {
            if !(status.starts_with("x-") || is_status(status)) {
                let why =
                    format!("`{status}` is no status, so that the response would be left out");
                let fix = "write a status (404), a range (4XX) or `default`";
                found.push(Finding::new(&STATUS, join(&pointer, status), why, fix));
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

pub(super) fn websockets(parts: &Parts<'_>) -> Vec<Finding> {
    let lacks_upgrade = |operation: &Value| {
        let responses = operation.get("responses");
        let upgrade = ["101", "default"].map(|status| responses.and_then(|all| all.get(status)));
        operation.get("x-dropshot-websocket").is_some() && upgrade.iter().all(Option::is_none)
    };
    let all = parts.operations.iter();
    let found = all
        .filter(|operation| lacks_upgrade(operation.value))
        .map(|operation| {
            let why = "a websocket operation needs a response 101";
            Finding::new(
                &WEBSOCKET,
                operation.pointer.as_str(),
                why,
                "add it, or take x-dropshot-websocket away",
            )
        });
    found.collect()
}

pub(super) fn servers(parts: &Parts<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    // Some vendors repeat those of the whole at every operation.
    let all = parts.spec.get("servers");
    let mut look = |pointer: &str, value: Option<&Value>| {
        let servers = value.and_then(|value| value.get("servers")?.as_array());
        let is_own = value.and_then(|value| value.get("servers")) != all;
        if is_own && servers.is_some_and(|servers| !servers.is_empty()) {
            let why = "this has servers of its own, and the client has one base URL for all";
            let fix = "call it on a client that is made with that base URL";
            found.push(Finding::new(
                &OPERATION_SERVERS,
                join(pointer, "servers"),
                why,
                fix,
            ));
        }
    };
    for operation in &parts.operations {
        look(&operation.pointer, Some(operation.value));
        let item = join("/paths", operation.path);
        look(&item, parts.spec.pointer(&item));
    }
    found
}
