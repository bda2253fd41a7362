//! How connections are made: to storage, and to an API before it.

use std::fmt;
use std::time::Duration;

use reqwest::header::HeaderValue;
use url::Url;

use crate::http::{NO_TLS, TLS};
use crate::{Error, ErrorKind};

/// How connections are made. What cannot work is told when a client is made with them: by
/// [`StorageClient::new`](crate::StorageClient::new), or `felt_api::ClientBuilder::build`.
///
/// ```
/// use felt_download::{ConnectOptions, StorageClient};
///
/// let options = ConnectOptions::default().proxy("http://proxy.example.com:3128");
/// let storage = StorageClient::new(&options)?;
/// # Ok::<(), felt_download::Error>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct ConnectOptions {
    connect_timeout: Duration,
    read_timeout: Duration,
    user_agent_suffix: Option<String>,
    proxy: Option<String>,
    root_certificates: Vec<Vec<u8>>,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(30),
            user_agent_suffix: None,
            proxy: None,
            root_certificates: Vec::new(),
        }
    }
}

impl ConnectOptions {
    /// How long a connection may take to be made, TLS included. Default: 10 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long a server may be silent, before its headers and between bytes. Default: 30 s.
    pub fn read_timeout(mut self, timeout: Duration) -> Self {
        self.read_timeout = timeout;
        self
    }

    /// What is added to the `User-Agent`: `my-backup/1.2`.
    pub fn user_agent_suffix(mut self, suffix: impl Into<String>) -> Self {
        self.user_agent_suffix = Some(suffix.into());
        self
    }

    /// A proxy for every host but this machine, an `http` or `https` URL with user name and password if
    /// it asks for them. Default: what `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say, where they say such
    /// a URL: SOCKS is not spoken.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(url.into());
        self
    }

    /// Certificates (PEM, one or more) to be trusted as roots besides those of the machine; for servers
    /// on this machine they are the only ones. May be called more than once.
    pub fn root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates.push(pem.into());
        self
    }

    /// The options as reqwest has them.
    pub(crate) fn check(&self) -> Result<Connections, Error> {
        for (name, timeout) in [
            ("connect_timeout", self.connect_timeout),
            ("read_timeout", self.read_timeout),
        ] {
            if timeout.is_zero() {
                return Err(invalid(format!("{name} is 0: give a longer time")));
            }
        }
        let connections = Connections {
            connect_timeout: self.connect_timeout,
            read_timeout: self.read_timeout,
            user_agent: self.user_agent()?,
            proxy: self.proxy.as_deref().map(proxy).transpose()?,
            #[cfg(any(feature = "rustls", feature = "native-tls"))]
            roots: self.roots()?,
        };
        if !self.root_certificates.is_empty() {
            if !TLS {
                return Err(Error::new(ErrorKind::Setup, NO_TLS));
            }
            // What is in the PEM is looked at only when a client is built.
            let built = connections.client_builder(true).build();
            built.map_err(|source| unreadable().with_source(source))?;
        }
        Ok(connections)
    }

    fn user_agent(&self) -> Result<HeaderValue, Error> {
        let ours = concat!("felt-api/", env!("CARGO_PKG_VERSION"));
        let Some(suffix) = &self.user_agent_suffix else {
            return Ok(HeaderValue::from_static(ours));
        };
        let is_text = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
        let value = HeaderValue::try_from(format!("{ours} {suffix}")).ok();
        value
            .filter(|_| !suffix.trim().is_empty() && suffix.bytes().all(is_text))
            .ok_or_else(|| {
                invalid(format!(
                    "user_agent_suffix is {suffix:?}: give ASCII text such as my-backup/1.2"
                ))
            })
    }

    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    fn roots(&self) -> Result<Vec<reqwest::Certificate>, Error> {
        let mut roots = Vec::new();
        for pem in &self.root_certificates {
            match reqwest::Certificate::from_pem_bundle(pem) {
                Ok(found) if !found.is_empty() => roots.extend(found),
                Ok(_) => return Err(unreadable()),
                Err(source) => return Err(unreadable().with_source(source)),
            }
        }
        Ok(roots)
    }
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidSetting, message)
}

fn unreadable() -> Error {
    invalid("root_certificate holds no certificate that can be read: give PEM, -----BEGIN CERTIFICATE----- and so on".to_string())
}

/// The URL is not repeated: there may be a password in it.
fn proxy(url: &str) -> Result<reqwest::Proxy, Error> {
    let wrong = || {
        invalid("proxy is no http or https URL: give one like http://proxy.example.com:3128".into())
    };
    let url = Url::parse(url).map_err(|source| wrong().with_source(source))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong());
    }
    reqwest::Proxy::all(url).map_err(|source| wrong().with_source(source.without_url()))
}

// Not derived: a proxy's URL may hold a password.
impl fmt::Debug for ConnectOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectOptions")
            .field("connect_timeout", &self.connect_timeout)
            .field("read_timeout", &self.read_timeout)
            .field("user_agent_suffix", &self.user_agent_suffix)
            .field("proxy", &self.proxy.is_some())
            .field("root_certificates", &self.root_certificates.len())
            .finish()
    }
}

/// [`ConnectOptions`] that can be used.
pub(crate) struct Connections {
    connect_timeout: Duration,
    pub(crate) read_timeout: Duration,
    user_agent: HeaderValue,
    proxy: Option<reqwest::Proxy>,
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    roots: Vec<reqwest::Certificate>,
}

impl Connections {
    /// What every client starts from: nothing is decoded on the way, no referer is sent.
    ///
    /// On loopback neither a proxy nor the machine's CA certificates have a say: with `http_proxy` set,
    /// reqwest would ask the proxy for 127.0.0.1, and on a machine without certificates it would not
    /// even build a client for plain http.
    pub(crate) fn client_builder(&self, loopback: bool) -> reqwest::ClientBuilder {
        let builder = reqwest::Client::builder()
            .user_agent(self.user_agent.clone())
            .connect_timeout(self.connect_timeout)
            .referer(false)
            // What is tried again is decided above, and counted there.
            .retry(reqwest::retry::never())
            // Another crate in the program may have switched these features on.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate();
        let builder = match &self.proxy {
            _ if loopback => builder.no_proxy(),
            Some(proxy) => builder.proxy(proxy.clone()),
            None => builder,
        };
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        let builder = match self.roots.clone() {
            roots if loopback => builder.tls_certs_only(roots),
            roots if roots.is_empty() => builder,
            roots => builder.tls_certs_merge(roots),
        };
        builder
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(options: ConnectOptions) -> String {
        assert!(!format!("{options:?}").contains("hunter2"));
        let Err(error) = options.check() else {
            panic!("{options:?} was taken");
        };
        assert_eq!(error.kind(), ErrorKind::InvalidSetting);
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
        error.to_string()
    }

    #[test]
    fn what_cannot_work_is_named() {
        let options = ConnectOptions::default;
        for (options, name) in [
            (
                options().connect_timeout(Duration::ZERO),
                "connect_timeout is 0",
            ),
            (options().read_timeout(Duration::ZERO), "read_timeout is 0"),
            (options().user_agent_suffix("a\nb"), "user_agent_suffix is"),
            (options().user_agent_suffix(" "), "user_agent_suffix is"),
            (options().user_agent_suffix("é"), "user_agent_suffix is"),
            (options().proxy(""), "proxy is no"),
            (options().proxy("proxy:3128"), "proxy is no"),
            (
                options().proxy("socks5://me:hunter2@proxy"),
                "proxy is no http",
            ),
            (options().proxy("http://me:hunter2@"), "proxy is no http"),
        ] {
            let message = refused(options);
            assert!(message.starts_with(name), "{message}");
        }
    }

    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    #[test]
    fn what_is_no_certificate_is_refused() {
        for pem in [
            "",
            "nonsense",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
        ] {
            let message = refused(ConnectOptions::default().root_certificate(pem));
            assert!(
                message.starts_with("root_certificate holds no"),
                "{message}"
            );
        }
    }
}
