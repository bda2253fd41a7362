//! Downloads that the next call goes on with.

use felt_download::{ErrorKind, FixedLink};
use felt_sandbox::faulty::{Content, Fault, Options, Storage};

use crate::resume::{SIZE, content, fetch, is, place, ranges, storage};
use crate::{download, names};

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
