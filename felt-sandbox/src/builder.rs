//! What can be set before a sandbox starts, and why it may not start.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::faults::{self, Rule};
use crate::server::{self, Sandbox};

/// Settings of a [`Sandbox`]; made by [`Sandbox::builder`].
#[derive(Clone, Debug)]
#[must_use = "nothing listens before `start`"]
pub struct Builder {
    pub(crate) addr: SocketAddr,
    pub(crate) data: Option<PathBuf>,
    pub(crate) queue_time: Duration,
    pub(crate) job_time: Duration,
    pub(crate) link_ttl: Duration,
    pub(crate) export_ttl: Duration,
    pub(crate) token: String,
    pub(crate) faults: Vec<Rule>,
    pub(crate) rate_limit: Option<u32>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            addr: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            data: None,
            queue_time: Duration::ZERO,
            job_time: Duration::from_secs(1),
            link_ttl: Duration::from_secs(5 * 60),
            export_ttl: Duration::from_secs(60 * 60),
            token: "felt_pat_sandbox".to_owned(),
            faults: Vec::new(),
            rate_limit: None,
        }
    }
}

impl Builder {
    /// Where the API listens. The default is `127.0.0.1:0`: this machine only, on a port that is free.
    ///
    /// The storage listens on the same IP address, on a free port of its own.
    pub fn addr(mut self, addr: SocketAddr) -> Self {
        self.addr = addr;
        self
    }

    /// A folder of layers: `<map>/<layer>.geojson`, `.tif` or `.tiff`. The names are the ids.
    ///
    /// The built-in map `demo` stays, unless the folder has a `demo` of its own. Files that cannot be used are left
    /// out and listed by [`Sandbox::skipped`]. Everything is read at the start; what is added or changed later is
    /// found when it is asked for, and what is taken away is gone.
    pub fn data(mut self, folder: impl Into<PathBuf>) -> Self {
        self.data = Some(folder.into());
        self
    }

    /// How long a custom export waits in the queue before anything is done for it. The default is not at all.
    pub fn queue_time(mut self, time: Duration) -> Self {
        self.queue_time = time;
        self
    }

    /// How long a custom export then takes, beside what producing the file takes. The default is one second.
    ///
    /// Its status is `in_progress` all the while: Felt has no other word for an export in the queue.
    pub fn job_time(mut self, time: Duration) -> Self {
        self.job_time = time;
        self
    }

    /// How long a download link works. The default is five minutes; with zero every link has expired when it
    /// arrives.
    pub fn link_ttl(mut self, time: Duration) -> Self {
        self.link_ttl = time;
        self
    }

    /// How long a finished file is kept after it was last asked for at the API. The default is an hour.
    ///
    /// An export whose file is gone is one that does not exist (404), and so is what its links lead to.
    pub fn export_ttl(mut self, time: Duration) -> Self {
        self.export_ttl = time;
        self
    }

    /// The token that the API accepts, instead of `felt_pat_sandbox`.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = token.into();
        self
    }

    /// How many requests the API takes in each second. Those that are too many are answered with 429 and
    /// `Retry-After: 1`, and have no fault. The default is as many as there are.
    pub fn rate_limit(mut self, per_second: u32) -> Self {
        self.rate_limit = Some(per_second);
        self
    }

    /// A rule for what is to go wrong; may be called again for more.
    pub fn fault(mut self, rule: Rule) -> Self {
        self.faults.push(rule);
        self
    }

    /// More such rules, such as those that [`faults::parse`](crate::faults::parse) reads.
    pub fn faults(mut self, rules: impl IntoIterator<Item = Rule>) -> Self {
        self.faults.extend(rules);
        self
    }

    /// Reads the layers, binds both servers and starts them.
    ///
    /// They run on threads of their own, so that a test may block its runtime with a blocking client or a child
    /// process, and needs no runtime of a particular kind.
    ///
    /// # Errors
    ///
    /// When the address cannot be bound, the data folder cannot be listed, the token could not be sent in a header,
    /// a fault rule makes no sense, or the system gives no temporary folder or no thread.
    pub async fn start(self) -> Result<Sandbox, Error> {
        if self.token.is_empty() || !self.token.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Error::new(
                "the token must be visible ASCII characters without spaces, at least one",
            ));
        }
        faults::check(&self.faults)?;
        server::start(self).await
    }
}

/// Why a sandbox did not start. The message says what is wrong with what.
#[derive(Debug)]
pub struct Error {
    message: String,
}

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
