//! An export is never created twice by accident.

use std::time::Duration;

use felt_api::{ErrorKind, Format};

use crate::scripted::{Answer, Scripted};
use crate::{builder, layer};

fn created() -> Answer {
    Answer::json(
        200,
        r#"{"export_request_id": "e1", "poll_endpoint": "http://felt.com/x"}"#,
    )
}

#[tokio::test]
async fn what_was_not_accepted_is_sent_again() {
    for refusal in [
        Answer::json(429, ""),
        Answer::json(429, "").header("retry-after", "0"),
        Answer::json(503, "").header("retry-after", "0"),
    ] {
        let server = Scripted::in_turn(vec![refusal.clone(), refusal.clone(), created()]).await;
        let export = layer(&server).export(Format::Csv).start().await.unwrap();
        assert_eq!(export.handle().export_id(), "e1");
        assert_eq!(server.requests().len(), 3, "{refusal:?}");
    }
}

#[tokio::test]
async fn what_may_have_been_accepted_is_sent_once() {
    for doubt in [
        Answer::json(500, r#"{"errors":[{"detail":"it broke"}]}"#),
        Answer::json(502, ""),
        Answer::json(503, ""),
        Answer::json(504, ""),
        Answer::json(408, ""),
        Answer::reset(),
        Answer::silence(),
        Answer::json(201, ""),
        Answer::json(200, "<html>"),
        Answer::json(200, "{").declaring(100),
        Answer::json(
            200,
            r#"{"export_request_id": "../../x", "poll_endpoint": ""}"#,
        ),
    ] {
        let server = Scripted::always(doubt.clone()).await;
        let client = builder(&server)
            .request_timeout(Duration::from_millis(200))
            .build()
            .unwrap();
        let layer = client.layer("m", "l").unwrap();
        let error = layer.export(Format::Csv).start().await.unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::OutcomeUnknown,
            "{doubt:?}: {error}"
        );
        assert!(!error.is_retryable());
        assert_eq!(server.requests().len(), 1, "{doubt:?}");
    }
}

#[tokio::test]
async fn mail_is_sent_only_if_asked_for() {
    let server = Scripted::always(created()).await;
    let layer = layer(&server);
    layer.export(Format::Csv).start().await.unwrap();
    layer
        .export(Format::Csv)
        .email_on_completion(true)
        .start()
        .await
        .unwrap();
    let sent: Vec<serde_json::Value> = server
        .requests()
        .iter()
        .map(|request| serde_json::from_slice(&request.body).unwrap())
        .collect();
    assert_eq!(sent[0]["email_on_completion"], false);
    assert_eq!(sent[1]["email_on_completion"], true);
}
