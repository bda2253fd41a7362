//! File names that others have made up.

use reqwest::header::{CONTENT_DISPOSITION, HeaderMap};
use url::Url;

use crate::disposition::{from_content_disposition, percent_decoded};

/// What a file name from a server becomes: its last segment, without what no file should be called on
/// any system (control characters, dots at either end, names that Windows keeps for devices), and no
/// longer than 200 bytes of UTF-8. `None` if nothing is left.
///
/// Source: "Naming Files, Paths, and Namespaces" in Microsoft's Win32 documentation.
pub(crate) fn safe(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let clean: String = last
        .chars()
        .filter(|character| !is_control(*character))
        .map(|character| match character {
            forbidden if is_forbidden(forbidden) => '_',
            other => other,
        })
        .collect();
    // A leading dot hides a file; Windows drops what trails.
    let clean = clean
        .trim_start_matches(['.', ' '])
        .trim_end_matches(['.', ' ']);
    if clean.is_empty() {
        return None;
    }
    let prefix = if is_reserved(clean) { "_" } else { "" };
    Some(shorten(&format!("{prefix}{clean}")))
}

/// What a server calls the file that it sends, made safe: in `Content-Disposition`, or else by the last
/// segment of where it is.
pub(crate) fn from_response(url: &Url, headers: &HeaderMap) -> Option<String> {
    let said = headers
        .get(CONTENT_DISPOSITION)
        .and_then(|value| from_content_disposition(value.as_bytes()));
    said.and_then(|name| safe(&name)).or_else(|| {
        let last = url.path_segments()?.next_back()?;
        safe(&String::from_utf8_lossy(&percent_decoded(last.as_bytes())?))
    })
}

/// Whether Windows has no such character in names. (Nor separators; those are another matter.)
pub(crate) fn is_forbidden(character: char) -> bool {
    matches!(character, '<' | '>' | ':' | '"' | '|' | '?' | '*')
}

/// Whether Windows takes a file of this name, whatever its extension, for a device.
pub(crate) fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end();
    let stem = stem.to_uppercase();
    if matches!(
        stem.as_str(),
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$"
    ) {
        return true;
    }
    let Some(number) = stem
        .strip_prefix("COM")
        .or_else(|| stem.strip_prefix("LPT"))
    else {
        return false;
    };
    let mut digits = number.chars();
    // The superscripts of Latin-1 count as digits.
    matches!(digits.next(), Some('0'..='9' | '¹' | '²' | '³')) && digits.next().is_none()
}

/// Also what shows text in another order than it has (Unicode Standard Annex #9): `exe.tiff` for
/// `fft.exe`.
pub(crate) fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// The stem is what is cut, where there is an extension to keep.
fn shorten(name: &str) -> String {
    // Below the 255 that most file systems take, with room for a suffix.
    const MOST: usize = 200;
    const LONGEST_EXTENSION: usize = 20;
    if name.len() <= MOST {
        return name.to_string();
    }
    let (stem, extension) = match name.rfind('.') {
        Some(dot) if name.len() - dot <= LONGEST_EXTENSION => name.split_at(dot),
        _ => (name, ""),
    };
    let mut cut = String::new();
    for character in stem.chars() {
        if cut.len() + character.len_utf8() + extension.len() > MOST {
            break;
        }
        cut.push(character);
    }
    format!("{}{extension}", cut.trim_end_matches(['.', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn becomes(name: &str, wanted: &str) {
        assert_eq!(safe(name).as_deref(), Some(wanted), "{name:?}");
    }

    #[test]
    fn good_names_stay() {
        for name in [
            "roads.gpkg",
            "São Paulo (2).geojson",
            "a_b-c.tar.gz",
            "compass.tif",
            "CONTOURS.csv",
            "COM10.csv",
            "地図.tif",
        ] {
            becomes(name, name);
        }
    }

    #[test]
    fn only_the_last_segment_counts() {
        becomes("../../etc/passwd", "passwd");
        becomes("C:\\Users\\me\\roads.shp", "roads.shp");
        becomes("a/b\\c.csv", "c.csv");
    }

    #[test]
    fn what_systems_would_not_have_goes() {
        becomes("a\u{0}b\u{1b}[2Jc\r\n.csv", "ab[2Jc.csv");
        becomes("\u{202e}fft.exe", "fft.exe");
        becomes("...bashrc", "bashrc");
        becomes(" . .ssh", "ssh");
        becomes("roads.csv. . ", "roads.csv");
        becomes("a<b>c:d\"e|f?g*.csv", "a_b_c_d_e_f_g_.csv");
    }

    #[test]
    fn devices_are_no_files() {
        for name in [
            "CON",
            "con.txt",
            "Nul.tar.gz",
            "COM1",
            "lpt9.csv",
            "COM¹.x",
            "aux .csv",
            "CONIN$",
        ] {
            becomes(name, &format!("_{name}"));
        }
    }

    #[test]
    fn nothing_may_be_left() {
        for name in [
            "",
            ".",
            "..",
            "/",
            "folder/",
            "a\\",
            " ",
            "\u{0}\u{7f}",
            ". . .",
        ] {
            assert_eq!(safe(name), None, "{name:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        let name = safe(&format!("{}.geojson", "é".repeat(300))).unwrap();
        assert!(name.len() <= 200 && name.len() > 196, "{}", name.len());
        assert!(name.ends_with("é.geojson"));
        // No extension, but a sentence.
        let name = safe(&format!("a.{}", "b".repeat(300))).unwrap();
        assert_eq!(name.len(), 200);
        let name = safe(&format!("{} . . .csv", "a".repeat(195))).unwrap();
        assert_eq!(name, format!("{}.csv", "a".repeat(195)));
    }
}
