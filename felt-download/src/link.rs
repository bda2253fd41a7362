//! Where links come from, and which of them may be fetched.

use std::future::Future;
use std::pin::Pin;

use url::Url;

use crate::{Error, ErrorKind, http::is_loopback};

/// The error of a [`LinkSource`], whatever it is.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A boxed future, so that [`LinkSource`] can be used as a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Gives the link to one file, and a fresh one when the last was refused.
///
/// An error of either method ends the download with [`ErrorKind::Link`] and is its
/// [`source`](std::error::Error::source).
pub trait LinkSource: Send + Sync {
    /// The link, as far as it is known already.
    fn link(&self) -> BoxFuture<'_, Result<String, BoxError>>;

    /// A new link: the last one was refused. A source that has no other returns the same.
    fn fresh_link(&self) -> BoxFuture<'_, Result<String, BoxError>>;

    /// What is downloaded, whichever link leads to it: by this a later download, of another process too,
    /// knows that a part on disk is of the same file, and goes on with it. It is written beside the part,
    /// and must not hold anything secret.
    ///
    /// None, as it is by default: a later download starts over.
    fn identity(&self) -> Option<String> {
        None
    }
}

/// A link that cannot be renewed.
#[derive(Clone)]
pub struct FixedLink(String);

impl FixedLink {
    /// A source that gives this link and no other.
    pub fn new(link: impl Into<String>) -> Self {
        Self(link.into())
    }
}

// Not derived: the query of a signed link is a secret.
impl std::fmt::Debug for FixedLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FixedLink(..)")
    }
}

impl LinkSource for FixedLink {
    fn link(&self) -> BoxFuture<'_, Result<String, BoxError>> {
        Box::pin(async { Ok(self.0.clone()) })
    }

    fn fresh_link(&self) -> BoxFuture<'_, Result<String, BoxError>> {
        self.link()
    }

    /// A number that is made from the link without what signs it, which is another in each link to one file. The
    /// link itself may be a secret.
    fn identity(&self) -> Option<String> {
        let mut url = Url::parse(&self.0).ok()?;
        let rest: Vec<(String, String)> = url
            .query_pairs()
            .filter(|(name, _)| !signs(name))
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        url.query_pairs_mut().clear().extend_pairs(rest);
        url.set_fragment(None);
        Some(format!("link:{:016x}", fnv1a(url.as_str().as_bytes())))
    }
}

/// Whether a parameter of this name is a part of a link's signature: of Amazon S3 and CloudFront, Google Cloud
/// Storage, Azure Storage, or the sandbox.
fn signs(name: &str) -> bool {
    const PREFIXES: [&str; 4] = ["x-amz-", "x-goog-", "x-expires", "x-signature"];
    const NAMES: [&str; 18] = [
        "awsaccesskeyid",
        "expires",
        "googleaccessid",
        "key-pair-id",
        "policy",
        "signature",
        "se",
        "sig",
        "sip",
        "ske",
        "skoid",
        "sks",
        "skt",
        "sktid",
        "skv",
        "sp",
        "spr",
        "st",
    ];
    let name = name.to_ascii_lowercase();
    PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || NAMES.contains(&name.as_str())
}

/// FNV-1a of 64 bits: the same in every version of this crate, as a hasher of the standard
/// library is not.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// `https` anywhere, `http` on loopback only, and no credentials in the URL.
pub(crate) fn parse(link: &str) -> Result<Url, Error> {
    let url = Url::parse(link).map_err(|source| {
        Error::new(
            ErrorKind::InvalidLink,
            format!("the download link is no URL: {source}"),
        )
    })?;
    check(&url).map_err(|why| Error::new(ErrorKind::InvalidLink, why))?;
    Ok(url)
}

/// The rule of [`parse`], for the hops of a redirect too.
pub(crate) fn check(url: &Url) -> Result<(), String> {
    let host = url.host_str().unwrap_or("no host");
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(url) => {}
        scheme => {
            return Err(format!(
                "the download link leads to {scheme}://{host}: only https is fetched (http on loopback)"
            ));
        }
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!("the download link to {host} carries a user name"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_anywhere_and_http_on_loopback() {
        for good in [
            "https://us1.data-pipeline.felt.com/x/Felt-Export.zip?sig=1",
            "http://127.0.0.1:8080/x",
            "http://localhost/x",
            "http://[::1]:1/x",
        ] {
            assert!(parse(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn what_signs_a_link_is_not_what_it_leads_to() {
        let id = |link: &str| FixedLink::new(link).identity();
        let file = id("https://x/f?id=1");
        assert!(file.is_some());
        for same in [
            "https://x/f?id=1&X-Amz-Date=5&X-Amz-Signature=6",
            "https://x/f?Expires=5&id=1&Signature=6&Key-Pair-Id=7#there",
            "https://x/f?sv&id=1&sig=5&SE=6".replace("sv&", "").as_str(),
        ] {
            assert_eq!(id(same), file, "{same}");
        }
        for other in [
            "https://x/f?id=2",
            "https://x/f",
            "https://x/g?id=1",
            "https://y/f?id=1",
        ] {
            assert_ne!(id(other), file, "{other}");
        }
    }

    #[test]
    fn everything_else_is_refused_without_showing_the_query() {
        for bad in [
            "http://example.com/x?sig=secret",
            "ftp://example.com/x?sig=secret",
            "file:///etc/passwd?sig=secret",
            "https://me@example.com/x?sig=secret",
            "http://127.0.0.1.example.com/?sig=secret",
            "parsed.gpkg?sig=secret",
            "",
        ] {
            let error = parse(bad).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidLink, "{bad}");
            assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
        }
    }
}
