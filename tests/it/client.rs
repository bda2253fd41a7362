//! What a client refuses before it sends anything, and where it sends what.

use std::time::Duration;

use felt_api::{Client, ErrorKind, Format};

use crate::scripted::{Answer, Scripted};
use crate::{TOKEN, builder, layer};

const LINK: &str = r#"{"export_link": "https://example.com/parsed.gpkg?sig=1"}"#;

#[tokio::test]
async fn bad_input_is_refused_with_a_message_that_names_it() {
    let server = Scripted::always(Answer::json(200, LINK)).await;
    let client = builder(&server).build().unwrap();
    let long = "x".repeat(65);
    let mut messages = Vec::new();
    for bad in ["", "..", "a/b", "a b", "a%2e", "café", "a\nb", &long] {
        for error in [
            client.layer(bad, "l").unwrap_err(),
            client.layer("m", bad).unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            messages.push(error.to_string());
        }
    }
    let layer = client.layer("m", "l").unwrap();
    messages.push(layer.export_status("a/b").await.unwrap_err().to_string());
    for token in ["felt_pat_x\n", "felt_pat x", "felt_pat_\u{e9}", ""] {
        let error = builder(&server).token(token).build().unwrap_err();
        messages.push(format!("{:?}: {error}", error.kind()));
    }
    let error = Client::builder().build().unwrap_err();
    messages.push(format!("{:?}: {error}", error.kind()));
    for url in [
        "felt.com",
        "http://felt.com",
        "ftp://felt.com",
        "https://felt.com/?x=y",
        "https://u:p@felt.com",
        "felt_pat_secret",
        "https://felt.com/?token=felt_pat_secret",
        "",
    ] {
        messages.push(
            builder(&server)
                .base_url(url)
                .build()
                .unwrap_err()
                .to_string(),
        );
    }
    messages.push("shp".parse::<Format>().unwrap_err().to_string());
    messages.push(
        "a/b:csv"
            .parse::<felt_api::ExportHandle>()
            .unwrap_err()
            .to_string(),
    );
    let messages = messages.join("\n");
    assert!(!messages.contains("secret"), "{messages}");
    insta::assert_snapshot!(messages);
    assert!(server.requests().is_empty(), "{:?}", server.requests());
}

#[tokio::test]
async fn each_operation_asks_the_documented_endpoint() {
    let server = Scripted::start(|_, request| {
        let path = request.path();
        if path.ends_with("/get_export_link") {
            Answer::json(200, LINK)
        } else if path.ends_with("/custom_export") {
            Answer::json(
                200,
                // Plain http, and another host: what is polled follows from the ids.
                r#"{"export_request_id": "e1", "poll_endpoint": "http://example.com/poll"}"#,
            )
        } else {
            Answer::json(
                200,
                r#"{"export_id": "e1", "status": "in_progress", "download_url": null, "filters": []}"#,
            )
        }
    })
    .await;
    let layer = layer(&server);
    let link = layer.export_link().await.unwrap();
    assert_eq!(link.url(), "https://example.com/parsed.gpkg?sig=1");
    assert_eq!(link.format_hint(), Some(Format::Gpkg));
    let export = layer
        .export(Format::Geojson)
        .filter(felt_api::attr("AREA").gt(30000))
        .start()
        .await
        .unwrap();
    assert_eq!(export.handle().to_string(), "m1/l1/e1:geojson");
    let status = export.status().await.unwrap();
    assert_eq!(status.state().as_str(), "in_progress");
    assert_eq!(status.download_url(), None);

    let requests = server.requests();
    let lines: Vec<&str> = requests
        .iter()
        .map(|request| request.line.as_str())
        .collect();
    assert_eq!(
        lines,
        [
            "GET /api/v2/maps/m1/layers/l1/get_export_link HTTP/1.1",
            "POST /api/v2/maps/m1/layers/l1/custom_export HTTP/1.1",
            "GET /api/v2/maps/m1/layers/l1/custom_exports/e1 HTTP/1.1",
        ]
    );
    for request in &requests {
        assert_eq!(
            request.header("authorization"),
            Some(&*format!("Bearer {TOKEN}"))
        );
        assert_eq!(request.header("referer"), None);
    }
    let body: serde_json::Value = serde_json::from_slice(&requests[1].body).unwrap();
    assert_eq!(
        body,
        serde_json::json!({
            "output_format": "geojson",
            "filters": [["AREA", "gt", 30000]],
            "email_on_completion": false,
        })
    );
}

#[tokio::test]
async fn a_private_deployment_may_live_under_a_path() {
    let server = Scripted::always(Answer::json(200, LINK)).await;
    for base in [
        "/gis/felt",
        "/gis/felt/",
        "/gis/felt/api/v2",
        "/gis/felt/api/v2/",
    ] {
        let client = builder(&server).base_url(server.url(base)).build().unwrap();
        client.layer("m", "l").unwrap().export_link().await.unwrap();
    }
    for request in server.requests() {
        assert_eq!(
            request.path(),
            "/gis/felt/api/v2/maps/m/layers/l/get_export_link"
        );
    }
}

#[tokio::test]
async fn what_a_server_adds_or_leaves_out_does_not_break_an_installed_client() {
    let server = Scripted::start(|_, request| {
        if request.path().ends_with("/get_export_link") {
            Answer::json(
                200,
                r#"{"export_link": "https://example.com/x", "expires_at": 7}"#,
            )
        } else {
            Answer::json(
                200,
                r#"{"export_id": "e1", "status": "queued", "filters": [], "eta": {"s": 5}}"#,
            )
        }
    })
    .await;
    let layer = layer(&server);
    layer.export_link().await.unwrap();
    let status = layer.export_status("e1").await.unwrap();
    assert_eq!(status.state().as_str(), "queued");
    assert_eq!(status.download_url(), None);
}

#[tokio::test]
async fn an_endless_answer_is_an_error_and_not_memory() {
    let mut body = br#"{"export_link": ""#.to_vec();
    body.resize(6 * 1024 * 1024, b'x');
    let server = Scripted::always(Answer::json(200, "").undeclared()).await;
    drop(server);
    let server =
        Scripted::always(Answer::new(200, "application/json", body.clone()).undeclared()).await;
    let error = layer(&server).export_link().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{error}");
    assert_eq!(server.requests().len(), 1);

    // Error bodies are read up to less, and what was read still says which error it is.
    let server = Scripted::always(Answer::new(422, "text/plain", body).undeclared()).await;
    let error = layer(&server).export_link().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected, "{error}");
    assert!(error.to_string().len() < 1000);
}

#[tokio::test]
async fn a_server_that_is_silent_is_left_in_time() {
    let server = Scripted::always(Answer::silence()).await;
    let client = builder(&server)
        .request_timeout(Duration::from_millis(50))
        .build()
        .unwrap();
    let error = client
        .layer("m", "l")
        .unwrap()
        .export_link()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
    assert_eq!(server.requests().len(), 5);
}

#[tokio::test]
async fn everything_can_be_spawned() {
    let server = Scripted::always(Answer::json(404, "")).await;
    let layer = layer(&server);
    let export = layer.clone();
    let spawned = [
        tokio::spawn(async move { layer.export_link().await.map(drop) }),
        tokio::spawn(async move {
            let export = export.export(Format::Csv).start().await?;
            let finished = export.wait().await?;
            finished.download().to_path("never.csv").await.map(drop)
        }),
    ];
    for task in spawned {
        assert_eq!(task.await.unwrap().unwrap_err().kind(), ErrorKind::NotFound);
    }
}
