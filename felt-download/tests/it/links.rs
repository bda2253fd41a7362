//! Links that expire, and sources that fail.

use std::sync::atomic::{AtomicU32, Ordering};

use felt_download::{BoxError, BoxFuture, ErrorKind, LinkSource};

use crate::scripted::{Answer, Scripted};
use crate::{download, names};

/// Gives `/0`, then `/1`, ...; fails from the given number on.
struct Numbered {
    server: String,
    given: AtomicU32,
    fails_from: u32,
}

impl Numbered {
    fn new(server: &Scripted, fails_from: u32) -> Self {
        Self {
            server: server.url(""),
            given: AtomicU32::new(0),
            fails_from,
        }
    }

    fn next(&self) -> Result<String, BoxError> {
        let number = self.given.fetch_add(1, Ordering::SeqCst);
        if number >= self.fails_from {
            return Err(format!("no link {number}").into());
        }
        Ok(format!("{}/{number}?X-Signature=secret", self.server))
    }
}

impl LinkSource for Numbered {
    fn link(&self) -> BoxFuture<'_, Result<String, BoxError>> {
        Box::pin(async { self.next() })
    }

    fn fresh_link(&self) -> BoxFuture<'_, Result<String, BoxError>> {
        self.link()
    }
}

#[tokio::test]
async fn a_refused_link_is_renewed_once() {
    for status in [400, 401, 403] {
        let server = Scripted::start(move |_, request| {
            if request.path().starts_with("/0") {
                Answer::new(
                    status,
                    "application/xml",
                    "<Error><Code>AccessDenied</Code></Error>",
                )
            } else {
                Answer::bytes("fresh")
            }
        })
        .await;
        let links = Numbered::new(&server, 9);
        let folder = tempfile::tempdir().unwrap();
        let done = download(&links)
            .to_path(folder.path().join("x"))
            .await
            .unwrap();
        assert_eq!(done.bytes, 5);
        assert_eq!(std::fs::read(done.path).unwrap(), b"fresh");
        assert_eq!(links.given.load(Ordering::SeqCst), 2);
    }
}

#[tokio::test]
async fn a_fresh_link_that_is_refused_too_ends_it() {
    let server = Scripted::always(Answer::new(403, "application/xml", "<Error/>")).await;
    let links = Numbered::new(&server, 9);
    let folder = tempfile::tempdir().unwrap();
    let error = download(&links)
        .to_path(folder.path().join("x"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::Refused, Some(403))
    );
    assert_eq!(links.given.load(Ordering::SeqCst), 2);
    assert!(names(folder.path()).is_empty());
}

#[tokio::test]
async fn it_is_renewed_again_only_after_bytes_have_arrived() {
    // Refused, half of it, refused, all of it: two renewals, with bytes in between.
    let refused = || Answer::new(403, "application/xml", "<Error/>");
    let server = Scripted::in_turn(vec![
        refused(),
        Answer::bytes("half").declaring(8),
        refused(),
        Answer::bytes("both of it"),
    ])
    .await;
    let links = Numbered::new(&server, 9);
    let folder = tempfile::tempdir().unwrap();
    let done = download(&links)
        .to_path(folder.path().join("x"))
        .await
        .unwrap();
    assert_eq!(done.bytes, 10);
    assert_eq!(links.given.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn the_sources_own_error_is_kept() {
    let server = Scripted::always(Answer::new(403, "application/xml", "")).await;
    for fails_from in [0, 1] {
        let links = Numbered::new(&server, fails_from);
        let folder = tempfile::tempdir().unwrap();
        let error = download(&links)
            .to_path(folder.path().join("x"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Link);
        let source = error.into_source().unwrap();
        assert_eq!(source.to_string(), format!("no link {fails_from}"));
        assert!(names(folder.path()).is_empty());
    }
}
