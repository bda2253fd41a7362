//! The first question of a wait that knows about how long it takes.

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

/// Seconds until the first question, and all of them.
async fn first_question(prepare: impl FnOnce(Wait) -> Wait) -> (f64, u32) {
    let (wait, asked) = wait_for(|since, number| match number {
        1 => said("in_progress", Some(&since.as_secs_f64().to_string())),
        _ => done(),
    });
    let mut wait = prepare(wait);
    let status = wait.next().await.unwrap();
    let seconds = status.download_url().unwrap().parse().unwrap();
    let _ = wait.await;
    (seconds, asked.load(Ordering::Relaxed))
}

#[tokio::test(start_paused = true)]
async fn the_first_question_comes_when_it_is_likely_to_be_done() {
    let mut all = Vec::new();
    for _ in 0..50 {
        let (seconds, _) = first_question(|wait| wait.expect(MINUTE)).await;
        assert!((54.0..=66.1).contains(&seconds), "{seconds}");
        all.push(seconds);
    }
    // Not everybody at the same moment.
    all.sort_by(f64::total_cmp);
    assert!(all[49] - all[0] > 3.0, "{all:?}");
    // Without the hint at once.
    for wait in [
        first_question(|wait| wait).await,
        first_question(|wait| wait.expect(Duration::ZERO)).await,
    ] {
        assert!(wait.0 < 0.01, "{wait:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_counted_from_the_creation() {
    for (ago, least, most) in [(20, 34.0, 46.1), (70, 0.0, 0.01)] {
        let created = Instant::now();
        sleep(Duration::from_secs(ago)).await;
        let known = |mut wait: Wait| {
            wait.polling.export.created = Some(created);
            wait.expect(MINUTE)
        };
        let (seconds, _) = first_question(known).await;
        assert!((least..=most).contains(&seconds), "{ago}: {seconds}");
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_asked_before_patience_ends() {
    for expected in [MINUTE, Duration::MAX] {
        let second = Duration::from_secs(10);
        let (seconds, asked) = first_question(|wait| wait.expect(expected).timeout(second)).await;
        assert!((10.0..10.1).contains(&seconds), "{seconds}");
        assert_eq!(asked, 1);
    }
}

/// What is right about the hint saves nearly all of the questions.
#[tokio::test(start_paused = true)]
async fn what_is_expected_is_asked_about_once_or_twice() {
    for expect in [Duration::ZERO, MINUTE] {
        let (wait, asked) = wait_for(|since, _| if since >= MINUTE { done() } else { running() });
        let began = Instant::now();
        wait.expect(expect).await.unwrap();
        let polls = asked.load(Ordering::Relaxed);
        assert!(
            if expect.is_zero() {
                polls > 10
            } else {
                polls <= 2
            },
            "{polls}"
        );
        // And it is found no later than without.
        assert!(began.elapsed() < Duration::from_secs(75));
    }
}
