//! What an error is, asked one by one, and what to do about it.

use crate::{Error, ErrorKind};

impl Error {
    /// Whether the same call may succeed later, without anything being changed. Never for
    /// [`OutcomeUnknown`](ErrorKind::OutcomeUnknown), where it could create a second export.
    ///
    /// # Troubleshooting
    ///
    /// The client has made its own attempts by then: wait for minutes rather than for seconds. Where
    /// [`export`](Self::export) is given, resume that instead of starting another.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::RateLimited
                | ErrorKind::Server
                | ErrorKind::Unreachable
                | ErrorKind::WaitTimeout
                | ErrorKind::Busy
                | ErrorKind::DownloadInterrupted
        )
    }
}

/// One predicate for each kind, so that none is forgotten and all read alike.
macro_rules! predicates {
    ($($(#[$doc:meta])* $name:ident: $kind:ident,)*) => {
        impl Error {
            $($(#[$doc])* pub fn $name(&self) -> bool {
                self.kind() == ErrorKind::$kind
            })*
        }
    };
}

predicates! {
    /// Whether an argument or a setting can never work.
    ///
    /// # Troubleshooting
    ///
    /// The message names the field and the rule. Nothing was sent, and the same call will fail again:
    /// change the argument.
    is_invalid_input: InvalidInput,
    /// Whether there is no API token, or Felt does not accept it.
    ///
    /// # Troubleshooting
    ///
    /// Without a [`status`](Self::status), no token was given: set `FELT_API_TOKEN`, or call
    /// [`ClientBuilder::token`](crate::ClientBuilder::token). With 401, the token was revoked, or
    /// belongs to another deployment than the base URL: make a new one in Felt's developer settings.
    is_unauthorized: Unauthorized,
    /// Whether the token may not do this.
    ///
    /// # Troubleshooting
    ///
    /// The token is known, and its owner has no right to export this map, or the plan has none to use
    /// the API: ask the map's owner, or the workspace's administrator.
    is_forbidden: Forbidden,
    /// Whether there is no such map, layer or export.
    ///
    /// # Troubleshooting
    ///
    /// Felt answers so too where the token's owner cannot see the map. Check that the layer is on that
    /// map and the export of that layer, and that all three come from the same deployment. An export
    /// that was there is gone: start another.
    is_not_found: NotFound,
    /// Whether Felt refused the request as invalid.
    ///
    /// # Troubleshooting
    ///
    /// [`details`](Self::details) blames a part of the request: `/output_format` is a format that does
    /// not fit the layer (GeoTIFF is for raster layers), `/filters/0` the first filter. If it blames
    /// nothing, the answer came from something in between: check the base URL.
    is_rejected: Rejected,
    /// Whether there were too many requests, for longer than the client was willing to wait.
    ///
    /// # Troubleshooting
    ///
    /// Wait for minutes, or for [`retry_after`](Self::retry_after) where it is given; run fewer exports
    /// at once; raise [`Retry::slow_down_budget`](crate::Retry::slow_down_budget) for a program that
    /// has the time.
    is_rate_limited: RateLimited,
    /// Whether Felt, or a proxy before it, is in trouble.
    ///
    /// # Troubleshooting
    ///
    /// What may pass has been tried again by then: come back in minutes. If one layer keeps failing while others
    /// do not, report it to Felt with [`request_id`](Self::request_id).
    is_server: Server,
    /// Whether there was no answer, or not all of one.
    ///
    /// # Troubleshooting
    ///
    /// [`source`](std::error::Error::source) says what broke. Check the network, the base URL's host,
    /// and whether a proxy is needed ([`ConnectOptions::proxy`](crate::ConnectOptions::proxy)). A
    /// certificate that is not trusted shows here too: an inspecting proxy needs
    /// [`ConnectOptions::root_certificate`](crate::ConnectOptions::root_certificate). A server that
    /// answers, but slowly, needs a longer [`request_timeout`](crate::ClientBuilder::request_timeout).
    is_unreachable: Unreachable,
    /// Whether there was an answer that the API's documentation does not know.
    ///
    /// # Troubleshooting
    ///
    /// Mostly it is not Felt that answered: a login page, a captive portal, another service at the base
    /// URL. If it was Felt, its API has changed: regenerate the client from the newer spec (feature
    /// `codegen`). A legitimate answer over 4 MiB needs a higher
    /// [`max_body`](crate::ClientBuilder::max_body).
    is_unexpected_response: UnexpectedResponse,
    /// Whether an export may have been created or not.
    ///
    /// # Troubleshooting
    ///
    /// Do not try again blindly: look in Felt whether it is there. The network, or Felt, was in trouble
    /// between the request and the answer, or the answer took longer than
    /// [`create_timeout`](crate::ClientBuilder::create_timeout). For those to whom a second export is better than none there
    /// is [`ExportRequest::retry_in_doubt`](crate::ExportRequest::retry_in_doubt).
    is_outcome_unknown: OutcomeUnknown,
    /// Whether Felt says that the export failed.
    ///
    /// # Troubleshooting
    ///
    /// Felt does not say why. Start it once more; if it fails again, try another format, or a filter
    /// that leaves less, and ask Felt with the id of [`export`](Self::export).
    is_export_failed: ExportFailed,
    /// Whether the export was not finished within the time that the wait was given.
    ///
    /// # Troubleshooting
    ///
    /// It goes on at Felt. Keep [`export`](Self::export), and take it up with
    /// [`Client::resume`](crate::Client::resume), now or days later; give large layers a longer
    /// [`Wait::timeout`](crate::Wait::timeout). [`last_status`](Self::last_status),
    /// [`elapsed`](Self::elapsed) and [`attempts`](Self::attempts) say how far it was. Where the last
    /// questions had no answer, [`source`](std::error::Error::source) says why.
    is_wait_timeout: WaitTimeout,
    /// Whether no TLS client can be built on this machine.
    ///
    /// # Troubleshooting
    ///
    /// A program that was built without TLS needs the feature `rustls` or `native-tls`. Otherwise
    /// install the system's CA certificates (the package `ca-certificates`, mostly), or name a bundle
    /// in `SSL_CERT_FILE`.
    is_setup: Setup,
    /// Whether a file is where the download should go.
    ///
    /// # Troubleshooting
    ///
    /// It was not touched. Choose another name, or allow
    /// [`Download::overwrite`](crate::Download::overwrite).
    is_file_exists: FileExists,
    /// Whether something that is never replaced is where the download or its part should go.
    ///
    /// # Troubleshooting
    ///
    /// The message names it: a folder, a device, or a `.part` that no download has left. Look at it,
    /// and move it away or choose another name.
    is_in_the_way: InTheWay,
    /// Whether the folder that the download should go to does not exist, or is a file.
    ///
    /// # Troubleshooting
    ///
    /// Folders are not made: a misspelt one would go unnoticed. Create it first.
    is_folder: Folder,
    /// Whether another download to the same file is under way.
    ///
    /// # Troubleshooting
    ///
    /// Wait for it, or choose another name. A process that was killed holds nothing.
    is_busy: Busy,
    /// Whether reading or writing on this machine failed.
    ///
    /// # Troubleshooting
    ///
    /// [`source`](std::error::Error::source) is the system's error: no space left, no permission, a
    /// read-only file system, a pipe that nobody reads. Space is needed twice while an archive is
    /// unpacked.
    is_disk: Disk,
    /// Whether the storage host refused the download, with a fresh link too.
    ///
    /// # Troubleshooting
    ///
    /// The file has expired at Felt, or something in between does not let the request through.
    /// [`status`](Self::status) is the storage host's. Start a new export; if that is refused as well,
    /// check proxy and firewall for the storage host.
    is_download_refused: DownloadRefused,
    /// Whether the download broke off more often than is tolerated.
    ///
    /// # Troubleshooting
    ///
    /// The export is still there: download it again with [`Client::resume`](crate::Client::resume). On
    /// a bad network allow more [`Download::attempts`](crate::Download::attempts), or a longer
    /// [`Download::stall_timeout`](crate::Download::stall_timeout).
    is_download_interrupted: DownloadInterrupted,
    /// Whether what was downloaded is not what was asked for.
    ///
    /// # Troubleshooting
    ///
    /// The message says what arrived. A page of HTML comes from something in between. An archive with
    /// more than one file can be had as it is:
    /// [`Download::keep_archive`](crate::Download::keep_archive); so can any without the feature `zip`.
    is_unexpected_content: UnexpectedContent,
}
