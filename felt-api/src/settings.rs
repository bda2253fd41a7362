//! The two settings that every client needs, checked.

use std::fmt;

use felt_download::http::is_loopback;
use reqwest::header::HeaderValue;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{Error, ErrorKind};

/// The path that Felt's own client has in its base URL, and that the spec has in its paths.
const API_PATH: &str = "/api/v2";

/// Where the API is: scheme, host, and whatever a private deployment has before `/api/v2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BaseUrl {
    /// Without `/api/v2` and without a slash at the end: what the generated client puts its paths to.
    pub(crate) text: String,
    pub(crate) loopback: bool,
}

impl BaseUrl {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let invalid = |why: String| {
            Error::invalid(format!(
                "base URL {why}: give one like https://felt.com/api/v2/"
            ))
        };
        // A text that is no URL is not repeated: it may be a token in the wrong variable.
        let url = Url::parse(text).map_err(|source| invalid(format!("is no URL ({source})")))?;
        let loopback = is_loopback(&url);
        let host = url.host_str().unwrap_or("no host");
        let problem = match url.scheme() {
            "http" if !loopback => format!(
                "http://{host} would send the token unencrypted (http is for this machine only)"
            ),
            scheme if !matches!(scheme, "http" | "https") => {
                format!("has the scheme {scheme}, not https")
            }
            _ if !url.username().is_empty() || url.password().is_some() => {
                format!("on {host} has a user name or password in it, which is never sent")
            }
            _ if url.query().is_some() || url.fragment().is_some() => {
                format!("on {host} has a query or a fragment")
            }
            _ => String::new(),
        };
        if !problem.is_empty() {
            return Err(invalid(problem));
        }
        let path = url.path().trim_end_matches('/');
        let prefix = path.strip_suffix(API_PATH).unwrap_or(path);
        Ok(Self {
            text: format!("{}{prefix}", url.origin().ascii_serialization()),
            loopback,
        })
    }
}

/// A signed link or a token. It shows itself to nobody by accident.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The API token. It shows itself to nobody.
#[derive(Clone, Debug)]
pub(crate) struct Token(Secret);

impl Token {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        if text.is_empty() {
            return Err(missing_token());
        }
        let problem = if text.contains(['\n', '\r']) {
            "contains a line break"
        } else if text.contains(char::is_whitespace) {
            "contains white space"
        } else if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            "contains a character that a header cannot carry"
        } else {
            return Ok(Self(Secret(text.to_string())));
        };
        Err(invalid_token(problem))
    }

    pub(crate) fn header(&self) -> Result<HeaderValue, Error> {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", self.0.0))
            .map_err(|_| invalid_token("contains a character that a header cannot carry"))?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// For looking it up in what is about to be shown.
    pub(crate) fn secret(&self) -> &str {
        &self.0.0
    }
}

fn invalid_token(problem: &str) -> Error {
    Error::invalid(format!(
        "API token {problem}: copy it again from Felt's developer settings"
    ))
}

pub(crate) fn missing_token() -> Error {
    Error::new(
        ErrorKind::Unauthorized,
        "there is no API token: set FELT_API_TOKEN to one from Felt's developer settings",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_or_without_the_api_path_means_the_same() {
        for (given, kept) in [
            ("https://felt.com", "https://felt.com"),
            ("https://felt.com/", "https://felt.com"),
            ("https://felt.com/api/v2", "https://felt.com"),
            ("https://felt.com/api/v2/", "https://felt.com"),
            ("HTTPS://Felt.com/api/v2/", "https://felt.com"),
            (
                "https://gis.example.com:8443/felt/api/v2/",
                "https://gis.example.com:8443/felt",
            ),
            ("http://127.0.0.1:8080/api/v2/", "http://127.0.0.1:8080"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("http://[::1]:8080/", "http://[::1]:8080"),
        ] {
            assert_eq!(BaseUrl::parse(given).unwrap().text, kept, "{given}");
        }
    }

    #[test]
    fn other_base_urls_are_refused() {
        for bad in [
            "",
            "felt.com",
            "/api/v2/",
            "http://felt.com",
            "http://127.0.0.1.felt.com",
            "ftp://felt.com",
            "https://felt.com/?a=b",
            "https://felt.com/#x",
            "https://me:hunter2@felt.com",
            "https://",
            "http://10.0.0.1",
        ] {
            let error = BaseUrl::parse(bad).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{bad}");
            assert!(error.to_string().starts_with("base URL "), "{error}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn tokens() {
        for good in ["felt_pat_a/b+c==", "x"] {
            let header = Token::parse(good).unwrap().header().unwrap();
            assert_eq!(header.to_str().unwrap(), format!("Bearer {good}"));
            assert!(header.is_sensitive());
        }
        for bad in ["felt_pat_x\n", "felt pat", "felt_pat_é", "\u{7f}"] {
            let error = Token::parse(bad).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(!error.to_string().contains("felt_"), "{error}");
        }
        assert_eq!(
            Token::parse("").unwrap_err().kind(),
            ErrorKind::Unauthorized
        );
        assert_eq!(
            format!("{:?}", Token::parse("felt_pat_x").unwrap()),
            "Token(Secret(..))"
        );
    }
}
