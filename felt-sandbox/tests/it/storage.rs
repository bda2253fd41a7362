//! The second origin.

use std::time::Duration;

use felt_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::client::{Answer, RELIEF, create, direct_link, get, sandbox, send, status, wait};

fn assert_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/xml"));
    assert!(answer.text().starts_with("<?xml "));
    assert!(
        answer.text().contains(&format!("<Code>{code}</Code>")),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn a_download_says_what_it_is() {
    let sandbox = sandbox().await;
    let whole = get(&direct_link(&sandbox, "demo/layers/relief"), &[]);
    assert_eq!(whole.status, 200);
    assert_eq!(whole.body, RELIEF);
    assert_eq!(whole.header("content-type"), Some("image/tiff"));
    assert_eq!(whole.header("content-length"), Some("99804"));
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    assert_eq!(
        whole.header("content-disposition"),
        Some("attachment; filename=\"parsed.tiff\"")
    );
    let etag = whole.header("etag").unwrap();
    assert!(
        etag.len() > 2 && etag.starts_with('"') && etag.ends_with('"'),
        "{etag}"
    );
    assert!(whole.header("last-modified").unwrap().ends_with(" GMT"));

    // The same file through another link is the same entity.
    let again = get(&direct_link(&sandbox, "demo/layers/relief"), &[]);
    assert_eq!(again.header("etag"), Some(etag));
    let other = get(&direct_link(&sandbox, "demo/layers/cities"), &[]);
    assert_eq!(
        other.header("content-type"),
        Some("application/geopackage+sqlite3")
    );
    assert_ne!(other.header("etag"), Some(etag));
}

#[tokio::test]
async fn ranges() {
    let sandbox = sandbox().await;
    let link = direct_link(&sandbox, "demo/layers/relief");
    let size = RELIEF.len();
    for (range, first, last) in [
        ("bytes=0-", 0, size - 1),
        ("bytes=70000-", 70_000, size - 1),
        ("bytes=5-9", 5, 9),
        ("bytes=5-5", 5, 5),
        ("bytes=99803-200000", size - 1, size - 1),
        ("bytes=-7", size - 7, size - 1),
        ("bytes=-200000", 0, size - 1),
    ] {
        let part = get(&link, &[("range", range)]);
        assert_eq!(part.status, 206, "{range}");
        assert_eq!(
            part.header("content-range"),
            Some(format!("bytes {first}-{last}/{size}").as_str())
        );
        assert_eq!(
            part.header("content-length"),
            Some((last - first + 1).to_string().as_str())
        );
        assert!(part.header("etag").is_some());
        assert_eq!(part.body, &RELIEF[first..=last], "{range}");
    }
    for range in [
        "bytes=99804-",
        "bytes=100000-100001",
        "bytes=-0",
        "bytes=0-1,3-4",
    ] {
        let answer = get(&link, &[("range", range)]);
        assert_refused(&answer, 416, "InvalidRange");
        assert_eq!(answer.header("content-range"), Some("bytes */99804"));
    }
    // Several ranges, or none that can be read: the whole file.
    for range in ["bytes=9-5", "lines=1-2", "bytes=x"] {
        let whole = get(&link, &[("range", range)]);
        assert_eq!((whole.status, whole.body.len()), (200, size), "{range}");
        assert_eq!(whole.header("content-range"), None);
    }
}

#[tokio::test]
async fn a_range_of_another_file_is_the_whole_file() {
    let sandbox = sandbox().await;
    let link = direct_link(&sandbox, "demo/layers/relief");
    let whole = get(&link, &[]);
    let etag = whole.header("etag").unwrap();
    let weak = format!("W/{etag}");
    let modified = whole.header("last-modified").unwrap();
    for (validator, status) in [
        (etag, 206),
        (modified, 206),
        (weak.as_str(), 200),
        ("\"another\"", 200),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 200),
        ("", 200),
    ] {
        let answer = get(&link, &[("range", "bytes=5-"), ("if-range", validator)]);
        assert_eq!(answer.status, status, "{validator}");
        assert_eq!(
            answer.body,
            if status == 206 { &RELIEF[5..] } else { RELIEF }
        );
    }
    // Beyond the end of another file is no error either.
    let answer = get(
        &link,
        &[("range", "bytes=999999-"), ("if-range", "\"another\"")],
    );
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_download_can_go_on_through_a_new_link() {
    let sandbox = sandbox().await;
    let layer = "demo/layers/countries";
    let id = create(&sandbox, layer, &json!({ "output_format": "geojson" }));
    let link = |status: Value| status["download_url"].as_str().unwrap().to_owned();
    let first = link(wait(&sandbox, layer, &id));
    let second = link(status(&sandbox, layer, &id));
    assert_ne!(first, second);
    let whole = get(&first, &[]);
    let begin = get(&first, &[("range", "bytes=0-999")]);
    let etag = begin.header("etag").unwrap();
    let rest = get(&second, &[("range", "bytes=1000-"), ("if-range", etag)]);
    assert_eq!((begin.status, rest.status), (206, 206));
    assert_eq!([begin.body, rest.body].concat(), whole.body);
}

#[tokio::test]
async fn a_link_works_as_it_was_given_or_not_at_all() {
    let sandbox = sandbox().await;
    let link = direct_link(&sandbox, "demo/layers/cities");
    let other = direct_link(&sandbox, "demo/layers/relief");
    let (path, query) = link.split_once('?').unwrap();
    let (expires, signature) = query.split_once('&').unwrap();
    assert_eq!(get(&link, &[]).status, 200);

    assert_refused(&get(path, &[]), 403, "AccessDenied");
    assert_refused(&get(&sandbox.storage_url(), &[]), 403, "AccessDenied");
    assert_refused(&get(&format!("{path}?{expires}"), &[]), 403, "AccessDenied");
    let last = if link.ends_with('0') { '1' } else { '0' };
    for changed in [
        format!("{path}?{signature}"),
        format!("{path}?X-Expires=99999999999&{signature}"),
        format!("{path}?{expires}&X-Signature="),
        format!("{link}0"),
        format!("{}{last}", &link[..link.len() - 1]),
        format!("{link}&x=y"),
        format!("{path}x?{query}"),
        format!("{}?{query}", other.split('?').next().unwrap()),
        format!("{}/../x?{query}", sandbox.storage_url()),
    ] {
        assert_refused(&get(&changed, &[]), 403, "SignatureDoesNotMatch");
    }
    // None of which harms the link.
    assert_eq!(get(&link, &[]).status, 200);
}

#[tokio::test]
async fn a_link_is_for_reading_and_comes_without_a_token() {
    let sandbox = sandbox().await;
    let link = direct_link(&sandbox, "demo/layers/cities");
    let whole = get(&link, &[]);
    // Ranges are for GET alone.
    let head = send("HEAD", &link, &[("range", "bytes=0-9")], b"");
    assert_eq!((head.status, head.body.len()), (200, 0));
    for name in ["content-length", "etag", "last-modified", "accept-ranges"] {
        assert!(head.header(name).is_some(), "{name}");
        assert_eq!(head.header(name), whole.header(name), "{name}");
    }
    for method in ["POST", "PUT", "DELETE"] {
        assert_refused(&send(method, &link, &[], b""), 403, "SignatureDoesNotMatch");
    }
    let answer = get(&link, &[("authorization", "Bearer felt_pat_sandbox")]);
    assert_refused(&answer, 400, "InvalidArgument");
    assert!(answer.text().contains("Only one auth mechanism allowed"));
}

#[tokio::test]
async fn an_expired_link_is_refused_and_the_next_one_is_new() {
    let sandbox = Sandbox::builder()
        .link_ttl(Duration::ZERO)
        .start()
        .await
        .unwrap();
    let first = direct_link(&sandbox, "demo/layers/cities");
    assert_refused(&get(&first, &[]), 403, "AccessDenied");
    assert!(get(&first, &[]).text().contains("Request has expired"));
    assert_ne!(first, direct_link(&sandbox, "demo/layers/cities"));
}

#[tokio::test]
async fn a_link_ends_when_its_time_is_over() {
    let sandbox = Sandbox::builder()
        .link_ttl(Duration::from_secs(1))
        .start()
        .await
        .unwrap();
    let start = std::time::Instant::now();
    let link = direct_link(&sandbox, "demo/layers/relief");
    let expires: u64 = link
        .split("X-Expires=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    assert!((now..=now + 1).contains(&expires), "{expires} at {now}");
    let mut worked = false;
    while start.elapsed() < Duration::from_secs(60) {
        match get(&link, &[]).status {
            200 => worked = true,
            status => {
                assert_eq!(status, 403);
                assert!(start.elapsed() >= Duration::from_secs(1), "too early");
                // On a machine that stands still for seconds nothing can be said.
                assert!(worked || start.elapsed() > Duration::from_secs(4));
                return;
            }
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the link never expires");
}
