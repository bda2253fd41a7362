//! The HTTP clients, and which hosts are this machine.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use reqwest::redirect;
use url::{Host, Url};

use crate::{Error, ErrorKind, link};

/// How long a connection may take to be made, TLS included.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

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

/// What every client of this project starts from: nothing is decoded on the way, no referer is sent.
///
/// On loopback neither a proxy nor the machine's CA certificates have a say: with `http_proxy` set,
/// reqwest would ask the proxy for 127.0.0.1, and on a machine without certificates it would not even
/// build a client for plain http.
pub fn client_builder(loopback: bool) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("felt-api/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .referer(false)
        // Another crate in the program may have switched these features on.
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate();
    if !loopback {
        return builder;
    }
    let builder = builder.no_proxy();
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    let builder = builder.tls_certs_only([]);
    builder
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
/// It knows no token and sends no header that says who asks.
#[derive(Clone, Debug, Default)]
pub struct StorageClient(Arc<Clients>);

#[derive(Debug, Default)]
struct Clients {
    // Built when first needed: without CA certificates the public one cannot be built.
    public: OnceLock<reqwest::Client>,
    loopback: OnceLock<reqwest::Client>,
}

impl StorageClient {
    /// A client without connections yet.
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn get(&self, url: &Url) -> Result<reqwest::RequestBuilder, Error> {
        let loopback = is_loopback(url);
        let cell = if loopback {
            &self.0.loopback
        } else {
            &self.0.public
        };
        let client = match cell.get() {
            Some(client) => client,
            None => {
                let client = client_builder(loopback)
                    .redirect(redirects(loopback))
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
