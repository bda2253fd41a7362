//! `raw-error-responses`.

use serde_json::{Map, Value, json};

use crate::document::{is_error_status, join, operations, resolve};

pub(super) fn raw_error_responses(spec: &mut Value) -> Vec<String> {
    let replaced: Vec<_> = operations(spec)
        .into_iter()
        .filter_map(|operation| {
            let responses = operation.value.get("responses")?.as_object()?;
            Some((join(&operation.pointer, "responses"), raw(spec, responses)?))
        })
        .collect();
    let mut touched = Vec::new();
    for (pointer, responses) in replaced {
        if let Some(place) = spec.pointer_mut(&pointer) {
            *place = Value::Object(responses);
            touched.push(pointer);
        }
    }
    touched
}

/// The responses with raw errors; none if there is nothing to change.
fn raw(spec: &Value, responses: &Map<String, Value>) -> Option<Map<String, Value>> {
    let is_status = |key: &&String| !key.starts_with("x-");
    let (errors, others): (Vec<_>, Vec<_>) = responses
        .keys()
        .filter(is_status)
        .partition(|key| is_error_status(key));
    let is_raw = |key: &&String| {
        let raw = responses
            .get(*key)
            .is_some_and(|response| response.get("content") == Some(&any_content()));
        raw && matches!(key.as_str(), "4XX" | "5XX")
    };
    if errors.is_empty() || (errors.len() == 2 && errors.iter().all(is_raw)) {
        return None;
    }
    let mut adapted = responses.clone();
    adapted.retain(|key, _| !errors.contains(&key));
    if let (true, Some(default)) = (others.is_empty(), responses.get("default")) {
        adapted.insert("2XX".to_string(), default.clone());
    }
    for (range, first) in [("4XX", '4'), ("5XX", '5')] {
        let documented = errors
            .iter()
            .filter(|key| key.starts_with(first) || **key == "default");
        let documented: Vec<_> = documented
            .map(|key| described(spec, responses, key))
            .collect();
        let description = match documented.as_slice() {
            [] => "Any error of this kind; none is documented.".to_string(),
            known => format!(
                "Any error of this kind; documented are {}.",
                known.join(", ")
            ),
        };
        let response = json!({"content": any_content(), "description": description});
        adapted.insert(range.to_string(), response);
    }
    Some(adapted)
}

/// What progenitor hands on as bytes: some content, but no JSON.
fn any_content() -> Value {
    json!({"*/*": {}})
}

fn described(spec: &Value, responses: &Map<String, Value>, status: &str) -> String {
    let response = responses
        .get(status)
        .and_then(|response| resolve(spec, response));
    let description = response.and_then(|response| response.get("description")?.as_str());
    match description.map(str::trim).filter(|text| !text.is_empty()) {
        Some(description) => format!("{status} ({description})"),
        None => status.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adapted(responses: &Value) -> (Value, Vec<String>) {
        let mut spec = json!({
            "paths": {"/a": {"get": {"responses": responses}}},
            "components": {"responses": {"Gone": {"description": "It is gone"}}},
        });
        let touched = raw_error_responses(&mut spec);
        (spec["paths"]["/a"]["get"]["responses"].take(), touched)
    }

    #[test]
    fn errors_of_every_spelling_become_two_ranges() {
        let ok = json!({"description": "", "content": {"application/json": {"schema": {}}}});
        let (responses, touched) = adapted(&json!({
            "200": ok, "302": {"description": ""}, "x-own": 1,
            "404": {"$ref": "#/components/responses/Gone"}, "4XX": {"description": " "},
            "500": {"description": "Sorry"}, "default": {"$ref": "#/nowhere"},
        }));
        assert_eq!(touched, ["/paths/~1a/get/responses"]);
        assert_eq!(
            responses,
            json!({
                "200": ok, "302": {"description": ""}, "x-own": 1,
                "4XX": {"content": {"*/*": {}}, "description": "Any error of this kind; documented are 404 (It is gone), 4XX, default."},
                "5XX": {"content": {"*/*": {}}, "description": "Any error of this kind; documented are 500 (Sorry), default."},
            })
        );
    }

    #[test]
    fn what_is_raw_already_stays() {
        let (once, touched) =
            adapted(&json!({"200": {"description": ""}, "404": {"description": "a"}}));
        assert_eq!(touched.len(), 1);
        assert_eq!(
            once["5XX"]["description"],
            "Any error of this kind; none is documented."
        );
        let (twice, touched) = adapted(&once);
        assert_eq!((twice, touched.len()), (once, 0));
    }

    #[test]
    fn a_lone_default_is_the_success_too() {
        let (responses, _) = adapted(&json!({"default": {"description": "All"}}));
        assert_eq!(responses["2XX"], json!({"description": "All"}));
        assert_eq!(responses.get("default"), None);
        assert_eq!(
            responses["4XX"]["description"],
            "Any error of this kind; documented are default (All)."
        );
        let (responses, _) =
            adapted(&json!({"302": {"description": ""}, "default": {"description": ""}}));
        assert_eq!(responses.get("2XX"), None);
    }
}
