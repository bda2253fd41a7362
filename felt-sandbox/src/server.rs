//! Two servers on threads of their own.

use std::fmt;
use std::future::IntoFuture;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use crate::api::{self, Felt};
use crate::artifact::Workshop;
use crate::builder::{Builder, Error};
use crate::catalog::Catalog;
use crate::control;
use crate::faults::{self, Book, Rule};
use crate::gate::{self, Gate};
use crate::jobs::Exports;
use crate::layers::Skipped;
use crate::limit::Limit;
use crate::links::Links;
use crate::requests::{Log, Origin, Request};
use crate::shelf::Shelf;
use crate::storage;
use crate::tap::{Line, Tap};

/// How long the end waits for a file that is being written.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// A Felt that runs on this machine until it is dropped.
pub struct Sandbox {
    token: String,
    book: Arc<Book>,
    log: Arc<Log>,
    started: Started,
    /// Dropping it stops the servers.
    stop: Option<oneshot::Sender<()>>,
    stopped: Option<oneshot::Receiver<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What the servers' thread has to tell.
struct Started {
    api: SocketAddr,
    storage: SocketAddr,
    skipped: Vec<Skipped>,
}

impl Sandbox {
    /// A sandbox to be; see [`Builder`] for its settings.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The API's address, `http://127.0.0.1:PORT/api/v2/`: what Felt's own client takes as `FELT_BASE_URL`.
    ///
    /// Where the sandbox listens on all addresses (`0.0.0.0`), this is the loopback one.
    pub fn base_url(&self) -> String {
        base_url(self.started.api)
    }

    /// The token to send: `felt_pat_sandbox`, if no other was set.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The storage's address, `http://127.0.0.1:PORT/`: another origin than the API's. All links lead there.
    pub fn storage_url(&self) -> String {
        format!("{}/", origin(self.started.storage))
    }

    /// What was left out of the data folder, and why.
    pub fn skipped(&self) -> &[Skipped] {
        &self.started.skipped
    }

    /// What came in on both origins, the oldest first: the latest 10,000 requests.
    ///
    /// Over HTTP it is `GET /_sandbox/requests` on the API's origin, and `DELETE` to forget them.
    pub fn requests(&self) -> Vec<Request> {
        self.log.requests()
    }

    /// More rules for what is to go wrong, from the next call on.
    ///
    /// Over HTTP it is `POST /_sandbox/faults` on the API's origin, and `GET` to see those that hold.
    ///
    /// # Errors
    ///
    /// When one of them makes no sense; then none is added.
    pub fn add_faults(&self, rules: impl IntoIterator<Item = Rule>) -> Result<(), Error> {
        let rules: Vec<Rule> = rules.into_iter().collect();
        faults::check(&rules)?;
        self.book.add(rules)
    }

    /// From the next call on nothing goes wrong any more. Over HTTP it is `DELETE /_sandbox/faults`.
    pub fn clear_faults(&self) {
        self.book.clear();
    }

    /// Stops both servers, and returns when the ports are free and the files gone.
    ///
    /// Requests under way are cut off. Dropping does the same, but blocks the thread meanwhile: a moment, or up to
    /// two seconds while a file is being written.
    pub async fn stop(mut self) {
        self.stop = None;
        if let Some(stopped) = self.stopped.take() {
            // An error is the news: the other end is dropped when the thread ends.
            let _ = stopped.await;
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // It panicked at worst; there is nothing left to stop then.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("base_url", &self.base_url())
            .field("storage_url", &self.storage_url())
            .finish_non_exhaustive()
    }
}

pub(crate) async fn start(builder: Builder) -> Result<Sandbox, Error> {
    let token = builder.token.clone();
    let book = Arc::new(Book::default());
    book.add(builder.faults.clone())?;
    let log = Arc::new(Log::new(&builder.token));
    let shared = (Arc::clone(&book), Arc::clone(&log));
    let (stop, stop_wanted) = oneshot::channel();
    let (ended, stopped) = oneshot::channel();
    let (tell, told) = oneshot::channel();
    let thread = thread::Builder::new()
        .name("felt-sandbox".to_owned())
        .spawn(move || {
            let _ended: oneshot::Sender<()> = ended;
            run(builder, shared, tell, stop_wanted);
        })
        .map_err(|e| Error::new(format!("no thread to run on: {e}")))?;
    // If this future is dropped here, so is `stop`, and the thread ends.
    let started = told
        .await
        .map_err(|_| Error::new("the servers' thread ended before they listened"))??;
    Ok(Sandbox {
        token,
        book,
        log,
        started,
        stop: Some(stop),
        stopped: Some(stopped),
        thread: Some(thread),
    })
}

/// All that the servers need, each part of which may be refused.
struct Prepared {
    runtime: Runtime,
    catalog: Catalog,
    skipped: Vec<Skipped>,
    api: (TcpListener, SocketAddr),
    storage: (TcpListener, SocketAddr),
    folder: TempDir,
}

fn run(
    builder: Builder,
    shared: (Arc<Book>, Arc<Log>),
    tell: oneshot::Sender<Result<Started, Error>>,
    stop: oneshot::Receiver<()>,
) {
    let Prepared {
        runtime,
        catalog,
        skipped,
        api,
        storage,
        folder,
    } = match prepare(&builder) {
        Ok(prepared) => prepared,
        Err(e) => return drop(tell.send(Err(e))),
    };
    runtime.block_on(serve(
        builder,
        shared,
        (catalog, skipped),
        [api, storage],
        &folder,
        tell,
        stop,
    ));
    runtime.shutdown_timeout(LAST_WORDS);
    // Only now, when nobody writes into it any more.
    drop(folder);
}

fn prepare(builder: &Builder) -> Result<Prepared, Error> {
    let (catalog, skipped) = Catalog::load(builder.data.as_deref())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        // Three produce files; the others read them. With hundreds, as by default, an allocator has as many heaps.
        .max_blocking_threads(6)
        .thread_name("felt-sandbox")
        .enable_all()
        .build()
        .map_err(|e| Error::new(format!("no runtime for the servers: {e}")))?;
    let api = runtime.block_on(bind(builder.addr))?;
    let storage = runtime.block_on(bind(SocketAddr::new(builder.addr.ip(), 0)))?;
    // Last: who is told of a failure may end the process at once, and a folder would stay behind.
    let folder = tempfile::Builder::new()
        .prefix("felt-sandbox-")
        .tempdir()
        .map_err(|e| Error::new(format!("no temporary folder for the exports: {e}")))?;
    Ok(Prepared {
        runtime,
        catalog,
        skipped,
        api,
        storage,
        folder,
    })
}

async fn serve(
    builder: Builder,
    (book, log): (Arc<Book>, Arc<Log>),
    (catalog, skipped): (Catalog, Vec<Skipped>),
    [(api_listener, api), (storage_listener, storage)]: [(TcpListener, SocketAddr); 2],
    folder: &TempDir,
    tell: oneshot::Sender<Result<Started, Error>>,
    stop: oneshot::Receiver<()>,
) {
    let started = Started {
        api,
        storage,
        skipped,
    };
    let links = Arc::new(Links::new(origin(storage), builder.link_ttl));
    let shelf = Arc::new(Shelf::new(builder.export_ttl));
    let delay = builder.queue_time.saturating_add(builder.job_time);
    let felt = Arc::new(Felt {
        token: builder.token,
        base_url: base_url(api),
        catalog: Arc::new(catalog),
        exports: Exports::new(delay),
        workshop: Workshop::new(folder.path().to_owned(), Arc::clone(&shelf)),
        links: Arc::clone(&links),
        shelf: Arc::clone(&shelf),
    });
    if tell.send(Ok(started)).is_err() {
        return;
    }
    let limit = builder.rate_limit.map(|limit| Arc::new(Limit::new(limit)));
    let gate = |origin| Gate {
        origin,
        limit: limit.clone().filter(|_| origin == Origin::Api),
        book: Arc::clone(&book),
        log: Arc::clone(&log),
        links: Arc::clone(&links),
    };
    let api = api::router(felt).layer(from_fn_with_state(gate(Origin::Api), gate::pass));
    let api = api.merge(control::router(Arc::clone(&book), Arc::clone(&log)));
    let storage = storage::router(Arc::clone(&links));
    let storage = storage.layer(from_fn_with_state(gate(Origin::Storage), gate::pass));
    let serve = |listener, router: Router| {
        let service = router.into_make_service_with_connect_info::<Line>();
        axum::serve(Tap(listener), service).into_future()
    };
    tokio::select! {
        _ = stop => {}
        () = shelf.sweep_at_times() => {}
        _ = serve(api_listener, api) => {}
        _ = serve(storage_listener, storage) => {}
    }
}

async fn bind(addr: SocketAddr) -> Result<(TcpListener, SocketAddr), Error> {
    let cannot = |e| Error::new(format!("cannot listen on {addr}: {e}"));
    let listener = TcpListener::bind(addr).await.map_err(cannot)?;
    let addr = listener.local_addr().map_err(cannot)?;
    Ok((listener, addr))
}

fn base_url(api: SocketAddr) -> String {
    format!("{}/api/v2/", origin(api))
}

/// An address that one can connect to, as a URL without a slash at the end.
fn origin(mut addr: SocketAddr) -> String {
    if addr.ip().is_unspecified() {
        addr.set_ip(match addr.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    format!("http://{addr}")
}
