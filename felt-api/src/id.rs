//! Ids, checked before they become part of a URL.

use crate::Error;

const LONGEST: usize = 64;

/// Checks an id as every function that takes one does: 1 to 64 of `A-Z a-z 0-9 - _`. `what` is the
/// thing that it is the id of (`"map"`), for the message. For programs that read ids long before they
/// use them.
///
/// Felt's ids are about 22 characters of base62; this is wider, and still cannot leave its path
/// segment of a URL.
///
/// # Errors
///
/// [`InvalidInput`](crate::ErrorKind::InvalidInput)
// `..` would survive progenitor's percent-encoding and be normalized away by the URL parser: the
// request would go to another endpoint.
pub fn check_id(what: &str, id: &str) -> Result<(), Error> {
    let problem = if id.is_empty() {
        "is empty".to_string()
    } else if id.len() > LONGEST {
        format!("is {} bytes long", id.len())
    } else if let Some(bad) = id.chars().find(|char| !is_id_char(*char)) {
        format!("{id:?} contains {bad:?}")
    } else {
        return Ok(());
    };
    Err(Error::invalid(format!(
        "{what} id {problem}: give 1 to {LONGEST} letters, digits, - or _, such as luCHyMruTQ6ozGk3gPJfEB"
    )))
}

fn is_id_char(char: char) -> bool {
    char.is_ascii_alphanumeric() || char == '-' || char == '_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn ids_stay_in_their_path_segment() {
        for good in ["luCHyMruTQ6ozGk3gPJfEB", "demo", "a-b_C9", &"x".repeat(64)] {
            check_id("map", good).unwrap();
        }
        for bad in [
            "",
            "..",
            ".",
            "a/b",
            "a b",
            "a%2Fb",
            "a?b",
            "a#b",
            "é",
            "a\n",
            "a\\b",
            &"x".repeat(65),
        ] {
            let error = check_id("layer", bad).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            let message = error.to_string();
            assert!(message.starts_with("layer id "), "{message}");
            assert_eq!(message.lines().count(), 1, "{message}");
        }
    }
}
