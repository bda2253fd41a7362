//! A client that knows nothing but the vendor's documentation, and checks every answer against it.

use std::io::Read;
use std::time::{Duration, Instant};

use felt_sandbox::Sandbox;
use serde_json::{Value, json};
use ureq::http::Request;

use crate::schema;

pub const COUNTRIES: &str = include_str!("../../data/countries.geojson");
pub const CITIES: &str = include_str!("../../data/cities.geojson");
pub const RELIEF: &[u8] = include_bytes!("../../data/relief.tif");

/// A sandbox whose exports are completed as soon as they are produced.
pub async fn sandbox() -> Sandbox {
    Sandbox::builder()
        .job_time(Duration::ZERO)
        .start()
        .await
        .unwrap()
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: ureq::http::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The body, which must be JSON that says so and fits the schema.
    pub fn json(&self, schema: &str) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"));
        let body = serde_json::from_slice(&self.body).unwrap();
        schema::check(&body, schema);
        body
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The one error of a body that fits the schema: its source.
    pub fn source(&self, schema: &str) -> Value {
        let body = self.json(schema);
        assert_eq!(body["errors"].as_array().unwrap().len(), 1, "{body}");
        assert_ne!(body["errors"][0]["detail"], "");
        body["errors"][0]["source"].clone()
    }
}

/// Sends a request as it is: no redirects, no proxies, every status an answer. If it is for an operation, the answer
/// has to be one that the specification has for it.
pub fn send(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    checked(method, url, exchange(method, url, headers, body))
}

fn checked(method: &str, url: &str, answer: Answer) -> Answer {
    let path = url.splitn(4, '/').nth(3).unwrap_or_default();
    let path = format!("/{}", path.split('?').next().unwrap_or_default());
    if let Some(schema) = schema::documented(method, &path, answer.status) {
        answer.json(schema);
    }
    answer
}

/// The same, but whatever the answer is: for where something goes wrong on purpose.
pub fn exchange(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .timeout_global(Some(Duration::from_secs(30)));
    let agent = ureq::Agent::new_with_config(config.build());
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = if matches!(method, "POST" | "PUT" | "PATCH") {
        agent.run(request.body(body).unwrap())
    } else {
        agent.run(request.body(()).unwrap())
    };
    let (parts, stream) = response.unwrap().into_parts();
    let mut body = Vec::new();
    stream.into_reader().read_to_end(&mut body).unwrap();
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body,
    }
}

/// `GET`, without a token.
pub fn get(url: &str, headers: &[(&str, &str)]) -> Answer {
    send("GET", url, headers, b"")
}

/// A call of the API with the right token.
pub fn call(sandbox: &Sandbox, method: &str, path: &str, body: &[u8]) -> Answer {
    let url = format!("{}{path}", sandbox.base_url());
    checked(method, &url, call_unchecked(sandbox, method, path, body))
}

/// The same where something goes wrong on purpose.
pub fn call_unchecked(sandbox: &Sandbox, method: &str, path: &str, body: &[u8]) -> Answer {
    let url = format!("{}{path}", sandbox.base_url());
    let bearer = format!("Bearer {}", sandbox.token());
    let mut headers = vec![("authorization", bearer.as_str())];
    if method == "POST" {
        headers.push(("content-type", "application/json"));
    }
    exchange(method, &url, &headers, body)
}

/// The direct link of a layer, given as `map/layers/layer`.
pub fn direct_link(sandbox: &Sandbox, layer: &str) -> String {
    let answer = call(
        sandbox,
        "GET",
        &format!("maps/{layer}/get_export_link"),
        b"",
    );
    assert_eq!(answer.status, 200);
    answer.json("ExportLink")["export_link"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Creates an export and gives its id.
pub fn create(sandbox: &Sandbox, layer: &str, params: &Value) -> String {
    let body = params.to_string();
    let answer = call(
        sandbox,
        "POST",
        &format!("maps/{layer}/custom_export"),
        body.as_bytes(),
    );
    assert_eq!(answer.status, 200, "{}", answer.text());
    let created = answer.json("CustomExportResponse");
    let id = created["export_request_id"].as_str().unwrap();
    assert_eq!(
        created["poll_endpoint"],
        format!("{}maps/{layer}/custom_exports/{id}", sandbox.base_url())
    );
    id.to_owned()
}

pub fn status(sandbox: &Sandbox, layer: &str, id: &str) -> Value {
    let answer = call(
        sandbox,
        "GET",
        &format!("maps/{layer}/custom_exports/{id}"),
        b"",
    );
    assert_eq!(answer.status, 200, "{}", answer.text());
    let status = answer.json("CustomExportRequestStatus");
    assert_eq!(status["export_id"], id);
    assert_eq!(
        status["download_url"].is_string(),
        status["status"] == "completed"
    );
    status
}

/// Polls until the export is no longer in progress.
pub fn wait(sandbox: &Sandbox, layer: &str, id: &str) -> Value {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let status = status(sandbox, layer, id);
        if status["status"] != "in_progress" {
            return status;
        }
        assert!(Instant::now() < deadline, "the export never ends");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Exports a layer, and gives the name and the content of what is in the archive.
pub fn export(sandbox: &Sandbox, layer: &str, format: &str, filters: Value) -> (String, Vec<u8>) {
    let id = create(
        sandbox,
        layer,
        &json!({ "output_format": format, "filters": filters }),
    );
    let status = wait(sandbox, layer, &id);
    assert_eq!(status["status"], "completed");
    assert_eq!(status["filters"], filters);
    let url = status["download_url"].as_str().unwrap();
    assert!(url.starts_with(&sandbox.storage_url()));
    assert!(url.contains("/Felt-Export.zip?"));
    let answer = get(url, &[]);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/zip"));
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(answer.body)).unwrap();
    assert_eq!(archive.len(), 1);
    let mut entry = archive.by_index(0).unwrap();
    assert_eq!(entry.compression(), zip::CompressionMethod::Deflated);
    let mut content = Vec::new();
    entry.read_to_end(&mut content).unwrap();
    (entry.name().unwrap().into_owned(), content)
}

/// A data folder: files with their contents, by path.
pub fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    folder
}

/// A FeatureCollection of these features, each a geometry and properties.
pub fn collection(features: &[(Value, Value)]) -> String {
    let features: Vec<Value> = features
        .iter()
        .map(|(geometry, properties)| json!({ "type": "Feature", "geometry": geometry, "properties": properties }))
        .collect();
    json!({ "type": "FeatureCollection", "features": features }).to_string()
}
