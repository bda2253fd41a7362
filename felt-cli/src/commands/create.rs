//! An export is created, unless the command is to stop before.

use felt_api::{Export, ExportRequest};

use crate::failure::Failure;
use crate::stop::Stop;

/// What became of it.
pub enum Created {
    Export(Export),
    /// It was not sent.
    Nothing,
    /// It was sent, and there was no answer while it was waited for.
    InDoubt,
}

/// Sends the request. If the command is to stop, the answer to what was sent is waited for, for a while: it alone
/// tells which export there is.
pub async fn create(request: ExportRequest, stop: &Stop) -> Result<Created, Failure> {
    let _hold = stop.hold();
    tokio::select! {
        biased;
        started = request.start_unless(stop.asked()) => Ok(match started? {
            Some(export) => Created::Export(export),
            None => Created::Nothing,
        }),
        () = stop.patience_ends() => Ok(Created::InDoubt),
    }
}
