//! The fenced code blocks of a Markdown page, as CommonMark defines them.

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag};

/// A fenced block.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Counted from 1 among all fenced blocks of the page.
    pub number: usize,
    /// The line of the opening fence, counted from 1.
    pub line: usize,
    /// The first word of the opening fence: what language the block is in. Empty if none is given.
    pub label: String,
    /// Without the indentation and the marks of quotes that its lines have in the page.
    pub text: String,
    pub is_closed: bool,
}

/// All fenced blocks, in the page's order. One that is never closed runs to the end of the list item, of the quote or of
/// the page that it is in.
pub(super) fn blocks(page: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut events = Parser::new(page).into_offset_iter();
    let (mut line, mut counted) = (1, 0);
    while let Some((event, block)) = events.next() {
        let Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) = event else {
            continue;
        };
        line += lines(page.get(counted..block.start));
        counted = block.start;
        let opening = page.get(block.clone()).and_then(|block| block.find('\n'));
        let mut text = String::new();
        let mut text_ends = opening.map_or(block.end, |length| block.start + length);
        // It holds nothing but text, and ends with what is none.
        while let Some((Event::Text(piece), place)) = events.next() {
            text.push_str(&piece);
            text_ends = place.end;
        }
        let after = page.get(text_ends..block.end).unwrap_or_default();
        found.push(Block {
            number: found.len() + 1,
            line,
            label: label(&info).to_string(),
            text,
            is_closed: !after.trim().is_empty(),
        });
    }
    found
}

fn lines(text: Option<&str>) -> usize {
    text.map_or(0, |text| text.matches('\n').count())
}

/// The first word behind the opening fence.
fn label(info: &str) -> &str {
    let ends_label = |c: char| c.is_whitespace() || matches!(c, ',' | '{' | ':');
    info.split(ends_label).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each block as label, text (lines joined with `|`), and whether it is closed.
    fn found(page: &str) -> Vec<(String, String, bool)> {
        let blocks = blocks(page).into_iter();
        let text = |block: &Block| block.text.trim_end().replace('\n', "|");
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
        for open in ["```", "```\n", "```\r\n", "- ```\n\nb", "> ```\nb"] {
            assert_eq!(found(open), one("", "", false), "{open}");
        }
        for closed in [
            "```\n```",
            "```\r\n```\r\n",
            "> ```\n> ```",
            "- ```\n  ```\nb",
        ] {
            assert_eq!(found(closed), one("", "", true), "{closed}");
        }
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
            "<!--\n```json\nx\n```\n-->\n",
            "* * *\n\n    ```json\n    x\n    ```\n",
        ] {
            assert_eq!(found(page), [], "{page}");
        }
    }

    #[test]
    fn a_block_in_a_list_is_indented_with_it() {
        assert_eq!(found("- a\n\n      ```json\n      x\n      ```"), []);
        assert_eq!(
            found("- a\n\n  ```json\n  x\n    y\n  ```"),
            one("json", "x|  y", true)
        );
        assert_eq!(
            found("1. a\n   - b\n\n     ```json\n     x\n     ```"),
            one("json", "x", true)
        );
        assert_eq!(found("10. ```json\n    x\n    ```"), one("json", "x", true));
        assert_eq!(found("- a\n\nb\n\n    ```json\n"), []);
    }

    #[test]
    fn a_block_ends_with_the_list_or_quote_that_it_is_in() {
        assert_eq!(
            found("- ```json\n  x\n\nb\n\n```yaml\ny\n```"),
            [one("json", "x", false), one("yaml", "y", true)].concat()
        );
        assert_eq!(
            found("> ```json\n> x\n> ```\n> > ~~~\n> > y\n\nb\n"),
            [one("json", "x", true), one("", "y", false)].concat()
        );
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
        let page = "a\r\n```\r\n```\r\n\r\n> ```json\r\n> x\r\n> ```\r\n";
        let blocks = blocks(page);
        let places: Vec<_> = blocks.iter().map(|it| (it.number, it.line)).collect();
        assert_eq!(places, [(1, 2), (2, 5)]);
        assert_eq!(blocks[1].text, "x\n");
    }
}
