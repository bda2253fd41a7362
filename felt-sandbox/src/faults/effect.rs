//! What a rule makes happen.

use std::collections::BTreeMap;

use axum::http::{HeaderName, HeaderValue, StatusCode};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::Operation;

/// What happens to a call. In JSON an object with a `type`, such as `{ "type": "truncate", "at": 1000 }`.
///
/// Numbers of bytes count those of the answer's body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Effect {
    /// An answer with this status instead of the real one; nothing is done.
    Status {
        /// 200 to 599.
        code: u16,
        /// Names and values.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        headers: BTreeMap<String, String>,
        /// A string is sent as it is, anything else as JSON. Without one an error has the body that errors have
        /// there: as in the specification, or XML from the storage.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<Value>,
    },
    /// The answer comes so much later. What is asked for is done after that time.
    Delay {
        /// Milliseconds.
        ms: u64,
    },
    /// No answer, until the client goes; nothing is done.
    Hang,
    /// The connection is reset (RST): after so many bytes of the answer, or before any byte of it, and then nothing is
    /// done.
    Reset {
        /// After how many bytes, head and all of them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<u64>,
    },
    /// The answer ends after so many bytes, though `Content-Length` promises all.
    Truncate {
        /// After how many bytes.
        at: u64,
    },
    /// The answer comes no faster than this.
    Throttle {
        /// At least 1.
        bytes_per_second: u64,
    },
    /// `Content-Length` is off by so much, not below 0. If it is too large the connection ends after the answer.
    WrongContentLength {
        /// How many bytes too many, or too few.
        by: i64,
    },
    /// A page in HTML, with status 200, instead of the answer; nothing is done.
    Html,
    /// The real answer, which is JSON, made odd. Not from the storage.
    OddJson {
        /// In which way.
        #[serde(default)]
        how: Oddity,
    },
    /// All links that were given out before this call have expired.
    ExpireLinks,
    /// The export that is created by this call, or asked about, fails.
    FailJob,
    /// The real status of an export, but with a word that the specification does not know, and without a link.
    UnknownStatus {
        /// The word.
        #[serde(default = "archiving")]
        status: String,
    },
    /// The real status of an export, without a link even if it is completed.
    NullLink,
}

/// In which way JSON is odd.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Oddity {
    /// A member more than the specification has.
    #[default]
    ExtraMember,
    /// The first member is missing.
    MissingMember,
    /// The first member is of another type.
    WrongType,
    /// `null` instead of an object.
    Null,
    /// It breaks off in the middle, though not by its length.
    CutOff,
}

/// What the server sets as it sends.
const FRAMING: [&str; 3] = ["connection", "content-length", "transfer-encoding"];

/// The statuses that there are, and none.
const KNOWN: [&str; 4] = ["", "in_progress", "completed", "failed"];

/// Reads an effect. What has no settings takes none, which serde does not see to.
pub(super) fn strict<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Effect, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let effect: Effect = serde_json::from_value(value.clone()).map_err(D::Error::custom)?;
    let has_none = matches!(
        effect,
        Effect::Hang | Effect::Html | Effect::ExpireLinks | Effect::FailJob | Effect::NullLink
    );
    let members = value.as_object().into_iter().flatten();
    match members.map(|(name, _)| name).find(|name| *name != "type") {
        Some(name) if has_none => Err(D::Error::custom(format!(
            "unknown field `{name}`: {} has no settings",
            effect.name()
        ))),
        _ => Ok(effect),
    }
}

fn archiving() -> String {
    "archiving".to_owned()
}

impl Effect {
    /// What `type` says.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::Delay { .. } => "delay",
            Self::Hang => "hang",
            Self::Reset { .. } => "reset",
            Self::Truncate { .. } => "truncate",
            Self::Throttle { .. } => "throttle",
            Self::WrongContentLength { .. } => "wrong_content_length",
            Self::Html => "html",
            Self::OddJson { .. } => "odd_json",
            Self::ExpireLinks => "expire_links",
            Self::FailJob => "fail_job",
            Self::UnknownStatus { .. } => "unknown_status",
            Self::NullLink => "null_link",
        }
    }

    /// Whether it means anything for this operation.
    pub(crate) fn fits(&self, operation: Operation) -> bool {
        match (self, operation) {
            (_, Operation::Any) => true,
            (Self::FailJob, _) => matches!(operation, Operation::Export | Operation::Status),
            (Self::UnknownStatus { .. } | Self::NullLink, _) => operation == Operation::Status,
            (Self::OddJson { .. }, _) => operation != Operation::Download,
            _ => true,
        }
    }

    /// What is wrong with it, if anything.
    pub(crate) fn check(&self) -> Result<(), String> {
        match self {
            Self::Status { code, headers, .. } => {
                if !(200..600).contains(code) || StatusCode::from_u16(*code).is_err() {
                    return Err(format!("{code} is no status from 200 to 599"));
                }
                for (name, value) in headers {
                    if FRAMING
                        .iter()
                        .any(|framing| name.eq_ignore_ascii_case(framing))
                    {
                        return Err(format!(
                            "{name:?} says where the answer ends, which is not for a header to say here: \"wrong_content_length\" and \"truncate\" do that"
                        ));
                    }
                    if HeaderName::try_from(name).is_err() || HeaderValue::try_from(value).is_err()
                    {
                        return Err(format!("{name:?}: {value:?} is no header"));
                    }
                }
                Ok(())
            }
            Self::UnknownStatus { status } if KNOWN.contains(&status.as_str()) => Err(format!(
                "{status:?} is not unknown: give a word that the specification does not have"
            )),
            Self::Throttle {
                bytes_per_second: 0,
            } => Err(
                "with 0 bytes per second nothing would ever come: \"hang\" does that".to_owned(),
            ),
            _ => Ok(()),
        }
    }
}
