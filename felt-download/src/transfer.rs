//! From a link to bytes in a sink: attempts, fresh links, patience.

use std::io::SeekFrom;
use std::time::Duration;

use reqwest::{Response, StatusCode, Version, header};
use tokio::io::{AsyncSeekExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{sleep, timeout};

use crate::content::HEAD;
use crate::http::{self, StorageClient};
use crate::{Error, ErrorKind, LinkSource, Progress, link, trace};

/// What `Retry-After` may ask for, all in all.
const SLOW_DOWN_BUDGET: Duration = Duration::from_secs(60);

/// What a transfer may cost, and who watches it.
pub(crate) struct Rules<'a> {
    pub(crate) stall_timeout: Duration,
    pub(crate) attempts: u32,
    pub(crate) first_delay: Duration,
    pub(crate) longest_delay: Duration,
    pub(crate) inspect: &'a (dyn Fn(&[u8]) -> Result<(), Error> + Send + Sync),
    pub(crate) progress: &'a (dyn Fn(Progress) + Send + Sync),
}

/// Where the bytes go.
pub(crate) enum Sink<'a> {
    /// Can be emptied for another attempt.
    File(tokio::fs::File),
    /// What was written is gone: an attempt that wrote was the last one.
    Writer(&'a mut (dyn AsyncWrite + Send + Unpin)),
}

impl Sink<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match self {
            Self::File(file) => file.write_all(bytes).await,
            Self::Writer(writer) => writer.write_all(bytes).await,
        }
        .map_err(cannot_write)
    }

    async fn finish(&mut self) -> Result<(), Error> {
        match self {
            Self::File(file) => file.flush().await,
            Self::Writer(writer) => writer.flush().await,
        }
        .map_err(cannot_write)
    }

    fn can_start_over(&self) -> bool {
        matches!(self, Self::File(_))
    }

    /// Ready for the first byte once more.
    async fn start_over(&mut self) -> Result<(), Error> {
        let Self::File(file) = self else {
            return Ok(());
        };
        // Writes in flight must land before the file is emptied.
        file.flush().await.map_err(cannot_write)?;
        file.set_len(0).await.map_err(cannot_write)?;
        file.seek(SeekFrom::Start(0)).await.map_err(cannot_write)?;
        Ok(())
    }
}

fn cannot_write(source: std::io::Error) -> Error {
    Error::new(ErrorKind::Disk, "cannot write what arrives").with_source(source)
}

/// How one attempt failed, which decides what comes next.
enum Failure {
    /// A fresh link may help.
    Refused(Error),
    /// Trying again may help, after at least this long.
    Passing(Error, Duration),
    /// Nothing helps.
    Final(Error),
}

impl Failure {
    fn into_error(self) -> Error {
        match self {
            Self::Refused(error) | Self::Passing(error, _) | Self::Final(error) => error,
        }
    }
}

/// What a transfer has brought.
pub(crate) struct Arrived {
    pub(crate) bytes: u64,
    /// Whether the protocol says that this is all: by a length, or by an end of its own.
    pub(crate) framed: bool,
}

/// Brings the whole of what the link leads to into the sink.
pub(crate) async fn transfer(
    storage: &StorageClient,
    source: &dyn LinkSource,
    sink: &mut Sink<'_>,
    rules: &Rules<'_>,
) -> Result<Arrived, Error> {
    let mut link = source.link().await.map_err(no_link)?;
    let mut renewable = true;
    let mut failures = 0;
    let mut slowed = Duration::ZERO;
    let mut attempt = 0;
    loop {
        attempt += 1;
        let mut written = 0;
        let failure = match once(storage, &link, sink, rules, attempt, &mut written).await {
            Ok(framed) => {
                return Ok(Arrived {
                    bytes: written,
                    framed,
                });
            }
            Err(failure) => failure,
        };
        renewable |= written > 0;
        let give_up = |failure: Failure| {
            let error = failure.into_error();
            tell(attempt, &error, None);
            Err(error)
        };
        match failure {
            // Bytes are out that cannot be taken back.
            failure if written > 0 && !sink.can_start_over() => return give_up(failure),
            Failure::Refused(error) if renewable => {
                renewable = false;
                tell(attempt, &error, Some(Duration::ZERO));
                link = source.fresh_link().await.map_err(no_link)?;
            }
            Failure::Passing(error, asked)
                if failures + 1 < rules.attempts
                    && slowed.saturating_add(asked) <= SLOW_DOWN_BUDGET =>
            {
                failures += 1;
                slowed += asked;
                let delay = rules.delay(failures).max(asked);
                tell(attempt, &error, Some(delay));
                sleep(delay).await;
            }
            failure => return give_up(failure),
        }
        sink.start_over().await?;
    }
}

fn tell(attempt: u32, error: &Error, delay: Option<Duration>) {
    trace::attempt(attempt, error.status(), Some(error), delay);
}

impl Rules<'_> {
    /// Between the first delay and twice as much for each failure, anywhere in between.
    fn delay(&self, failures: u32) -> Duration {
        let ceiling = self
            .first_delay
            .saturating_mul(1 << failures.min(16))
            .min(self.longest_delay);
        let span = ceiling.saturating_sub(self.first_delay);
        self.first_delay.min(ceiling) + span.mul_f64(fastrand::f64())
    }
}

async fn once(
    storage: &StorageClient,
    link: &str,
    sink: &mut Sink<'_>,
    rules: &Rules<'_>,
    attempt: u32,
    written: &mut u64,
) -> Result<bool, Failure> {
    let url = link::parse(link).map_err(Failure::Final)?;
    let request = storage.get(&url).map_err(Failure::Final)?;
    let mut response = match timeout(rules.stall_timeout, request.send()).await {
        Ok(Ok(response)) => response,
        Ok(Err(source)) => return Err(unanswered(source)),
        Err(_) => return Err(silent(rules)),
    };
    check_head(&response)?;
    let total = response
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    // Otherwise the body ends with the connection, whatever ended that.
    let framed = total.is_some()
        || response.headers().contains_key(header::TRANSFER_ENCODING)
        || response.version() >= Version::HTTP_2;

    let mut head = Vec::with_capacity(HEAD);
    let mut inspected = false;
    loop {
        (rules.progress)(Progress {
            bytes: *written,
            total,
            attempt,
        });
        let chunk = match timeout(rules.stall_timeout, response.chunk()).await {
            Ok(Ok(Some(chunk))) => chunk,
            Ok(Ok(None)) => break,
            Ok(Err(source)) => return Err(broken_off(source, *written, total)),
            Err(_) => return Err(silent(rules)),
        };
        if !inspected {
            head.extend(chunk.iter().take(HEAD - head.len()));
            if head.len() == HEAD {
                (rules.inspect)(&head).map_err(Failure::Final)?;
                inspected = true;
            }
        }
        sink.write(&chunk).await.map_err(Failure::Final)?;
        *written += chunk.len() as u64;
    }
    if let Some(total) = total.filter(|total| total != written) {
        let message = format!("{written} of {total} bytes arrived");
        return Err(Failure::Passing(
            Error::new(ErrorKind::Interrupted, message),
            Duration::ZERO,
        ));
    }
    if !inspected {
        (rules.inspect)(&head).map_err(Failure::Final)?;
    }
    sink.finish().await.map_err(Failure::Final)?;
    Ok(framed)
}

/// What the status and headers say before a byte of the body is taken.
fn check_head(response: &Response) -> Result<(), Failure> {
    let status = response.status();
    let code = status.as_u16();
    let said = |kind, what: &str| {
        Error::new(kind, format!("the storage host answered {code}: {what}")).with_status(code)
    };
    match code {
        200 => {}
        400 | 401 | 403 => {
            return Err(Failure::Refused(said(
                ErrorKind::Refused,
                "it refuses the download link",
            )));
        }
        404 | 410 => {
            return Err(Failure::Final(said(ErrorKind::Refused, "the file is gone")));
        }
        408 | 429 | 500..=599 => {
            let asked = http::retry_after(response.headers()).unwrap_or_default();
            return Err(Failure::Passing(
                said(ErrorKind::Interrupted, reason(status)),
                asked,
            ));
        }
        _ => {
            return Err(Failure::Final(said(ErrorKind::Refused, "200 was expected")));
        }
    }
    let encoding = response
        .headers()
        .get(header::CONTENT_ENCODING)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .filter(|encoding| !encoding.eq_ignore_ascii_case("identity"));
    if let Some(encoding) = encoding {
        return Err(Failure::Final(Error::new(
            ErrorKind::Content,
            format!(
                "the storage host sent the file encoded as {encoding:?}, which was not asked for"
            ),
        )));
    }
    Ok(())
}

fn reason(status: StatusCode) -> &'static str {
    status.canonical_reason().unwrap_or("try again later")
}

fn no_link(source: crate::BoxError) -> Error {
    Error::new(ErrorKind::Link, "cannot get a download link").with_source(source)
}

fn silent(rules: &Rules<'_>) -> Failure {
    let message = format!(
        "the storage host sent nothing for {} s",
        rules.stall_timeout.as_secs_f64()
    );
    Failure::Passing(Error::new(ErrorKind::Interrupted, message), Duration::ZERO)
}

fn unanswered(source: reqwest::Error) -> Failure {
    // The URL is signed: it must not be part of any message.
    let source = source.without_url();
    if source.is_redirect() {
        return Failure::Final(
            Error::new(
                ErrorKind::Refused,
                "the storage host redirects to where a download is not followed",
            )
            .with_source(source),
        );
    }
    Failure::Passing(
        Error::new(ErrorKind::Interrupted, "cannot reach the storage host").with_source(source),
        Duration::ZERO,
    )
}

fn broken_off(source: reqwest::Error, written: u64, total: Option<u64>) -> Failure {
    let of = total.map_or(String::new(), |total| format!(" of {total}"));
    Failure::Passing(
        Error::new(
            ErrorKind::Interrupted,
            format!("the transfer broke after {written}{of} bytes"),
        )
        .with_source(source.without_url()),
        Duration::ZERO,
    )
}
