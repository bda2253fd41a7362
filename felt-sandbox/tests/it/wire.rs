//! A client that reads what is on the wire, and nothing into it.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// How long nothing may come for it to be silence.
const SILENCE: Duration = Duration::from_secs(1);
/// The same where no silence is expected, so that a busy machine is not taken for one.
const PATIENCE: Duration = Duration::from_secs(20);

/// How the bytes ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    Closed,
    Reset,
    Silent,
}

/// All that came.
#[derive(Debug)]
pub struct Raw {
    pub status: u16,
    head: String,
    pub body: Vec<u8>,
    pub end: End,
}

impl Raw {
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.split("\r\n").skip(1);
        let mut headers = lines.map(|line| line.split_once(": ").unwrap());
        let found = headers.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// A connection to the host of this URL.
pub fn connect(url: &str) -> TcpStream {
    let host = url.strip_prefix("http://").unwrap().split('/').next();
    let stream = TcpStream::connect(host.unwrap()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Sends a request, with these lines of headers.
pub fn ask(stream: &mut TcpStream, method: &str, url: &str, headers: &[&str]) {
    let (host, path) = url
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    let mut head = format!("{method} /{path} HTTP/1.1\r\nHost: {host}\r\n");
    for line in headers {
        head.push_str(&format!("{line}\r\n"));
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
}

/// Reads until nothing more comes, and soon calls that silence.
pub fn read_to_silence(stream: &mut TcpStream) -> Raw {
    stream.set_read_timeout(Some(SILENCE)).unwrap();
    let raw = read(stream);
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    raw
}

/// Reads until nothing more comes.
pub fn read(stream: &mut TcpStream) -> Raw {
    let mut bytes = Vec::new();
    let end = match stream.read_to_end(&mut bytes) {
        Ok(_) => End::Closed,
        Err(e) if e.kind() == ErrorKind::ConnectionReset => End::Reset,
        Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => End::Silent,
        Err(e) => panic!("{e}"),
    };
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let body = head.map_or(Vec::new(), |head| bytes.split_off(head + 4));
    bytes.truncate(head.unwrap_or(0));
    let head = String::from_utf8(bytes).unwrap();
    let mut words = head.split(' ').skip(1);
    Raw {
        status: words.next().map_or(0, |status| status.parse().unwrap()),
        head,
        body,
        end,
    }
}

/// `GET` on a connection of its own, which the client leaves open.
pub fn get(url: &str, headers: &[&str]) -> Raw {
    let mut stream = connect(url);
    ask(&mut stream, "GET", url, headers);
    read(&mut stream)
}

/// The same where silence is expected.
pub fn get_to_silence(url: &str, headers: &[&str]) -> Raw {
    let mut stream = connect(url);
    ask(&mut stream, "GET", url, headers);
    read_to_silence(&mut stream)
}

/// `GET`, but the server is told to end the connection, so that nobody has to wait for silence.
pub fn get_and_close(url: &str, headers: &[&str]) -> Raw {
    get(url, &[headers, &["Connection: close"]].concat())
}
