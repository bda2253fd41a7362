//! Downloads that break, and go on within one call.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use felt_download::{BoxError, BoxFuture, ErrorKind, Finished, FixedLink, LinkSource};
use felt_sandbox::faulty::{Asked, Content, Fault, Options, Storage};

use crate::{download, names};

pub const SIZE: u64 = 500_000;

pub fn content() -> Content {
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
pub fn ranges(storage: &Storage) -> Vec<Option<u64>> {
    let asked = storage.asked();
    asked.iter().map(|asked| Some(asked.range()?.0)).collect()
}

pub struct Place {
    pub folder: tempfile::TempDir,
    pub path: PathBuf,
}

pub fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.bin");
    Place { folder, path }
}

pub async fn fetch(storage: &Storage, path: &Path) -> Result<Finished, felt_download::Error> {
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

pub fn first_bytes(length: usize) -> Vec<u8> {
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
