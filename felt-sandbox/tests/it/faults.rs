//! Each fault is on the wire what it says.

use std::io::Read;
use std::time::{Duration, Instant};

use felt_sandbox::faulty::{Content, Fault, Options, Storage};

use crate::faulty::bytes;
use crate::wire::{End, Raw, ask, connect, get, get_and_close, get_to_silence, read};

const SIZE: u64 = 2_500_000;

fn content() -> Content {
    Content::pattern(9, SIZE)
}

fn with(fault: Fault) -> Storage {
    Storage::with_script(content(), Options::default(), move |_| Some(fault.clone())).unwrap()
}

/// The part of the content that an answer has to have.
fn assert_bytes(raw: &Raw, first: u64, length: usize) {
    assert!(
        raw.body == bytes(&content(), first, length),
        "{} bytes",
        raw.body.len()
    );
}

/// What a request for the bytes from 1000 to 1999 gets, with the `ETag` as `If-Range` if wanted.
fn part(fault: Fault, if_range: bool) -> Raw {
    let storage = with(fault);
    let etag = format!("If-Range: {}", content().etag());
    let mut headers = vec!["Range: bytes=1000-1999"];
    if if_range {
        headers.push(&etag);
    }
    get_and_close(&storage.url(), &headers)
}

#[test]
fn resets() {
    for at in [0, 1, 70_000, 1_048_573, 2_400_000, SIZE, SIZE + 5] {
        let storage = with(Fault::ResetAt(at));
        let raw = get(&storage.url(), &[]);
        assert_eq!((raw.status, raw.end), (200, End::Reset), "{at}");
        assert_eq!(raw.header("content-length"), Some("2500000"));
        if cfg!(target_os = "linux") {
            assert_bytes(&raw, 0, at.min(SIZE) as usize);
        }
        assert_eq!(storage.asked()[0].sent, at.min(SIZE));
    }
    let storage = with(Fault::Reset);
    let raw = get(&storage.url(), &[]);
    assert_eq!((raw.status, raw.end), (0, End::Reset));
    assert_eq!(storage.asked()[0].status, None);
}

#[test]
fn a_reset_comes_though_nobody_reads() {
    let storage =
        Storage::with_script(Content::pattern(1, 100_000_000), Options::default(), |_| {
            Some(Fault::ResetAt(4_000_000))
        })
        .unwrap();
    let mut stream = connect(&storage.url());
    ask(&mut stream, "GET", &storage.url(), &[]);
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(read(&mut stream).end, End::Reset);
}

#[test]
fn silence() {
    for at in [0, 1, 1_500_000, SIZE + 5] {
        let raw = get_to_silence(&with(Fault::StallAt(at)).url(), &[]);
        assert_eq!((raw.status, raw.end), (200, End::Silent));
        assert_eq!(raw.header("content-length"), Some("2500000"));
        assert_bytes(&raw, 0, at.min(SIZE) as usize);
    }
    let raw = get_to_silence(&with(Fault::Silence).url(), &[]);
    assert_eq!((raw.status, raw.end), (0, End::Silent));
}

#[test]
fn ends_too_early() {
    for at in [0, 1, 1_500_000, SIZE] {
        let raw = get(&with(Fault::TruncateAt(at)).url(), &[]);
        assert_eq!((raw.status, raw.end), (200, End::Closed));
        assert_eq!(raw.header("content-length"), Some("2500000"));
        assert_eq!(raw.header("connection"), None);
        assert_bytes(&raw, 0, at as usize);
    }
    let raw = part(Fault::TruncateAt(7), true);
    assert_eq!((raw.status, raw.end), (206, End::Closed));
    assert_eq!(raw.header("content-length"), Some("1000"));
    assert_bytes(&raw, 1000, 7);
}

#[test]
fn no_length() {
    for (fault, length) in [
        (Fault::NoLength, SIZE),
        (Fault::NoLengthTruncateAt(1_500_000), 1_500_000),
        (Fault::NoLengthTruncateAt(SIZE + 1), SIZE),
    ] {
        let raw = get(&with(fault).url(), &["Range: bytes=5-"]);
        assert_eq!((raw.status, raw.end), (200, End::Closed));
        assert_eq!(raw.header("connection"), Some("close"));
        for name in ["content-length", "transfer-encoding", "content-range"] {
            assert_eq!(raw.header(name), None);
        }
        assert_eq!(raw.header("etag"), Some(content().etag().as_str()));
        assert_bytes(&raw, 0, length as usize);
    }
}

#[test]
fn chunks() {
    let storage = with(Fault::Chunked);
    let raw = get_and_close(&storage.url(), &[]);
    assert_eq!(raw.status, 200);
    assert_eq!(raw.header("transfer-encoding"), Some("chunked"));
    assert_eq!(raw.header("content-length"), None);
    let mut rest = raw.body.as_slice();
    let mut whole = Vec::new();
    loop {
        let line = rest.windows(2).position(|two| two == b"\r\n").unwrap();
        let size = std::str::from_utf8(&rest[..line]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        let (chunk, behind) = rest[line + 2..].split_at(size);
        whole.extend_from_slice(chunk);
        rest = behind.strip_prefix(b"\r\n").unwrap();
        if size == 0 {
            break;
        }
    }
    assert!(rest.is_empty());
    assert!(whole == bytes(&content(), 0, SIZE as usize));
    assert_eq!(storage.bytes_sent(), SIZE);
    let raw = part(Fault::Chunked, true);
    assert_eq!(raw.status, 206);
    assert!(raw.body.starts_with(b"3e8\r\n") && raw.body.ends_with(b"\r\n0\r\n\r\n"));
}

#[test]
fn wrong_ranges() {
    for (fault, range, first, length) in [
        (Fault::ShiftRange(5), "bytes 1005-1999/2500000", 1005, 995),
        (Fault::ShiftRange(-5), "bytes 995-1999/2500000", 995, 1005),
        (Fault::ShiftRange(-5000), "bytes 0-1999/2500000", 0, 2000),
        (Fault::ShiftRange(5000), "bytes 1999-1999/2500000", 1999, 1),
        (
            Fault::LieAboutRange(5),
            "bytes 1005-2004/2500000",
            1000,
            1000,
        ),
        (
            Fault::LieAboutRange(-1),
            "bytes 999-1998/2500000",
            1000,
            1000,
        ),
        (Fault::WrongTotal(1), "bytes 1000-1999/2500001", 1000, 1000),
        (
            Fault::WrongTotal(-100),
            "bytes 1000-1999/2499900",
            1000,
            1000,
        ),
        (Fault::ShortRange(10), "bytes 1000-1009/2500000", 1000, 10),
        (
            Fault::ShortRange(5000),
            "bytes 1000-1999/2500000",
            1000,
            1000,
        ),
        (Fault::ShortRange(0), "bytes 1000-1000/2500000", 1000, 1),
    ] {
        let raw = part(fault.clone(), true);
        assert_eq!(raw.status, 206);
        assert_eq!(raw.header("content-range"), Some(range), "{fault:?}");
        let declared = length.to_string();
        assert_eq!(raw.header("content-length"), Some(declared.as_str()));
        assert_bytes(&raw, first, length);

        // Where there is no part, there is nothing wrong with it.
        let whole = get_and_close(&with(fault).url(), &[]);
        assert_eq!(whole.status, 200);
        assert_bytes(&whole, 0, SIZE as usize);
    }
    let raw = part(Fault::IgnoreRange, true);
    assert_eq!((raw.status, raw.header("content-range")), (200, None));
    assert_bytes(&raw, 0, SIZE as usize);
}

#[test]
fn other_validators() {
    let etag = content().etag();
    let weak = format!("W/{etag}");
    for (fault, etag, dated, with_if_range) in [
        (Fault::WeakEtag, Some(weak.as_str()), true, 200),
        (Fault::NoEtag, None, false, 200),
        (Fault::OnlyLastModified, None, true, 200),
        (Fault::Encoded, Some(etag.as_str()), true, 206),
    ] {
        let raw = part(fault.clone(), false);
        assert_eq!(raw.status, 206);
        assert_eq!(raw.header("etag"), etag);
        assert_eq!(raw.header("last-modified").is_some(), dated);
        assert_bytes(&raw, 1000, 1000);
        let encoding = (fault == Fault::Encoded).then_some("gzip");
        assert_eq!(raw.header("content-encoding"), encoding);
        assert_eq!(part(fault, true).status, with_if_range);
    }
    for (fault, with_if_range) in [(Fault::OtherEtag, 200), (Fault::RangeWithOtherEtag, 206)] {
        let raw = part(fault.clone(), false);
        let other = raw.header("etag").unwrap();
        assert!(other.starts_with('"') && other != etag, "{other}");
        let again = part(fault.clone(), true);
        assert_eq!(again.status, with_if_range);
        assert_eq!(again.header("etag"), Some(other));
        let if_range = format!("If-Range: {other}");
        let storage = with(fault);
        let known = get_and_close(&storage.url(), &["Range: bytes=5-9", &if_range]);
        assert_eq!(known.status, 206);
    }
    let by_date = "If-Range: Mon, 01 Jan 2024 00:00:00 GMT";
    let storage = with(Fault::OnlyLastModified);
    assert_eq!(
        get_and_close(&storage.url(), &["Range: bytes=5-9", by_date]).status,
        206
    );
}

#[test]
fn refusals() {
    for (status, code) in [(403, "AccessDenied"), (503, "SlowDown"), (418, "Refused")] {
        let raw = part(Fault::Refuse(status), false);
        assert_eq!((raw.status, raw.end), (status, End::Closed));
        assert_eq!(raw.header("content-type"), Some("application/xml"));
        assert!(raw.text().starts_with("<?xml "));
        assert!(raw.text().contains(&format!("<Code>{code}</Code>")));
    }
    let raw = part(Fault::Unsatisfiable(Some(7)), false);
    assert_eq!(raw.status, 416);
    assert_eq!(raw.header("content-range"), Some("bytes */7"));
    let raw = part(Fault::Unsatisfiable(None), false);
    assert_eq!((raw.status, raw.header("content-range")), (416, None));
    let raw = part(Fault::Html, false);
    assert_eq!(raw.status, 200);
    assert_eq!(raw.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(raw.header("etag"), None);
    assert!(raw.text().starts_with("<!DOCTYPE html>"));
}

#[test]
fn any_answer() {
    let status = |status, headers: &[(&str, &str)], body: &str| {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        part(
            Fault::Status {
                status,
                headers: headers.iter().map(owned).collect(),
                body: body.into(),
            },
            false,
        )
    };
    let raw = status(429, &[("Retry-After", "7"), ("Date", "yesterday")], "slow");
    assert_eq!((raw.status, raw.text()), (429, "slow"));
    assert_eq!(raw.header("retry-after"), Some("7"));
    assert_eq!(raw.header("date"), Some("yesterday"));
    assert_eq!(raw.header("content-length"), Some("4"));
    assert_eq!(raw.header("etag"), None);
    let raw = status(200, &[("content-length", "9")], "four");
    assert_eq!(raw.header("content-length"), Some("9"));
    assert_eq!(raw.text(), "four");
    let raw = status(304, &[], "");
    assert_eq!((raw.status, raw.header("content-length")), (304, None));
}

#[test]
fn redirects() {
    let raw = part(Fault::Redirect("http://other.test/x?y".to_owned()), false);
    assert_eq!(raw.status, 302);
    assert_eq!(raw.header("location"), Some("http://other.test/x?y"));
    assert_eq!(raw.header("content-length"), Some("0"));
    let raw = part(Fault::RedirectToSelf, false);
    let to = "/link/0/file.bin?X-Signature=secret";
    assert_eq!((raw.status, raw.header("location")), (302, Some(to)));
}

#[test]
fn a_trickle() {
    let storage = with(Fault::Trickle {
        every: Duration::from_millis(20),
    });
    let mut stream = connect(&storage.url());
    let begun = Instant::now();
    ask(&mut stream, "GET", &storage.url(), &[]);
    let mut got = Vec::new();
    let expected = bytes(&content(), 0, 10);
    // More than the first ten may have come at once, if this test had to wait for its turn.
    while !got.windows(10).any(|ten| ten == expected) {
        let mut some = [0; 1000];
        let read = stream.read(&mut some).unwrap();
        assert!(read > 0 && got.len() < 5000);
        got.extend_from_slice(&some[..read]);
    }
    let took = begun.elapsed();
    assert!(took >= Duration::from_millis(200), "{took:?}");
    // It notices when the client goes, whatever the next byte would have to wait for.
    drop(stream);
    let gone = Instant::now();
    loop {
        let sent = storage.bytes_sent();
        std::thread::sleep(Duration::from_millis(200));
        if storage.bytes_sent() == sent {
            break;
        }
        assert!(gone.elapsed() < Duration::from_secs(10));
    }
}
