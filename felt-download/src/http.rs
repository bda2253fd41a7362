//! The HTTP clients, and which hosts are this machine.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use reqwest::redirect;
use url::{Host, Url};

use crate::connect::Connections;
use crate::{ConnectOptions, Error, ErrorKind, link};

/// In seconds. Nobody waits for longer, and sums of it do not overflow.
const A_YEAR: u64 = 365 * 24 * 60 * 60;

/// Hops that are followed from one link, as browsers and curl have it by default or lower.
const REDIRECTS: usize = 10;

/// Whether the URL's host is this machine: `localhost`, 127.0.0.0/8, `[::1]`.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Whether anything but loopback can be reached.
pub const TLS: bool = cfg!(any(feature = "rustls", feature = "native-tls"));

/// What is wrong where it cannot.
pub const NO_TLS: &str =
    "this program was built without TLS: enable the feature rustls or native-tls";

/// Whether a link may be fetched at all.
pub fn check_link(link: &str) -> Result<(), Error> {
    link::parse(link).map(drop)
}

/// What a `Retry-After` header asks for: seconds or an HTTP date (RFC 9110, 10.2.3), at most a year.
pub fn retry_after(headers: &reqwest::header::HeaderMap) -> Option<Duration> {
    let value = headers
        .get(reqwest::header::RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are a long time, too.
        return Some(Duration::from_secs(
            value.parse().unwrap_or(A_YEAR).min(A_YEAR),
        ));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    // In the past: at once.
    let wait = date.duration_since(SystemTime::now()).unwrap_or_default();
    Some(wait.min(Duration::from_secs(A_YEAR)))
}

/// The connections to storage hosts: cheap to clone, and a clone shares them.
///
/// It knows no token, and sends no header but what makes a download work, and the user agent.
#[derive(Clone)]
pub struct StorageClient(Arc<Inner>);

struct Inner {
    connections: Connections,
    // Built when first needed: without CA certificates the public one cannot be built.
    public: OnceLock<reqwest::Client>,
    loopback: OnceLock<reqwest::Client>,
}

impl StorageClient {
    /// A client without connections yet.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting`](ErrorKind::InvalidSetting), which names the option and what it has to be.
    pub fn new(options: &ConnectOptions) -> Result<Self, Error> {
        Ok(Self(Arc::new(Inner {
            connections: options.check()?,
            public: OnceLock::new(),
            loopback: OnceLock::new(),
        })))
    }

    /// What a client for an API begins with, that is connected to in the same way.
    #[doc(hidden)]
    pub fn client_builder(&self, loopback: bool) -> reqwest::ClientBuilder {
        self.0.connections.client_builder(loopback)
    }

    /// For how long a server may be silent.
    #[doc(hidden)]
    pub fn read_timeout(&self) -> Duration {
        self.0.connections.read_timeout
    }

    pub(crate) fn get(&self, url: &Url) -> Result<reqwest::RequestBuilder, Error> {
        if url.scheme() == "https" && !TLS {
            return Err(Error::new(ErrorKind::Setup, NO_TLS));
        }
        let loopback = is_loopback(url);
        let cell = if loopback {
            &self.0.loopback
        } else {
            &self.0.public
        };
        let client = match cell.get() {
            Some(client) => client,
            None => {
                let client = self
                    .client_builder(loopback)
                    .redirect(redirects(loopback))
                    // Each download has connections of its own, which end with it when they fail, and
                    // several are several: over HTTP/2 all would share one.
                    .http1_only()
                    .build()
                    .map_err(setup_failed)?;
                cell.get_or_init(|| client)
            }
        };
        Ok(client
            .get(url.clone())
            .header(reqwest::header::ACCEPT_ENCODING, "identity"))
    }
}

impl fmt::Debug for StorageClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StorageClient(..)")
    }
}

fn setup_failed(source: reqwest::Error) -> Error {
    Error::new(
        ErrorKind::Setup,
        "cannot set up TLS for the download: are CA certificates installed on this machine?",
    )
    .with_source(source)
}

/// Follows redirects under the rule for links; from another host to loopback is refused, too.
fn redirects(loopback: bool) -> redirect::Policy {
    redirect::Policy::custom(move |attempt| {
        if attempt.previous().len() > REDIRECTS {
            return attempt.error(format!("more than {REDIRECTS} redirects"));
        }
        if let Err(why) = link::check(attempt.url()) {
            return attempt.error(why);
        }
        if !loopback && is_loopback(attempt.url()) {
            return attempt.error("a redirect from a public host to this machine");
        }
        attempt.follow()
    })
}
