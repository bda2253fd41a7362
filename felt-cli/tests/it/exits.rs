//! What servers answer, as exit codes and messages.

use std::process::Command;

use crate::scripted::{Answer, Scripted};
use crate::{felt, holds, run_beside};

const SECRET: &str = "felt_pat_secret";

fn asking(server: &Scripted, folder: &std::path::Path, args: &str) -> Command {
    let mut command = felt(folder, &args.split(' ').collect::<Vec<_>>());
    command
        .env("FELT_API_TOKEN", SECRET)
        .env("FELT_BASE_URL", server.url("/api/v2/"));
    command
}

fn answer(status: u16) -> Answer {
    let body = format!(r#"{{"errors":[{{"title":"No","detail":"because of {SECRET}"}}]}}"#);
    // Longer than anyone waits: the client gives up at once.
    Answer::json(status, &body).header("retry-after", "3600")
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_codes() {
    let folder = tempfile::tempdir().unwrap();
    let mut said = Vec::new();
    for (args, status, code) in [
        ("link m l", 401, 4),
        ("link m l", 403, 4),
        ("link m l", 404, 1),
        ("link m l", 422, 1),
        ("link m l", 429, 5),
        ("link m l", 501, 5),
        ("link m l", 503, 5),
        ("link m l", 302, 1),
        ("link m l", 204, 1),
        ("status m l e", 404, 1),
        ("download m l", 401, 4),
        ("export m l -f csv", 401, 4),
        ("export m l -f csv", 404, 1),
        ("export m l -f csv", 422, 1),
        ("export m l -f csv", 429, 5),
        ("export m l -f csv", 500, 6),
        ("export m l -f csv", 502, 6),
        ("export m l -f csv", 503, 5),
        ("export m l -f csv", 200, 6),
    ] {
        let server = Scripted::always(answer(status)).await;
        let ended = run_beside(asking(&server, folder.path(), args)).await;
        said.push(format!("$ felt {args}\n[{code}] {}", ended.stderr));
        assert_eq!(
            (ended.code, ended.stdout.as_str()),
            (Some(code), ""),
            "{said:?}"
        );
        assert!(!ended.stderr.contains(SECRET), "{}", ended.stderr);
        assert!(ended.stderr.lines().count() <= 3, "{}", ended.stderr);
        assert_eq!(server.requests().len(), 1, "{args} {status}");
    }
    assert!(holds(folder.path()).is_empty());
    insta::assert_snapshot!(said.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_worth_trying_again() {
    let folder = tempfile::tempdir().unwrap();
    let command = {
        let server = Scripted::always(Answer::silence()).await;
        asking(&server, folder.path(), "link m l")
    };
    let ended = run_beside(command).await;
    assert_eq!(ended.code, Some(5), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("cannot connect to the server"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("refused"), "{}", ended.stderr);
}

/// Creates, then answers the polls in turn.
async fn exporting(polls: Vec<Answer>) -> Scripted {
    let created = Answer::json(200, r#"{"export_request_id": "e1", "poll_endpoint": "x"}"#);
    let mut turns = vec![created];
    turns.extend(polls);
    Scripted::in_turn(turns).await
}

fn status(status: &str, url: &str) -> Answer {
    let body = format!(
        r#"{{"export_id": "e1", "status": "{status}", "download_url": {url}, "filters": []}}"#
    );
    Answer::json(200, &body)
}

/// Messages as they are reviewed: without what is another each time.
fn review(name: &str, said: &str, folder: &std::path::Path) {
    let folder = folder.display().to_string();
    insta::with_settings!({ filters => vec![
        (folder.as_str(), "[folder]"),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:[port]"),
        (r"\d+\.\d s\)", "[n] s)"),
        (r"after \d+ s", "after [n] s"),
        (r"x{250,}", "[long]"),
    ] }, { insta::assert_snapshot!(name, said) });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_fails() {
    let folder = tempfile::tempdir().unwrap();
    let server = exporting(vec![status("failed", "null")]).await;
    let ended = run_beside(asking(&server, folder.path(), "export m l -f csv")).await;
    assert_eq!(ended.code, Some(1));
    review("an_export_that_fails", &ended.stderr, folder.path());
    assert!(holds(folder.path()).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_created_is_named_when_asking_fails() {
    let folder = tempfile::tempdir().unwrap();
    let mut said = String::new();
    for (last, code) in [
        (Answer::json(401, ""), 4),
        (
            status("completed", r#""http://example.com/?sig=secret""#),
            1,
        ),
    ] {
        let server = exporting(vec![last]).await;
        let ended = run_beside(asking(&server, folder.path(), "export m l -f csv")).await;
        assert_eq!(ended.code, Some(code), "{}", ended.stderr);
        assert!(
            ended.stderr.contains("felt resume m/l/e1:csv"),
            "{}",
            ended.stderr
        );
        assert!(!ended.stderr.contains("secret"), "{}", ended.stderr);
        said.push_str(&ended.stderr);
    }
    review("when_asking_fails", &said, folder.path());
    assert!(holds(folder.path()).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_is_one_word() {
    let folder = tempfile::tempdir().unwrap();
    for word in ["in_progress", "completed", "failed", "archiving"] {
        let server = Scripted::always(status(word, "null")).await;
        let ended = run_beside(asking(&server, folder.path(), "status m l e1")).await;
        assert_eq!((ended.code, ended.stdout), (Some(0), format!("{word}\n")));
    }
}

/// A place that cannot be written to is told while nothing has been created at Felt.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_created_for_a_file_that_cannot_be() {
    let folder = tempfile::tempdir().unwrap();
    let server = Scripted::always(Answer::json(500, "")).await;
    let held = folder.path().join("held.csv");
    let _held = felt_api::reserve(&held, false).unwrap();
    let long = "x".repeat(252);
    let mut said = String::new();
    for (output, code) in [("held.csv", 5), (long.as_str(), 1), ("none/x.csv", 1)] {
        let args = format!("export m l -f csv -o {output}");
        let ended = run_beside(asking(&server, folder.path(), &args)).await;
        assert_eq!(ended.code, Some(code), "{}", ended.stderr);
        said.push_str(&ended.stderr);
    }
    // Nor is a link asked for, where the name is known without it.
    std::fs::write(folder.path().join("there.gpkg"), "mine").unwrap();
    let args = "download m l -o there.gpkg";
    let ended = run_beside(asking(&server, folder.path(), args)).await;
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("--overwrite"), "{}", ended.stderr);
    // What --overwrite would not mend, it is not named for.
    std::fs::write(folder.path().join("x.csv.part"), "mine").unwrap();
    let args = "export m l -o x.csv";
    let ended = run_beside(asking(&server, folder.path(), args)).await;
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(!ended.stderr.contains("--overwrite"), "{}", ended.stderr);
    said.push_str(&ended.stderr);
    review("a_file_that_cannot_be", &said, folder.path());
    assert!(server.requests().is_empty(), "{:?}", server.requests());
}

/// What a server asks for is no reason to panic, nor to wait for a day.
#[tokio::test(flavor = "multi_thread")]
async fn absurd_waits() {
    let folder = tempfile::tempdir().unwrap();
    let mut said = String::new();
    for asked in ["18446744073709551615", "99999999999999999999", "86400"] {
        let short = Answer::json(429, "").header("retry-after", "0");
        let absurd = Answer::json(503, "").header("retry-after", asked);
        let server = Scripted::in_turn(vec![short.clone(), short, absurd]).await;
        let ended = run_beside(asking(&server, folder.path(), "link m l")).await;
        assert_eq!(ended.code, Some(5), "{}", ended.stderr);
        said.push_str(&ended.stderr);
    }
    review("absurd_waits", &said, folder.path());
}

/// An answer that is no csv is no file, although the status was 200.
#[tokio::test(flavor = "multi_thread")]
async fn what_arrives_must_be_what_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut said = String::new();
    for (format, body, code) in [
        ("csv", "<html>", 1),
        ("csv", r#"{"error":"internal"}"#, 1),
        ("geojson", r#"{"error":"internal"}"#, 1),
        ("gpkg", r#"{"errors":[{"title":"internal"}]}"#, 1),
        // Cut off: that passes.
        ("csv", "", 5),
        (
            "geojson",
            r#"{"type":"FeatureCollection","features":[{"type":"Feat"#,
            5,
        ),
        ("gpkg", "<?xml version='1.0'?><Error/>", 1),
    ] {
        let storage = Scripted::always(Answer::bytes(body).undeclared()).await;
        let url = format!("{:?}", storage.url("/Felt-Export.zip"));
        let server = exporting(vec![status("completed", &url)]).await;
        let args = format!("export m l -f {format}");
        let ended = run_beside(asking(&server, folder.path(), &args)).await;
        assert_eq!(
            (ended.code, ended.stdout.as_str()),
            (Some(code), ""),
            "{}",
            ended.stderr
        );
        assert!(ended.stderr.lines().count() <= 3, "{}", ended.stderr);
        said.push_str(&ended.stderr);
    }
    review("what_arrives", &said, folder.path());
    assert!(holds(folder.path()).is_empty());
}
