//! The server, and what a test says to it and asks it.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use super::ledger::Ledger;
use super::plan::Served;
use super::{Asked, Content, Fault, connection};
use crate::Error;

/// `Last-Modified` of the first content, in seconds after 1970: 1 January 2024. The same for every server, so that
/// a date never tells two of them apart.
const FIRST_MODIFIED: u64 = 1_704_067_200;
/// How much later that of each next content is: more than the second that the header can express.
const BETWEEN: Duration = Duration::from_secs(60);

/// How files are served, whatever goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Bytes of bodies per second for each connection, evenly. None, the default, is as fast as it goes.
    pub rate: Option<u64>,
    /// The name in `Content-Disposition: attachment; filename="..."`. Without one, the default, there is no such
    /// header.
    pub file_name: Option<String>,
    /// `Content-Type`; `application/octet-stream` by default.
    pub media_type: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rate: None,
            file_name: None,
            media_type: "application/octet-stream".to_owned(),
        }
    }
}

/// A storage host that runs on this machine, on threads of its own, until it is dropped.
///
/// Connections under way are cut off then.
pub struct Storage {
    addr: SocketAddr,
    host: Arc<Host>,
    /// Dropping it stops the server.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Names the fault of a request, if it is to have one.
type Script = Box<dyn Fn(&Asked) -> Option<Fault> + Send + Sync>;

/// What all connections share.
pub(super) struct Host {
    pub(super) options: Options,
    pub(super) script: Script,
    pub(super) ledger: Arc<Ledger>,
    state: Mutex<State>,
}

struct State {
    content: Content,
    modified: SystemTime,
    first_link: u64,
}

impl Storage {
    /// Serves this content, without faults and with the default options. Returns when it listens, on a free port.
    ///
    /// # Errors
    ///
    /// When the system gives no port or no thread.
    pub fn start(content: Content) -> Result<Self, Error> {
        Self::with_script(content, Options::default(), |_| None)
    }

    /// Serves this content, with the fault that `script` names for each request, if any.
    ///
    /// The script is called once for each request, at once for those of several connections. A link that has expired
    /// is refused whatever the fault.
    ///
    /// # Errors
    ///
    /// When the system gives no port or no thread.
    pub fn with_script(
        content: Content,
        options: Options,
        script: impl Fn(&Asked) -> Option<Fault> + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let host = Arc::new(Host {
            options,
            script: Box::new(script),
            ledger: Arc::default(),
            state: Mutex::new(State {
                content,
                modified: SystemTime::UNIX_EPOCH + Duration::from_secs(FIRST_MODIFIED),
                first_link: 0,
            }),
        });
        let (stop, stop_wanted) = oneshot::channel();
        let (tell, told) = mpsc::channel();
        let shared = Arc::clone(&host);
        let thread = thread::Builder::new()
            .name("felt-sandbox".to_owned())
            .spawn(move || run(shared, &tell, stop_wanted))
            .map_err(|e| Error::new(format!("no thread to run on: {e}")))?;
        let addr = told
            .recv()
            .map_err(|_| Error::new("the server's thread ended before it listened"))??;
        Ok(Self {
            addr,
            host,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The address of the content: link number 0, `http://127.0.0.1:PORT/link/0/file.bin?X-Signature=secret`.
    ///
    /// Every other path leads to it too.
    pub fn url(&self) -> String {
        self.link(0)
    }

    /// A link with a number of its own, as if it had been asked for anew.
    pub fn link(&self, number: u64) -> String {
        format!(
            "http://{}/link/{number}/file.bin?X-Signature=secret",
            self.addr
        )
    }

    /// From now on links with smaller numbers are answered with 403. Answers under way go on.
    pub fn expire_links_below(&self, number: u64) {
        self.host.with_state(|state| state.first_link = number);
    }

    /// From now on this is what lies there, a minute younger than what did. Answers under way go on as they began.
    pub fn replace(&self, content: Content) {
        self.host.with_state(|state| {
            state.content = content;
            state.modified += BETWEEN;
        });
    }

    /// All requests so far, in the order in which they came in.
    pub fn asked(&self) -> Vec<Asked> {
        self.host.ledger.asked()
    }

    /// How many bytes of the bodies of all 2xx answers were handed to the system so far.
    pub fn bytes_sent(&self) -> u64 {
        self.host.ledger.sent()
    }

    /// How many answers were under way at once at the most.
    ///
    /// An answer is over as soon as the client can have seen its end. One that the client gave up is over a little
    /// later, when that is noticed.
    pub fn most_at_once(&self) -> usize {
        self.host.ledger.most()
    }
}

impl Drop for Storage {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // It panicked at worst; there is nothing left to stop then.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Storage")
            .field("addr", &self.addr)
            .finish_non_exhaustive()
    }
}

impl Host {
    /// What is served at this moment.
    pub(super) fn with_served<T>(&self, with: impl FnOnce(&Served<'_>) -> T) -> T {
        self.with_state(|state| {
            with(&Served {
                content: &state.content,
                modified: httpdate::fmt_http_date(state.modified),
                first_link: state.first_link,
                options: &self.options,
            })
        })
    }

    fn with_state<T>(&self, with: impl FnOnce(&mut State) -> T) -> T {
        // Nothing that is done under the lock is left half done by a panic.
        with(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn run(
    host: Arc<Host>,
    tell: &mpsc::Sender<Result<SocketAddr, Error>>,
    stop: oneshot::Receiver<()>,
) {
    let (runtime, listener, addr) = match prepare() {
        Ok(prepared) => prepared,
        Err(e) => return drop(tell.send(Err(e))),
    };
    if tell.send(Ok(addr)).is_err() {
        return;
    }
    runtime.block_on(async {
        tokio::select! {
            _ = stop => {}
            () = accept(listener, host) => {}
        }
    });
}

fn prepare() -> Result<(Runtime, TcpListener, SocketAddr), Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("felt-sandbox")
        .enable_all()
        .build()
        .map_err(|e| Error::new(format!("no runtime for the server: {e}")))?;
    let cannot = |e| Error::new(format!("cannot listen on 127.0.0.1: {e}"));
    let listener = runtime
        .block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
        .map_err(cannot)?;
    let addr = listener.local_addr().map_err(cannot)?;
    Ok((runtime, listener, addr))
}

async fn accept(listener: TcpListener, host: Arc<Host>) {
    let mut number = 0;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(connection::serve(stream, number, Arc::clone(&host)));
                number += 1;
            }
            // Too many open files, which passes; or nothing that a loop at full speed would help.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}
