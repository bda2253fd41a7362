//! The options that a command that takes up another one repeats, where they are not the usual ones.

use std::ffi::OsString;

use felt_api::ExportHandle;

use super::{Token, Transfer, Wait};
use crate::next;
use crate::output::Output;

pub const TIMEOUT: &str = "1h";
pub const CONNECTIONS: &str = "4";
pub const MIN_RATE: &str = "1024";

/// What takes up an export with the same options.
pub fn resume(
    export: &ExportHandle,
    output: &Output,
    wait: &Wait,
    transfer: &Transfer,
    token: &Token,
) -> next::Resume {
    let mut arguments = output.arguments(export.layer_id(), export.format());
    let timeout = humantime::format_duration(wait.timeout).to_string();
    let numbers = [
        ("--timeout", timeout, TIMEOUT),
        (
            "--connections",
            transfer.connections.to_string(),
            CONNECTIONS,
        ),
        ("--min-rate", transfer.min_rate.to_string(), MIN_RATE),
    ];
    for (option, value, usual) in numbers {
        // Without any patience it would come to nothing again.
        if value != usual && value != "0s" {
            arguments.extend([option.into(), value.into()]);
        }
    }
    if let Some(path) = &token.token_file {
        arguments.extend([
            OsString::from("--token-file"),
            path.clone().into_os_string(),
        ]);
    }
    next::Resume {
        export: export.clone(),
        arguments,
    }
}
