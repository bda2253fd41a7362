//! Waiting: until it is done, until it failed, or until patience ends.

use std::time::Duration;

use felt_api::{Error, ErrorKind, Export, FinishedExport, Format};

use crate::builder;
use crate::scripted::{Answer, Scripted};

fn status(status: &str, url: &str) -> Answer {
    let body = format!(
        r#"{{"export_id": "e1", "status": "{status}", "download_url": {url}, "filters": []}}"#
    );
    Answer::json(200, &body)
}

fn running() -> Answer {
    status("in_progress", "null")
}

fn done() -> Answer {
    status(
        "completed",
        r#""https://example.com/Felt-Export.zip?sig=secret""#,
    )
}

/// An export taken up on the server.
fn resumed(server: &Scripted) -> Export {
    let client = builder(server).build().unwrap();
    client.resume("m1/l1/e1:csv".parse().unwrap())
}

async fn wait(export: &Export) -> Result<FinishedExport, Error> {
    export
        .wait()
        .interval(Duration::from_millis(1), Duration::from_millis(2))
        .await
}

#[tokio::test]
async fn it_asks_until_the_link_is_there() {
    let server = Scripted::in_turn(vec![
        running(),
        running(),
        // A status that is not documented yet, and a link that is late.
        status("archiving", "null"),
        status("completed", "null"),
        status("completed", "null"),
        done(),
    ])
    .await;
    let export = resumed(&server);
    let mut seen = Vec::new();
    let finished = export
        .wait()
        .interval(Duration::from_millis(1), Duration::from_millis(2))
        .on_status(|status| seen.push(status.state().to_string()))
        .await
        .unwrap();
    assert_eq!(finished.handle(), export.handle());
    assert!(finished.download_url().starts_with("https://example.com/"));
    assert!(!format!("{finished:?}").contains("secret"));
    let expected = "in_progress in_progress archiving completed completed completed";
    assert_eq!(seen.join(" "), expected);
    assert_eq!(server.requests().len(), 6);
}

#[tokio::test]
async fn passing_trouble_does_not_end_it() {
    let mut turns = Vec::new();
    for trouble in [
        Answer::json(500, ""),
        Answer::json(502, "<html>"),
        Answer::json(503, ""),
        Answer::json(429, ""),
        Answer::json(429, "").header("retry-after", "0"),
        Answer::reset(),
        Answer::json(200, "{").declaring(50),
    ] {
        turns.extend([trouble, running()]);
    }
    turns.push(done());
    let asked = turns.len();
    let server = Scripted::in_turn(turns).await;
    wait(&resumed(&server)).await.unwrap();
    // One request for each poll: nothing below repeats it.
    assert_eq!(server.requests().len(), asked);
}

#[tokio::test]
async fn trouble_that_stays_ends_it_with_its_own_kind() {
    for (trouble, kind) in [
        (Answer::json(500, ""), ErrorKind::Server),
        (Answer::reset(), ErrorKind::Unreachable),
        (Answer::json(429, ""), ErrorKind::RateLimited),
    ] {
        let server = Scripted::in_turn(vec![running(), trouble]).await;
        let export = resumed(&server);
        let error = export
            .wait()
            .interval(Duration::from_millis(1), Duration::from_millis(2))
            .tolerate(Duration::from_millis(20))
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.export()),
            (kind, Some(export.handle()))
        );
        assert!(server.requests().len() >= 3);
    }
}

#[tokio::test]
async fn what_does_not_pass_ends_it_at_once() {
    for (answer, kind) in [
        (Answer::json(401, ""), ErrorKind::Unauthorized),
        (Answer::json(403, ""), ErrorKind::Forbidden),
        (Answer::json(422, ""), ErrorKind::Rejected),
        // It was resumed, not just created: 404 means that it is not there.
        (Answer::json(404, ""), ErrorKind::NotFound),
        (Answer::json(200, "<html>"), ErrorKind::UnexpectedResponse),
        (status("failed", "null"), ErrorKind::ExportFailed),
    ] {
        let server = Scripted::always(answer).await;
        let export = resumed(&server);
        let error = wait(&export).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.export()),
            (kind, Some(export.handle()))
        );
        assert_eq!(server.requests().len(), 1, "{error}");
    }
}

#[tokio::test]
async fn a_new_export_may_be_unknown_for_a_moment() {
    let created = || Answer::json(200, r#"{"export_request_id": "e1", "poll_endpoint": "x"}"#);
    let server = Scripted::in_turn(vec![created(), Answer::json(404, ""), running(), done()]).await;
    let layer = crate::layer(&server);
    let export = layer.export(Format::Csv).start().await.unwrap();
    wait(&export).await.unwrap();

    // Once it has been seen, 404 is an answer.
    let server = Scripted::in_turn(vec![created(), running(), Answer::json(404, "")]).await;
    let layer = crate::layer(&server);
    let export = layer.export(Format::Csv).start().await.unwrap();
    assert_eq!(wait(&export).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn patience_ends_with_the_handle() {
    for turns in [
        vec![running()],
        vec![status("archiving", "null")],
        vec![status("completed", "null")],
    ] {
        let server = Scripted::in_turn(turns).await;
        let export = resumed(&server);
        let error = export
            .wait()
            .timeout(Duration::from_millis(100))
            .interval(Duration::from_millis(10), Duration::from_millis(20))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WaitTimeout, "{error}");
        assert_eq!(error.export(), Some(export.handle()));
        assert!(error.is_retryable());
        // Bounded from both sides by the interval: first and last poll, and those in between.
        let polls = server.requests().len();
        assert!((2..=14).contains(&polls), "{polls}");
    }
}

#[tokio::test]
async fn a_timeout_of_nothing_still_asks_once() {
    let server = Scripted::always(done()).await;
    resumed(&server)
        .wait()
        .timeout(Duration::ZERO)
        .await
        .unwrap();
    let server = Scripted::always(running()).await;
    let error = resumed(&server)
        .wait()
        .timeout(Duration::ZERO)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WaitTimeout);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn retry_after_on_a_status_is_honoured() {
    let server = Scripted::in_turn(vec![running().header("retry-after", "1"), done()]).await;
    let started = std::time::Instant::now();
    wait(&resumed(&server)).await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn patience_that_is_shorter_than_retry_after_ends_at_once() {
    for answer in [
        running().header("retry-after", "3600"),
        Answer::json(429, "").header("retry-after", "3600"),
    ] {
        let server = Scripted::always(answer).await;
        let export = resumed(&server);
        let error = export
            .wait()
            .timeout(Duration::from_secs(50))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WaitTimeout, "{error}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn patience_that_ends_in_trouble_is_patience_that_ended() {
    use std::error::Error as _;
    let server = Scripted::always(Answer::json(500, "")).await;
    let error = resumed(&server)
        .wait()
        .timeout(Duration::ZERO)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WaitTimeout, "{error}");
    let cause = error.source().unwrap().downcast_ref::<Error>().unwrap();
    assert_eq!(cause.kind(), ErrorKind::Server);
}
