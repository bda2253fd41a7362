//! The fenced code blocks of a Markdown page, as CommonMark defines them.

/// A fenced block.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Block<'a> {
    /// Counted from 1 among all fenced blocks of the page.
    pub number: usize,
    /// The line of the opening fence, counted from 1.
    pub line: usize,
    /// The first word of the opening fence: what language the block is in. Empty if none is given.
    pub label: &'a str,
    pub text: String,
    pub is_closed: bool,
}

/// All fenced blocks, in the page's order. One that is never closed runs to the end of the page.
pub(super) fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut found: Vec<Block<'_>> = Vec::new();
    let mut lists = Lists::default();
    let mut open: Option<Fence<'_>> = None;
    for (index, line) in page.lines().enumerate() {
        match (&open, found.last_mut()) {
            (Some(fence), Some(block)) if fence.is_closed_by(line) => {
                block.is_closed = true;
                open = None;
            }
            (Some(_), Some(block)) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            _ => {
                open = lists
                    .content(line)
                    .and_then(|(indent, text)| Fence::open(indent, text));
                if let Some(fence) = &open {
                    found.push(Block {
                        number: found.len() + 1,
                        line: index + 1,
                        label: fence.label,
                        text: String::new(),
                        is_closed: false,
                    });
                }
            }
        }
    }
    found
}

/// An opening fence.
struct Fence<'a> {
    mark: char,
    length: usize,
    indent: usize,
    label: &'a str,
}

impl<'a> Fence<'a> {
    fn open(indent: usize, text: &'a str) -> Option<Self> {
        let mark = text
            .chars()
            .next()
            .filter(|mark| matches!(mark, '`' | '~'))?;
        let info = text.trim_start_matches(mark);
        let length = text.len() - info.len();
        // Backticks after backticks are code within a line.
        if length < 3 || (mark == '`' && info.contains('`')) {
            return None;
        }
        let ends_label = |c: char| c.is_whitespace() || matches!(c, ',' | '{' | ':');
        let label = info.trim_start().split(ends_label).next().unwrap_or("");
        Some(Self {
            mark,
            length,
            indent,
            label,
        })
    }

    fn is_closed_by(&self, line: &str) -> bool {
        let (indent, text) = indentation(line);
        let rest = text.trim_start_matches(self.mark);
        indent <= self.indent + 3
            && text.len() - rest.len() >= self.length
            && rest.trim().is_empty()
    }
}

/// The list items that are open, as the columns at which their contents start: within an item that
/// is where indentation is counted from.
#[derive(Default)]
struct Lists(Vec<usize>);

impl Lists {
    /// What a line says, and at which column; none if it is blank or indented so far that it is code.
    fn content<'a>(&mut self, line: &'a str) -> Option<(usize, &'a str)> {
        let (mut indent, mut text) = indentation(line);
        if text.is_empty() {
            return None;
        }
        self.0.retain(|start| *start <= indent);
        loop {
            let base = self.0.last().copied().unwrap_or(0);
            if indent > base + 3 {
                return None;
            }
            let Some(marker) = list_marker(text) else {
                return Some((indent, text));
            };
            let (gap, rest) = indentation(text.get(marker..)?);
            indent += marker + gap;
            text = rest;
            self.0.push(indent);
        }
    }
}

/// The width of the list marker that the text starts with.
fn list_marker(text: &str) -> Option<usize> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let mark = *text.as_bytes().get(digits)?;
    let is_marker = match digits {
        0 => matches!(mark, b'-' | b'*' | b'+'),
        _ => digits < 10 && matches!(mark, b'.' | b')'),
    };
    let is_apart = matches!(text.as_bytes().get(digits + 1), Some(b' ' | b'\t'));
    (is_marker && is_apart).then_some(digits + 1)
}

/// How far a line is indented, in columns (a tab goes to the next multiple of four), and the rest.
fn indentation(line: &str) -> (usize, &str) {
    let rest = line.trim_start_matches([' ', '\t']);
    let blank = line.get(..line.len() - rest.len()).unwrap_or("");
    let columns = blank.chars().fold(0, |column, c| match c {
        '\t' => (column / 4 + 1) * 4,
        _ => column + 1,
    });
    (columns, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each block as label, text (lines joined with `|`), and whether it is closed.
    fn found(page: &str) -> Vec<(String, String, bool)> {
        let blocks = blocks(page).into_iter();
        let text = |block: &Block<'_>| block.text.trim_end().replace('\n', "|");
        blocks
            .map(|block| (block.label.to_string(), text(&block), block.is_closed))
            .collect()
    }

    fn one(label: &str, text: &str, is_closed: bool) -> Vec<(String, String, bool)> {
        vec![(label.to_string(), text.to_string(), is_closed)]
    }

    #[test]
    fn a_fence_is_closed_by_its_own_kind_and_at_least_its_length() {
        assert_eq!(found("```json\na\n```"), one("json", "a", true));
        assert_eq!(
            found("~~~~ JSON x\na\n~~~\n```\n~~~~~  \nb"),
            one("JSON", "a|~~~|```", true)
        );
        assert_eq!(found("```\na\n``` b\n"), one("", "a|``` b", false));
    }

    #[test]
    fn the_label_ends_where_attributes_begin() {
        for info in [
            "json",
            " json",
            "json title=\"a b\"",
            "json{1,3}",
            "json,x",
            "json:a.json",
        ] {
            assert_eq!(found(&format!("```{info}\n```"))[0].0, "json", "{info}");
        }
    }

    #[test]
    fn what_only_looks_like_a_fence_is_none() {
        for page in [
            "``\na\n``",
            "```a`b\n",
            "    ```json\n",
            "\t```json\n",
            "text ```json\n",
            "> ```json\n",
        ] {
            assert_eq!(found(page), [], "{page}");
        }
    }

    #[test]
    fn a_block_in_a_list_is_indented_with_it() {
        assert_eq!(found("- a\n\n      ```json\n      x\n      ```"), []);
        assert_eq!(
            found("- a\n\n  ```json\n  x\n  ```"),
            one("json", "  x", true)
        );
        assert_eq!(
            found("1. a\n   - b\n\n     ```json\nx\n     ```"),
            one("json", "x", true)
        );
        assert_eq!(
            found("10. ```json\n    x\n    ```"),
            one("json", "    x", true)
        );
        assert_eq!(found("- a\n\nb\n\n    ```json\n"), []);
    }

    #[test]
    fn a_fence_within_a_longer_fence_is_text() {
        assert_eq!(
            found("````md\n```json\nx\n```\n````"),
            one("md", "```json|x|```", true)
        );
        assert_eq!(
            found("```md\n    ```json\n    ```\n```"),
            one("md", "    ```json|    ```", true)
        );
    }

    #[test]
    fn blocks_know_their_number_and_line() {
        let page = "a\r\n```\r\n```\r\n\r\n```json\r\nx\r\n```\r\n";
        let places: Vec<_> = blocks(page)
            .iter()
            .map(|block| (block.number, block.line))
            .collect();
        assert_eq!(places, [(1, 2), (2, 5)]);
    }
}
