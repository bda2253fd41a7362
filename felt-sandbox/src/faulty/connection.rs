//! One connection: a request after the other.

use std::sync::Arc;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::Asked;
use super::plan::plan;
use super::send::After;
use super::storage::Host;
use crate::pace::Pace;

/// What is read at once.
const READ: usize = 8 * 1024;
/// How long a head may be, and how much is kept of what comes in during an answer.
const MAX_HEAD: usize = 64 * 1024;

pub(super) struct Connection {
    pub(super) stream: TcpStream,
    pub(super) pace: Pace,
    /// What came in and was not read yet.
    buffer: Vec<u8>,
}

/// Answers until the client or an answer ends the connection.
pub(super) async fn serve(stream: TcpStream, number: usize, host: Arc<Host>) {
    // It only makes small writes wait.
    let _ = stream.set_nodelay(true);
    let mut connection = Connection {
        stream,
        pace: Pace::new(host.options.rate),
        buffer: Vec::new(),
    };
    while let Some(head) = connection.head().await {
        let Some(mut asked) = Asked::parse(&head, number) else {
            return;
        };
        let entry = host.ledger.enter(&mut asked);
        let fault = (host.script)(&asked);
        let (content, reply) = host.with_served(|served| {
            let reply = plan(served, &asked, fault.as_ref());
            (served.content.clone(), reply)
        });
        // A request's body is not read, and would be taken for the next request.
        let keep = asked.header("content-length").is_none_or(|it| it == "0")
            && asked.header("transfer-encoding").is_none()
            && !head.lines().next().unwrap_or_default().ends_with("/1.0")
            && !asked
                .header("connection")
                .is_some_and(|it| it.eq_ignore_ascii_case("close"));
        let head_only = asked.method == "HEAD";
        let after = connection
            .reply(reply, &content, entry, head_only, keep)
            .await;
        // An error means that the client went, as it may.
        if !matches!(after, Ok(After::Next)) {
            return;
        }
    }
}

impl Connection {
    /// The next head, without the empty line at its end. None when there is no other, or none that can be read.
    async fn head(&mut self) -> Option<String> {
        loop {
            let end = self.buffer.windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(end) = end {
                let rest = self.buffer.split_off(end + 4);
                let mut head = std::mem::replace(&mut self.buffer, rest);
                head.truncate(end);
                return String::from_utf8(head).ok();
            }
            if !self.read().await {
                return None;
            }
        }
    }

    /// Waits until the client ends the connection, or its half of it. What comes in meanwhile is kept.
    pub(super) async fn gone(&mut self) {
        while self.read().await {}
    }

    /// Whether anything came in, and there was room for it.
    async fn read(&mut self) -> bool {
        self.buffer.reserve(READ);
        let read = self.stream.read_buf(&mut self.buffer).await;
        read.is_ok_and(|read| read > 0) && self.buffer.len() <= MAX_HEAD
    }
}
