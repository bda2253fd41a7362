//! What a download is told to do: how slow is too slow, what room there is, what to skip, whom to tell.

use std::time::Duration;

use felt_download::{ErrorKind, FixedLink};
use felt_sandbox::faulty::{Content, Fault, Options, Storage};

use crate::resume::{SIZE, content, fetch, is, place, ranges, storage};
use crate::{download, names};

#[tokio::test]
async fn too_slow_is_a_failure_of_its_own() {
    let (content, place) = (content(), place());
    let trickle = Fault::Trickle {
        every: Duration::from_millis(5),
    };
    let storage = storage(&content, vec![trickle; 4]);
    let link = FixedLink::new(storage.url());
    let done = download(&link)
        .min_rate(100_000, Duration::from_millis(200))
        .to_path(&place.path)
        .await
        .unwrap();
    assert_eq!(done.bytes, SIZE);
    assert!(is(&place.path, &content));
    let ranges = ranges(&storage);
    assert_eq!(ranges.len(), 5);
    assert!(
        ranges.windows(2).all(|pair| pair[0] < pair[1]),
        "{ranges:?}"
    );
}

/// A number in a header is no disk space.
#[tokio::test]
async fn what_does_not_fit_is_told_before_it_is_written() {
    let (content, place) = (content(), place());
    let headers = vec![("Content-Length".to_string(), (1_u64 << 60).to_string())];
    let huge = Fault::Status {
        status: 200,
        headers,
        body: vec![b'x'; 100],
    };
    let storage = storage(&content, vec![huge]);
    let error = fetch(&storage, &place.path).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Disk);
    assert!(error.to_string().contains("make room"), "{error}");
    assert_eq!(storage.asked().len(), 1);
    assert!(names(place.folder.path()).is_empty());
}

#[tokio::test]
async fn what_is_there_can_be_skipped() {
    let (content, place) = (content(), place());
    std::fs::write(&place.path, "there").unwrap();
    let storage = storage(&content, vec![]);
    let link = FixedLink::new(storage.url());
    for overwrite in [false, true] {
        let skipping = download(&link).skip_existing(true).overwrite(overwrite);
        let done = skipping.to_path(&place.path).await.unwrap();
        assert_eq!((done.skipped, done.bytes), (true, 5));
    }
    assert_eq!(std::fs::read(&place.path).unwrap(), b"there");
    assert!(storage.asked().is_empty());
    std::fs::remove_file(&place.path).unwrap();
    let done = download(&link)
        .skip_existing(true)
        .to_path(&place.path)
        .await;
    assert!(!done.unwrap().skipped);
    assert!(is(&place.path, &content));
}

/// Dropping it keeps what has arrived, and the place is free at once.
#[tokio::test]
async fn dropping_it_keeps_the_part() {
    let (content, place) = (content(), place());
    let storage = storage(&content, vec![Fault::StallAt(200_000)]);
    let link = FixedLink::new(storage.url());
    let (tell, told) = tokio::sync::oneshot::channel();
    let tell = std::sync::Mutex::new(Some(tell));
    let transfer = download(&link)
        .on_progress(move |progress| {
            if progress.bytes == 200_000
                && let Some(tell) = tell.lock().unwrap().take()
            {
                tell.send(()).unwrap();
            }
        })
        .to_path(&place.path);
    tokio::select! {
        done = transfer => panic!("{done:?}"),
        told = told => told.unwrap(),
    }
    assert_eq!(
        names(place.folder.path()),
        ["out.bin.part", "out.bin.part.json"]
    );
    fetch(&storage, &place.path).await.unwrap();
    assert!(is(&place.path, &content));
    let [None, Some(from)] = ranges(&storage)[..] else {
        panic!("{:?}", ranges(&storage));
    };
    // What was waiting to be written is forgotten.
    assert!(from <= 200_000);
}

#[tokio::test]
async fn progress_is_told_in_order_and_not_too_often() {
    use futures_util::StreamExt;
    let (content, place) = (Content::pattern(7, 3_000_000), place());
    let options = Options {
        rate: Some(6_000_000),
        ..Options::default()
    };
    let storage = Storage::with_script(content.clone(), options, |_| None).unwrap();
    let link = FixedLink::new(storage.url());
    let (download, told) = download(&link).progress();
    let started = std::time::Instant::now();
    let (done, told) = tokio::join!(download.to_path(&place.path), told.collect::<Vec<_>>());
    done.unwrap();
    let most = started.elapsed().as_millis() / 50 + 3;
    assert!(
        told.len() as u128 <= most && told.len() >= 2,
        "{}",
        told.len()
    );
    assert!(told.is_sorted_by_key(|progress| progress.bytes));
    let last = told.last().unwrap();
    assert_eq!(
        (last.bytes, last.total, last.attempt),
        (3_000_000, Some(3_000_000), 1)
    );
}

/// What a host asks for is waited for, whatever the settings say.
#[tokio::test]
async fn a_host_that_asks_for_a_pause_gets_it() {
    let (content, place) = (content(), place());
    let pause = Fault::Status {
        status: 503,
        headers: vec![("Retry-After".to_string(), "1".to_string())],
        body: Vec::new(),
    };
    let storage = storage(&content, vec![pause]);
    fetch(&storage, &place.path).await.unwrap();
    let asked = storage.asked();
    assert!(asked[1].at - asked[0].at >= Duration::from_secs(1));
}

#[tokio::test]
async fn no_delay_is_too_long_for_the_clock() {
    let (content, place) = (content(), place());
    let storage = storage(&content, vec![Fault::Reset]);
    let link = FixedLink::new(storage.url());
    let waits = download(&link)
        .attempts(2, Duration::MAX, Duration::MAX)
        .to_path(&place.path);
    let waited = tokio::time::timeout(Duration::from_millis(500), waits).await;
    assert!(waited.is_err(), "{waited:?}");
}
