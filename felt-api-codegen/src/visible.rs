//! What a spec says is shown to people without anything that a terminal would obey, or that nobody would see.

/// A character, or its number if it would not be seen, or speak to a terminal.
pub(crate) fn visible(c: char) -> String {
    match c {
        c if is_seen(c) => c.to_string(),
        c => c.escape_unicode().to_string(),
    }
}

/// Whether a character shows, and changes nothing around it.
pub(crate) fn is_seen(c: char) -> bool {
    !c.is_control() && !is_invisible(c)
}

/// A text that belongs on one line.
pub(crate) fn line(text: &str) -> String {
    text.chars().map(visible).collect()
}

/// A text of several lines.
pub(crate) fn lines(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(line).collect();
    lines.join("\n")
}

/// Marks that change how the text around them is shown.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}
