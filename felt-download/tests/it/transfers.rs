//! What networks and servers do, and what is on disk then.

use std::time::Duration;

use felt_download::{ErrorKind, FixedLink};

use crate::scripted::{Answer, Scripted};
use crate::{download, names};

fn content(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at * 7 + at / 251) as u8).collect()
}

/// Downloads from the server to a new folder; returns the error's kind, and what the folder holds.
async fn fetched(server: &Scripted) -> (Result<u64, ErrorKind>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let link = FixedLink::new(server.url("/file?X-Signature=secret"));
    let result = download(&link)
        .stall_timeout(Duration::from_millis(300))
        .to_path(folder.path().join("out.bin"))
        .await;
    if let Err(error) = &result {
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("secret"), "{shown}");
    }
    (
        result.map(|done| done.bytes).map_err(|error| error.kind()),
        names(folder.path()),
    )
}

#[tokio::test]
async fn a_file_arrives_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    for size in [0, 1, 63, 64, 65, 3_000_000] {
        let server = Scripted::always(Answer::bytes(content(size))).await;
        let path = folder.path().join(format!("{size}.bin"));
        let link = FixedLink::new(server.url("/file"));
        let done = download(&link).to_path(&path).await.unwrap();
        assert_eq!((done.bytes, &done.path), (size as u64, &path));
        assert!(std::fs::read(&path).unwrap() == content(size), "{size}");
    }
    assert_eq!(names(folder.path()).len(), 6, "{:?}", names(folder.path()));
}

/// Of several checks all have to pass, and each sees the file from its beginning.
#[tokio::test]
async fn checks_add_up() {
    use std::io::Read;
    let server = Scripted::always(Answer::bytes("good").undeclared()).await;
    for refuses in 0..5 {
        let link = FixedLink::new(server.url("/file"));
        let mut download = download(&link).attempts(1, Duration::ZERO, Duration::ZERO);
        for check in 1..3 {
            download = download
                .check_head(move |head| match head {
                    b"good" if check != refuses => Ok(()),
                    _ => Err(format!("head {check}")),
                })
                .check_file(move |mut file| {
                    let mut text = String::new();
                    file.read_to_string(&mut text).unwrap();
                    match text.as_str() {
                        "good" if check + 2 != refuses => Ok(()),
                        _ => Err(format!("file {check}: {text}")),
                    }
                });
        }
        let folder = tempfile::tempdir().unwrap();
        let result = download.to_path(folder.path().join("out")).await;
        let expected = ["", "head 1", "head 2", "file 1: good", "file 2: good"][refuses];
        match result {
            Ok(done) => assert_eq!((done.bytes, expected), (4, "")),
            Err(error) => assert_eq!(error.to_string(), expected),
        }
    }
}

#[tokio::test]
async fn storage_gets_no_header_of_ours() {
    let server = Scripted::always(Answer::bytes("x")).await;
    let (result, _) = fetched(&server).await;
    assert_eq!(result, Ok(1));
    let requests = server.requests();
    let mut names: Vec<&str> = requests[0]
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["accept", "accept-encoding", "host", "user-agent"]);
    assert_eq!(requests[0].header("accept-encoding"), Some("identity"));
}

#[tokio::test]
async fn a_short_body_is_tried_again_and_never_a_file() {
    let short = || Answer::bytes(content(500)).declaring(1000);
    let server = Scripted::in_turn(vec![short(), short(), Answer::bytes(content(1000))]).await;
    let (result, files) = fetched(&server).await;
    assert_eq!((result, files), (Ok(1000), vec!["out.bin".to_string()]));
    assert_eq!(server.requests().len(), 3);

    let server = Scripted::always(short()).await;
    let (result, files) = fetched(&server).await;
    assert_eq!(result, Err(ErrorKind::Interrupted));
    assert!(files.is_empty(), "{files:?}");
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn a_longer_first_attempt_leaves_nothing_behind_its_end() {
    let long = Answer::bytes(content(900)).declaring(1000);
    let server = Scripted::in_turn(vec![long, Answer::bytes(content(100))]).await;
    assert_eq!(fetched(&server).await.0, Ok(100));
}

#[tokio::test]
async fn silence_and_resets_are_tried_again() {
    for trouble in [
        Answer::silence(),
        Answer::reset(),
        Answer::bytes(content(10)).declaring(1000).then_silence(),
        Answer::new(500, "text/html", "<h1>oops</h1>"),
        Answer::new(503, "text/plain", "busy").header("retry-after", "0"),
        Answer::new(429, "text/plain", "slow"),
        Answer::new(408, "text/plain", ""),
    ] {
        let server = Scripted::in_turn(vec![trouble.clone(), Answer::bytes("whole")]).await;
        let (result, files) = fetched(&server).await;
        assert_eq!((result, files.len()), (Ok(5), 1), "{trouble:?}");
        let server = Scripted::always(trouble.clone()).await;
        let (result, files) = fetched(&server).await;
        assert_eq!(
            (result, files.len()),
            (Err(ErrorKind::Interrupted), 0),
            "{trouble:?}"
        );
        assert_eq!(server.requests().len(), 4, "{trouble:?}");
    }
}

#[tokio::test]
async fn what_does_not_pass_is_asked_once() {
    for (answer, kind) in [
        (Answer::new(404, "text/xml", "<Error/>"), ErrorKind::Refused),
        (Answer::new(410, "text/xml", "<Error/>"), ErrorKind::Refused),
        (Answer::new(204, "text/plain", ""), ErrorKind::Refused),
        (Answer::new(206, "text/plain", "part"), ErrorKind::Refused),
        (
            Answer::bytes("x").header("content-encoding", "gzip"),
            ErrorKind::Content,
        ),
        (
            Answer::new(302, "text/plain", "")
                .header("location", "http://example.com/?X-Signature=secret"),
            ErrorKind::Refused,
        ),
        (
            Answer::new(302, "text/plain", "").header("location", "ftp://127.0.0.1/"),
            ErrorKind::Refused,
        ),
    ] {
        let server = Scripted::always(answer.clone()).await;
        let (result, files) = fetched(&server).await;
        assert_eq!((result, files.len()), (Err(kind), 0), "{answer:?}");
        assert_eq!(server.requests().len(), 1, "{answer:?}");
    }
}

#[tokio::test]
async fn redirects_are_followed_on_this_machine_but_not_for_ever() {
    let server = Scripted::start(|number, _| match number {
        0 => Answer::new(302, "text/plain", "").header("location", "/there"),
        _ => Answer::bytes("there"),
    })
    .await;
    assert_eq!(fetched(&server).await.0, Ok(5));

    let server =
        Scripted::always(Answer::new(302, "text/plain", "").header("location", "/again")).await;
    assert_eq!(fetched(&server).await.0, Err(ErrorKind::Refused));
    assert_eq!(server.requests().len(), 11);
}

#[tokio::test]
async fn identity_is_no_encoding() {
    let server = Scripted::always(Answer::bytes("x").header("content-encoding", "identity")).await;
    assert_eq!(fetched(&server).await.0, Ok(1));
}

#[tokio::test]
async fn a_body_without_length_ends_with_the_connection() {
    let server = Scripted::always(Answer::bytes(content(5000)).undeclared()).await;
    assert_eq!(fetched(&server).await.0, Ok(5000));
}

#[tokio::test]
async fn a_server_that_is_not_there() {
    let link = {
        let server = Scripted::always(Answer::silence()).await;
        FixedLink::new(server.url("/"))
    };
    let folder = tempfile::tempdir().unwrap();
    let error = download(&link)
        .to_path(folder.path().join("x"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    assert!(names(folder.path()).is_empty());
}

#[tokio::test]
async fn dropping_it_removes_the_part() {
    let server =
        Scripted::always(Answer::bytes(content(1000)).declaring(2000).then_silence()).await;
    let folder = tempfile::tempdir().unwrap();
    let link = FixedLink::new(server.url("/"));
    let (tell, told) = tokio::sync::oneshot::channel();
    let tell = std::sync::Mutex::new(Some(tell));
    let transfer = download(&link)
        .on_progress(move |progress| {
            if progress.bytes == 1000
                && let Some(tell) = tell.lock().unwrap().take()
            {
                tell.send(()).unwrap();
            }
        })
        .to_path(folder.path().join("out.bin"));
    let half_way = async {
        told.await.unwrap();
        assert_eq!(names(folder.path()), ["out.bin.part", "out.bin.part.json"]);
    };
    tokio::select! {
        done = transfer => panic!("{done:?}"),
        () = half_way => {}
    }
    assert!(names(folder.path()).is_empty());
}

#[tokio::test]
async fn a_writer_gets_the_bytes_but_no_second_start() {
    let server = Scripted::in_turn(vec![Answer::reset(), Answer::bytes(content(100))]).await;
    let link = FixedLink::new(server.url("/"));
    let mut out = Vec::new();
    assert_eq!(download(&link).to_writer(&mut out).await.unwrap(), 100);
    assert_eq!(out, content(100));

    let half = Answer::bytes(content(50)).declaring(100);
    let server = Scripted::in_turn(vec![half, Answer::bytes(content(100))]).await;
    let link = FixedLink::new(server.url("/"));
    let mut out = Vec::new();
    let error = download(&link).to_writer(&mut out).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    assert_eq!(server.requests().len(), 1);
    assert!(out.len() <= 50, "no byte twice: {}", out.len());
}

#[tokio::test]
async fn the_first_bytes_can_be_refused() {
    let server = Scripted::always(Answer::bytes("<html>".repeat(100))).await;
    let folder = tempfile::tempdir().unwrap();
    let link = FixedLink::new(server.url("/"));
    let error = download(&link)
        .check_head(|head| {
            assert_eq!(head.len(), 64);
            Err("a page arrived".to_string())
        })
        .to_path(folder.path().join("x"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string()),
        (ErrorKind::Content, "a page arrived".into())
    );
    assert!(names(folder.path()).is_empty());
}

#[tokio::test]
async fn what_a_server_asks_for_is_bounded() {
    for asked in [
        "86400",
        "18446744073709551615",
        "99999999999999999999999",
        "Wed, 21 Oct 2076 07:28:00 GMT",
    ] {
        let busy = Answer::new(503, "text/plain", "").header("retry-after", asked);
        let server = Scripted::always(busy).await;
        assert_eq!(fetched(&server).await.0, Err(ErrorKind::Interrupted));
        assert_eq!(server.requests().len(), 1, "{asked}");
    }
}

#[tokio::test]
async fn the_finished_file_can_be_refused() {
    let server = Scripted::always(Answer::bytes(content(5000)).undeclared()).await;
    let folder = tempfile::tempdir().unwrap();
    let link = FixedLink::new(server.url("/"));
    let error = download(&link)
        .check_file(|file| match file.metadata().unwrap().len() {
            5000 => Err("cut off".to_string()),
            other => panic!("{other}"),
        })
        .to_path(folder.path().join("x"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string()),
        (ErrorKind::Interrupted, "cut off".into())
    );
    assert!(names(folder.path()).is_empty());
}
