//! An export is never created twice by accident.

use std::sync::Arc;
use std::time::Duration;

use felt_api::{ErrorKind, Format, attr};

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
        Answer::json(600, ""),
        Answer::json(303, "").header("location", "/x"),
        Answer::json(200, "<html>"),
        Answer::json(200, "{").declaring(100),
        Answer::json(
            200,
            r#"{"export_request_id": "../../x", "poll_endpoint": ""}"#,
        ),
    ] {
        let server = Scripted::always(doubt.clone()).await;
        let client = builder(&server)
            .create_timeout(Duration::from_millis(200))
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

/// With the word for it, and only then.
#[tokio::test]
async fn a_second_export_may_be_better_than_none() {
    for doubt in [
        Answer::json(500, ""),
        Answer::json(502, ""),
        Answer::json(503, ""),
        Answer::json(408, ""),
        Answer::reset(),
        Answer::silence(),
    ] {
        let server = Scripted::in_turn(vec![doubt.clone(), doubt.clone(), created()]).await;
        let client = builder(&server)
            .create_timeout(Duration::from_millis(300))
            .build()
            .unwrap();
        let request = client.layer("m", "l").unwrap().export(Format::Csv);
        request.retry_in_doubt(true).start().await.unwrap();
        assert_eq!(server.requests().len(), 3, "{doubt:?}");
    }
    // As often as any call is tried, and what came of it is unknown then.
    let server = Scripted::always(Answer::json(500, "")).await;
    let request = layer(&server).export(Format::Csv).retry_in_doubt(true);
    let error = request.start().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    assert_eq!((error.attempts(), server.requests().len()), (5, 5));
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn what_is_accepted_by_all_appearances_is_not_sent_again_even_so() {
    for answer in [
        Answer::json(200, "<html>"),
        Answer::json(201, ""),
        Answer::json(200, r#"{"export_request_id": "e1""#).declaring(100),
        Answer::json(200, r#"{"export_request_id": "..", "poll_endpoint": ""}"#),
        Answer::json(501, ""),
    ] {
        let server = Scripted::always(answer.clone()).await;
        let request = layer(&server).export(Format::Csv).retry_in_doubt(true);
        let error = request.start().await.unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::OutcomeUnknown,
            "{answer:?}: {error}"
        );
        assert_eq!(server.requests().len(), 1, "{answer:?}");
    }
}

/// The id is all that is needed of the answer: what was created is not lost for the rest.
#[tokio::test]
async fn an_id_is_enough() {
    for answer in [
        Answer::json(200, r#"{"export_request_id": "e1"}"#),
        Answer::json(
            200,
            r#"{"export_request_id": "e1", "poll_endpoint": {"href": 7}}"#,
        ),
        Answer::json(201, r#"{"export_request_id": "e1"}"#),
        Answer::json(202, r#"{"export_request_id": "e1", "poll_endpoint": null}"#),
    ] {
        let server = Scripted::always(answer.clone()).await;
        let export = layer(&server).export(Format::Csv).start().await.unwrap();
        assert_eq!(export.handle().to_string(), "m1/l1/e1:csv", "{answer:?}");
        assert_eq!(server.requests().len(), 1);
    }
    // A refusal that names one has not created it.
    let server = Scripted::always(Answer::json(422, r#"{"export_request_id": "e1"}"#)).await;
    let error = layer(&server)
        .export(Format::Csv)
        .start()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
}

/// The last answer is a plain refusal, and still nobody knows of the attempt before.
#[tokio::test]
async fn a_doubt_is_not_forgotten() {
    for last in [401, 403, 404, 422, 429] {
        let answer = Answer::json(last, "").header("retry-after", "3600");
        let server = Scripted::in_turn(vec![Answer::reset(), answer]).await;
        let request = layer(&server).export(Format::Csv).retry_in_doubt(true);
        let error = request.start().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
        assert_eq!((error.status(), server.requests().len()), (Some(last), 2));
        assert!(!error.is_retryable());
    }
}

/// A server that comes up late gets one request.
#[tokio::test]
async fn what_never_arrived_is_sent_again() {
    let address = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let mut retry = felt_api::Retry::default();
    retry.first_delay = Duration::from_millis(100);
    let client = felt_api::Client::builder()
        .base_url(format!("http://{address}"))
        .token(crate::TOKEN)
        .retry(retry);
    let layer = client.build().unwrap().layer("m", "l").unwrap();
    let logs = crate::logs::capture();
    let start = tokio::spawn(layer.export(Format::Csv).start());
    while !logs.text().contains("trying again") {
        tokio::task::yield_now().await;
    }
    let server = Scripted::on(address, |_, _| created()).await;
    start.await.unwrap().unwrap();
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_filter_that_cannot_be_sent_is_told_before_anything_is() {
    let server = Scripted::always(created()).await;
    let mut deep = attr("a").eq(1);
    for _ in 0..1000 {
        deep = deep.and(attr("a").eq(1));
    }
    for filter in [
        attr("acres").gt(f64::NAN),
        attr("acres").one_of([1.0, f64::INFINITY]),
        deep,
    ] {
        let request = layer(&server)
            .export(Format::Csv)
            .filter(true.into())
            .filter(filter);
        let error = request.start().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        assert!(error.to_string().contains("filter"), "{error}");
    }
    assert!(server.requests().is_empty());
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

/// What `stop` does, where the first request gives the sign for it before it is answered.
async fn stopped_at_the_first(
    answer: Answer,
    in_doubt: bool,
) -> (Result<Option<felt_api::Export>, felt_api::Error>, usize) {
    let sign = Arc::new(tokio::sync::Notify::new());
    let given = sign.clone();
    let server = Scripted::start(move |_, _| {
        given.notify_one();
        answer.clone()
    })
    .await;
    let request = layer(&server).export(Format::Csv).retry_in_doubt(in_doubt);
    let started = request.start_unless(sign.notified()).await;
    (started, server.requests().len())
}

#[tokio::test]
async fn once_stopped_only_the_answer_to_what_was_sent_is_waited_for() {
    let (started, requests) = stopped_at_the_first(created(), false).await;
    let export = started.unwrap().unwrap();
    assert_eq!((export.handle().export_id(), requests), ("e1", 1));
    // It would be sent again, in half a minute or at once.
    for asked in ["30", "0"] {
        let refusal = Answer::json(429, "").header("retry-after", asked);
        let (started, requests) = stopped_at_the_first(refusal, false).await;
        assert!(started.unwrap().is_none());
        assert_eq!(requests, 1);
    }
    let (started, requests) = stopped_at_the_first(Answer::json(500, ""), true).await;
    let error = started.unwrap_err();
    assert_eq!((error.kind(), requests), (ErrorKind::OutcomeUnknown, 1));
    let (started, _) = stopped_at_the_first(Answer::json(404, ""), false).await;
    assert_eq!(started.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn once_stopped_nothing_is_sent() {
    let server = Scripted::always(created()).await;
    let request = layer(&server).export(Format::Csv);
    let started = request.start_unless(async {}).await;
    assert!(started.unwrap().is_none());
    let request = layer(&server).export(Format::Csv);
    let started = request.start_unless(std::future::pending()).await;
    assert!(started.unwrap().is_some());
    assert_eq!(server.requests().len(), 1);
}
