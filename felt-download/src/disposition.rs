//! The file name in a `Content-Disposition` header.

/// The name that the header gives the file (RFC 6266): `filename*` if it can be read, or else
/// `filename`. What is no such header has none. Not yet a name to use: see [`crate::name::safe`].
pub(crate) fn from_content_disposition(value: &[u8]) -> Option<String> {
    let parameters = parameters(value);
    let find = |wanted: &'static [u8]| {
        parameters
            .iter()
            .filter(move |(name, _)| name.eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value.as_slice())
    };
    find(b"filename*")
        .find_map(extended)
        .or_else(|| find(b"filename").map(text).find(|name| !name.is_empty()))
}

/// The parameters behind the disposition's type, and whatever stands in its place with a `=`. Quotes
/// and escapes are resolved (RFC 9110, 5.6.4).
fn parameters(value: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut found = Vec::new();
    let mut bytes = value.iter().copied().peekable();
    while bytes.peek().is_some() {
        let mut name = Vec::new();
        let mut has_value = false;
        for byte in bytes.by_ref() {
            match byte {
                b';' => break,
                b'=' => {
                    has_value = true;
                    break;
                }
                byte => name.push(byte),
            }
        }
        if !has_value {
            continue;
        }
        while bytes.next_if(u8::is_ascii_whitespace).is_some() {}
        let value = if bytes.next_if_eq(&b'"').is_some() {
            let quoted = quoted(&mut bytes);
            // Junk between the quote and the next parameter.
            bytes.by_ref().find(|byte| *byte == b';');
            quoted
        } else {
            let token: Vec<u8> = bytes.by_ref().take_while(|byte| *byte != b';').collect();
            token.trim_ascii().to_vec()
        };
        found.push((name.trim_ascii().to_vec(), value));
    }
    found
}

/// Up to the closing quote, or to the end where there is none.
fn quoted(bytes: &mut impl Iterator<Item = u8>) -> Vec<u8> {
    let mut text = Vec::new();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => break,
            b'\\' => text.extend(bytes.next()),
            byte => text.push(byte),
        }
    }
    text
}

/// `charset'language'percent-encoded` (RFC 8187, 3.2; ISO-8859-1 is from its forerunner, RFC 5987).
fn extended(value: &[u8]) -> Option<String> {
    let mut parts = value.splitn(3, |byte| *byte == b'\'');
    let charset = parts.next()?;
    let _language = parts.next()?;
    let decoded = percent_decoded(parts.next()?)?;
    let name = if charset.eq_ignore_ascii_case(b"UTF-8") {
        String::from_utf8(decoded).ok()?
    } else if charset.eq_ignore_ascii_case(b"ISO-8859-1") {
        latin_1(&decoded)
    } else {
        return None;
    };
    (!name.is_empty()).then_some(name)
}

/// `%41` is `A`; none if a `%` has no two digits behind it.
pub(crate) fn percent_decoded(value: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(value.len());
    let mut bytes = value.iter();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => digit(*bytes.next()?)? << 4 | digit(*bytes.next()?)?,
            byte => *byte,
        });
    }
    Some(decoded)
}

fn digit(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}

/// Standards say Latin-1, and servers send UTF-8.
fn text(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) => text.to_string(),
        Err(_) => latin_1(value),
    }
}

fn latin_1(value: &[u8]) -> String {
    value.iter().copied().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn names(value: impl AsRef<[u8]>, wanted: &str) {
        let value = value.as_ref();
        let found = from_content_disposition(value);
        assert_eq!(
            found.as_deref(),
            Some(wanted),
            "{:?}",
            String::from_utf8_lossy(value)
        );
    }

    #[test]
    fn tokens_and_quoted_strings() {
        names("attachment; filename=roads.gpkg", "roads.gpkg");
        names(
            "attachment;FILENAME = \"my roads.gpkg\" ; x=y",
            "my roads.gpkg",
        );
        names(
            r#"inline; filename="a \"b\"; c\\d.csv""#,
            "a \"b\"; c\\d.csv",
        );
        names(
            "attachment; x=\"filename=no.csv\"; filename=yes.csv",
            "yes.csv",
        );
        names("filename=roads.gpkg", "roads.gpkg");
    }

    #[test]
    fn the_extended_one_comes_first_wherever_it_stands() {
        names(
            "attachment; filename=\"Sao.csv\"; filename*=UTF-8''S%C3%A3o%20Paulo%27s.csv",
            "São Paulo's.csv",
        );
        names(
            "attachment; filename*=utf-8'pt'S%c3%a3o.csv; filename=Sao.csv",
            "São.csv",
        );
        names("attachment; filename*=iso-8859-1''S%E3o.csv", "São.csv");
        names("attachment; filename*=\"UTF-8''a%2Fb.csv\"", "a/b.csv");
    }

    #[test]
    fn an_extended_one_that_cannot_be_read_does_not_count() {
        for extended in [
            "UTF-8''%FF.csv",
            "UTF-8''%4.csv",
            "UTF-8''%",
            "UTF-8''",
            "utf-7''a.csv",
            "a.csv",
            "",
        ] {
            names(
                format!("attachment; filename*={extended}; filename=b.csv"),
                "b.csv",
            );
        }
    }

    #[test]
    fn bytes_are_utf_8_or_latin_1() {
        names("attachment; filename=\"é.csv\"", "é.csv");
        names(b"attachment; filename=\"\xe9.csv\"", "é.csv");
    }

    #[test]
    fn junk_has_no_name_or_what_can_be_made_of_it() {
        for junk in [
            &b""[..],
            b"attachment",
            b";;;=;=;",
            b"filename",
            b"attachment; filename=",
            b"attachment; filename=\"\"",
            b"\xff\xfe\x00",
            b"attachment; filename*=",
        ] {
            assert_eq!(from_content_disposition(junk), None, "{junk:?}");
        }
        names("attachment; filename=\"open", "open");
        names("attachment; filename=\"open\\", "open");
        names("attachment; filename=\"a.csv\"junk; x", "a.csv");
        names(";;filename=a.csv;;", "a.csv");
    }
}
