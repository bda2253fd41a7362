//! The client and how it is made.

use std::ffi::OsString;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use felt_api_client::Limits;
use felt_download::http::{NO_TLS, TLS};
use felt_download::{ConnectOptions, StorageClient, trace};
use reqwest::header::{AUTHORIZATION, HeaderMap};

use crate::call::Answer;
use crate::retry::passing;
use crate::settings::{BaseUrl, Token, missing_token};
use crate::turns::Turns;
use crate::{Error, ErrorKind, Export, ExportHandle, Layer, Retry};

/// Where Felt is, unless a setting says otherwise: `servers` in the vendor's spec.
const FELT: &str = "https://felt.com";

/// A client of Felt's API. Cheap to clone; clones share their connections and their pace.
///
/// ```no_run
/// # async fn example() -> Result<(), felt_api::Error> {
/// use felt_api::{Client, Format};
///
/// let client = Client::from_env()?;
/// let layer = client.layer("luCHyMruTQ6ozGk3gPJfEB", "79CKMBRbBRbMWxJSGbf29CCD")?;
/// let export = layer.export(Format::Geojson).start().await?;
/// export.wait().await?.download().to_path("layer.geojson").await?;
/// # Ok(())
/// # }
/// ```
///
/// # Pace
///
/// Felt publishes no rate limit, and there is none here until the server refuses a request as one too
/// many, by 429. Then all calls of the client and its clones hold still for as long as it asks for (a
/// minute at most; a fraction of a second where it says nothing, longer if that was not enough), and go
/// on, first come, first served, at nine tenths of the rate that got through.
/// The rate rises again as long as nothing is refused, and after two minutes it is no longer limited.
/// Requests that were under way together, and are refused together, count once.
///
/// Each attempt waits for its turn, questions of a wait too; downloads from storage do not. The timeout of
/// a request begins when it is sent. [`ClientBuilder::max_rate`] sets a limit from the start.
#[derive(Clone)]
pub struct Client(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) api: felt_api_client::Client,
    pub(crate) storage: StorageClient,
    pub(crate) token: Token,
    base_url: BaseUrl,
    pub(crate) retry: Retry,
    pub(crate) turns: Turns,
    /// For one question.
    pub(crate) request_timeout: Duration,
    /// For creating an export, which should not be cut short lightly: its outcome is unknown then.
    pub(crate) create_timeout: Duration,
}

impl Client {
    /// A client to be configured.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// A client from the environment: `FELT_API_TOKEN`, and `FELT_BASE_URL` if Felt is elsewhere than
    /// at `https://felt.com` (the two names that Felt's own Python client uses).
    ///
    /// # Errors
    ///
    /// [`Unauthorized`](ErrorKind::Unauthorized) without a token; otherwise as
    /// [`ClientBuilder::build`].
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env()?.build()
    }

    /// A layer on a map. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) if an id is not 1 to 64 of `A-Z a-z 0-9 - _`.
    pub fn layer(
        &self,
        map_id: impl Into<String>,
        layer_id: impl Into<String>,
    ) -> Result<Layer, Error> {
        Layer::new(self.clone(), map_id.into(), layer_id.into())
    }

    /// Takes up an export that was started before, here or in another process. Nothing is sent yet.
    pub fn resume(&self, handle: ExportHandle) -> Export {
        Export::new(self.clone(), handle, None)
    }

    /// The generated client, with this one's token and connections, for operations that the facade
    /// does not cover. Outside this crate's semver: its types change whenever the spec does.
    ///
    /// It makes one attempt for each call, at no [pace](Self#pace), and knows no ids: what goes into a path is yours to
    /// [check](crate::check_id). A call may take a second longer than the longer of
    /// [`ClientBuilder::request_timeout`] and [`ClientBuilder::create_timeout`], and an answer is read up
    /// to [`ClientBuilder::max_body`]. Its errors show whole bodies and URLs: do not log them. Its types
    /// are in [`felt_api::generated`](crate::generated).
    #[cfg(feature = "generated")]
    pub fn generated(&self) -> &felt_api_client::Client {
        &self.0.api
    }

    /// Asks a question until it is answered, as hard as [`Retry`] says, in the span of its operation.
    pub(crate) async fn question<T, F: Future<Output = Result<Answer<T>, Error>>>(
        &self,
        operation: &'static str,
        subject: &impl fmt::Display,
        ask: impl FnMut() -> F,
    ) -> Result<T, Error> {
        let attempts = self.0.retry.run(&self.0.turns, passing, ask);
        let answer = trace::within(&trace::span(operation, subject), attempts).await?;
        Ok(answer.value)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.0.base_url.text)
            .finish_non_exhaustive()
    }
}

/// The settings of a [`Client`]. They are checked by [`build`](Self::build).
#[derive(Clone)]
#[must_use = "a builder does nothing before `build`"]
pub struct ClientBuilder {
    token: Option<String>,
    base_url: String,
    retry: Retry,
    max_rate: Option<f64>,
    request_timeout: Duration,
    create_timeout: Duration,
    connect: ConnectOptions,
    limits: Limits,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            token: None,
            base_url: FELT.to_string(),
            retry: Retry::default(),
            max_rate: None,
            request_timeout: Duration::from_secs(10),
            create_timeout: Duration::from_secs(60),
            connect: ConnectOptions::default(),
            limits: Limits::default(),
        }
    }
}

impl ClientBuilder {
    /// The settings of [`Client::from_env`], to be changed before they are used. An empty variable is
    /// as good as none.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) if a variable is not UTF-8.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_vars(|name| std::env::var_os(name))
    }

    fn from_vars(var: impl Fn(&str) -> Option<OsString>) -> Result<Self, Error> {
        let text = |name: &str| match var(name).map(OsString::into_string) {
            None => Ok(None),
            Some(Ok(value)) => Ok(Some(value).filter(|value| !value.is_empty())),
            Some(Err(_)) => Err(Error::invalid(format!(
                "the variable {name} is not UTF-8: set it again"
            ))),
        };
        let mut builder = Self {
            token: text("FELT_API_TOKEN")?,
            ..Self::default()
        };
        if let Some(base_url) = text("FELT_BASE_URL")? {
            builder.base_url = base_url;
        }
        Ok(builder)
    }

    /// The API token, `felt_pat_...`, from Felt's developer settings. Required.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Where the API is, with or without the `/api/v2/` at the end. Default: `https://felt.com`.
    ///
    /// `https` only; `http` on this machine (`localhost`, 127.0.0.0/8, `[::1]`).
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = base_url.into();
        self
    }

    /// How hard a call is tried. [`Export::wait`] has rules of its own.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// How many requests a second the client and its clones send to the API at most, all together: more
    /// than 0, and finite; 0.5 is one each two seconds. Default: as many as the server takes
    /// ([`Client`](Client#pace)), which holds within this limit too.
    ///
    /// For an account whose limit is known, or shared with programs that should not be slowed down.
    pub fn max_rate(mut self, requests_per_second: f64) -> Self {
        self.max_rate = Some(requests_per_second);
        self
    }

    /// How long one attempt of a question may take until its answer is there. Default: 10 s.
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = timeout;
        self
    }

    /// How long one attempt to create an export may take until its answer is there. Default: 60 s, since
    /// one that is given up may have created it.
    pub fn create_timeout(mut self, timeout: Duration) -> Self {
        self.create_timeout = timeout;
        self
    }

    /// How connections are made, to the API and to storage: proxy, root certificates, the time that a
    /// connection may take, user agent. (The `read_timeout` there is that of downloads: a call of the
    /// API is bounded as a whole, by [`request_timeout`](Self::request_timeout).)
    ///
    /// ```
    /// use felt_api::{Client, ConnectOptions};
    ///
    /// let connect = ConnectOptions::default()
    ///     .proxy("http://proxy.example.com:3128")
    ///     .user_agent_suffix("my-backup/1.2");
    /// let client = Client::builder().token("felt_pat_...").connect(connect).build()?;
    /// # Ok::<(), felt_api::Error>(())
    /// ```
    pub fn connect(mut self, options: ConnectOptions) -> Self {
        self.connect = options;
        self
    }

    /// How many bytes of an answer of the API are read; a longer one is
    /// [`UnexpectedResponse`](ErrorKind::UnexpectedResponse). Default: 4 MiB. Of the body of an error
    /// no more than 64 KiB are read. Downloads are not bounded.
    pub fn max_body(mut self, bytes: u64) -> Self {
        self.limits.max_body = bytes;
        self
    }

    /// The client.
    ///
    /// # Errors
    ///
    /// - [`Unauthorized`](ErrorKind::Unauthorized): there is no token.
    /// - [`InvalidInput`](ErrorKind::InvalidInput): the token cannot be sent (a line break in it, for
    ///   one), the base URL is no URL, or not https, or another setting can never work. The message
    ///   names it, and what it has to be.
    /// - [`Setup`](ErrorKind::Setup): no TLS client can be built here.
    pub fn build(self) -> Result<Client, Error> {
        let base_url = BaseUrl::parse(&self.base_url)?;
        let token = Token::parse(&self.token.ok_or_else(missing_token)?)?;
        for (name, is_zero) in [
            ("request_timeout", self.request_timeout.is_zero()),
            ("create_timeout", self.create_timeout.is_zero()),
            ("max_body", self.limits.max_body == 0),
        ] {
            if is_zero {
                return Err(Error::invalid(format!("{name} is 0: give more than that")));
            }
        }
        if let Some(rate) = self
            .max_rate
            .filter(|rate| !(rate.is_finite() && *rate > 0.0))
        {
            let message = format!("max_rate is {rate}: give a number of requests a second above 0");
            return Err(Error::invalid(message));
        }
        if !TLS && !base_url.text.starts_with("http:") {
            return Err(Error::new(ErrorKind::Setup, NO_TLS));
        }
        let storage = StorageClient::new(&self.connect)?;
        let longest = self.request_timeout.max(self.create_timeout);
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, token.header()?);
        let http = storage
            .client_builder(base_url.loopback)
            .default_headers(headers)
            // For the generated client: our own calls end sooner.
            .timeout(longest.saturating_add(Duration::from_secs(1)))
            // The API does not redirect; the token goes nowhere that a response names.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|source| {
                let message = "cannot set up TLS: are CA certificates installed on this machine?";
                Error::new(ErrorKind::Setup, message).with_source(source)
            })?;
        Ok(Client(Arc::new(Inner {
            api: felt_api_client::Client::new_with_client(&base_url.text, http, self.limits),
            storage,
            token,
            base_url,
            retry: self.retry,
            turns: Turns::new(self.max_rate),
            request_timeout: self.request_timeout,
            create_timeout: self.create_timeout,
        })))
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither the token nor the base URL, which has not been looked at for passwords yet.
        f.debug_struct("ClientBuilder")
            .field("retry", &self.retry)
            .field("request_timeout", &self.request_timeout)
            .field("create_timeout", &self.create_timeout)
            .field("connect", &self.connect)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_vars(vars: &[(&str, &str)]) -> Result<Client, Error> {
        ClientBuilder::from_vars(|name| {
            vars.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| OsString::from(value))
        })?
        .build()
    }

    #[test]
    fn the_environment_of_felts_own_client() {
        let client = from_vars(&[
            ("FELT_API_TOKEN", "felt_pat_sandbox"),
            ("FELT_BASE_URL", "http://127.0.0.1:8080/api/v2/"),
        ])
        .unwrap();
        assert_eq!(client.0.base_url.text.as_str(), "http://127.0.0.1:8080");
    }

    #[test]
    fn an_empty_variable_is_none() {
        for vars in [vec![], vec![("FELT_API_TOKEN", "")]] {
            let error = from_vars(&vars).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unauthorized);
            assert_eq!(error.status(), None);
        }
        let builder = ClientBuilder::from_vars(|_| Some(OsString::new())).unwrap();
        assert_eq!(builder.base_url, FELT);
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_no_text_is_named() {
        use std::os::unix::ffi::OsStringExt;
        let error = ClientBuilder::from_vars(|_| Some(OsString::from_vec(vec![0xff]))).unwrap_err();
        assert!(error.to_string().contains("FELT_API_TOKEN"), "{error}");
    }

    #[test]
    fn a_rate_that_is_none_is_refused() {
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let builder = Client::builder().token("x").base_url("http://localhost:1");
            let error = builder.max_rate(rate).build().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(error.to_string().contains("max_rate"), "{error}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let builder = Client::builder()
            .token("felt_pat_secret")
            .base_url("http://localhost:1");
        let client = builder.clone().build().unwrap();
        let shown = format!("{builder:?} {client:?} {:?}", client.0.api);
        assert!(!shown.contains("secret"), "{shown}");
    }
}
