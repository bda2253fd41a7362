//! Rules about parameters, and about the path whose parts they fill.

use std::collections::HashMap;

use serde_json::Value;

use super::{Finding, Parts, Rule, Severity};
use crate::document::{Kind, Operation, join, target};
use crate::names::method_name;

pub(crate) static PARAMETER_CLASH: Rule = Rule {
    name: "parameter-clash",
    severity: Severity::Refused,
    text: "Two parameters of an operation make one argument name (in whatever place they are \
           sent), or one makes a name that the method needs itself: `body` beside a request body, \
           and `header_map`. The code would not compile. Leave one out; a name that is changed in \
           the spec alone is sent to a server that does not know it. One in the path is not \
           sent, and may have another name there and in the parameter.",
    before: "parameters:\n- {in: query, name: map-id}\n- {in: query, name: map_id}",
    after: "parameters:\n- {in: query, name: map-id}",
};

pub(crate) static PARAMETER_CONTENT: Rule = Rule {
    name: "parameter-content",
    severity: Severity::Refused,
    text: "A parameter is described by `content` instead of `schema`. progenitor refuses it. \
           Describe it by a schema: as a string, if the caller is to write the JSON.",
    before: "in: query\nname: filter\ncontent: {application/json: {schema: {type: object}}}",
    after: "in: query\nname: filter\nschema: {type: string, description: JSON}",
};

pub(crate) static PARAMETER_COOKIE: Rule = Rule {
    name: "parameter-cookie",
    severity: Severity::Refused,
    text: "A parameter is sent in a cookie. progenitor refuses it. Leave it out, and set the \
           cookie on the HTTP client that the generated client is made with.",
    before: "parameters:\n- {in: cookie, name: session}",
    after: "parameters: []",
};

pub(crate) static PARAMETER_STYLE: Rule = Rule {
    name: "parameter-style",
    severity: Severity::Refused,
    text: "A parameter has another style than the usual one (form in a query, simple in a path or \
           header). progenitor refuses it, since it writes no other. Leave the style out if the \
           server takes the usual one too.",
    before: "in: query\nname: filter\nstyle: deepObject\nschema: {type: object}",
    after: "in: query\nname: filter\nschema: {type: object}",
};

pub(crate) static PATH_PARAMETER_OPTIONAL: Rule = Rule {
    name: "path-parameter-optional",
    severity: Severity::Refused,
    text: "A path parameter is not `required: true`. OpenAPI demands it, since a path with a hole \
           is another path, and progenitor panics. Make it required.",
    before: "in: path\nname: id\nschema: {type: string}",
    after: "in: path\nname: id\nrequired: true\nschema: {type: string}",
};

pub(crate) static PATH_TEMPLATE: Rule = Rule {
    name: "path-template",
    severity: Severity::Refused,
    text: "The names in the braces of a path and the path parameters of its operation are not the \
           same. progenitor panics on either. Add the parameter, or take it out.",
    before: "/pets/{id}:\n  get: {operationId: get_pet}",
    after: "/pets/{id}:\n  get:\n    operationId: get_pet\n    parameters: [{in: path, name: id, required: true}]",
};

/// A parameter that an operation has, its own or its path item's.
pub(super) struct Parameter<'a> {
    pub pointer: String,
    pub name: &'a str,
    pub place: &'a str,
    pub value: &'a Value,
}

pub(super) fn parameters(parts: &Parts<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for operation in &parts.operations {
        let parameters = of(parts.spec, operation);
        for parameter in &parameters {
            found.extend(refused(parameter));
        }
        found.extend(clashes(operation, &parameters));
        match names(operation.path) {
            Ok(names) => found.extend(mismatches(operation, &names, &parameters)),
            Err(why) => {
                let fix = "write each parameter as {name}, and no other braces";
                found.push(Finding::new(
                    &super::document::PATH,
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
pub(super) fn of<'a>(spec: &'a Value, operation: &Operation<'_>) -> Vec<Parameter<'a>> {
    let item = join("/paths", operation.path);
    let listed = |pointer: &str, kind: Kind| -> Vec<Parameter<'a>> {
        let parts = spec
            .pointer(pointer)
            .map(|value| kind.children(value))
            .unwrap_or_default();
        let parts = parts
            .into_iter()
            .filter(|part| part.kind == Kind::Parameter);
        parts
            .filter_map(|part| at(spec, &(pointer.to_string() + &part.pointer)))
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
    let mut add = |rule: &'static Rule, why: String, fix: &str| {
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
            &PARAMETER_COOKIE,
            why,
            "leave it out, and set the cookie on the HTTP client",
        );
    }
    if parameter.place == "path" && !is_required {
        let why = format!(
            "`{}` is part of the path, but not `required: true`",
            parameter.name
        );
        add(&PATH_PARAMETER_OPTIONAL, why, "make it required");
    }
    if let Some(style) = style.filter(|style| *style != expected) {
        let why = format!(
            "`{}` has the style `{style}`, and progenitor knows only `{expected}` here",
            parameter.name
        );
        add(&PARAMETER_STYLE, why, "leave the style out");
    }
    if parameter.value.get("schema").is_none() && parameter.value.get("content").is_some() {
        let why = format!("`{}` is described by `content`", parameter.name);
        add(
            &PARAMETER_CONTENT,
            why,
            "describe it by `schema`, as a string if it is anything else",
        );
    }
    found
}

/// Names that progenitor takes for one, or makes one of.
fn clashes(operation: &Operation<'_>, parameters: &[Parameter<'_>]) -> Vec<Finding> {
    let mut arguments: HashMap<String, (&str, &str)> = HashMap::new();
    if operation.value.get("requestBody").is_some() {
        arguments.insert("body".to_string(), ("the request body", ""));
    }
    // All others step aside for an argument.
    arguments.insert("header_map".to_string(), ("the generated code", ""));
    let mut found = Vec::new();
    for parameter in parameters {
        let argument = method_name(parameter.name);
        if let Some((other, place)) = arguments.get(&argument) {
            let why = format!(
                "`{}` makes an argument `{argument}`, as {other} does",
                parameter.name
            );
            let fix = match [*place, parameter.place].contains(&"path") {
                true => "give the one in the path another name, also in the path",
                false if place.is_empty() => {
                    "leave it out: by another name the server would not know it"
                }
                false => "leave one of the two out: by another name the server would not know it",
            };
            let pointer = operation.pointer.as_str();
            found.push(Finding::new(&PARAMETER_CLASH, pointer, why, fix));
        }
        arguments.insert(argument, (&parameter.pointer, parameter.place));
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
            &PATH_TEMPLATE,
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
            &PATH_TEMPLATE,
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
