//! The body of a custom export, `CustomExportParams`, checked to the last member.

use std::sync::Arc;

use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::filter::Filter;
use crate::format::Format;
use crate::layers::Content;
use crate::respond::Problem;

/// What is asked for.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) format: Format,
    /// The filters as they came, for the status to give back. They are good, and kept as they are until they are
    /// needed: parsed they would be many times as large.
    pub(crate) filters: Arc<RawValue>,
}

/// Filters that were found good before.
pub(crate) fn filters(list: &RawValue) -> Result<Vec<Filter>, String> {
    let list: Vec<Value> = serde_json::from_str(list.get()).map_err(|e| e.to_string())?;
    let filters = list.iter().map(|filter| Filter::parse(filter, ""));
    filters
        .collect::<Result<_, _>>()
        .map_err(|problem| problem.detail)
}

/// Reads a body, and finds all that is wrong with it.
pub(crate) fn parse(
    content_type: Option<&str>,
    body: &[u8],
    layer: &Content,
) -> Result<Request, Vec<Problem>> {
    let one = |problem| vec![problem];
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(one(Problem::at(
            "/output_format",
            "`output_format` is missing: there is no body.",
        )));
    }
    // The spec knows no 415, so that this is a 422 as well.
    if !content_type.is_some_and(is_json) {
        return Err(one(Problem::at(
            "",
            "The body's Content-Type must be application/json.",
        )));
    }
    let body: Value = serde_json::from_slice(body).map_err(|e| one(unreadable(&e)))?;
    let Value::Object(members) = body else {
        return Err(one(Problem::at("", "The body must be an object.")));
    };

    let mut problems = Vec::new();
    let mut format = None;
    let mut echo = Value::Array(Vec::new());
    if !members.contains_key("output_format") {
        problems.push(Problem::at("/output_format", "`output_format` is missing."));
    }
    for (name, value) in members {
        match (name.as_str(), value) {
            ("output_format", value) => match output_format(&value, layer) {
                Ok(known) => format = Some(known),
                Err(detail) => problems.push(Problem::at("/output_format", detail)),
            },
            ("email_on_completion", Value::Bool(_)) => {}
            ("email_on_completion", _) => {
                problems.push(Problem::at(
                    "/email_on_completion",
                    "It must be true or false.",
                ));
            }
            ("filters", Value::Array(list)) => {
                if !list.is_empty() && matches!(layer, Content::Raster(_)) {
                    problems.push(Problem::at(
                        "/filters",
                        "A raster layer has no attributes to filter by.",
                    ));
                } else {
                    for (index, filter) in list.iter().enumerate() {
                        problems.extend(Filter::parse(filter, &format!("/filters/{index}")).err());
                    }
                }
                echo = Value::Array(list);
            }
            ("filters", _) => {
                problems.push(Problem::at("/filters", "It must be an array of filters."))
            }
            (unknown, _) => {
                let escaped = unknown.replace('~', "~0").replace('/', "~1");
                problems.push(Problem::at(
                    format!("/{escaped}"),
                    "There is no such member.",
                ));
            }
        }
    }
    let Some(format) = format.filter(|_| problems.is_empty()) else {
        return Err(problems);
    };
    let echo = to_raw_value(&echo).map_err(|e| one(Problem::at("/filters", e.to_string())))?;
    Ok(Request {
        format,
        filters: echo.into(),
    })
}

fn unreadable(error: &serde_json::Error) -> Problem {
    // It has no kind of its own.
    match error.to_string().starts_with("recursion limit") {
        true => Problem::at(
            "/filters",
            "It is nested too deeply: there may be a hundred levels of filters, one in another.",
        ),
        false => Problem::at("", format!("The body is not JSON: {error}.")),
    }
}

fn output_format(value: &Value, layer: &Content) -> Result<Format, String> {
    let Some(name) = value.as_str() else {
        return Err("It must be a string.".to_owned());
    };
    let Some(format) = Format::named(name) else {
        return Err("It must be csv, gpkg, geojson, geotiff or pmtiles.".to_owned());
    };
    match (layer, format) {
        (Content::Raster(_), Format::Geotiff) => Ok(format),
        (Content::Raster(_), _) => Err(format!(
            "A raster layer cannot be exported as {name}; geotiff would do."
        )),
        (Content::Vector(_), Format::Geotiff) => Err(
            "A vector layer cannot be exported as geotiff; csv, gpkg, geojson or pmtiles would do."
                .to_owned(),
        ),
        (Content::Vector(_), _) => Ok(format),
    }
}

/// `application/json`, with or without parameters, and types that say that they are JSON.
fn is_json(content_type: &str) -> bool {
    let essence = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}
