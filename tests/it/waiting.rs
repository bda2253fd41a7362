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

/// As a program would that shows progress and does something else meanwhile.
#[tokio::test]
async fn a_wait_in_a_select_asks_no_more_often() {
    let mut turns = vec![running(); 5];
    turns.push(done());
    let server = Scripted::in_turn(turns).await;
    let mut wait = resumed(&server)
        .wait()
        .interval(Duration::from_millis(20), Duration::from_millis(20));
    let mut ticks = 0;
    let mut tick = tokio::time::interval(Duration::from_millis(1));
    loop {
        tokio::select! {
            status = wait.next() => if status.is_none() { break },
            _ = tick.tick() => ticks += 1,
        }
    }
    wait.await.unwrap();
    assert!(ticks > 10, "{ticks}");
    assert_eq!(server.requests().len(), 6);
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
    let mut wait = export
        .wait()
        .interval(Duration::from_millis(1), Duration::from_millis(2));
    let mut seen = Vec::new();
    while let Some(status) = wait.next().await {
        seen.push(status.state().to_string());
    }
    let finished = wait.await.unwrap();
    assert_eq!(finished.handle(), export.handle());
    assert!(finished.download_url().starts_with("https://example.com/"));
    assert!(!format!("{finished:?}").contains("secret"));
    // Each once: the link that came with the last is new.
    let expected = "in_progress archiving completed completed";
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
        assert!(error.could_not_ask());
        let requests = server.requests().len();
        assert!(requests >= 3);
        assert_eq!(error.attempts() as usize, requests);
        assert!(error.elapsed() >= Duration::from_millis(20));
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
        assert_eq!(error.attempts(), 1);
        // It failed, or it could not be asked whether it did.
        assert_eq!(error.could_not_ask(), !error.is_export_failed());
    }
}

#[tokio::test]
async fn a_link_that_cannot_be_one_is_told_at_once() {
    for link in [
        "\"\"",
        "\"nonsense?sig=secret\"",
        "\"ftp://example.com/?sig=secret\"",
        "\"http://example.com/?sig=secret\"",
    ] {
        let server = Scripted::always(status("completed", link)).await;
        let export = resumed(&server);
        let error = wait(&export).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{error}");
        assert_eq!(error.export(), Some(export.handle()));
        assert!(
            error.could_not_ask() && error.to_string().contains("link"),
            "{error}"
        );
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        assert_eq!(server.requests().len(), 1);
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
        // Bounded by the interval: first and last poll, and those in between.
        let polls = server.requests().len();
        assert_eq!(error.attempts() as usize, polls);
        assert!(error.elapsed() >= Duration::from_millis(100));
        let last = error.last_status().unwrap();
        assert!(error.to_string().contains(last.state().as_str()), "{error}");
        assert!(!error.could_not_ask());
        assert!((1..=14).contains(&polls), "{polls}");
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
    assert_eq!(error.last_status(), None);
}
