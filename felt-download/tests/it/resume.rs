//! Downloads that break, and go on: within one call, and in the next.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use felt_download::{BoxError, BoxFuture, ErrorKind, Finished, FixedLink, LinkSource};
use felt_sandbox::faulty::{Asked, Content, Fault, Options, Storage};

use crate::{download, names};

const SIZE: u64 = 500_000;

fn content() -> Content {
    Content::pattern(7, SIZE)
}

/// A host where the first requests go wrong, one after the other.
pub fn storage(content: &Content, faults: Vec<Fault>) -> Storage {
    Storage::with_script(content.clone(), Options::default(), move |asked: &Asked| {
        faults.get(asked.number).cloned()
    })
    .unwrap()
}

pub fn is(path: &Path, content: &Content) -> bool {
    let mut expected = vec![0; content.size() as usize];
    content.read_at(0, &mut expected);
    std::fs::read(path).unwrap() == expected
}

/// First bytes of the ranges that were asked for; none is the whole.
fn ranges(storage: &Storage) -> Vec<Option<u64>> {
    let asked = storage.asked();
    asked.iter().map(|asked| Some(asked.range()?.0)).collect()
}

struct Place {
    folder: tempfile::TempDir,
    path: PathBuf,
}

fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.bin");
    Place { folder, path }
}

async fn fetch(storage: &Storage, path: &Path) -> Result<Finished, felt_download::Error> {
    let link = FixedLink::new(storage.url());
    let result = download(&link)
        .stall_timeout(Duration::from_millis(300))
        .to_path(path)
        .await;
    if let Err(error) = &result {
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("secret"), "{shown}");
    }
    result
}

/// Every fault of which nothing is lost: the transfer goes on from the byte where it broke.
#[tokio::test]
async fn a_transfer_that_breaks_goes_on_from_there() {
    for fault in [
        Fault::ResetAt(200_000),
        Fault::StallAt(200_000),
        Fault::TruncateAt(200_000),
    ] {
        let (content, place) = (content(), place());
        let storage = storage(&content, vec![fault.clone()]);
        assert_eq!(fetch(&storage, &place.path).await.unwrap().bytes, SIZE);
        assert!(is(&place.path, &content), "{fault:?}");
        assert_eq!(ranges(&storage), [None, Some(200_000)], "{fault:?}");
        let again = &storage.asked()[1];
        assert_eq!(again.header("if-range"), Some(content.etag().as_str()));
        assert_eq!(again.header("accept-encoding"), Some("identity"));
        assert_eq!(storage.bytes_sent(), SIZE, "{fault:?}");
        assert_eq!(names(place.folder.path()), ["out.bin"]);
    }
}

#[tokio::test]
async fn it_goes_on_for_as_long_as_there_is_progress() {
    let (content, place) = (content(), place());
    // More failures than there may be in a row, and headers that never come among them.
    let mut faults = vec![];
    for _ in 0..20 {
        faults.extend([Fault::Reset, Fault::Refuse(500), Fault::ResetAt(10_000)]);
    }
    let storage = storage(&content, faults);
    fetch(&storage, &place.path).await.unwrap();
    assert!(is(&place.path, &content));
    assert_eq!(storage.bytes_sent(), SIZE);
}

#[tokio::test]
async fn headers_that_never_come_are_a_stall() {
    let (content, place) = (content(), place());
    let storage = storage(
        &content,
        vec![Fault::Silence, Fault::ResetAt(9), Fault::Silence],
    );
    fetch(&storage, &place.path).await.unwrap();
    assert!(is(&place.path, &content));
    assert_eq!(ranges(&storage), [None, None, Some(9), Some(9)]);
}

/// What an answer lacks before it can be added to.
#[tokio::test]
async fn what_cannot_be_trusted_starts_over() {
    let broken = || Fault::ResetAt(200_000);
    for (first, second, requests) in [
        // The second answer is not the rest of the first.
        (broken(), Fault::ShiftRange(-1), 3),
        (broken(), Fault::ShiftRange(1), 3),
        (broken(), Fault::LieAboutRange(1), 3),
        (broken(), Fault::WrongTotal(1), 3),
        (broken(), Fault::RangeWithOtherEtag, 3),
        (broken(), Fault::Unsatisfiable(None), 3),
        (broken(), Fault::Unsatisfiable(Some(200_000)), 3),
        (broken(), Fault::Unsatisfiable(Some(SIZE)), 3),
        (broken(), Fault::NoEtag, 2),
        (broken(), Fault::WeakEtag, 2),
        (broken(), Fault::OtherEtag, 2),
        // A 200 is the whole, and replaces what is there.
        (broken(), Fault::IgnoreRange, 2),
        (broken(), Fault::NoLength, 2),
    ] {
        let (content, place) = (content(), place());
        let storage = storage(&content, vec![first, second.clone()]);
        assert_eq!(fetch(&storage, &place.path).await.unwrap().bytes, SIZE);
        assert!(is(&place.path, &content), "{second:?}");
        assert_eq!(storage.asked().len(), requests, "{second:?}");
        assert_eq!(names(place.folder.path()), ["out.bin"]);
    }
}

/// Without a strong validator nobody knows whether the rest is of the same file.
#[tokio::test]
async fn without_a_strong_validator_there_is_no_rest() {
    for validator in [Fault::NoEtag, Fault::WeakEtag] {
        let (content, place) = (content(), place());
        let (headers, body) = (weak_head(&validator), vec![1; 1000]);
        let storage = storage(
            &content,
            vec![Fault::Status {
                status: 200,
                headers,
                body,
            }],
        );
        fetch(&storage, &place.path).await.unwrap();
        assert!(is(&place.path, &content), "{validator:?}");
        assert_eq!(ranges(&storage), [None, None]);
    }
}

/// Headers of an answer that promises more bytes than there are.
fn weak_head(validator: &Fault) -> Vec<(String, String)> {
    let mut headers = vec![("Content-Length".to_string(), SIZE.to_string())];
    if *validator == Fault::WeakEtag {
        headers.push(("ETag".to_string(), "W/\"x\"".to_string()));
    }
    headers
}

#[tokio::test]
async fn an_old_last_modified_is_a_strong_validator() {
    let (content, place) = (content(), place());
    let storage = Storage::with_script(content.clone(), Options::default(), |asked| {
        Some(match asked.number {
            0 => Fault::Status {
                status: 200,
                headers: vec![
                    ("Content-Length".to_string(), SIZE.to_string()),
                    (
                        "Last-Modified".to_string(),
                        "Mon, 01 Jan 2024 00:00:00 GMT".to_string(),
                    ),
                ],
                body: first_bytes(1000),
            },
            _ => Fault::OnlyLastModified,
        })
    })
    .unwrap();
    fetch(&storage, &place.path).await.unwrap();
    assert!(is(&place.path, &content));
    assert_eq!(ranges(&storage), [None, Some(1000)]);
    assert_eq!(
        storage.asked()[1].header("if-range"),
        Some("Mon, 01 Jan 2024 00:00:00 GMT")
    );
}

fn first_bytes(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    content().read_at(0, &mut bytes);
    bytes
}

/// A server that makes one start over again and again makes no progress.
#[tokio::test]
async fn starting_over_is_bounded() {
    let (content, place) = (content(), place());
    let storage = Storage::with_script(content, Options::default(), |asked| {
        Some(match asked.range() {
            None => Fault::ResetAt(200_000),
            Some(_) => Fault::Unsatisfiable(None),
        })
    })
    .unwrap();
    let error = fetch(&storage, &place.path).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    // The first brings something, the three after it no more than that.
    assert_eq!(storage.asked().len(), 4);
    // What the server does then is for the next call to see.
    assert_eq!(error.kept(), Some(200_000));
}

#[tokio::test]
async fn a_range_that_is_too_short_is_asked_on_from_its_end() {
    let (content, place) = (content(), place());
    let faults = vec![
        Fault::ResetAt(100),
        Fault::ShortRange(50),
        Fault::ShortRange(1),
        Fault::Chunked,
    ];
    let storage = storage(&content, faults);
    fetch(&storage, &place.path).await.unwrap();
    assert!(is(&place.path, &content));
    assert_eq!(ranges(&storage), [None, Some(100), Some(150), Some(151)]);
    assert_eq!(storage.bytes_sent(), SIZE);
}

/// The next call goes on where the last one failed, whatever it failed of.
#[tokio::test]
async fn the_next_call_goes_on() {
    let (content, place) = (content(), place());
    let storage = Storage::with_script(content.clone(), Options::default(), |asked| {
        match asked.number {
            0 => Some(Fault::ResetAt(123_456)),
            1..=4 => Some(Fault::Refuse(503)),
            _ => None,
        }
    })
    .unwrap();
    let error = fetch(&storage, &place.path).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.kept()),
        (ErrorKind::Interrupted, Some(123_456))
    );
    assert_eq!(
        names(place.folder.path()),
        ["out.bin.part", "out.bin.part.json"]
    );
    let done = fetch(&storage, &place.path).await.unwrap();
    assert_eq!(done.bytes, SIZE);
    assert!(is(&place.path, &content));
    assert_eq!(ranges(&storage).last(), Some(&Some(123_456)));
    assert_eq!(storage.bytes_sent(), SIZE);
    assert_eq!(names(place.folder.path()), ["out.bin"]);
}

/// No link, no token and no query is in what is remembered of a part.
#[tokio::test]
async fn the_sidecar_holds_no_secret() {
    let (content, place) = (content(), place());
    let storage = Storage::with_script(content, Options::default(), |asked| {
        Some(match asked.number {
            0 => Fault::ResetAt(1000),
            _ => Fault::Refuse(404),
        })
    })
    .unwrap();
    let error = fetch(&storage, &place.path).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.kept()),
        (ErrorKind::Refused, Some(1000))
    );
    let sidecar = place.folder.path().join("out.bin.part.json");
    let text = std::fs::read_to_string(sidecar).unwrap();
    assert!(text.contains("\"total\":500000"), "{text}");
    for secret in ["secret", "http", "127.0.0.1", "file.bin"] {
        assert!(!text.contains(secret), "{text}");
    }
}

/// What was downloaded in the meantime is another file: it is all asked for again.
#[tokio::test]
async fn what_has_changed_starts_over_in_the_next_call() {
    let place = place();
    let storage = Storage::with_script(content(), Options::default(), |asked| match asked.number {
        0 => Some(Fault::ResetAt(1000)),
        1 => Some(Fault::Refuse(404)),
        _ => None,
    })
    .unwrap();
    fetch(&storage, &place.path).await.unwrap_err();
    let newer = Content::pattern(8, 300_000);
    storage.replace(newer.clone());
    assert_eq!(fetch(&storage, &place.path).await.unwrap().bytes, 300_000);
    assert!(is(&place.path, &newer));
    assert_eq!(ranges(&storage), [None, Some(1000), Some(1000)]);
}

/// What a proxy says instead of the file takes nothing away from what is there.
#[tokio::test]
async fn an_error_page_does_not_replace_a_part() {
    for page in [
        vec![Fault::Html],
        vec![Fault::Encoded],
        // Over again from the first byte, and then the page.
        vec![Fault::ShiftRange(1), Fault::Html],
    ] {
        let (content, place) = (content(), place());
        let faults = [vec![Fault::ResetAt(200_000)], page.clone()].concat();
        let storage = storage(&content, faults);
        let link = FixedLink::new(storage.url());
        let transfer = || {
            let download = download(&link).check_head(|head| match head.first() {
                Some(b'<') => Err("a page arrived".to_string()),
                _ => Ok(()),
            });
            download.to_path(&place.path)
        };
        let error = transfer().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.kept()),
            (ErrorKind::Content, Some(200_000))
        );
        transfer().await.unwrap();
        assert!(is(&place.path, &content), "{page:?}");
        assert_eq!(ranges(&storage).last(), Some(&Some(200_000)));
    }
}

/// A part belongs to one source, and another one starts from its own first byte.
#[tokio::test]
async fn a_part_of_something_else_is_not_gone_on_with() {
    let (content, place) = (content(), place());
    let first = storage(&content, vec![Fault::ResetAt(1000), Fault::Refuse(404)]);
    fetch(&first, &place.path).await.unwrap_err();
    // The same content, even with the same ETag, from another address.
    let second = storage(&content, vec![]);
    fetch(&second, &place.path).await.unwrap();
    assert_eq!(ranges(&second), [None]);
    assert!(is(&place.path, &content));
}

/// A part that is complete is asked about with a range that is empty, and nothing is sent.
#[tokio::test]
async fn a_complete_part_is_not_downloaded_again() {
    let (content, place) = (content(), place());
    let storage = storage(&content, vec![]);
    let link = FixedLink::new(storage.url());
    std::fs::write(&place.path, "theirs").unwrap();
    let theirs = place.path.clone();
    std::fs::remove_file(&place.path).unwrap();
    let error = download(&link)
        .on_progress(move |progress| {
            if progress.bytes == SIZE {
                std::fs::write(&theirs, "theirs").unwrap();
            }
        })
        .to_path(&place.path)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.kept()),
        (ErrorKind::FileExists, Some(SIZE))
    );
    assert_eq!(std::fs::read(&place.path).unwrap(), b"theirs");
    let done = download(&link).overwrite(true).to_path(&place.path).await;
    assert_eq!(done.unwrap().bytes, SIZE);
    assert!(is(&place.path, &content));
    assert_eq!(ranges(&storage), [None, Some(SIZE)]);
    assert_eq!(storage.asked()[1].status, Some(416));
    assert_eq!(storage.bytes_sent(), SIZE);
    assert_eq!(names(place.folder.path()), ["out.bin"]);
}

/// A part that somebody has cut off, or a record that is damaged, is not trusted.
#[tokio::test]
async fn a_part_that_is_not_as_recorded_starts_over() {
    for damage in ["part", "record", "total", "link"] {
        let (content, place) = (content(), place());
        let storage = storage(&content, vec![Fault::ResetAt(1000), Fault::Refuse(404)]);
        fetch(&storage, &place.path).await.unwrap_err();
        let part = place.folder.path().join("out.bin.part");
        let sidecar = place.folder.path().join("out.bin.part.json");
        let text = std::fs::read_to_string(&sidecar).unwrap();
        match damage {
            "part" => std::fs::write(&part, vec![0; 999]).unwrap(),
            "record" => std::fs::write(&sidecar, &text[..text.len() / 2]).unwrap(),
            "total" => std::fs::write(&sidecar, text.replace("500000", "999")).unwrap(),
            _ => std::fs::hard_link(&part, place.folder.path().join("other name")).unwrap(),
        }
        fetch(&storage, &place.path).await.unwrap();
        assert!(is(&place.path, &content), "{damage}");
        assert_eq!(ranges(&storage).last(), Some(&None), "{damage}");
    }
}

/// Gives one link after the other, and counts them.
pub struct Links<'a> {
    pub storage: &'a Storage,
    pub given: AtomicU64,
}

impl<'a> Links<'a> {
    pub fn of(storage: &'a Storage) -> Self {
        let given = AtomicU64::new(0);
        Self { storage, given }
    }
}

impl LinkSource for Links<'_> {
    fn link(&self) -> BoxFuture<'_, Result<String, BoxError>> {
        Box::pin(async {
            let number = self.given.fetch_add(1, Ordering::SeqCst);
            Ok(self.storage.link(number))
        })
    }

    fn fresh_link(&self) -> BoxFuture<'_, Result<String, BoxError>> {
        self.link()
    }

    fn identity(&self) -> Option<String> {
        Some("m/l/e:csv".to_string())
    }
}

#[tokio::test]
async fn a_fresh_link_goes_on_from_where_the_old_one_ended() {
    let (content, place) = (content(), place());
    // Each link lives for two requests, the second of which breaks.
    let storage = Storage::with_script(content.clone(), Options::default(), |asked| {
        Some(match asked.number % 2 {
            0 => Fault::ResetAt(100_000),
            _ => Fault::Refuse(403),
        })
    })
    .unwrap();
    let links = Links::of(&storage);
    let done = download(&links).to_path(&place.path).await.unwrap();
    assert_eq!(done.bytes, SIZE);
    assert!(is(&place.path, &content));
    assert_eq!(storage.bytes_sent(), SIZE);
    assert_eq!(links.given.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn a_writer_gets_the_rest_as_well() {
    let content = content();
    let storage = storage(&content, vec![Fault::ResetAt(200_000), Fault::Refuse(500)]);
    let link = FixedLink::new(storage.url());
    let mut out = Vec::new();
    assert_eq!(download(&link).to_writer(&mut out).await.unwrap(), SIZE);
    assert!(out == first_bytes(SIZE as usize));
    assert_eq!(storage.bytes_sent(), SIZE);
    // But nothing is taken back.
    for fault in [Fault::IgnoreRange, Fault::ShiftRange(1), Fault::OtherEtag] {
        let storage = self::storage(&content, vec![Fault::ResetAt(200_000), fault]);
        let link = FixedLink::new(storage.url());
        let mut out = Vec::new();
        let error = download(&link).to_writer(&mut out).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Interrupted);
        assert!(out == first_bytes(200_000));
        assert_eq!(storage.asked().len(), 2);
    }
}

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
