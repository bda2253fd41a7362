//! What it takes to find an export again.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Error, Format, check_id};

/// What it takes to find an export again, in another process or days later:
/// [`Client::resume`](crate::Client::resume) takes it up.
///
/// As text, and in serde, it is `MAP/LAYER/EXPORT:FORMAT`. It holds no secret.
///
/// ```
/// use felt_api::{ExportHandle, Format};
///
/// let handle: ExportHandle = "demo/cities/luCHyMruTQ6ozGk3gPJfEB:csv".parse()?;
/// assert_eq!(handle.layer_id(), "cities");
/// assert_eq!(handle.format(), Format::Csv);
/// assert_eq!(handle.to_string(), "demo/cities/luCHyMruTQ6ozGk3gPJfEB:csv");
/// # Ok::<(), felt_api::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ExportHandle {
    map_id: String,
    layer_id: String,
    export_id: String,
    format: Format,
}

impl ExportHandle {
    /// A handle from its four parts.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if an id is not 1 to 64 of `A-Z a-z 0-9 - _`.
    pub fn new(
        map_id: impl Into<String>,
        layer_id: impl Into<String>,
        export_id: impl Into<String>,
        format: Format,
    ) -> Result<Self, Error> {
        let handle = Self {
            map_id: map_id.into(),
            layer_id: layer_id.into(),
            export_id: export_id.into(),
            format,
        };
        check_id("map", &handle.map_id)?;
        check_id("layer", &handle.layer_id)?;
        check_id("export", &handle.export_id)?;
        Ok(handle)
    }

    /// The map that the layer is on.
    pub fn map_id(&self) -> &str {
        &self.map_id
    }

    /// The layer that is exported.
    pub fn layer_id(&self) -> &str {
        &self.layer_id
    }

    /// The export: `export_request_id` where it is created, `export_id` where it is polled.
    pub fn export_id(&self) -> &str {
        &self.export_id
    }

    /// The format that was asked for; the status does not tell it.
    pub fn format(&self) -> Format {
        self.format
    }
}

impl fmt::Display for ExportHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (map, layer) = (&self.map_id, &self.layer_id);
        write!(f, "{map}/{layer}/{}:{}", self.export_id, self.format)
    }
}

impl FromStr for ExportHandle {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = format!("export handle {text:?} is not of the form MAP/LAYER/EXPORT:FORMAT");
        let malformed = || Error::invalid(&wrong);
        let (ids, format) = text.rsplit_once(':').ok_or_else(malformed)?;
        let ids: Vec<_> = ids.split('/').collect();
        let [map_id, layer_id, export_id] = *ids.as_slice() else {
            return Err(malformed());
        };
        Self::new(map_id, layer_id, export_id, format.parse()?)
    }
}

impl Serialize for ExportHandle {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ExportHandle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn text_and_json_round_trip() {
        for format in Format::ALL.iter().copied() {
            let handle = ExportHandle::new("m-1", "l_2", "e3", format).unwrap();
            assert_eq!(handle.to_string().parse::<ExportHandle>().unwrap(), handle);
            let json = serde_json::to_string(&handle).unwrap();
            assert_eq!(json, format!("\"m-1/l_2/e3:{format}\""));
            assert_eq!(serde_json::from_str::<ExportHandle>(&json).unwrap(), handle);
        }
    }

    #[test]
    fn malformed_handles_are_refused() {
        for bad in [
            "",
            "a/b/c",
            "a/b:csv",
            "a/b/c/d:csv",
            "a/../c:csv",
            "a/b/c:shp",
            "//:csv",
            "a/b/c:",
        ] {
            let error = bad.parse::<ExportHandle>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{bad}");
            assert!(serde_json::from_value::<ExportHandle>(bad.into()).is_err());
        }
    }
}
