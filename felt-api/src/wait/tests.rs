//! The wait on tokio's paused clock, against a server that is a function of time.

use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::time::{Instant, sleep, timeout};

use super::*;
use crate::call::Answer;
use crate::{Client, ErrorKind};

mod expected;
mod paced;

type Said = Result<Answer<ExportStatus>, Error>;

fn said(status: &str, link: Option<&str>) -> Said {
    let json = serde_json::json!({"status": status, "download_url": link});
    Ok(Answer {
        value: serde_json::from_value(json).unwrap(),
        retry_after: None,
    })
}

fn running() -> Said {
    said("in_progress", None)
}

fn done() -> Said {
    said("completed", Some("https://example.com/x?sig=secret"))
}

fn failing(kind: ErrorKind, status: u16) -> Said {
    Err(Error::new(kind, "trouble").with_status(status))
}

fn export() -> Export {
    let client = Client::builder()
        .token("felt_pat_x")
        .base_url("http://localhost:1");
    let handle = "m/l/e:csv".parse().unwrap();
    client.build().unwrap().resume(handle)
}

/// A wait whose server says what it says by the time since now and the number of the question, from 1;
/// and the number of questions. Each takes a moment.
fn wait_for(say: impl Fn(Duration, u32) -> Said + Send + Sync + 'static) -> (Wait, Arc<AtomicU32>) {
    let (started, asked) = (Instant::now(), Arc::new(AtomicU32::new(0)));
    let (count, say) = (asked.clone(), Arc::new(say));
    let mut wait = export().wait();
    wait.polling.ask = Arc::new(move || {
        let (count, say) = (count.clone(), say.clone());
        Box::pin(async move {
            sleep(Duration::from_millis(1)).await;
            let number = count.fetch_add(1, Ordering::Relaxed) + 1;
            say(started.elapsed(), number)
        })
    });
    (wait, asked)
}

/// How late the end is found, in percent of the duration, and by how many polls.
struct Simulated {
    late: Vec<f64>,
    polls: u64,
}

impl Simulated {
    fn mean(&self) -> f64 {
        self.late.iter().sum::<f64>() / self.late.len() as f64
    }

    fn p95(&self) -> f64 {
        let mut late = self.late.clone();
        late.sort_by(f64::total_cmp);
        late[late.len() * 95 / 100]
    }

    fn mean_polls(&self) -> f64 {
        self.polls as f64 / self.late.len() as f64
    }

    fn line(&self, rule: &str) -> String {
        let (mean, p95, polls) = (self.mean(), self.p95(), self.mean_polls());
        format!("{rule:<38} {mean:>7.1} % {p95:>7.1} % {polls:>7.1}")
    }
}

/// A rule by itself: the seconds to the next poll, by the time waited and the number of polls so far.
fn simulate(durations: &[f64], after: impl Fn(f64, i32) -> f64) -> Simulated {
    let (mut late, mut polls) = (Vec::new(), 0);
    for duration in durations {
        let (mut now, mut number) = (0.0, 0);
        loop {
            polls += 1;
            if now >= *duration {
                break;
            }
            now += after(now, number);
            number += 1;
        }
        late.push(100.0 * (now - duration) / duration);
    }
    Simulated { late, polls }
}

/// From a second to an hour, each length as likely as its double.
fn durations(count: usize) -> Vec<f64> {
    fastrand::seed(20_261_124);
    (0..count)
        .map(|_| (fastrand::f64() * 3600_f64.ln()).exp())
        .collect()
}

#[test]
fn the_end_is_found_soon_and_with_few_polls() {
    let durations = durations(20_000);
    let polling = Polling::new(&export());
    let rule = |waited: f64, _| {
        let waited = Duration::from_secs_f64(waited);
        polling.interval_after(waited).as_secs_f64()
    };
    let ours = simulate(&durations, rule);
    let google = simulate(&durations, |_, number| 2_f64.powi(number.min(6)).min(60.0));
    let table = [
        format!("{:<38} {:>9} {:>9} {:>7}", "rule", "late", "p95", "polls"),
        ours.line("0.18 of the time waited, 0.5 s to 45 s"),
        google.line("Google: 1 s doubling to 60 s"),
        simulate(&durations, |_, _| 5.0).line("a loop of 5 s"),
        simulate(&durations, |_, _| 30.0).line("a loop of 30 s"),
    ]
    .join("\n");
    println!("{table}");
    insta::assert_snapshot!("simulation", table);
    assert!(ours.mean() <= 10.0 && ours.p95() <= 20.0 && ours.mean_polls() <= 32.0);
}

/// The wait itself asks when the rule says.
#[tokio::test(start_paused = true)]
async fn the_wait_follows_its_rule() {
    let export = export();
    for duration in durations(300) {
        let (started, polls) = (Instant::now(), Arc::new(AtomicU32::new(0)));
        let count = polls.clone();
        let mut wait = export.wait().timeout(Duration::from_secs(7200));
        wait.polling.ask = Arc::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
            let is_done = started.elapsed().as_secs_f64() >= duration;
            Box::pin(std::future::ready(if is_done { done() } else { running() }))
        });
        fastrand::seed(1);
        let polling = wait.polling.clone();
        wait.await.unwrap();
        let found = started.elapsed().as_secs_f64();

        fastrand::seed(1);
        let rule = |waited: f64, _| {
            let waited = Duration::from_secs_f64(waited);
            // As tokio's timers have it.
            (polling.interval_after(waited).as_secs_f64() * 1000.0).ceil() / 1000.0
        };
        let by_itself = simulate(&[duration], rule);
        let late = 100.0 * (found - duration) / duration;
        assert_eq!(u64::from(polls.load(Ordering::Relaxed)), by_itself.polls);
        assert!((late - by_itself.late[0]).abs() < 1.0, "{duration}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_three_numbers_of_the_rule() {
    let ends = |seconds| {
        move |since: Duration, _| {
            if since >= Duration::from_secs(seconds) {
                done()
            } else {
                running()
            }
        }
    };
    // A steady interval: one question each ten seconds, give or take a tenth.
    let (wait, asked) = wait_for(ends(1000));
    let steady = wait
        .share(0.0)
        .interval(Duration::from_secs(10), Duration::MAX);
    steady.await.unwrap();
    let polls = asked.load(Ordering::Relaxed);
    assert!((92..=113).contains(&polls), "{polls}");
    // As long again as has been waited: few questions.
    let (wait, asked) = wait_for(ends(1000));
    let doubling = wait
        .share(1.0)
        .interval(Duration::from_secs(1), Duration::MAX);
    doubling.await.unwrap();
    let polls = asked.load(Ordering::Relaxed);
    assert!((9..=14).contains(&polls), "{polls}");
    // The longest interval holds.
    let (wait, asked) = wait_for(ends(1000));
    let bounded = wait
        .share(1.0)
        .interval(Duration::from_secs(1), Duration::from_secs(20));
    bounded.await.unwrap();
    let polls = asked.load(Ordering::Relaxed);
    assert!((46..=66).contains(&polls), "{polls}");
}

#[tokio::test(start_paused = true)]
async fn settings_that_can_never_work_are_named() {
    let second = Duration::from_secs(1);
    let wait = || wait_for(|_, _| done());
    for (wait, message) in [
        (
            wait().0.share(f64::NAN),
            "the wait's share has to be 0 to 10",
        ),
        (wait().0.share(-0.1), "the wait's share has to be 0 to 10"),
        (
            wait().0.share(f64::INFINITY),
            "the wait's share has to be 0 to 10",
        ),
        (
            wait().0.interval(Duration::ZERO, second),
            "the wait's shortest interval has to be longer than 0",
        ),
        (
            wait().0.interval(second * 2, second),
            "the wait's longest interval is shorter than the shortest",
        ),
    ] {
        let error = wait.await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.to_string(), message);
        assert!(error.export().is_some() && !error.could_not_ask());
    }
}

#[tokio::test(start_paused = true)]
async fn no_number_is_too_large() {
    let (wait, _) = wait_for(|_, number| {
        if number > 3 {
            done()
        } else {
            failing(ErrorKind::Server, 500)
        }
    });
    let wait = wait
        .timeout(Duration::MAX)
        .tolerate(Duration::MAX)
        .share(10.0)
        .interval(Duration::from_secs(1), Duration::MAX);
    wait.await.unwrap();
    let (wait, asked) = wait_for(|_, _| running());
    let wait = wait.interval(Duration::MAX, Duration::MAX);
    let error = wait.timeout(Duration::from_secs(9)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WaitTimeout);
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn there_is_always_a_deadline() {
    let started = Instant::now();
    let (wait, asked) = wait_for(|_, _| running());
    let error = wait.await.unwrap_err();
    let waited = started.elapsed().as_secs_f64();
    assert!((3600.0..3601.0).contains(&waited), "{waited}");
    assert!(error.is_wait_timeout() && error.is_retryable());
    assert_eq!(error.attempts(), asked.load(Ordering::Relaxed));
    assert_eq!(error.elapsed(), started.elapsed());
    let last = error.last_status().unwrap();
    assert_eq!(last.state().as_str(), "in_progress");
    assert_eq!(error.export().unwrap().to_string(), "m/l/e:csv");
    assert!(!error.could_not_ask());
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_tolerated_for_two_minutes_and_no_longer() {
    let down = |from: u64, to: u64| {
        move |since: Duration, _| match since.as_secs() {
            second if second >= from && second < to => failing(ErrorKind::Server, 502),
            second if second >= 600 => done(),
            _ => running(),
        }
    };
    wait_for(down(60, 170)).0.await.unwrap();
    let started = Instant::now();
    let error = wait_for(down(60, 400)).0.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    let waited = started.elapsed().as_secs();
    assert!((180..=230).contains(&waited), "{waited}");
    assert!(error.attempts() > 3 && error.elapsed() == started.elapsed());
}

/// Down for nearly two minutes, again and again: each answer between makes it begin anew.
#[tokio::test(start_paused = true)]
async fn an_answer_ends_an_outage() {
    let (wait, _) = wait_for(|since, _| match since.as_secs() {
        900.. => done(),
        second if second % 130 < 100 => failing(ErrorKind::Unreachable, 0),
        _ => running(),
    });
    let wait = wait.interval(Duration::from_secs(1), Duration::from_secs(9));
    wait.await.unwrap();
}

/// A server in trouble is not asked as often as one that is not.
#[tokio::test(start_paused = true)]
async fn trouble_slows_questions_down() {
    let (wait, asked) = wait_for(|_, _| failing(ErrorKind::Server, 500));
    let moment = Duration::from_millis(1);
    wait.interval(moment, moment).await.unwrap_err();
    let polls = asked.load(Ordering::Relaxed);
    assert!((15..120).contains(&polls), "{polls}");
}

#[tokio::test(start_paused = true)]
async fn what_the_server_asks_to_wait_is_given_up_to_a_minute() {
    for (asks, least) in [(20, 20), (300, 60)] {
        let started = Instant::now();
        let (wait, _) = wait_for(move |since, _| {
            let mut answer = if since.as_secs() >= 5 {
                done()
            } else {
                running()
            };
            if let Ok(answer) = &mut answer {
                answer.retry_after = Some(Duration::from_secs(asks));
            }
            answer
        });
        wait.await.unwrap();
        let waited = started.elapsed().as_secs();
        assert!((least..least + 2).contains(&waited), "{asks}: {waited}");
    }
}

/// Replicas lag for some seconds, not for ever.
#[tokio::test(start_paused = true)]
async fn a_new_export_is_not_unknown_for_long() {
    // Ten seconds, and the longest delay after a failure.
    for (created, longest) in [(true, 18), (false, 0)] {
        let started = Instant::now();
        let (mut wait, _) = wait_for(|_, _| failing(ErrorKind::NotFound, 404));
        wait.polling.export.created = created.then_some(started);
        let error = wait.await.unwrap_err();
        assert!(error.is_not_found(), "{error}");
        let waited = started.elapsed().as_secs();
        assert!(waited <= longest && (waited >= 10) == created, "{waited}");
    }
}

/// A question that is never answered does not outlast the wait by more than five seconds.
#[tokio::test(start_paused = true)]
async fn a_question_in_flight_is_bounded_too() {
    for patience in [0, 1, 4, 60, 600] {
        let (mut wait, asked) = wait_for(|_, _| running());
        let answer = wait.polling.ask.clone();
        wait.polling.ask = Arc::new(move || match asked.load(Ordering::Relaxed) {
            0..3 => answer(),
            _ => Box::pin(std::future::pending()),
        });
        let started = Instant::now();
        let patience = Duration::from_secs(patience);
        // Even where no outage is tolerated: it was the patience that ended.
        let wait = wait.timeout(patience).tolerate(Duration::ZERO);
        let error = wait.await.unwrap_err();
        assert!(error.is_wait_timeout(), "{error}");
        let longest = patience + Duration::from_millis(5_010);
        assert!(started.elapsed() <= longest, "{patience:?}");
        if patience > Duration::from_secs(1) {
            let cause = error.source().unwrap().downcast_ref::<Error>().unwrap();
            assert!(cause.is_unreachable(), "{cause}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn completed_without_a_link_is_asked_about_for_a_minute() {
    let (wait, asked) = wait_for(|_, _| said("completed", None));
    let started = Instant::now();
    let error = wait.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedResponse);
    assert!(error.could_not_ask() && !error.is_export_failed());
    let waited = started.elapsed().as_secs();
    assert!((60..=75).contains(&waited), "{waited}");
    // As often as in the beginning of a wait, though this one may have been long.
    let polls = asked.load(Ordering::Relaxed);
    assert!((10..=30).contains(&polls), "{polls}");
}

#[tokio::test(start_paused = true)]
async fn each_status_comes_once_and_the_outcome_last() {
    let (mut wait, _) = wait_for(|_, number| match number {
        1..=4 => running(),
        5 => failing(ErrorKind::Unreachable, 0),
        6 => running(),
        7..=8 => said("archiving", None),
        9 => said("completed", None),
        _ => done(),
    });
    let mut seen = Vec::new();
    while let Some(status) = wait.next().await {
        seen.push((status.state().to_string(), status.download_url().is_some()));
    }
    let expected = [
        ("in_progress", false),
        ("archiving", false),
        ("completed", false),
        ("completed", true),
    ];
    assert_eq!(
        seen,
        expected.map(|(state, link)| (state.to_string(), link))
    );
    assert!(wait.next().await.is_none(), "it has ended");
    wait.await.unwrap();

    let (mut wait, asked) = wait_for(|_, _| said("failed", None));
    assert_eq!(wait.next().await.unwrap().state().as_str(), "failed");
    assert!(wait.next().await.is_none());
    let error = wait.await.unwrap_err();
    assert!(error.is_export_failed() && !error.could_not_ask() && !error.is_retryable());
    // What it had come to was not asked for again.
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

/// The future of `next` is dropped at every moment that there is, within a question and between two.
#[tokio::test(start_paused = true)]
async fn dropping_the_future_of_next_loses_nothing() {
    let server = |since: Duration, _: u32| {
        if since >= Duration::from_secs(90) {
            done()
        } else {
            running()
        }
    };
    fastrand::seed(7);
    let (mut wait, asked) = wait_for(server);
    let (mut seen, mut dropped) = (Vec::new(), 0);
    loop {
        // Within a question, which takes a millisecond, or between two.
        let longest = if fastrand::bool() { 2_000 } else { 200_000 };
        let patience = Duration::from_micros(fastrand::u64(0..longest));
        match timeout(patience, wait.next()).await {
            Ok(Some(status)) => seen.push(status.state().to_string()),
            Ok(None) => break,
            Err(_) => dropped += 1,
        }
    }
    wait.await.unwrap();
    assert_eq!(seen, ["in_progress", "completed"]);
    assert!(dropped > 500, "{dropped}");
    let polls = asked.load(Ordering::Relaxed);
    assert!((15..=35).contains(&polls), "{polls}");
}

/// Whenever a wait is dropped, another one finds what there is.
#[tokio::test(start_paused = true)]
async fn dropping_a_wait_loses_nothing() {
    for drops in 1..60 {
        let (wait, _) = wait_for(|since, _| {
            if since >= Duration::from_secs(9) {
                done()
            } else {
                running()
            }
        });
        let dropped = timeout(Duration::from_millis(drops * 100), wait).await;
        assert!(dropped.is_err());
        let (wait, _) = wait_for(|since, _| {
            if since >= Duration::from_secs(3) {
                done()
            } else {
                running()
            }
        });
        wait.await.unwrap();
    }
}

#[test]
fn it_can_be_sent_and_shows_no_secret() {
    fn sendable<T: Send + Unpin + 'static>(_: &T) {}
    fn streams<T: Stream<Item = ExportStatus>>(_: &T) {}
    let wait = export().wait();
    sendable(&wait);
    streams(&wait);
    sendable(&IntoFuture::into_future(wait));
    let shown = format!("{:?}", export().wait());
    assert!(
        shown.contains("m\"") && !shown.contains("felt_pat_x"),
        "{shown}"
    );
}
