//! What a server calls a file, before it is downloaded.

use std::time::Duration;

use reqwest::header::RANGE;
use tokio::time::{sleep, timeout};

use crate::answer::Head;
use crate::decide::{Asked, Decision, Known, decide};
use crate::ended::{Ended, silent, unanswered};
use crate::patience::{Limits, Patience};
use crate::{Error, LinkSource, StorageClient, link, name, transfer};

/// Asks for one byte, and only looks at the head of the answer. (To a link that is signed for GET, HEAD is
/// refused.) None if the server has no name for it that could be a file's.
pub(crate) async fn server_name(
    storage: &StorageClient,
    source: &dyn LinkSource,
    stall_timeout: Duration,
    limits: Limits,
) -> Result<Option<String>, Error> {
    let mut patience = Patience::new(limits, 0);
    let mut link = source.link().await.map_err(transfer::no_link)?;
    loop {
        let request = storage
            .get(&link::parse(&link)?)?
            .header(RANGE, "bytes=0-0");
        let ended = match timeout(stall_timeout, request.send()).await {
            Ok(Ok(response)) => {
                let head = Head::new(response.status(), response.version(), response.headers());
                match decide(&head, Asked::Range(0, Some(1)), &Known::default()) {
                    Decision::Renew(error) => Ended::Refused(error),
                    Decision::Again(error, asked) => Ended::Passing(error, asked),
                    Decision::Stop(error) => return Err(error),
                    // Whatever the body is, the name is there.
                    _ => return Ok(name::from_response(response.url(), response.headers())),
                }
            }
            Ok(Err(source)) => unanswered(source),
            Err(_) => silent(stall_timeout),
        };
        match ended {
            Ended::Refused(_) if patience.refused() => {
                link = source.fresh_link().await.map_err(transfer::no_link)?;
            }
            Ended::Passing(error, asked) => match patience.failed(asked) {
                Some(delay) => sleep(delay).await,
                None => return Err(error),
            },
            Ended::Refused(error) | Ended::Finally(error) | Ended::StartOver(error) => {
                return Err(error);
            }
            Ended::Well | Ended::OnlyWhole | Ended::NoSink => return Ok(None),
        }
    }
}
