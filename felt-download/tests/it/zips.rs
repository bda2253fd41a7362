//! Archives, and the one file in them.

use std::io::{Cursor, Write};

use felt_download::{Content, Error, ErrorKind, FixedLink};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::scripted::{Answer, Scripted};
use crate::{download, names};

fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        let options = SimpleFileOptions::default();
        if name.ends_with('/') {
            zip.add_directory(*name, options).unwrap();
        } else {
            zip.start_file(*name, options).unwrap();
            zip.write_all(content).unwrap();
        }
    }
    zip.finish().unwrap().into_inner()
}

fn csv() -> Content {
    Content::OneFile {
        extensions: vec!["csv".to_string()],
    }
}

/// What is in the file, and in the writer, when `body` is downloaded as a csv.
async fn extracted(body: Vec<u8>) -> Result<Vec<u8>, Error> {
    let server = Scripted::always(Answer::bytes(body)).await;
    let link = FixedLink::new(server.url("/Felt-Export.zip"));
    let folder = tempfile::tempdir().unwrap();
    let to_path = download(&link)
        .content(csv())
        .to_path(folder.path().join("out.csv"))
        .await;
    let mut written = Vec::new();
    let to_writer = download(&link).content(csv()).to_writer(&mut written).await;
    match to_path {
        Ok(done) => {
            assert_eq!(names(folder.path()), ["out.csv"]);
            let file = std::fs::read(done.path).unwrap();
            assert_eq!(done.bytes, file.len() as u64);
            assert_eq!(to_writer.unwrap(), file.len() as u64);
            assert_eq!(written, file);
            Ok(file)
        }
        Err(error) => {
            assert!(
                names(folder.path()).is_empty(),
                "{:?}",
                names(folder.path())
            );
            assert_eq!(to_writer.unwrap_err().to_string(), error.to_string());
            assert!(written.is_empty());
            Err(error)
        }
    }
}

#[tokio::test]
async fn the_one_file_comes_out_whatever_lies_beside_it() {
    let big = vec![b'x'; 1_000_000];
    let body = archive(&[
        ("__MACOSX/._roads.csv", b"no"),
        ("folder/", b""),
        ("folder/.hidden.csv", b"no"),
        ("folder/Roads.CSV", &big),
        ("readme.txt", b"no"),
    ]);
    assert_eq!(extracted(body).await.unwrap(), big);
    assert_eq!(
        extracted(archive(&[("empty.csv", b"")])).await.unwrap(),
        b""
    );
}

#[tokio::test]
async fn a_bare_file_is_the_file() {
    for bare in [&b"name\r\n"[..], b"", b"PK"] {
        assert_eq!(extracted(bare.to_vec()).await.unwrap(), bare);
    }
}

#[tokio::test]
async fn none_or_several_are_an_error_that_names_them() {
    for (entries, said) in [
        (
            vec![],
            "no .csv file where one was expected (it holds nothing)",
        ),
        (
            vec!["a.txt"],
            "no .csv file where one was expected (it holds a.txt)",
        ),
        (
            vec!["a.csv", "b/c.csv"],
            "2 .csv files where one was expected (it holds a.csv, b/c.csv)",
        ),
        (vec!["csv", ".csv"], "no .csv file"),
    ] {
        let entries: Vec<(&str, &[u8])> = entries.iter().map(|name| (*name, &b"x"[..])).collect();
        let error = extracted(archive(&entries)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Content);
        assert!(error.to_string().contains(said), "{error}");
    }
}

/// Also in an archive of which only another entry is wanted.
#[tokio::test]
async fn an_entrys_name_is_no_path_and_no_terminal_code() {
    for (name, said) in [
        (
            "../../escape.csv",
            "../../escape.csv in the archive has `..`",
        ),
        (
            "\u{1b}[2J",
            "\\u{1b}[2J in the archive has a control character",
        ),
    ] {
        let body = archive(&[("roads.csv", b"inside"), (name, b"outside")]);
        let error = extracted(body).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Content);
        assert!(error.to_string().starts_with(said), "{error}");
    }
}

#[tokio::test]
async fn broken_archives_are_an_error() {
    let whole = archive(&[("a.csv", &b"some text that is long enough ".repeat(100))]);
    let cut = whole[..whole.len() - 10].to_vec();
    let mut flipped = whole.clone();
    flipped[60] ^= 0xff;
    for body in [cut, flipped, b"PK\x03\x04 and nothing else".to_vec()] {
        assert_eq!(
            extracted(body).await.unwrap_err().kind(),
            ErrorKind::Content
        );
    }
}

#[tokio::test]
async fn the_head_of_the_entry_is_checked_and_not_the_archives() {
    let server = Scripted::always(Answer::bytes(archive(&[("a.csv", b"<html>")]))).await;
    let link = FixedLink::new(server.url("/"));
    let folder = tempfile::tempdir().unwrap();
    let error = download(&link)
        .content(csv())
        .check_head(|head| match head {
            b"<html>" => Err("a page".to_string()),
            other => panic!("{other:?}"),
        })
        .to_path(folder.path().join("a.csv"))
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "a page");
    assert!(names(folder.path()).is_empty());
}

#[tokio::test]
async fn as_sent_keeps_the_archive() {
    let body = archive(&[("a.csv", b"x")]);
    let server = Scripted::always(Answer::bytes(body.clone())).await;
    let link = FixedLink::new(server.url("/"));
    let folder = tempfile::tempdir().unwrap();
    let done = download(&link)
        .to_path(folder.path().join("a.zip"))
        .await
        .unwrap();
    assert_eq!(std::fs::read(done.path).unwrap(), body);
}

#[tokio::test]
async fn the_usual_extension_comes_first() {
    let body = archive(&[
        ("metadata.json", b"{}"),
        ("roads.geojson", b"roads"),
        ("x.csv", b""),
    ]);
    let server = Scripted::always(Answer::bytes(body)).await;
    let link = FixedLink::new(server.url("/"));
    let mut out = Vec::new();
    download(&link)
        .content(Content::OneFile {
            extensions: vec!["geojson".to_string(), "json".to_string()],
        })
        .to_writer(&mut out)
        .await
        .unwrap();
    assert_eq!(out, b"roads");
}

#[tokio::test]
async fn an_archive_must_be_one_and_whole() {
    let whole = archive(&[("a.csv", b"x")]);
    let cut = whole[..whole.len() - 5].to_vec();
    for (body, good) in [
        (whole, true),
        (cut, false),
        (b"name\r\n".to_vec(), false),
        (vec![], false),
    ] {
        let server = Scripted::always(Answer::bytes(body.clone()).undeclared()).await;
        let link = FixedLink::new(server.url("/"));
        let folder = tempfile::tempdir().unwrap();
        let result = download(&link)
            .content(Content::Archive)
            .to_path(folder.path().join("a.zip"))
            .await;
        match result {
            Ok(done) => assert!(good && std::fs::read(done.path).unwrap() == body),
            Err(error) => {
                // Nothing at all, without an end of its own, is a connection that ended too soon.
                let kind = match body.is_empty() {
                    true => ErrorKind::Interrupted,
                    false => ErrorKind::Content,
                };
                assert!(!good && error.kind() == kind, "{error}");
                assert!(names(folder.path()).is_empty());
            }
        }
    }
}

/// The thread that unpacks cannot be dropped with the future: it has to be told.
#[tokio::test]
async fn what_is_dropped_while_it_is_unpacked_is_not_published() {
    use std::sync::mpsc;
    use std::time::{Duration, Instant};
    let server = Scripted::always(Answer::bytes(archive(&[("a.csv", b"name")]))).await;
    let link = FixedLink::new(server.url("/"));
    let folder = tempfile::tempdir().unwrap();
    let (tell, told) = tokio::sync::oneshot::channel();
    let tell = std::sync::Mutex::new(Some(tell));
    let (go_on, wait) = mpsc::channel();
    let wait = std::sync::Mutex::new(wait);
    let transfer = download(&link)
        .content(csv())
        .check_head(move |_| {
            if let Some(tell) = tell.lock().unwrap().take() {
                tell.send(()).unwrap();
                wait.lock().unwrap().recv().unwrap();
            }
            Ok(())
        })
        .to_path(folder.path().join("a.csv"));
    tokio::select! {
        done = transfer => panic!("{done:?}"),
        told = told => told.unwrap(),
    }
    assert_eq!(names(folder.path()).len(), 3);
    go_on.send(()).unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !names(folder.path()).is_empty() {
        assert!(Instant::now() < deadline, "{:?}", names(folder.path()));
        tokio::task::yield_now().await;
    }
}
