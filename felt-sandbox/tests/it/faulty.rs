//! The storage host that misbehaves: what it serves otherwise, and what it remembers. (The faults: `faults`.)

use std::io::Read;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use felt_sandbox::faulty::{Content, Fault, Options, Storage};

use crate::client;
use crate::wire::{End, Raw, ask, connect, get_and_close, get_to_silence, read, read_to_silence};

pub fn bytes(content: &Content, first: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    content.read_at(first, &mut bytes);
    bytes
}

fn pattern() -> Content {
    Content::pattern(1, 3_000_000)
}

fn assert_part(raw: &Raw, content: &Content, first: u64, last: u64) {
    assert_eq!(raw.status, 206);
    let size = content.size();
    let range = format!("bytes {first}-{last}/{size}");
    assert_eq!(raw.header("content-range"), Some(range.as_str()));
    let length = (last - first + 1).to_string();
    assert_eq!(raw.header("content-length"), Some(length.as_str()));
    assert!(raw.body == bytes(content, first, (last - first + 1) as usize));
}

#[test]
fn without_a_fault_it_is_a_good_host() {
    let content = pattern();
    let storage = Storage::start(content.clone()).unwrap();
    let raw = get_and_close(&storage.url(), &[]);
    assert_eq!((raw.status, raw.end), (200, End::Closed));
    assert_eq!(raw.header("etag"), Some(content.etag().as_str()));
    assert_eq!(raw.header("content-length"), Some("3000000"));
    assert_eq!(raw.header("accept-ranges"), Some("bytes"));
    assert_eq!(raw.header("content-type"), Some("application/octet-stream"));
    assert_eq!(
        raw.header("last-modified"),
        Some("Mon, 01 Jan 2024 00:00:00 GMT")
    );
    assert!(raw.header("date").unwrap().ends_with(" GMT"));
    assert_eq!(raw.header("content-disposition"), None);
    assert!(raw.body == bytes(&content, 0, 3_000_000));
    assert_eq!(storage.bytes_sent(), 3_000_000);
    // Under whatever path, and to another client.
    let other = storage.url().replace("/link/0/file.bin", "/other");
    let answer = client::get(&other, &[]);
    assert_eq!(answer.status, 200);
    assert!(answer.body == raw.body);
    for url in [storage.url(), other] {
        for empty in [Content::bytes([]), Content::pattern(1, 0)] {
            storage.replace(empty);
            let raw = get_and_close(&url, &[]);
            assert_eq!((raw.status, raw.body.len()), (200, 0));
            assert_eq!(raw.header("content-length"), Some("0"));
        }
    }
}

#[test]
fn options_are_what_is_said_about_the_file() {
    let options = Options {
        file_name: Some("a \"b\" \\ c".to_owned()),
        media_type: "application/zip".to_owned(),
        ..Options::default()
    };
    let storage = Storage::with_script(Content::bytes(*b"zip"), options, |_| None).unwrap();
    let raw = get_and_close(&storage.url(), &[]);
    assert_eq!(raw.header("content-type"), Some("application/zip"));
    assert_eq!(
        raw.header("content-disposition"),
        Some("attachment; filename=\"a \\\"b\\\" \\\\ c\"")
    );
}

#[test]
fn ranges_and_if_range() {
    let content = pattern();
    let storage = Storage::start(content.clone()).unwrap();
    let url = storage.url();
    for (range, first, last) in [
        ("bytes=0-", 0, 2_999_999),
        ("bytes=1048570-1048580", 1_048_570, 1_048_580),
        ("bytes=-5", 2_999_995, 2_999_999),
        ("bytes=2999999-5000000", 2_999_999, 2_999_999),
    ] {
        let raw = get_and_close(&url, &[&format!("Range: {range}")]);
        assert_part(&raw, &content, first, last);
        assert_eq!(raw.header("etag"), Some(content.etag().as_str()));
    }
    let raw = get_and_close(&url, &["Range: bytes=3000000-"]);
    assert_eq!(raw.status, 416);
    assert_eq!(raw.header("content-range"), Some("bytes */3000000"));
    assert!(raw.text().contains("<Code>InvalidRange</Code>"));
    for (validator, status) in [
        (content.etag(), 206),
        ("Mon, 01 Jan 2024 00:00:00 GMT".to_owned(), 206),
        (format!("W/{}", content.etag()), 200),
        ("\"other\"".to_owned(), 200),
        ("Mon, 01 Jan 2024 00:00:01 GMT".to_owned(), 200),
    ] {
        let if_range = format!("If-Range: {validator}");
        let raw = get_and_close(&url, &["Range: bytes=5-9", &if_range]);
        assert_eq!(raw.status, status, "{validator}");
    }
}

#[test]
fn what_a_signed_link_refuses() {
    let storage = Storage::start(pattern()).unwrap();
    let url = storage.url();
    let raw = get_and_close(&url, &["Authorization: Bearer x"]);
    assert_eq!(raw.status, 400);
    for method in ["HEAD", "POST"] {
        let mut stream = connect(&url);
        ask(&mut stream, method, &url, &["Connection: close"]);
        let raw = read(&mut stream);
        assert_eq!((raw.status, raw.end), (403, End::Closed));
        assert_eq!(raw.body.is_empty(), method == "HEAD");
    }
    assert_eq!(storage.bytes_sent(), 0);
}

#[test]
fn a_connection_serves_many_requests() {
    let content = pattern();
    let storage = Storage::with_script(content.clone(), Options::default(), |asked| {
        [
            None,
            Some(Fault::Chunked),
            Some(Fault::Refuse(503)),
            Some(Fault::RedirectToSelf),
        ]
        .get(asked.number)
        .cloned()
        .flatten()
    })
    .unwrap();
    let mut stream = connect(&storage.url());
    for _ in 0..5 {
        ask(&mut stream, "GET", &storage.url(), &["Range: bytes=1-9"]);
    }
    let all = read_to_silence(&mut stream);
    assert_eq!(all.end, End::Silent);
    let text = String::from_utf8_lossy(&all.body);
    assert_eq!(text.matches("HTTP/1.1 ").count(), 4);
    assert!(all.body.ends_with(&bytes(&content, 1, 9)));
    let asked = storage.asked();
    assert!(asked.iter().all(|asked| asked.connection == 0));
    let statuses: Vec<_> = asked.iter().filter_map(|asked| asked.status).collect();
    assert_eq!(statuses, [206, 206, 503, 302, 206]);
    assert_eq!(storage.bytes_sent(), 27);
}

#[test]
fn links_expire_and_contents_are_replaced() {
    let storage = Storage::start(Content::bytes(*b"old")).unwrap();
    let before = get_and_close(&storage.link(3), &[]);
    assert_eq!(before.text(), "old");
    storage.expire_links_below(3);
    for link in [storage.url(), storage.link(2)] {
        let raw = get_and_close(&link, &[]);
        assert_eq!(raw.status, 403);
        assert!(raw.text().contains("Request has expired"));
    }
    storage.replace(Content::bytes(*b"newer"));
    let if_range = format!("If-Range: {}", before.header("etag").unwrap());
    let after = get_and_close(&storage.link(3), &["Range: bytes=1-", &if_range]);
    assert_eq!((after.status, after.text()), (200, "newer"));
    for name in ["etag", "last-modified"] {
        assert_ne!(before.header(name), after.header(name));
    }
}

#[test]
fn an_expired_link_is_refused_whatever_the_fault() {
    let storage = Storage::with_script(pattern(), Options::default(), |_| Some(Fault::Silence));
    let storage = storage.unwrap();
    storage.expire_links_below(1);
    assert_eq!(get_and_close(&storage.url(), &[]).status, 403);
    assert_eq!(get_to_silence(&storage.link(1), &[]).end, End::Silent);
}

#[test]
fn every_request_is_remembered() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let script = Arc::clone(&seen);
    let storage = Storage::with_script(pattern(), Options::default(), move |asked| {
        script.lock().unwrap().push((asked.number, asked.status));
        None
    })
    .unwrap();
    get_and_close(&storage.link(12), &["Range: bytes=5-9", "X-Some: Thing"]);
    get_and_close(&storage.url().replace("/link/0", ""), &["Range: bytes=9-"]);
    assert_eq!(*seen.lock().unwrap(), [(0, None), (1, None)]);
    let asked = storage.asked();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0].target, "/link/12/file.bin?X-Signature=secret");
    assert_eq!((asked[0].number, asked[0].connection), (0, 0));
    assert_eq!((asked[0].link, asked[1].link), (Some(12), None));
    assert_eq!(asked[0].method, "GET");
    assert_eq!(asked[0].header("x-some"), Some("Thing"));
    assert_eq!(asked[0].range(), Some((5, Some(9))));
    assert_eq!(asked[1].range(), Some((9, None)));
    assert_eq!((asked[0].sent, asked[1].sent), (5, 2_999_991));
    assert!(asked[0].at <= asked[1].at);
}

#[test]
fn the_rate_is_kept_and_even() {
    let options = Options {
        rate: Some(1_000_000),
        ..Options::default()
    };
    let storage = Storage::with_script(Content::pattern(1, 400_000), options, |_| None).unwrap();
    let begun = Instant::now();
    let mut stream = connect(&storage.url());
    ask(&mut stream, "GET", &storage.url(), &["Connection: close"]);
    let mut reads = 0;
    let mut buffer = vec![0; 1_000_000];
    loop {
        match stream.read(&mut buffer).unwrap() {
            0 => break,
            _ => reads += 1,
        }
    }
    let took = begun.elapsed();
    assert!(took >= Duration::from_millis(350), "{took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    // There are forty slices; a machine that is busy makes fewer of them.
    assert!(reads >= 5, "{reads}");
}

#[test]
fn answers_under_way_are_counted() {
    let storage = Storage::with_script(pattern(), Options::default(), |asked| {
        (asked.number < 3).then_some(Fault::StallAt(10))
    })
    .unwrap();
    let mut streams: Vec<_> = (0..3).map(|_| connect(&storage.url())).collect();
    for stream in &mut streams {
        ask(stream, "GET", &storage.url(), &[]);
    }
    for stream in &mut streams {
        assert_eq!(read_to_silence(stream).end, End::Silent);
    }
    assert_eq!(storage.most_at_once(), 3);
    assert_eq!(storage.bytes_sent(), 30);
}

#[test]
fn one_after_the_other_is_never_two_at_once() {
    let storage = Storage::start(Content::pattern(1, 100_000)).unwrap();
    for _ in 0..300 {
        let answer = client::get(&storage.url(), &[("range", "bytes=500-")]);
        assert_eq!(answer.body.len(), 99_500);
    }
    assert_eq!(storage.most_at_once(), 1);
    assert_eq!(storage.bytes_sent(), 300 * 99_500);
}

#[test]
fn it_stops_when_it_is_dropped() {
    let storage = Storage::with_script(pattern(), Options::default(), |_| Some(Fault::Silence));
    let storage = storage.unwrap();
    let url = storage.url();
    let mut stream = connect(&url);
    ask(&mut stream, "GET", &url, &[]);
    assert_eq!(read_to_silence(&mut stream).end, End::Silent);
    drop(storage);
    assert_ne!(read(&mut stream).end, End::Silent);
    let host = url.strip_prefix("http://").unwrap().split('/').next();
    assert!(std::net::TcpStream::connect(host.unwrap()).is_err());
}
