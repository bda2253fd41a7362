//! A wait whose client was slowed down by the server.

use super::*;

/// A question is held with all others, and its own time has not begun.
#[tokio::test(start_paused = true)]
async fn a_question_waits_for_its_turn() {
    let (mut wait, asked) = wait_for(|_, _| done());
    let (began, say) = (Instant::now(), wait.polling.ask.clone());
    // Longer than the five seconds that are kept for a last question.
    wait.polling.ask = Arc::new(move || {
        let say = say.clone();
        Box::pin(async move {
            sleep(Duration::from_secs(4)).await;
            say().await
        })
    });
    let turns = wait.polling.export.turns();
    turns.refused(began, Some(Duration::from_secs(40)));
    wait.timeout(Duration::from_secs(41)).await.unwrap();
    let waited = began.elapsed().as_secs_f64();
    assert!((44.0..44.1).contains(&waited), "{waited}");
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn patience_ends_though_the_turn_has_not_come() {
    let (wait, asked) = wait_for(|_, _| done());
    let began = Instant::now();
    let turns = wait.polling.export.turns();
    turns.refused(began, Some(Duration::from_secs(40)));
    let error = wait.timeout(Duration::from_secs(9)).await.unwrap_err();
    assert!(
        error.is_wait_timeout() && error.export().is_some(),
        "{error}"
    );
    assert_eq!((began.elapsed().as_secs(), error.attempts()), (9, 0));
    assert_eq!(asked.load(Ordering::Relaxed), 0);
}

/// The time in which nobody may ask is no outage.
#[tokio::test(start_paused = true)]
async fn waiting_for_a_turn_is_not_an_outage() {
    let (wait, asked) = wait_for(|_, number| match number {
        1..4 => failing(ErrorKind::Server, 502),
        _ => done(),
    });
    let export = wait.polling.export.clone();
    let others = tokio::spawn(async move {
        for _ in 0..4 {
            export
                .turns()
                .refused(Instant::now(), Some(Duration::from_secs(50)));
            sleep(Duration::from_secs(51)).await;
        }
    });
    wait.tolerate(Duration::from_secs(30)).await.unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 4);
    others.abort();
}
