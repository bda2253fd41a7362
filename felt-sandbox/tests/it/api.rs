//! The three operations, and what keeps one out of them.

use std::collections::HashSet;
use std::time::Duration;

use felt_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::client::{call, create, direct_link, export, sandbox, send, status, wait};

const OPERATIONS: [(&str, &str); 3] = [
    ("GET", "get_export_link"),
    ("POST", "custom_export"),
    ("GET", "custom_exports/0000000000000000000000"),
];

#[tokio::test]
async fn a_token_is_asked_for_before_anything_else() {
    let sandbox = sandbox().await;
    for (method, operation) in OPERATIONS {
        for (layer, authorization) in [
            ("demo/layers/cities", None),
            ("demo/layers/cities", Some("Bearer felt_pat_other")),
            ("demo/layers/cities", Some("Bearer")),
            ("demo/layers/cities", Some("Basic felt_pat_sandbox")),
            ("demo/layers/cities", Some("felt_pat_sandbox")),
            ("nowhere/layers/nothing", None),
        ] {
            let url = format!("{}maps/{layer}/{operation}", sandbox.base_url());
            let headers: Vec<_> = authorization
                .map(|value| ("authorization", value))
                .into_iter()
                .collect();
            let answer = send(method, &url, &headers, b"");
            assert_eq!(answer.status, 401, "{method} {operation} {authorization:?}");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
            assert_eq!(
                answer.source("UnauthorizedError"),
                json!({ "header": "authorization" })
            );
        }
    }
    let url = format!(
        "{}maps/demo/layers/cities/get_export_link",
        sandbox.base_url()
    );
    assert_eq!(
        send(
            "GET",
            &url,
            &[("authorization", "bearer felt_pat_sandbox")],
            b""
        )
        .status,
        200
    );
}

#[tokio::test]
async fn what_does_not_exist_is_named() {
    let sandbox = sandbox().await;
    for (method, operation) in OPERATIONS {
        for (layer, parameter) in [
            ("nowhere/layers/cities", "map_id"),
            ("demo/layers/nothing", "layer_id"),
            ("demo/layers/Cities", "layer_id"),
            ("demo/layers/cities%2Fx", "layer_id"),
            ("d%C3%A9mo/layers/cities", "map_id"),
        ] {
            let answer = call(
                &sandbox,
                method,
                &format!("maps/{layer}/{operation}"),
                b"{}",
            );
            assert_eq!(answer.status, 404, "{layer}");
            assert_eq!(
                answer.source("NotFoundError"),
                json!({ "parameter": parameter })
            );
        }
    }
    // Percent-encoding hides nothing.
    assert_eq!(
        call(
            &sandbox,
            "GET",
            "maps/d%65mo/layers/c%69ties/get_export_link",
            b""
        )
        .status,
        200
    );
}

#[tokio::test]
async fn an_export_belongs_to_its_layer() {
    let sandbox = sandbox().await;
    let id = create(
        &sandbox,
        "demo/layers/cities",
        &json!({ "output_format": "csv" }),
    );
    status(&sandbox, "demo/layers/cities", &id);
    for path in [
        format!("maps/demo/layers/countries/custom_exports/{id}"),
        "maps/demo/layers/cities/custom_exports/0000000000000000000000".to_owned(),
        format!("maps/demo/layers/cities/custom_exports/{id}x"),
        "maps/demo/layers/cities/custom_exports/%FF".to_owned(),
    ] {
        let answer = call(&sandbox, "GET", &path, b"");
        assert_eq!(answer.status, 404, "{path}");
        let body = answer.json("NotFoundError");
        if !path.ends_with("%FF") {
            assert_eq!(
                body["errors"][0]["source"],
                json!({ "parameter": "export_id" })
            );
        }
    }
}

#[tokio::test]
async fn unknown_paths_and_methods() {
    let sandbox = sandbox().await;
    for path in [
        "",
        "maps",
        "maps/demo",
        "maps/demo/layers/cities",
        "maps/demo/layers/cities/get_export_link/",
        "x",
    ] {
        let answer = call(&sandbox, "GET", path, b"");
        assert_eq!(answer.status, 404, "{path}");
        answer.json("NotFoundError");
    }
    for (method, operation, allow) in [
        ("POST", "get_export_link", "GET, HEAD"),
        ("DELETE", "get_export_link", "GET, HEAD"),
        ("GET", "custom_export", "POST"),
        ("PATCH", "custom_export", "POST"),
        ("POST", "custom_exports/x", "GET, HEAD"),
    ] {
        let answer = call(
            &sandbox,
            method,
            &format!("maps/demo/layers/cities/{operation}"),
            b"",
        );
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, Some(allow)),
            "{method} {operation}"
        );
        answer.json("NotFoundError");
    }
}

#[tokio::test]
async fn a_direct_link_leads_to_the_other_origin() {
    let sandbox = sandbox().await;
    assert_ne!(
        sandbox.base_url().split('/').nth(2),
        sandbox.storage_url().split('/').nth(2)
    );
    let vector = direct_link(&sandbox, "demo/layers/countries");
    assert!(
        vector.starts_with(&sandbox.storage_url()) && vector.contains("/parsed.gpkg?"),
        "{vector}"
    );
    let raster = direct_link(&sandbox, "demo/layers/relief");
    assert!(
        raster.starts_with(&sandbox.storage_url()) && raster.contains("/parsed.tiff?"),
        "{raster}"
    );
    // A new link each time, to the same file.
    let again = direct_link(&sandbox, "demo/layers/countries");
    assert_ne!(vector, again);
    assert_eq!(vector.split('?').next(), again.split('?').next());
}

#[tokio::test]
async fn an_export_takes_its_time() {
    let sandbox = Sandbox::builder()
        .job_time(Duration::from_secs(3600))
        .start()
        .await
        .unwrap();
    let id = create(
        &sandbox,
        "demo/layers/cities",
        &json!({ "output_format": "geojson" }),
    );
    assert!(
        id.len() == 22 && id.bytes().all(|b| b.is_ascii_alphanumeric()),
        "{id}"
    );
    let expected =
        json!({ "export_id": id, "status": "in_progress", "download_url": null, "filters": [] });
    assert_eq!(status(&sandbox, "demo/layers/cities", &id), expected);
}

#[tokio::test]
async fn a_finished_export_gives_a_new_link_each_time_it_is_asked() {
    let sandbox = sandbox().await;
    let layer = "demo/layers/cities";
    let id = create(
        &sandbox,
        layer,
        &json!({ "output_format": "csv", "email_on_completion": false }),
    );
    let first = wait(&sandbox, layer, &id);
    assert_eq!(first["status"], "completed");
    let links: HashSet<String> = (0..5)
        .map(|_| status(&sandbox, layer, &id)["download_url"].to_string())
        .collect();
    assert_eq!(links.len(), 5);
    assert!(!links.contains(&first["download_url"].to_string()));
}

#[tokio::test]
async fn exports_are_apart_from_each_other() {
    let sandbox = sandbox().await;
    let layer = "demo/layers/countries";
    let of = |continent: &str| json!([["continent", "eq", continent]]);
    let ids: Vec<(String, Value)> = ["Africa", "Oceania", "Europe"]
        .map(|continent| {
            let filters = of(continent);
            (
                create(
                    &sandbox,
                    layer,
                    &json!({ "output_format": "csv", "filters": filters }),
                ),
                filters,
            )
        })
        .into();
    for (id, filters) in &ids {
        assert_eq!(wait(&sandbox, layer, id)["filters"], *filters);
    }
    let africa = export(&sandbox, layer, "csv", of("Africa")).1;
    let oceania = export(&sandbox, layer, "csv", of("Oceania")).1;
    assert_ne!(africa, oceania);
}

#[tokio::test]
async fn filters_nested_too_deeply_are_no_broken_json() {
    let sandbox = sandbox().await;
    let mut filter = json!(["pop_est", "gt", 1]);
    for _ in 0..200 {
        filter = json!([filter, "and", true]);
    }
    let body = json!({ "output_format": "csv", "filters": [filter] }).to_string();
    let path = "maps/demo/layers/countries/custom_export";
    let answer = call(&sandbox, "POST", path, body.as_bytes());
    assert_eq!(answer.status, 422);
    let problem = &answer.json("JsonErrorResponse")["errors"][0];
    assert_eq!(problem["source"]["pointer"], "/filters");
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("nested too deeply"),
        "{problem}"
    );
}
