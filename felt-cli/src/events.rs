//! What a program reads: events, one JSON object a line on stdout.

use std::io::{self, Write};

use felt_api::{ExportHandle, Format};
use schemars::JsonSchema;
use serde::Serialize;

/// The version of the events' form. Fields may be added to it; one that changes its meaning or goes gets the next.
pub const SCHEMA_VERSION: u32 = 1;

/// One line of --json.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Line<'a> {
    /// Which form the line has: 1.
    pub schema_version: u32,
    #[serde(flatten)]
    pub subject: &'a Subject,
    #[serde(flatten)]
    pub event: Event,
}

/// What an event is about.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Subject {
    /// The id of the map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub map: Option<String>,
    /// The id of the layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// The format that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
}

impl Subject {
    pub fn new(map: &str, layer: &str, format: Option<Format>) -> Self {
        Self {
            map: Some(map.to_string()),
            layer: Some(layer.to_string()),
            format,
        }
    }

    /// MAP/LAYER, if that is known.
    pub fn name(&self) -> Option<String> {
        let (map, layer) = self.map.as_ref().zip(self.layer.as_ref())?;
        Some(format!("{map}/{layer}"))
    }
}

/// What has happened. Each export ends with one of finished, detached and failed; a command with one of them, or with link, status,
/// sandbox or summary.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The export exists at Felt.
    Created {
        /// What felt resume takes.
        export: ExportHandle,
    },
    /// Its status has changed, or was asked for.
    Status {
        /// in_progress, completed, failed, or what else Felt says.
        status: String,
        /// The export, if there is a handle of it.
        #[serde(skip_serializing_if = "Option::is_none")]
        export: Option<ExportHandle>,
    },
    /// The file is whole, and on disk.
    Finished {
        /// Where it is; null if it went to stdout.
        path: Option<String>,
        /// Its size.
        bytes: Option<u64>,
        /// Whether it was there before, and was left as it is.
        skipped: bool,
        /// The export that it is of, if it was one.
        #[serde(skip_serializing_if = "Option::is_none")]
        export: Option<ExportHandle>,
        /// How long it took.
        seconds: f64,
    },
    /// The export goes on at Felt.
    Detached {
        /// What felt resume takes.
        export: ExportHandle,
    },
    /// The direct link.
    Link {
        /// Whoever has it can download the layer until it expires.
        url: String,
    },
    /// The sandbox is ready, and runs until it is interrupted.
    Sandbox {
        /// For FELT_BASE_URL.
        base_url: String,
        /// For FELT_API_TOKEN.
        token: String,
    },
    /// All exports of a manifest are over, each with an event of its own.
    Summary {
        /// Files that are there now.
        files: u64,
        /// Files that were there before.
        skipped: u64,
        /// Exports that failed.
        failed: u64,
        /// Exports that were stopped, or not begun.
        unfinished: u64,
        /// How long all of it took.
        seconds: f64,
        /// The exit code of the command.
        exit_code: u8,
        /// What to do next.
        #[serde(skip_serializing_if = "Option::is_none")]
        hint: Option<String>,
    },
    /// It did not succeed.
    Failed(Failed),
}

/// Why a command did not succeed.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Failed {
    /// What kind of failure it is, such as not_found, unreachable, interrupted or usage.
    pub kind: String,
    /// What went wrong, in words.
    pub message: String,
    /// What is at the bottom of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The exit code of the command; of one export of many, what it would be for that alone.
    pub exit_code: u8,
    /// The HTTP status that the server answered with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// Whether the same may succeed later.
    pub retryable: bool,
    /// The export that goes on at Felt, or is finished there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export: Option<ExportHandle>,
    /// Bytes that have arrived and are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_bytes: Option<u64>,
    /// All that is wrong with a manifest.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub problems: Vec<String>,
}

/// Writes a line to stdout. A reader that has gone away is no failure.
pub fn write(subject: &Subject, event: Event) -> io::Result<()> {
    let line = Line {
        schema_version: SCHEMA_VERSION,
        subject,
        event,
    };
    print(&serde_json::to_string(&line)?)
}

/// A line on stderr. Where nobody hears it, nothing can be done about that.
pub fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// A line on stdout, at once.
pub fn print(line: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{line}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}
