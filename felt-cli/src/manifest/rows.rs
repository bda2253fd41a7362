//! A manifest as it is written: a JSON array, or CSV with a line that names the columns.

use felt_api::{Filter, Format};
use schemars::JsonSchema;
use serde::Deserialize;

const COLUMNS: [&str; 5] = ["map", "layer", "format", "where", "output"];

/// One export of a manifest. What is left out is as the options of the command say.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "an object with a map, a layer and so on"
)]
pub struct Row {
    /// The id of the map, its address at Felt, or MAP/LAYER in one word.
    pub map: String,
    /// The id of the layer on it.
    pub layer: Option<String>,
    /// The format of the file; not needed if the output's name says it.
    #[schemars(with = "Option<Format>")]
    pub format: Option<String>,
    /// A condition such as pop_est > 1e6.
    #[serde(rename = "where")]
    pub condition: Option<String>,
    /// The same in Felt Style Language; in JSON only.
    pub filter: Option<Filter>,
    /// The file, or the folder it goes to; {map}, {layer}, {format}, {date} and {time} have their places in it.
    pub output: Option<String>,
}

/// The rows in their order, each with its place, or with what is wrong there.
pub fn read(text: &str) -> Vec<(String, Result<Row, String>)> {
    let read = match text.trim_start().chars().next() {
        Some('[') => json(text),
        Some('{') => Err("it is a JSON object: give an array of them, [{...}, ...]".to_string()),
        _ => csv(text),
    };
    read.unwrap_or_else(|why| vec![("the manifest".to_string(), Err(why))])
}

type Rows = Result<Vec<(String, Result<Row, String>)>, String>;

fn json(text: &str) -> Rows {
    let values = serde_json::from_str::<Vec<serde_json::Value>>(text)
        .map_err(|error| format!("no JSON array: {error}"))?;
    let rows = values.into_iter().enumerate().map(|(number, value)| {
        let row = serde_json::from_value(value).map_err(|error| error.to_string());
        (format!("entry {}", number + 1), row)
    });
    Ok(rows.collect())
}

fn csv(text: &str) -> Rows {
    let mut csv = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(text.as_bytes());
    let headers = csv.headers().cloned().map_err(|error| error.to_string())?;
    // Told once, and not for each line.
    if !headers.is_empty() && !headers.iter().any(|name| name == "map") {
        return Err("line 1 has to name the columns, and one of them map".to_string());
    }
    if let Some(unknown) = headers.iter().find(|name| !COLUMNS.contains(name)) {
        let columns = COLUMNS.join(", ");
        return Err(format!(
            "in line 1 {unknown:?} is no column: there are {columns}"
        ));
    }
    let mut rows = Vec::new();
    for record in csv.records() {
        let record = record.map_err(|error| error.to_string())?;
        let line = record.position().map_or(0, csv::Position::line);
        let row = match record.len() == headers.len() {
            true => record
                .deserialize(Some(&headers))
                .map_err(|error| error.to_string()),
            false => Err(format!(
                "{} values for {} columns; one that holds a comma goes in \"\"",
                record.len(),
                headers.len()
            )),
        };
        rows.push((format!("line {line}"), row));
    }
    Ok(rows)
}
