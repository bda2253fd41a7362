//! How often the server is asked.

use std::time::Duration;

use felt_api::{ErrorKind, Retry};

use crate::scripted::{Answer, Scripted};
use crate::{builder, layer, quick};

fn good() -> Answer {
    Answer::json(200, r#"{"export_link": "https://example.com/x"}"#)
}

#[tokio::test]
async fn a_question_is_asked_again_until_it_is_answered() {
    for trouble in [
        Answer::json(429, ""),
        Answer::json(500, ""),
        Answer::json(502, ""),
        Answer::json(503, ""),
        Answer::json(504, ""),
        Answer::json(408, ""),
        Answer::reset(),
        Answer::json(200, "{").declaring(100),
    ] {
        let turns = vec![
            trouble.clone(),
            trouble.clone(),
            trouble.clone(),
            trouble.clone(),
            good(),
        ];
        let server = Scripted::in_turn(turns).await;
        layer(&server).export_link().await.unwrap();
        assert_eq!(server.requests().len(), 5, "{trouble:?}");
    }
}

#[tokio::test]
async fn what_retry_after_asks_for_is_given_and_does_not_count() {
    // Twice as many as there are retries.
    let mut turns = vec![Answer::json(429, "").header("retry-after", "0"); 8];
    turns.push(good());
    let server = Scripted::in_turn(turns).await;
    layer(&server).export_link().await.unwrap();
    assert_eq!(server.requests().len(), 9);

    let slow = Answer::json(503, "").header("retry-after", "1");
    let server = Scripted::in_turn(vec![slow, good()]).await;
    let started = std::time::Instant::now();
    layer(&server).export_link().await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn more_than_there_is_patience_for_is_not_waited_for() {
    for wait in ["3600", "Wed, 21 Oct 2076 07:28:00 GMT"] {
        let server = Scripted::always(Answer::json(429, "").header("retry-after", wait)).await;
        let error = layer(&server).export_link().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited);
        assert!(
            error.retry_after() >= Some(Duration::from_secs(3600)),
            "{error}"
        );
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn an_unreadable_retry_after_is_none() {
    for nonsense in ["soon", "-1", "1.5", ""] {
        let server = Scripted::always(Answer::json(429, "").header("retry-after", nonsense)).await;
        let error = layer(&server).export_link().await.unwrap_err();
        assert_eq!(error.retry_after(), None, "{nonsense}");
        assert_eq!(server.requests().len(), 5);
    }
}

/// Being slowed down has a budget of its own, also where each wait is none.
#[tokio::test]
async fn a_server_that_slows_down_for_ever_is_left() {
    let server = Scripted::always(Answer::json(503, "").header("retry-after", "0")).await;
    let mut retry = quick();
    retry.slow_down_budget = Duration::from_secs(1);
    let client = builder(&server).retry(retry).build().unwrap();
    let layer = client.layer("m", "l").unwrap();
    let error = layer.export_link().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    // Each takes a tenth of a second of the budget at least.
    assert_eq!((error.attempts(), server.requests().len()), (11, 11));
}

/// The next attempt would begin too late: it is not waited for.
#[tokio::test]
async fn the_budget_is_kept() {
    let server = Scripted::always(Answer::json(500, "")).await;
    let mut retry = quick();
    retry.budget = Duration::ZERO;
    (retry.first_delay, retry.longest_delay) = (Duration::from_secs(5), Duration::from_secs(5));
    let client = builder(&server).retry(retry).build().unwrap();
    let layer = client.layer("m", "l").unwrap();
    let error = layer.export_link().await.unwrap_err();
    assert_eq!((error.attempts(), server.requests().len()), (1, 1));
}

/// What was tried is told to those who listen: attempt, status, and the time until the next.
#[tokio::test]
async fn each_attempt_is_told() {
    let server = Scripted::in_turn(vec![Answer::json(503, ""), Answer::reset(), good()]).await;
    let logs = crate::logs::capture();
    layer(&server).export_link().await.unwrap();
    let text = logs.text();
    let told: Vec<&str> = text
        .lines()
        .filter(|line| line.contains(" attempt="))
        .collect();
    let span = "felt{operation=\"export_link\" subject=m1/l1}";
    assert!(told.iter().all(|line| line.contains(span)), "{told:#?}");
    let [first, second, third] = told.as_slice() else {
        panic!("{told:#?}");
    };
    assert!(first.contains("trying again attempt=1 status=503 delay_ms="));
    assert!(second.contains("trying again attempt=2 delay_ms="));
    assert!(third.contains("answered attempt=3"));
    // The client below tells of each request.
    let requests = text
        .lines()
        .filter(|line| line.contains("operation=\"create_map_layer_export_link\""))
        .count();
    assert_eq!(requests, 3, "{text}");
}

#[tokio::test]
async fn never_means_once() {
    let server = Scripted::always(Answer::json(500, "")).await;
    let client = builder(&server).retry(Retry::never()).build().unwrap();
    client
        .layer("m", "l")
        .unwrap()
        .export_link()
        .await
        .unwrap_err();
    assert_eq!(server.requests().len(), 1);
}
