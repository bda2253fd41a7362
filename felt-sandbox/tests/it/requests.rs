//! The body of a custom export: what is refused, and with which pointer.

use std::io::{Read, Write};
use std::net::TcpStream;

use felt_sandbox::Sandbox;
use serde_json::Value;

use crate::client::{call, create, sandbox, send};

const VECTOR: &str = "maps/demo/layers/countries/custom_export";
const RASTER: &str = "maps/demo/layers/relief/custom_export";

fn pointers(sandbox: &Sandbox, path: &str, body: &str) -> Vec<String> {
    let answer = call(sandbox, "POST", path, body.as_bytes());
    assert_eq!(answer.status, 422, "{body}");
    let body = answer.json("JsonErrorResponse");
    let errors = body["errors"].as_array().unwrap();
    errors
        .iter()
        .map(|e| e["source"]["pointer"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_body_that_is_not_as_documented_is_refused() {
    let sandbox = sandbox().await;
    for (body, pointer) in [
        ("", "/output_format"),
        (" \r\n", "/output_format"),
        ("{}", "/output_format"),
        ("{", ""),
        ("not json", ""),
        ("\u{0}", ""),
        ("null", ""),
        ("[]", ""),
        ("\"csv\"", ""),
        (r#"{"output_format":"csv"} x"#, ""),
        (r#"{"output_format":null}"#, "/output_format"),
        (r#"{"output_format":7}"#, "/output_format"),
        (r#"{"output_format":"shp"}"#, "/output_format"),
        (r#"{"output_format":"CSV"}"#, "/output_format"),
        (r#"{"output_format":"geotiff"}"#, "/output_format"),
        (r#"{"output_format":"PMTiles"}"#, "/output_format"),
        (r#"{"output_format":"csv","name":"x"}"#, "/name"),
        (r#"{"output_format":"csv","a/b~c":1}"#, "/a~1b~0c"),
        (
            r#"{"output_format":"csv","email_on_completion":null}"#,
            "/email_on_completion",
        ),
        (
            r#"{"output_format":"csv","email_on_completion":"true"}"#,
            "/email_on_completion",
        ),
        (r#"{"output_format":"csv","filters":null}"#, "/filters"),
        (r#"{"output_format":"csv","filters":{}}"#, "/filters"),
        (
            r#"{"output_format":"csv","filters":[["a","like",1]]}"#,
            "/filters/0/1",
        ),
        (
            r#"{"output_format":"csv","filters":[true,[["a","eq",1],"and",["b","in",[[]]]]]}"#,
            "/filters/1/2/2/0",
        ),
    ] {
        assert_eq!(pointers(&sandbox, VECTOR, body), [pointer], "{body}");
    }
    let deep = format!(
        r#"{{"output_format":"csv","filters":{}}}"#,
        "[".repeat(100_000)
    );
    assert_eq!(pointers(&sandbox, VECTOR, &deep), ["/filters"]);
}

#[tokio::test]
async fn everything_wrong_is_told_at_once() {
    let sandbox = sandbox().await;
    let body = r#"{"filters":["a","eq",1],"email_on_completion":1,"x":0}"#;
    assert_eq!(
        pointers(&sandbox, VECTOR, body),
        [
            "/output_format",
            "/filters/0",
            "/filters/1",
            "/filters/2",
            "/email_on_completion",
            "/x"
        ]
    );
}

#[tokio::test]
async fn a_raster_is_a_geotiff_without_filters() {
    let sandbox = sandbox().await;
    for format in ["csv", "gpkg", "geojson", "pmtiles"] {
        let body = format!(r#"{{"output_format":"{format}"}}"#);
        assert_eq!(
            pointers(&sandbox, RASTER, &body),
            ["/output_format"],
            "{format}"
        );
    }
    let filtered = r#"{"output_format":"geotiff","filters":[true]}"#;
    assert_eq!(pointers(&sandbox, RASTER, filtered), ["/filters"]);
    create(
        &sandbox,
        "demo/layers/relief",
        &serde_json::json!({ "output_format": "geotiff", "filters": [] }),
    );
}

#[tokio::test]
async fn the_content_type_must_be_json() {
    let sandbox = sandbox().await;
    let url = format!("{}{VECTOR}", sandbox.base_url());
    let bearer = ("authorization", "Bearer felt_pat_sandbox");
    let body = br#"{"output_format":"csv"}"#;
    for content_type in [
        "application/x-www-form-urlencoded",
        "text/plain",
        "application/jsonx",
        "",
    ] {
        let answer = send(
            "POST",
            &url,
            &[bearer, ("content-type", content_type)],
            body,
        );
        assert_eq!(answer.status, 422, "{content_type}");
        assert_eq!(answer.source("JsonErrorResponse")["pointer"], "");
    }
    assert_eq!(send("POST", &url, &[bearer], body).status, 422);
    for content_type in [
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/vnd.felt+json",
    ] {
        let answer = send(
            "POST",
            &url,
            &[bearer, ("content-type", content_type)],
            body,
        );
        assert_eq!(answer.status, 200, "{content_type}");
    }
}

#[tokio::test]
async fn a_body_beyond_the_bound_is_refused_and_the_answer_arrives() {
    let sandbox = sandbox().await;
    let padded = |length: usize| format!(r#"{{"output_format":"csv"{}}}"#, " ".repeat(length - 23));
    let most = padded(1024 * 1024);
    assert_eq!(most.len(), 1024 * 1024);
    assert_eq!(call(&sandbox, "POST", VECTOR, most.as_bytes()).status, 200);
    let answer = call(&sandbox, "POST", VECTOR, padded(1024 * 1024 + 1).as_bytes());
    assert_eq!(answer.status, 422);
    assert_eq!(answer.source("JsonErrorResponse")["pointer"], "");
    let long = vec![b' '; 8 * 1024 * 1024];
    assert_eq!(call(&sandbox, "POST", VECTOR, &long).status, 422);
}

#[tokio::test]
async fn filters_come_back_as_they_were_sent() {
    let sandbox = sandbox().await;
    let filters: Value = serde_json::from_str(
        r#"[null, true, ["name","is",null], [["pop_est","gt",1.5e7],"and",["continent","in",["Asia",1,null]]]]"#,
    )
    .unwrap();
    let params = serde_json::json!({ "output_format": "csv", "filters": filters });
    let id = create(&sandbox, "demo/layers/countries", &params);
    assert_eq!(
        crate::client::status(&sandbox, "demo/layers/countries", &id)["filters"],
        filters
    );
}

#[tokio::test]
async fn a_body_that_is_not_framed_as_http_is_refused() {
    let sandbox = sandbox().await;
    let addr = sandbox.base_url().split('/').nth(2).unwrap().to_owned();
    let mut socket = TcpStream::connect(&addr).unwrap();
    let head = format!(
        "POST /api/v2/{VECTOR} HTTP/1.1\r\nHost: {addr}\r\nAuthorization: Bearer felt_pat_sandbox\r\n\
         Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{{\"out\r\nno number\r\n"
    );
    socket.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 422 "), "{answer}");
    assert!(answer.contains("{\"errors\":["), "{answer}");
}
