//! Connections that can be ended in the middle of an answer.
//!
//! The server's library knows no such thing. It does flush a connection whenever an answer has no more to give for
//! now; an end is made there, since all that came before it is written then.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::drain::drain;
use crate::faults::Cut;

/// Listens for such connections.
pub(crate) struct Tap(pub(crate) TcpListener);

/// Such a connection.
pub(crate) struct Tapped {
    stream: TcpStream,
    line: Line,
}

/// What an answer holds of its connection.
#[derive(Clone, Debug)]
pub(crate) struct Line(Arc<Ends>);

#[derive(Debug)]
struct Ends {
    /// Ours and theirs, where the system tells.
    between: Option<(SocketAddr, SocketAddr)>,
    cut: OnceLock<Cut>,
    /// Somebody waits for all that was said so far to be written.
    awaited: AtomicBool,
    flushed: Notify,
}

impl Line {
    /// Ends the connection when all that was said so far is written, and never returns.
    pub(crate) async fn end(&self, cut: Cut) -> Infallible {
        let ends = &self.0;
        ends.awaited.store(true, Ordering::SeqCst);
        ends.flushed.notified().await;
        if cut == Cut::Reset
            && let Some((local, peer)) = ends.between
        {
            drain(local, peer).await;
        }
        // The first end counts, and there is no second.
        let _ = ends.cut.set(cut);
        // Who polled this flushes next, finds the cut, and drops this.
        std::future::pending().await
    }
}

impl Tapped {
    /// Fails if the connection is to end here.
    fn check(&self) -> io::Result<()> {
        match self.line.0.cut.get() {
            None => Ok(()),
            Some(Cut::Close) => Err(io::ErrorKind::BrokenPipe.into()),
            Some(Cut::Reset) => {
                self.stream.set_zero_linger()?;
                Err(io::ErrorKind::ConnectionReset.into())
            }
        }
    }
}

impl Listener for Tap {
    type Io = Tapped;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Tapped, SocketAddr) {
        let (stream, peer) = Listener::accept(&mut self.0).await;
        // It only makes small writes wait.
        let _ = stream.set_nodelay(true);
        let ends = Ends {
            between: stream.local_addr().ok().map(|local| (local, peer)),
            cut: OnceLock::new(),
            awaited: AtomicBool::new(false),
            flushed: Notify::new(),
        };
        let line = Line(Arc::new(ends));
        (Tapped { stream, line }, peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, Tap>> for Line {
    fn connect_info(stream: IncomingStream<'_, Tap>) -> Self {
        stream.io().line.clone()
    }
}

impl AsyncRead for Tapped {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Tapped {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.check()?;
        let ends = &self.line.0;
        if ends.awaited.swap(false, Ordering::SeqCst) {
            ends.flushed.notify_one();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
