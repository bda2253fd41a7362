//! Puts an answer on the wire.

use std::io;
use std::time::SystemTime;

use axum::http::StatusCode;
use tokio::io::AsyncWriteExt;
use tokio::time;

use super::Content;
use super::answer::{Answer, Body, Cut, Framing, Reply};
use super::connection::Connection;
use super::ledger::{Entry, Kind};
use crate::drain::drain;

const AROUND: Kind = Kind {
    body: false,
    last: false,
};

/// What the connection is good for afterwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum After {
    /// Another request.
    Next,
    /// Nothing. It is to be dropped.
    Over,
}

impl Connection {
    /// Sends a reply. `keep` says whether the client can go on with this connection.
    pub(super) async fn reply(
        &mut self,
        reply: Reply,
        content: &Content,
        mut entry: Entry,
        head_only: bool,
        keep: bool,
    ) -> io::Result<After> {
        let answer = match reply {
            Reply::Silence => {
                self.gone().await;
                return Ok(After::Over);
            }
            Reply::Reset => return self.reset(entry),
            Reply::Answer(answer) => answer,
        };
        entry.status(answer.status);
        let keep = keep && answer.framing != Framing::Close;
        let cut = answer.cut.filter(|_| !head_only);
        let length = match (head_only, cut) {
            (true, _) => 0,
            (false, Some((at, _))) => at.min(answer.body.length()),
            (false, None) => answer.body.length(),
        };
        let chunked = answer.framing == Framing::Chunked && !head_only;
        // Otherwise the end is a matter of the connection, or of a last chunk.
        let ends = head_only
            || matches!(answer.framing, Framing::Length | Framing::AsIs)
                && length == answer.body.length();
        let head = Kind {
            last: ends && length == 0,
            ..AROUND
        };
        self.write(head_of(&answer, keep).as_bytes(), head, &mut entry)
            .await?;
        self.body(&answer, content, length, ends, &mut entry)
            .await?;
        match cut.map(|(_, cut)| cut) {
            Some(Cut::Stall) => {
                self.gone().await;
                return Ok(After::Over);
            }
            Some(Cut::Reset) => {
                drain(self.stream.local_addr()?, self.stream.peer_addr()?).await;
                return self.reset(entry);
            }
            Some(Cut::Close) => return self.end(entry).await,
            None => {}
        }
        if chunked {
            let last = Kind {
                last: true,
                ..AROUND
            };
            self.write(b"0\r\n\r\n", last, &mut entry).await?;
        }
        if keep {
            return Ok(After::Next);
        }
        self.end(entry).await
    }

    /// Sends the first `length` bytes of the body. `ends` says whether the answer ends with them.
    async fn body(
        &mut self,
        answer: &Answer,
        content: &Content,
        length: u64,
        ends: bool,
        entry: &mut Entry,
    ) -> io::Result<()> {
        let chunked = answer.framing == Framing::Chunked;
        let mut sent = 0;
        while sent < length {
            let most = match answer.every {
                Some(every) => {
                    tokio::select! {
                        () = time::sleep(every) => {}
                        () = self.gone() => return Err(io::ErrorKind::ConnectionAborted.into()),
                    }
                    1
                }
                None => self.pace.slice(),
            };
            let most = usize::try_from(length - sent).map_or(most, |left| left.min(most));
            let piece = match &answer.body {
                Body::Part { first, .. } => content.piece(first + sent, most),
                // Below the length, which is that of bytes in memory.
                Body::Bytes(bytes) => bytes
                    .get(sent as usize..)
                    .map_or(&[][..], |rest| &rest[..rest.len().min(most)]),
            };
            if piece.is_empty() {
                return Ok(());
            }
            sent += piece.len() as u64;
            let kind = Kind {
                body: true,
                last: ends && sent == length,
            };
            self.pace.wait().await;
            if chunked {
                let size = format!("{:x}\r\n", piece.len());
                self.write(size.as_bytes(), AROUND, entry).await?;
            }
            self.write(piece, kind, entry).await?;
            if chunked {
                self.write(b"\r\n", AROUND, entry).await?;
            }
            self.pace.wrote(piece.len());
        }
        Ok(())
    }

    async fn write(&mut self, mut bytes: &[u8], kind: Kind, entry: &mut Entry) -> io::Result<()> {
        while !bytes.is_empty() {
            self.stream.writable().await?;
            match entry.write(bytes.len(), kind, || self.stream.try_write(bytes)) {
                Ok(written) => bytes = &bytes[written..],
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// The connection is reset when it is dropped.
    fn reset(&self, mut entry: Entry) -> io::Result<After> {
        entry.close();
        self.stream.set_zero_linger()?;
        Ok(After::Over)
    }

    /// The connection ends in order.
    async fn end(&mut self, mut entry: Entry) -> io::Result<After> {
        entry.close();
        self.stream.shutdown().await?;
        Ok(After::Over)
    }
}

fn head_of(answer: &Answer, keep: bool) -> String {
    let reason = StatusCode::from_u16(answer.status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Unnamed");
    let mut head = format!("HTTP/1.1 {} {reason}\r\n", answer.status);
    let mut add = |name: &str, value: &str| {
        for text in [name, ": ", value, "\r\n"] {
            head.push_str(text);
        }
    };
    for (name, value) in &answer.headers {
        add(name, value);
    }
    if !answer.has("date") {
        add("Date", &httpdate::fmt_http_date(SystemTime::now()));
    }
    match answer.framing {
        Framing::Length => add("Content-Length", &answer.body.length().to_string()),
        Framing::Chunked => add("Transfer-Encoding", "chunked"),
        Framing::Close | Framing::AsIs => {}
    }
    if !keep && !answer.has("connection") {
        add("Connection", "close");
    }
    head.push_str("\r\n");
    head
}
