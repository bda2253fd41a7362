//! Several connections to one file.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use felt_download::{BoxError, BoxFuture, Download, FixedLink, LinkSource};
use felt_sandbox::faulty::{Asked, Content, Fault, Options, Storage};

use crate::resume::{Links, is};
use crate::{download, names};

const SIZE: u64 = 4_000_000;

fn content() -> Content {
    Content::pattern(3, SIZE)
}

/// A host that is slow enough for several connections to be there together.
fn slow(script: impl Fn(&Asked) -> Option<Fault> + Send + Sync + 'static) -> Storage {
    let options = Options {
        rate: Some(4_000_000),
        ..Options::default()
    };
    Storage::with_script(content(), options, script).unwrap()
}

/// Downloads over four connections, from the first byte on.
async fn fetch(source: &dyn LinkSource) -> tempfile::TempDir {
    fetch_with(source, |download| download).await
}

async fn fetch_with<'a>(
    source: &'a dyn LinkSource,
    settings: impl FnOnce(Download<'a>) -> Download<'a>,
) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.bin");
    let done = settings(download(source))
        .connections_at_once(4, 100_000)
        .to_path(&path)
        .await
        .unwrap();
    assert_eq!(done.bytes, SIZE);
    assert!(is(&path, &content()));
    assert_eq!(names(folder.path()), ["out.bin"]);
    folder
}

#[tokio::test]
async fn several_bring_one_file() {
    let storage = slow(|_| None);
    fetch(&FixedLink::new(storage.url())).await;
    assert_eq!(storage.most_at_once(), 4);
    let asked = storage.asked();
    assert_eq!(asked[0].range(), None);
    for other in &asked[1..] {
        assert!(other.range().is_some(), "{other:?}");
        assert_eq!(other.header("if-range"), Some(content().etag().as_str()));
        assert_eq!(other.status, Some(206));
    }
}

/// They are opened only where it is known that parts can be asked for, and of which file.
#[tokio::test]
async fn one_it_is_where_parts_cannot_be_asked_for() {
    for fault in [
        Fault::NoEtag,
        Fault::WeakEtag,
        Fault::Chunked,
        Fault::Status {
            status: 200,
            headers: vec![("ETag".to_string(), "\"x\"".to_string())],
            body: bytes(),
        },
    ] {
        let storage = slow(move |_| Some(fault.clone()));
        fetch(&FixedLink::new(storage.url())).await;
        assert_eq!((storage.most_at_once(), storage.asked().len()), (1, 1));
    }
}

fn bytes() -> Vec<u8> {
    let mut bytes = vec![0; SIZE as usize];
    content().read_at(0, &mut bytes);
    bytes
}

/// A server that says that it knows ranges, and does not.
#[tokio::test]
async fn one_it_becomes_if_only_the_whole_is_sent() {
    let storage = slow(|_| Some(Fault::IgnoreRange));
    fetch(&FixedLink::new(storage.url())).await;
    let asked = storage.asked();
    assert!(asked.len() <= 4, "{}", asked.len());
    // The first one goes on.
    assert_eq!(asked[0].sent, SIZE);
}

/// The faults of the connections beside the first.
#[tokio::test]
async fn each_connection_is_checked_and_may_break() {
    for fault in [
        Fault::ResetAt(10_000),
        Fault::TruncateAt(10_000),
        Fault::Reset,
        Fault::Refuse(500),
        Fault::ShortRange(10_000),
        Fault::ShiftRange(1),
        Fault::LieAboutRange(-1),
        Fault::WrongTotal(-1),
        Fault::OtherEtag,
        Fault::RangeWithOtherEtag,
        Fault::NoEtag,
        Fault::Unsatisfiable(Some(SIZE)),
    ] {
        let storage = slow(move |asked| matches!(asked.number, 1 | 3).then(|| fault.clone()));
        fetch(&FixedLink::new(storage.url())).await;
    }
}

#[tokio::test]
async fn what_changes_half_way_starts_over() {
    let storage = slow(|_| None);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.bin");
    let link = FixedLink::new(storage.url());
    let newer = Content::pattern(4, 3_000_000);
    let transfer = download(&link)
        .connections_at_once(4, 100_000)
        .to_path(&path);
    let change = async {
        while storage.bytes_sent() < SIZE / 4 {
            tokio::task::yield_now().await;
        }
        storage.replace(newer.clone());
    };
    let (done, ()) = tokio::join!(transfer, change);
    // Whichever it is: the old one if no connection was opened after it had changed, or the new one.
    let bytes = done.unwrap().bytes;
    match bytes {
        SIZE => assert!(is(&path, &content())),
        _ => assert!(is(&path, &newer)),
    }
}

/// A host, or something before it, that serves one connection at a time, and says so in many ways. Also when
/// the first piece is complete before the others are refused.
#[tokio::test]
async fn one_goes_on_where_more_are_refused() {
    for fault in [
        Fault::Refuse(403),
        Fault::Refuse(404),
        Fault::Refuse(429),
        Fault::Refuse(503),
        Fault::Refuse(400),
        Fault::Reset,
        Fault::ShiftRange(1),
        Fault::OtherEtag,
    ] {
        let storage = slow(move |asked| (asked.others > 0).then(|| fault.clone()));
        let links = Links::of(&storage);
        // Long enough for the host to notice that a connection is gone.
        let second = Duration::from_secs(1);
        fetch_with(&links, |download| download.attempts(8, second / 20, second)).await;
        let asked = storage.asked();
        assert!(asked.len() <= 12, "{} requests", asked.len());
        let given = links.given.load(Ordering::SeqCst);
        assert!(given <= 4, "{given} links");
    }
}

/// All connections meet the refusal, and one link is fetched for all of them.
#[tokio::test]
async fn one_fresh_link_serves_all_connections() {
    let storage = slow(|asked| match asked.link {
        // The first link's connections break half-way, and it has expired by then.
        Some(0) if asked.number < 4 => Some(Fault::ResetAt(200_000)),
        Some(0) => Some(Fault::Refuse(403)),
        _ => None,
    });
    let links = Links::of(&storage);
    fetch(&links).await;
    assert_eq!(links.given.load(Ordering::SeqCst), 2);
    // Nothing was asked for again. What is on its way when a connection's end is given to another is lost.
    assert!(
        storage.bytes_sent() - SIZE < SIZE / 10,
        "{}",
        storage.bytes_sent()
    );
}

#[tokio::test]
async fn all_pieces_are_gone_on_with() {
    let refuses = Arc::new(AtomicBool::new(false));
    let refused = refuses.clone();
    let storage = slow(move |asked| match asked.number {
        0 => Some(Fault::ResetAt(900_000)),
        _ if refused.load(Ordering::SeqCst) => Some(Fault::Refuse(404)),
        _ => None,
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.bin");
    let link = FixedLink::new(storage.url());
    let transfer = |connections| {
        let download = download(&link).attempts(1, Duration::ZERO, Duration::ZERO);
        download
            .connections_at_once(connections, 100_000)
            .to_path(&path)
    };
    let kept = transfer(4).await.unwrap_err().kept().unwrap();
    assert!(kept > 900_000, "only the first piece is kept: {kept}");
    refuses.store(true, Ordering::SeqCst);
    for connections in [1, 4] {
        let error = transfer(connections).await.unwrap_err();
        assert_eq!(error.kept(), Some(kept));
    }
    refuses.store(false, Ordering::SeqCst);
    let first = storage.asked().len();
    transfer(1).await.unwrap();
    assert!(is(&path, &content()));
    let asked = storage.asked();
    let good = asked
        .iter()
        .skip(first)
        .filter(|asked| asked.status == Some(206));
    let sent: u64 = good.map(|asked| asked.sent).sum();
    assert_eq!(sent, SIZE - kept, "the gaps, and nothing else");
    assert_eq!(names(folder.path()), ["out.bin"]);
}

/// By default a second connection is opened only if the first would take long.
#[tokio::test]
async fn what_is_soon_over_gets_one_connection() {
    let storage = slow(|_| None);
    let folder = tempfile::tempdir().unwrap();
    let link = FixedLink::new(storage.url());
    let done = download(&link).to_path(folder.path().join("out.bin")).await;
    assert_eq!(done.unwrap().bytes, SIZE);
    assert_eq!(storage.asked().len(), 1);
}

/// And where it would, as many as there may be are opened in the end, since each of them brings as much.
#[tokio::test]
async fn what_would_take_long_gets_several() {
    let large = Content::pattern(5, 36_000_000);
    let options = Options {
        rate: Some(4_000_000),
        ..Options::default()
    };
    let storage = Storage::with_script(large.clone(), options, |_| None).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.bin");
    let link = FixedLink::new(storage.url());
    let two = download(&link).connections(2).to_path(&path);
    two.await.unwrap();
    assert!(is(&path, &large));
    assert_eq!(storage.most_at_once(), 2);
}

/// What a writer has got cannot be filled in later.
#[tokio::test]
async fn a_writer_gets_one_connection() {
    let storage = slow(|_| None);
    let link = FixedLink::new(storage.url());
    let mut out = Vec::new();
    let bytes = download(&link)
        .connections_at_once(4, 100_000)
        .to_writer(&mut out)
        .await;
    assert_eq!(bytes.unwrap(), SIZE);
    assert!(out == self::bytes());
    assert_eq!(storage.most_at_once(), 1);
}

/// There is no fresh link for a connection, once: those that have one go on meanwhile.
#[tokio::test]
async fn a_source_that_fails_once_does_not_end_what_streams() {
    struct Fails<'a>(&'a Storage, AtomicBool);
    impl LinkSource for Fails<'_> {
        fn link(&self) -> BoxFuture<'_, Result<String, BoxError>> {
            Box::pin(async { Ok(self.0.url()) })
        }
        fn fresh_link(&self) -> BoxFuture<'_, Result<String, BoxError>> {
            Box::pin(async {
                match self.1.swap(true, Ordering::SeqCst) {
                    false => Err("try again".into()),
                    true => Ok(self.0.link(1)),
                }
            })
        }
        fn identity(&self) -> Option<String> {
            Some("one file".to_string())
        }
    }
    let storage = slow(|asked| (asked.number == 2).then_some(Fault::Refuse(403)));
    let source = Fails(&storage, AtomicBool::new(false));
    fetch(&source).await;
    assert!(source.1.load(Ordering::SeqCst));
}
