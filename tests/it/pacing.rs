//! All calls of a client slow down together.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use felt_api::{Client, Format};

use crate::builder;
use crate::scripted::{Answer, Scripted};

const JOBS: usize = 8;
const LAYERS: usize = 10;

/// Each job creates one export after the other.
async fn create_all(client: &Client) {
    let jobs = (0..JOBS).map(|job| {
        // A clone has the same pace.
        let client = client.clone();
        tokio::spawn(async move {
            for number in 0..LAYERS {
                let layer = client.layer("m", format!("l{job}_{number}")).unwrap();
                layer.export(Format::Csv).start().await.unwrap();
            }
        })
    });
    for job in jobs.collect::<Vec<_>>() {
        job.await.unwrap();
    }
}

fn created() -> Answer {
    Answer::json(200, r#"{"export_request_id": "e1"}"#)
}

#[tokio::test]
async fn one_refusal_slows_everybody_down_and_nothing_is_created_twice() {
    const REFUSED: usize = 30;
    let arrivals = Arc::new(Mutex::new(Vec::new()));
    let seen = arrivals.clone();
    let server = Scripted::start(move |number, _| {
        seen.lock().unwrap().push(Instant::now());
        match number {
            REFUSED => Answer::json(429, "").header("retry-after", "1"),
            _ => created(),
        }
    })
    .await;
    create_all(&builder(&server).build().unwrap()).await;

    // But for what was under way, nothing came for a second; then one after the other, at nine tenths of
    // the 30 that had got through within the first second.
    let arrivals = arrivals.lock().unwrap();
    let pause = arrivals
        .windows(2)
        .position(|two| two[1] - two[0] > Duration::from_millis(800));
    let last_before = pause.unwrap();
    assert!(
        (REFUSED..REFUSED + JOBS).contains(&last_before),
        "{last_before}"
    );
    let after = arrivals[arrivals.len() - 1] - arrivals[last_before + 1];
    assert!(after > Duration::from_secs(1), "{after:?}");

    let mut created: HashMap<String, usize> = HashMap::new();
    let requests = server.requests();
    for (number, request) in requests.iter().enumerate() {
        *created.entry(request.path().to_string()).or_default() += usize::from(number != REFUSED);
    }
    assert_eq!(
        (requests.len(), created.len()),
        (JOBS * LAYERS + 1, JOBS * LAYERS)
    );
    assert!(created.values().all(|times| *times == 1), "{created:?}");
}

#[tokio::test]
async fn a_limit_of_ones_own_is_kept() {
    let server = Scripted::always(created()).await;
    let client = builder(&server).max_rate(100.0).build().unwrap();
    let began = Instant::now();
    create_all(&client).await;
    let took = began.elapsed();
    assert!(took > Duration::from_millis(650), "{took:?}");
}
