//! Every kind of error, made to happen: what it says, and that it tells no secret.
//!
//! `Setup` needs a process whose environment has no CA certificates: `felt-api/tests/it/examples.rs`.

use std::error::Error as _;
use std::future::Future;
use std::path::Path;
use std::time::Duration;

use felt_api::{Client, Error, ErrorKind, Export, FinishedExport, Format, attr};

use crate::scripted::{Answer, Request, Scripted};
use crate::{TOKEN, builder, layer, logs};

/// A Felt with one export, whose status and file are given, and links that are secret.
struct Felt {
    server: Scripted,
    folder: tempfile::TempDir,
}

impl Felt {
    async fn new(status: &'static str, file: Answer) -> Self {
        Self::answering(move |request| {
            let host = request.header("host").unwrap();
            if request.path().starts_with("/file") {
                return file.clone();
            }
            let body = format!(
                r#"{{"export_id": "e1", "status": "{status}", "filters": [],
                     "download_url": "http://{host}/file?sig=secret"}}"#
            );
            Answer::json(200, &body)
        })
        .await
    }

    async fn answering(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        Self {
            server: Scripted::start(move |_, request| answer(request)).await,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Whatever is asked, this is the answer.
    async fn saying(answer: Answer) -> Self {
        Self::answering(move |_| answer.clone()).await
    }

    fn client(&self) -> Client {
        builder(&self.server).build().unwrap()
    }

    fn export(&self) -> Export {
        self.client().resume("m1/l1/e1:csv".parse().unwrap())
    }

    async fn finished(&self) -> FinishedExport {
        self.export().wait().await.unwrap()
    }

    async fn link(&self) -> Error {
        layer(&self.server).export_link().await.unwrap_err()
    }

    async fn create(&self) -> Error {
        let request = layer(&self.server).export(Format::Csv);
        request.start().await.unwrap_err()
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("out.csv")
    }

    async fn download(&self) -> Error {
        self.download_to(&self.path()).await
    }

    async fn download_to(&self, path: &Path) -> Error {
        let finished = self.finished().await;
        let moment = Duration::from_millis(1);
        let download = finished.download().attempts(2, moment, moment);
        download.to_path(path).await.unwrap_err()
    }
}

const NAMED: &str = r#"{"errors": [
    {"title": "Not found", "detail": "No such layer: felt_pat_a/b+secret", "source": {"parameter": "layer_id"}},
    {"title": "Invalid value", "detail": "no such column", "source": {"pointer": "/filters/0/0"}},
    {"title": "Unauthorized", "source": {"header": "authorization"}}
]}"#;

fn csv() -> Answer {
    Answer::bytes("a,b\r\n1,2\r\n")
}

/// One kind of error: how it comes about, and the error.
async fn case(kind: ErrorKind) -> Error {
    let said = |status| Answer::json(status, NAMED);
    match kind {
        ErrorKind::InvalidInput => {
            let request = layer(&Scripted::always(csv()).await).export(Format::Csv);
            let filter = attr("acres").gt(f64::NAN);
            request.filter(filter).start().await.unwrap_err()
        }
        ErrorKind::Unauthorized => Felt::saying(said(401)).await.link().await,
        ErrorKind::Forbidden => Felt::saying(said(403)).await.link().await,
        ErrorKind::NotFound => Felt::saying(said(404)).await.create().await,
        ErrorKind::Rejected => Felt::saying(said(422)).await.create().await,
        ErrorKind::RateLimited => {
            let answer = said(429).header("retry-after", "3600");
            Felt::saying(answer).await.create().await
        }
        ErrorKind::Server => {
            let felt = Felt::saying(said(502)).await;
            felt.export().status().await.unwrap_err()
        }
        ErrorKind::Unreachable => Felt::saying(Answer::reset()).await.link().await,
        ErrorKind::UnexpectedResponse => {
            let page = format!("<p>{TOKEN} <a href='https://example.com/?sig=secret'>log in</a>");
            Felt::saying(Answer::new(200, "text/html", page))
                .await
                .link()
                .await
        }
        ErrorKind::OutcomeUnknown => Felt::saying(said(500)).await.create().await,
        ErrorKind::ExportFailed => {
            let felt = Felt::new("failed", csv()).await;
            felt.export().wait().await.unwrap_err()
        }
        ErrorKind::WaitTimeout => {
            let felt = Felt::new("in_progress", csv()).await;
            let wait = felt.export().wait().timeout(Duration::from_millis(600));
            wait.await.unwrap_err()
        }
        ErrorKind::FileExists => {
            let felt = Felt::new("completed", csv()).await;
            std::fs::write(felt.path(), "old").unwrap();
            felt.download().await
        }
        ErrorKind::InTheWay => {
            let felt = Felt::new("completed", csv()).await;
            std::fs::write(felt.path().with_extension("csv.part"), "a stranger's").unwrap();
            felt.download().await
        }
        ErrorKind::Folder => {
            let felt = Felt::new("completed", csv()).await;
            felt.download_to(&felt.folder.path().join("no/such/out.csv"))
                .await
        }
        ErrorKind::Busy => {
            let felt = Felt::new("completed", csv()).await;
            let _first = felt_api::reserve(felt.path(), false).unwrap();
            felt.download().await
        }
        ErrorKind::Disk => {
            let felt = Felt::new("completed", csv()).await;
            let (mut writer, reader) = tokio::io::duplex(1);
            drop(reader);
            let finished = felt.finished().await;
            finished
                .download()
                .to_writer(&mut writer)
                .await
                .unwrap_err()
        }
        ErrorKind::DownloadRefused => {
            let answer = Answer::new(403, "application/xml", "<Error>sig=secret expired</Error>");
            Felt::new("completed", answer).await.download().await
        }
        ErrorKind::DownloadInterrupted => {
            let felt = Felt::new("completed", csv().declaring(100)).await;
            felt.download().await
        }
        ErrorKind::UnexpectedContent => {
            let page = Answer::bytes("<html>sig=secret</html>");
            Felt::new("completed", page).await.download().await
        }
        other => panic!("{other:?} is not made here"),
    }
}

const KINDS: [ErrorKind; 20] = [
    ErrorKind::InvalidInput,
    ErrorKind::Unauthorized,
    ErrorKind::Forbidden,
    ErrorKind::NotFound,
    ErrorKind::Rejected,
    ErrorKind::RateLimited,
    ErrorKind::Server,
    ErrorKind::Unreachable,
    ErrorKind::UnexpectedResponse,
    ErrorKind::OutcomeUnknown,
    ErrorKind::ExportFailed,
    ErrorKind::WaitTimeout,
    ErrorKind::FileExists,
    ErrorKind::InTheWay,
    ErrorKind::Folder,
    ErrorKind::Busy,
    ErrorKind::Disk,
    ErrorKind::DownloadRefused,
    ErrorKind::DownloadInterrupted,
    ErrorKind::UnexpectedContent,
];

/// All that an error can show.
fn shown(error: &Error) -> String {
    let mut shown = format!("{error}\n{error:?}\n{error:#?}\n");
    let mut source = error.source();
    while let Some(cause) = source {
        shown.push_str(&format!("{cause}\n{cause:?}\n{cause:#?}\n"));
        source = cause.source();
    }
    shown
}

async fn with_logs<T>(future: impl Future<Output = T>) -> (T, String) {
    let logs = logs::capture();
    let value = future.await;
    (value, logs.text())
}

#[tokio::test]
async fn each_kind_says_what_was_done_and_what_went_wrong() {
    let mut messages = Vec::new();
    for kind in KINDS {
        let error = case(kind).await;
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(error.to_string().lines().count(), 1, "{error}");
        let export = if error.export().is_some() {
            " [export]"
        } else {
            ""
        };
        let retryable = if error.is_retryable() {
            " [retryable]"
        } else {
            ""
        };
        messages.push(format!("{kind:?}:{export}{retryable}\n  {error}"));
    }
    let filters = vec![
        (r"127\.0\.0\.1:\d+", "[server]"),
        (r"/\S+/out\.csv", "[folder]/out.csv"),
        (r"/\S+/no/such", "[folder]/no/such"),
        (r"in \d+\.\d s", "in [time]"),
        (r"\(polls: \d+\)", "(polls: [n])"),
        (r"after \d s", "after [time]"),
    ];
    insta::with_settings!({filters => filters}, {
        insta::assert_snapshot!(messages.join("\n"));
    });
}

/// Neither the token, which the server repeats, nor what signs a link: in no error and in no log, at
/// whatever level and of whatever crate below.
#[tokio::test]
async fn no_kind_tells_a_secret() {
    for kind in KINDS {
        let (error, logged) = with_logs(case(kind)).await;
        let shown = shown(&error);
        assert!(!shown.contains("secret"), "{kind:?}: {shown}");
        assert!(!logged.contains("secret"), "{kind:?}: {logged}");
    }
}

#[tokio::test]
async fn a_success_tells_no_secret_either() {
    let felt = Felt::new("completed", csv()).await;
    let (shown, logged) = with_logs(async {
        let finished = felt.finished().await;
        finished.download().to_path(felt.path()).await.unwrap();
        let status = felt.export().status().await.unwrap();
        format!(
            "{finished:?} {:?} {status:?} {:?}",
            finished.download(),
            felt.client()
        )
    })
    .await;
    assert!(!shown.contains("secret"), "{shown}");
    assert!(!logged.contains("secret"), "{logged}");
    // It was listened to.
    for expected in [
        "felt{operation=\"wait\"",
        "felt{operation=\"status\"",
        "m1/l1/e1:csv",
    ] {
        assert!(logged.contains(expected), "{expected}: {logged}");
    }
}

/// One predicate is true of each kind, and it is that kind's.
#[tokio::test]
async fn the_predicate_of_each_kind() {
    type Predicate = fn(&Error) -> bool;
    let predicates: [(ErrorKind, Predicate); 21] = [
        (ErrorKind::InvalidInput, Error::is_invalid_input),
        (ErrorKind::Unauthorized, Error::is_unauthorized),
        (ErrorKind::Forbidden, Error::is_forbidden),
        (ErrorKind::NotFound, Error::is_not_found),
        (ErrorKind::Rejected, Error::is_rejected),
        (ErrorKind::RateLimited, Error::is_rate_limited),
        (ErrorKind::Server, Error::is_server),
        (ErrorKind::Unreachable, Error::is_unreachable),
        (ErrorKind::UnexpectedResponse, Error::is_unexpected_response),
        (ErrorKind::OutcomeUnknown, Error::is_outcome_unknown),
        (ErrorKind::ExportFailed, Error::is_export_failed),
        (ErrorKind::WaitTimeout, Error::is_wait_timeout),
        (ErrorKind::Setup, Error::is_setup),
        (ErrorKind::FileExists, Error::is_file_exists),
        (ErrorKind::InTheWay, Error::is_in_the_way),
        (ErrorKind::Folder, Error::is_folder),
        (ErrorKind::Busy, Error::is_busy),
        (ErrorKind::Disk, Error::is_disk),
        (ErrorKind::DownloadRefused, Error::is_download_refused),
        (
            ErrorKind::DownloadInterrupted,
            Error::is_download_interrupted,
        ),
        (ErrorKind::UnexpectedContent, Error::is_unexpected_content),
    ];
    for kind in KINDS {
        let error = case(kind).await;
        for (of, predicate) in predicates {
            assert_eq!(predicate(&error), of == kind, "{kind:?} {of:?}");
        }
    }
}

#[test]
fn an_error_is_one_word_in_a_result() {
    assert!(size_of::<Result<(), Error>>() <= 2 * size_of::<usize>());
}
