//! A server that answers what a test tells it to, byte for byte, and remembers what it was asked.
//!
//! The test binaries of several members include this file, and each uses its part of it.
#![allow(dead_code)]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request as it came in.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `GET /path HTTP/1.1`
    pub line: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The path with its query.
    pub fn path(&self) -> &str {
        self.line.split(' ').nth(1).unwrap_or_default()
    }
}

/// What comes after the bytes of an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Close,
    Hang,
    Reset,
}

/// An answer, as bytes.
#[derive(Clone, Debug)]
pub struct Answer {
    head: String,
    body: Vec<u8>,
    declared: Option<usize>,
    end: End,
}

impl Answer {
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        Self {
            head: format!("HTTP/1.1 {status} Scripted\r\ncontent-type: {content_type}\r\n"),
            declared: Some(body.len()),
            body,
            end: End::Close,
        }
    }

    pub fn json(status: u16, body: &str) -> Self {
        Self::new(status, "application/json", body)
    }

    pub fn bytes(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200, "application/octet-stream", body)
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.head.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    /// Says that the body is this long, whatever it is.
    pub fn declaring(mut self, length: usize) -> Self {
        self.declared = Some(length);
        self
    }

    /// Says nothing about the length: the body ends with the connection.
    pub fn undeclared(mut self) -> Self {
        self.declared = None;
        self
    }

    /// Neither a byte nor an end.
    pub fn silence() -> Self {
        Self {
            head: String::new(),
            body: Vec::new(),
            declared: None,
            end: End::Hang,
        }
    }

    /// No answer, but a reset connection.
    pub fn reset() -> Self {
        Self {
            end: End::Reset,
            ..Self::silence()
        }
    }

    /// Silence after the bytes.
    pub fn then_silence(mut self) -> Self {
        self.end = End::Hang;
        self
    }

    async fn send(self, stream: &mut TcpStream) -> std::io::Result<()> {
        if !self.head.is_empty() {
            let mut head = self.head;
            if let Some(length) = self.declared {
                head.push_str(&format!("content-length: {length}\r\n"));
            }
            head.push_str("connection: close\r\n\r\n");
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(&self.body).await?;
            stream.flush().await?;
        }
        match self.end {
            End::Close => stream.shutdown().await,
            End::Reset => stream.set_zero_linger(),
            // Until the client has had enough.
            End::Hang => stream.read(&mut [0]).await.map(|_| ()),
        }
    }
}

/// A running server; it stops when it is dropped.
pub struct Scripted {
    addr: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    accepting: JoinHandle<()>,
}

impl Scripted {
    /// Answers each request by its number, from 0, and what it says.
    pub async fn start(script: impl Fn(usize, &Request) -> Answer + Send + Sync + 'static) -> Self {
        Self::on(([127, 0, 0, 1], 0).into(), script).await
    }

    /// The same at a certain place.
    pub async fn on(
        addr: SocketAddr,
        script: impl Fn(usize, &Request) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(addr).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (script, seen) = (Arc::new(script), requests.clone());
        let accepting = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (script, seen) = (script.clone(), seen.clone());
                tokio::spawn(async move {
                    let Some(request) = read(&mut stream).await else {
                        return;
                    };
                    let number = {
                        let mut seen = seen.lock().unwrap();
                        seen.push(request.clone());
                        seen.len() - 1
                    };
                    // A client that hangs up early is a test's own business.
                    let _ = script(number, &request).send(&mut stream).await;
                });
            }
        });
        Self {
            addr,
            requests,
            accepting,
        }
    }

    /// The same answer, whatever is asked.
    pub async fn always(answer: Answer) -> Self {
        Self::start(move |_, _| answer.clone()).await
    }

    /// One answer after the other; the last one stays.
    pub async fn in_turn(answers: Vec<Answer>) -> Self {
        Self::start(move |number, _| answers[number.min(answers.len() - 1)].clone()).await
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut lines = head.lines();
    let mut request = Request {
        line: lines.next()?.to_string(),
        headers: lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_string()))
            .collect(),
        body: bytes[head_end + 4..].to_vec(),
    };
    let length = request
        .header("content-length")
        .map_or(0, |value| value.parse().unwrap());
    while request.body.len() < length {
        if stream.read_buf(&mut request.body).await.ok()? == 0 {
            return None;
        }
    }
    Some(request)
}
