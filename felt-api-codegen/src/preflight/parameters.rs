//! Rules about parameters, and about the path whose parts they fill.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Finding;
use super::operations::snake;
use crate::document::{Kind, Operation, join, operations, target};

/// A parameter that an operation has, its own or its path item's.
struct Parameter<'a> {
    pointer: String,
    name: &'a str,
    place: &'a str,
    value: &'a Value,
}

pub(super) fn parameters(spec: &Value) -> Vec<Finding> {
    let mut found = Vec::new();
    for operation in operations(spec) {
        let parameters = of(spec, &operation);
        for parameter in &parameters {
            found.extend(refused(parameter));
        }
        found.extend(clashes(&operation, &parameters));
        match names(operation.path) {
            Ok(names) => found.extend(mismatches(&operation, &names, &parameters)),
            Err(why) => {
                let fix = "write each parameter as {name}, and no other braces";
                found.push(Finding::new(
                    "path",
                    join("/paths", operation.path),
                    why,
                    fix,
                ));
            }
        }
    }
    found
}

/// The parameters of an operation. One of its own replaces one of the path item with the same name, in
/// whatever place, as progenitor has it.
fn of<'a>(spec: &'a Value, operation: &Operation<'_>) -> Vec<Parameter<'a>> {
    let item = join("/paths", operation.path);
    let listed = |pointer: &str, kind: Kind| -> Vec<Parameter<'a>> {
        let parts = spec
            .pointer(pointer)
            .map(|value| kind.children(value))
            .unwrap_or_default();
        let parts = parts
            .into_iter()
            .filter(|(_, kind)| *kind == Kind::Parameter);
        parts
            .filter_map(|(part, _)| at(spec, &(pointer.to_string() + &part)))
            .collect()
    };
    let own = listed(&operation.pointer, Kind::Operation);
    let mut all = listed(&item, Kind::PathItem);
    all.retain(|shared| {
        !own.iter()
            .any(|own| own.name == shared.name && own.place == shared.place)
    });
    all.extend(own);
    all
}

fn at<'a>(spec: &'a Value, pointer: &str) -> Option<Parameter<'a>> {
    let pointer = target(spec, pointer)?;
    let value = spec.pointer(&pointer)?;
    Some(Parameter {
        name: value.get("name")?.as_str()?,
        place: value.get("in")?.as_str()?,
        pointer,
        value,
    })
}

fn refused(parameter: &Parameter<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut add = |rule, why: String, fix| {
        found.push(Finding::new(rule, parameter.pointer.clone(), why, fix))
    };
    let is_required = parameter.value.get("required") == Some(&Value::Bool(true));
    let style = parameter.value.get("style").and_then(Value::as_str);
    let expected = match parameter.place {
        "path" | "header" => "simple",
        _ => "form",
    };
    if parameter.place == "cookie" {
        let why = format!(
            "`{}` is sent in a cookie, and progenitor sends none",
            parameter.name
        );
        add(
            "parameter-cookie",
            why,
            "leave it out, and set the cookie on the HTTP client",
        );
    }
    if parameter.place == "path" && !is_required {
        let why = format!(
            "`{}` is part of the path, but not `required: true`",
            parameter.name
        );
        add("path-parameter-optional", why, "make it required");
    }
    if let Some(style) = style.filter(|style| *style != expected) {
        let why = format!(
            "`{}` has the style `{style}`, and progenitor knows only `{expected}` here",
            parameter.name
        );
        add("parameter-style", why, "leave the style out");
    }
    if parameter.value.get("schema").is_none() && parameter.value.get("content").is_some() {
        let why = format!("`{}` is described by `content`", parameter.name);
        add(
            "parameter-content",
            why,
            "describe it by `schema`, as a string if it is anything else",
        );
    }
    found
}

/// Names that progenitor takes for one, or makes one of.
fn clashes(operation: &Operation<'_>, parameters: &[Parameter<'_>]) -> Vec<Finding> {
    let mut arguments: BTreeMap<String, &str> = BTreeMap::new();
    if operation.value.get("requestBody").is_some() {
        arguments.insert("body".to_string(), "the request body");
    }
    let mut found = Vec::new();
    for parameter in parameters {
        let argument = snake(parameter.name);
        if let Some(other) = arguments.get(&argument) {
            let why = format!(
                "`{}` makes an argument `{argument}`, as {other} does",
                parameter.name
            );
            found.push(Finding::new(
                "parameter-clash",
                operation.pointer.clone(),
                why,
                "rename one of the two",
            ));
        }
        arguments.insert(argument, parameter.pointer.as_str());
    }
    found
}

fn mismatches(
    operation: &Operation<'_>,
    names: &[&str],
    parameters: &[Parameter<'_>],
) -> Vec<Finding> {
    let in_path = || {
        parameters
            .iter()
            .filter(|parameter| parameter.place == "path")
    };
    let mut found = Vec::new();
    for name in names
        .iter()
        .filter(|name| !in_path().any(|parameter| parameter.name == **name))
    {
        let why = format!("the path has {{{name}}}, but the operation has no such path parameter");
        let fix = "add the parameter, or take it out of the path";
        found.push(Finding::new(
            "path-template",
            operation.pointer.clone(),
            why,
            fix,
        ));
    }
    for parameter in in_path().filter(|parameter| !names.contains(&parameter.name)) {
        let why = format!(
            "the path parameter `{}` is not in the path {}",
            parameter.name, operation.path
        );
        let fix = "put it there in braces, or take the parameter away";
        found.push(Finding::new(
            "path-template",
            operation.pointer.clone(),
            why,
            fix,
        ));
    }
    found
}

/// The names in the braces of a path.
fn names(path: &str) -> Result<Vec<&str>, String> {
    let mut names = Vec::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, behind)) = after.split_once('}') else {
            return Err("a { in the path is not closed".to_string());
        };
        if name.is_empty() || name.contains(['/', '{']) {
            return Err(format!("{{{name}}} in the path is no parameter"));
        }
        if before.contains('}') {
            break;
        }
        names.push(name);
        rest = behind;
    }
    if rest
        .split('{')
        .next()
        .is_some_and(|plain| plain.contains('}'))
    {
        return Err("a } in the path closes nothing".to_string());
    }
    Ok(names)
}
