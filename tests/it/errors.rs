//! Every documented error of every operation, in every form in which it can come.

use std::error::Error as _;

use felt_api::{Blame, Error, ErrorKind, Format, Layer};

use crate::scripted::{Answer, Scripted};
use crate::{TOKEN, layer};

const STATUSES: [u16; 7] = [401, 403, 404, 422, 429, 500, 503];

/// The vendor's five error schemas with everything in them filled in.
const BODIES: [(&str, &str); 5] = [
    (
        "UnauthorizedError",
        r#"{"errors":[{"title":"Unauthorized","detail":"Bad token","source":{"header":"authorization"}}]}"#,
    ),
    (
        "NotFoundError",
        r#"{"errors":[{"title":"Not found","detail":"No such layer","source":{"parameter":"layer_id"}}]}"#,
    ),
    (
        "JsonErrorResponse",
        r#"{"errors":[{"title":"Invalid value","detail":"not a format","source":{"pointer":"/output_format"}},{"title":"Too many","detail":"slow down","source":{"pointer":""}}]}"#,
    ),
    (
        "InternalServerError",
        r#"{"errors":[{"title":"Internal error","detail":"it broke","source":{"parameter":"map_id"}}]}"#,
    ),
    (
        "ServiceUnavailableError",
        r#"{"errors":[{"title":"Unavailable"}]}"#,
    ),
];

/// What is no body of the vendor's.
const ODD: [(&str, &str, &str); 6] = [
    (
        "html",
        "text/html",
        "<html><title>Bad</title><h1>proxy says no</h1></html>",
    ),
    ("empty", "text/plain", ""),
    (
        "broken json",
        "application/json",
        r#"{"errors": [{"title": "#,
    ),
    (
        "other json",
        "application/json",
        r#"{"errors": {"detail": "Not Found"}}"#,
    ),
    ("a list", "application/json", "[1, 2]"),
    ("not utf-8", "application/json", "\u{fffd}"),
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operation {
    Link,
    Create,
    Status,
}

impl Operation {
    async fn call(self, layer: &Layer) -> Result<(), Error> {
        match self {
            Self::Link => layer.export_link().await.map(drop),
            Self::Create => layer.export(Format::Csv).start().await.map(drop),
            Self::Status => layer.export_status("e1").await.map(drop),
        }
    }

    fn kind(self, status: u16) -> ErrorKind {
        match status {
            401 => ErrorKind::Unauthorized,
            403 => ErrorKind::Forbidden,
            404 => ErrorKind::NotFound,
            422 => ErrorKind::Rejected,
            429 => ErrorKind::RateLimited,
            // Without Retry-After a 5xx does not say that the request was not accepted.
            500 | 503 if self == Self::Create => ErrorKind::OutcomeUnknown,
            500 | 503 => ErrorKind::Server,
            other => panic!("{other}"),
        }
    }
}

const OPERATIONS: [Operation; 3] = [Operation::Link, Operation::Create, Operation::Status];

async fn fail(operation: Operation, answer: Answer) -> (Error, usize) {
    let server = Scripted::always(answer).await;
    let error = operation.call(&layer(&server)).await.unwrap_err();
    no_secrets(&error);
    (error, server.requests().len())
}

/// Neither the message nor `Debug` nor any cause tells the token.
fn no_secrets(error: &Error) {
    let mut shown = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(cause) = source {
        shown.push_str(&format!("{cause} {cause:?}"));
        source = cause.source();
    }
    assert!(!shown.contains("secret"), "{shown}");
    assert_eq!(error.to_string().lines().count(), 1, "{error}");
}

#[tokio::test]
async fn every_status_with_every_documented_body() {
    for operation in OPERATIONS {
        for status in STATUSES {
            for (schema, body) in BODIES {
                let answer = Answer::json(status, body).header("x-request-id", "req-7");
                let (error, requests) = fail(operation, answer).await;
                let case = format!("{operation:?} {status} {schema}: {error}");
                assert_eq!(error.kind(), operation.kind(status), "{case}");
                assert_eq!(error.status(), Some(status), "{case}");
                assert_eq!(error.request_id(), Some("req-7"), "{case}");
                assert_eq!(error.retry_after(), None, "{case}");
                // What the server said, all of it.
                let said: serde_json::Value = serde_json::from_str(body).unwrap();
                let said = said["errors"].as_array().unwrap();
                assert_eq!(error.details().len(), said.len(), "{case}");
                for (detail, said) in error.details().iter().zip(said) {
                    assert_eq!(detail.title.as_deref(), said["title"].as_str(), "{case}");
                    assert_eq!(detail.detail.as_deref(), said["detail"].as_str(), "{case}");
                    assert!(error.to_string().contains(&detail.to_string()), "{case}");
                }
                let retryable = matches!(error.kind(), ErrorKind::RateLimited | ErrorKind::Server);
                assert_eq!(error.is_retryable(), retryable, "{case}");
                assert_eq!(requests, if retryable { 5 } else { 1 }, "{case}");
            }
        }
    }
}

#[tokio::test]
async fn every_status_with_a_body_that_is_none_of_the_vendors() {
    for operation in OPERATIONS {
        for status in STATUSES {
            for (name, content_type, body) in ODD {
                let answer = Answer::new(status, content_type, body);
                let (error, _) = fail(operation, answer).await;
                let case = format!("{operation:?} {status} {name}: {error}");
                assert_eq!(error.kind(), operation.kind(status), "{case}");
                assert_eq!(error.status(), Some(status), "{case}");
                assert_eq!(error.details().is_empty(), name == "empty", "{case}");
                if name == "html" {
                    assert!(error.to_string().contains("proxy says no"), "{case}");
                }
            }
        }
    }
}

#[tokio::test]
async fn what_the_server_blames() {
    let blames = async |body: usize| {
        let (error, _) = fail(Operation::Create, Answer::json(422, BODIES[body].1)).await;
        error.details()[0].blames.clone()
    };
    assert_eq!(blames(0).await, Some(Blame::Header("authorization".into())));
    assert_eq!(blames(1).await, Some(Blame::Parameter("layer_id".into())));
    assert_eq!(
        blames(2).await,
        Some(Blame::Pointer("/output_format".into()))
    );
    assert_eq!(blames(4).await, None);
}

#[tokio::test]
async fn statuses_that_are_not_documented() {
    for (status, kind, requests) in [
        (400, ErrorKind::Rejected, 1),
        (402, ErrorKind::Rejected, 1),
        (405, ErrorKind::Rejected, 1),
        (409, ErrorKind::Rejected, 1),
        (408, ErrorKind::Server, 5),
        (501, ErrorKind::Server, 1),
        (502, ErrorKind::Server, 5),
        (504, ErrorKind::Server, 5),
        (599, ErrorKind::Server, 1),
        (204, ErrorKind::UnexpectedResponse, 1),
        (201, ErrorKind::UnexpectedResponse, 1),
    ] {
        let (error, made) = fail(Operation::Link, Answer::new(status, "text/plain", "")).await;
        assert_eq!((error.kind(), made), (kind, requests), "{status}: {error}");
        assert!(
            !error.to_string().contains("unknown status code"),
            "{error}"
        );
        assert_eq!(error.status(), Some(status));
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Scripted::always(Answer::json(200, r#"{"export_link": "x"}"#)).await;
    let location = elsewhere.url("/api/v2/?token=secret");
    for status in [301, 302, 303, 307, 308] {
        for operation in OPERATIONS {
            let answer = Answer::new(status, "text/html", "").header("location", &location);
            let (error, requests) = fail(operation, answer).await;
            let kind = match (operation, status) {
                // Which is how a server answers a request that it has carried out.
                (Operation::Create, 303) => ErrorKind::OutcomeUnknown,
                _ => ErrorKind::UnexpectedResponse,
            };
            assert_eq!(error.kind(), kind, "{error}");
            assert_eq!((error.status(), requests), (Some(status), 1));
            assert!(
                error.to_string().contains("redirects to 127.0.0.1"),
                "{error}"
            );
        }
    }
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn answers_that_make_no_sense() {
    let signed = "https://example.com/x?sig=secret";
    for body in [
        String::new(),
        "<html>log in</html>".into(),
        "null".into(),
        "[]".into(),
        r#"{"export_link": 7}"#.into(),
        r#"{"export_link": null}"#.into(),
        format!(r#"{{"link": "{signed}"}}"#),
        format!(r#""{signed}""#),
        format!(
            r#"{{"export_id": 1, "status": {{}}, "download_url": "{signed}", "filters": "{signed}"}}"#
        ),
        format!(r#"{{"export_request_id": "../{signed}", "poll_endpoint": ""}}"#),
    ] {
        for operation in OPERATIONS {
            let answer = Answer::json(200, &body);
            let (error, requests) = fail(operation, answer).await;
            let kind = match operation {
                // It was accepted, by all appearances; what is missing is its id.
                Operation::Create => ErrorKind::OutcomeUnknown,
                _ => ErrorKind::UnexpectedResponse,
            };
            assert_eq!((error.kind(), requests), (kind, 1), "{body}: {error}");
        }
    }
}

#[tokio::test]
async fn a_body_that_stalls_does_not_hide_the_status() {
    let stalls = |status| Answer::json(status, "{").declaring(100).then_silence();
    let (denied, refused) = tokio::join!(
        fail(Operation::Link, stalls(401)),
        fail(Operation::Create, stalls(422)),
    );
    for ((error, requests), kind) in [
        (denied, ErrorKind::Unauthorized),
        (refused, ErrorKind::Rejected),
    ] {
        assert_eq!((error.kind(), requests), (kind, 1), "{error}");
    }
}

/// No more than 64 KiB of an error are read: what comes after is no part of it.
#[tokio::test]
async fn an_error_body_is_read_to_its_own_bound() {
    let body = |pad: usize| {
        let pad = "x".repeat(pad);
        Answer::json(
            422,
            &format!(r#"{{"errors":[{{"detail":"short"}}],"pad":"{pad}"}}"#),
        )
    };
    let (error, _) = fail(Operation::Link, body(60_000)).await;
    assert_eq!(error.details()[0].detail.as_deref(), Some("short"));
    // Cut off it is no JSON any more, and shown as what it is.
    let (error, _) = fail(Operation::Link, body(70_000)).await;
    let shown = error.details()[0].detail.as_deref().unwrap();
    assert!(
        shown.starts_with(r#"{"errors":[{"detail":"short"}]"#),
        "{shown}"
    );
}

/// In part, or in another form: nothing of it is shown.
#[tokio::test]
async fn a_server_that_repeats_a_part_of_a_secret() {
    for (content_type, body) in [
        (
            "application/json",
            r#"{"errors":[{"detail":"unknown felt_pat_a/b+secre"#,
        ),
        ("text/plain", "unknown token felt_pat_a/b+secre"),
        (
            "application/json",
            r#"{"errors":[{"detail":"felt_pat_a%2Fb%2Bsecret"}]}"#,
        ),
        (
            "application/json",
            r#"{"errors":[{"detail":"felt_pat_a\/b+secre"#,
        ),
        ("text/html", "<p>felt_pat_a&#x2F;b&#43;secret</p>"),
        (
            "application/json",
            r#"{"errors":[{"detail":"x.felt.com/x?X-Amz-Signature=secre"}]}"#,
        ),
        (
            "application/json",
            r#"{"errors":[{"detail":"/file?sig=secre"}]}"#,
        ),
        (
            "application/json",
            r#"{"download_url":"https:\/\/x.felt.com\/x?sig=secre"#,
        ),
        (
            "text/plain",
            "url=https%3A%2F%2Fx.felt.com%2Fx%3Fsig%3Dsecre",
        ),
        ("text/plain", "https://x.felt.com/f?eyJhbGciOi.secre"),
        ("text/plain", "https://x.felt.com/f#access_token=secre"),
        (
            "text/plain",
            "https%253A%252F%252Fx.felt.com%252Fx%253Fsig%253Dsecre",
        ),
        (
            "application/json",
            r#"{"url":"https://x.felt.com/f\u003fsig=secre"#,
        ),
    ] {
        for operation in OPERATIONS {
            let answer = Answer::new(403, content_type, body).declaring(body.len() + 9);
            let (error, _) = fail(operation, answer.header("x-request-id", TOKEN)).await;
            let shown = format!("{error} {error:?} {:?}", error.details());
            assert!(!shown.contains("secre"), "{body}: {shown}");
        }
    }
}

#[tokio::test]
async fn a_server_that_repeats_the_token() {
    let body = format!(r#"{{"errors":[{{"title":"No","detail":"unknown token {TOKEN}"}}]}}"#);
    let (error, _) = fail(Operation::Link, Answer::json(401, &body)).await;
    assert!(
        error.to_string().contains("unknown token [token]"),
        "{error}"
    );
}

#[tokio::test]
async fn no_server_at_all() {
    let gone = {
        let server = Scripted::always(Answer::silence()).await;
        layer(&server)
    };
    for operation in OPERATIONS {
        let error = operation.call(&gone).await.unwrap_err();
        // Not even the POST can have been accepted.
        assert_eq!(
            error.kind(),
            ErrorKind::Unreachable,
            "{operation:?}: {error}"
        );
        assert!(error.is_retryable() && error.status().is_none());
        assert!(error.source().is_some());
        no_secrets(&error);
    }
}

#[tokio::test]
async fn messages() {
    let mut messages = Vec::new();
    for operation in OPERATIONS {
        for status in STATUSES {
            let (error, _) = fail(operation, Answer::json(status, BODIES[1].1)).await;
            messages.push(error.to_string());
        }
    }
    for answer in [
        Answer::new(502, "text/html", "<title>502 Bad Gateway</title>"),
        Answer::json(429, "").header("retry-after", "3600"),
        Answer::json(200, "<html>"),
        Answer::json(200, ""),
        Answer::json(204, ""),
        Answer::new(302, "text/html", "").header("location", "https://login.example.com/?a=b"),
    ] {
        let (error, _) = fail(Operation::Link, answer).await;
        messages.push(error.to_string());
    }
    let messages = messages.join("\n");
    insta::with_settings!({filters => vec![(r"in \d+\.\d s", "in [time]")]}, {
        insta::assert_snapshot!(messages);
    });
}
