//! A documentation page with OpenAPI fragments in it becomes one spec.

use serde_json::Value;

use crate::error::{Error, json_message};
use crate::load::{is_spec, parsed};
use crate::merge::{Fragment, merge};
use crate::{json, yaml};

mod fences;

use fences::{Block, blocks};

/// Takes every fenced block of OpenAPI JSON or YAML out of a Markdown page and merges them into one
/// spec. `name` is what the page is called in messages; if it ends in `.json`, `.yaml` or `.yml`, then the page is
/// the spec itself.
///
/// A block counts if it is marked `json`, `yaml` or `yml`, or has no mark, and is an object with an
/// `openapi` (or `swagger`) key; other blocks are examples. The result does not depend on the order of
/// the blocks.
///
/// # Errors
///
/// No such block; broken JSON in a block marked `json`, or broken YAML in one that is marked so and has such a key, or
/// one of these that never ends; a version other than 3.0.x; two blocks that define one thing differently. Each names
/// the block (counted among all fenced blocks of the page) and the line.
pub fn import(page: &str, name: &str) -> Result<Value, Error> {
    find(page, name)?.ok_or_else(|| {
        Error::new(format!(
            "{name}: no OpenAPI in this page: expected at least one fenced block (```json ... ``` or \
             ```yaml ... ```) that holds an object with an `openapi` key"
        ))
    })
}

/// The same; none if there is no such block.
pub(crate) fn find(page: &str, name: &str) -> Result<Option<Value>, Error> {
    let page = page.strip_prefix('\u{feff}').unwrap_or(page);
    let fragments = match is_spec(name) {
        true => vec![parsed(name.to_string(), page.into())?],
        false => {
            let fragments = blocks(page).into_iter().map(|block| fragment(&block, name));
            let fragments: Result<Vec<_>, _> = fragments.collect();
            fragments?.into_iter().flatten().collect()
        }
    };
    if fragments.is_empty() {
        return Ok(None);
    }
    let spec = merge(fragments).map_err(|error| Error::new(format!("{name}: {error}")))?;
    Ok(Some(spec))
}

/// What a block is marked as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Json,
    Yaml,
    None,
}

impl Mark {
    /// None if the block is in some other language.
    fn of(label: &str) -> Option<Self> {
        match label.to_ascii_lowercase().as_str() {
            "json" => Some(Mark::Json),
            "yaml" | "yml" => Some(Mark::Yaml),
            "" => Some(Mark::None),
            _ => None,
        }
    }
}

/// The block's part of the spec; none if it is an example.
fn fragment(block: &Block<'_>, name: &str) -> Result<Option<Fragment>, Error> {
    let Some(mark) = Mark::of(block.label) else {
        return Ok(None);
    };
    let place = format!("block {} (line {})", block.number, block.line);
    // Much in YAML that is no spec is not meant to be whole either.
    let is_meant = mark == Mark::Json || (mark == Mark::Yaml && names_version(&block.text));
    if is_meant && !block.is_closed {
        return Err(Error::new(format!(
            "{name}: {place}: this block is never closed: the line with the closing fence is missing"
        )));
    }
    let broken = |language: &str, line: usize, column: usize, message: &str| {
        let line = block.line + line;
        Error::new(format!(
            "{name}: {place}: broken {language} at line {line}, column {column} of the page: {message}"
        ))
    };
    let broken_json = |error: &serde_json::Error| {
        let column = column(&block.text, error.line(), error.column());
        broken("JSON", error.line(), column, &json_message(error))
    };
    let is_spec = |value: &Value| value.get("openapi").is_some() || value.get("swagger").is_some();
    if mark != Mark::Yaml {
        match serde_json::from_str::<Value>(&block.text) {
            Ok(spec) if is_spec(&spec) => {
                let spec = json::parse(&block.text).map_err(|error| broken_json(&error))?;
                return Ok(Some(Fragment { place, spec }));
            }
            Ok(_) => return Ok(None),
            Err(error) if mark == Mark::Json => return Err(broken_json(&error)),
            Err(_) => {}
        }
    }
    match yaml::parse(&block.text) {
        Ok(spec) => Ok(is_spec(&spec).then_some(Fragment { place, spec })),
        Err(fault) if is_meant => Err(broken("YAML", fault.line, fault.column, &fault.message)),
        Err(_) => Ok(None),
    }
}

/// Whether a line of YAML begins with the key that makes it a spec.
fn names_version(text: &str) -> bool {
    let is_key = |line: &str| {
        let line = line.trim_start().trim_start_matches(['"', '\'']);
        line.starts_with("openapi") || line.starts_with("swagger")
    };
    text.lines().any(is_key)
}

/// The parser counts bytes; an editor counts characters.
fn column(text: &str, line: usize, bytes: usize) -> usize {
    let line = text.lines().nth(line.saturating_sub(1)).unwrap_or("");
    let before = line.char_indices().take_while(|(start, _)| *start < bytes);
    before.count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: &str = r#"{"openapi": "3.0.0", "paths": {}}"#;

    fn refused(page: &str) -> String {
        import(page, "page.md").unwrap_err().to_string()
    }

    #[test]
    fn marked_and_unmarked_blocks_are_taken_and_examples_are_not() {
        for page in [
            format!("```json\n{SPEC}\n```"),
            format!("```JSON title=\"Spec\"\n{SPEC}\n```"),
            format!("\u{feff}~~~ json\r\n{SPEC}\r\n~~~\r\n"),
            format!("```\n{SPEC}\n```"),
            format!(
                "```json\n{{\"id\": 1}}\n```\n```json\n[1]\n```\n```\nno json\n```\n```json\n{SPEC}\n```"
            ),
            "```yaml\nopenapi: 3.0.0\npaths: {}\n```".to_string(),
            "- a\n\n  ```YML\n  openapi: 3.0.0\n  paths: {}\n  ```\n".to_string(),
            "```\nopenapi: 3.0.0\npaths: {}\n```".to_string(),
            format!("```yaml\na: b: c\n```\n```yml\na: 1\n---\nb: 2\n```\n```json\n{SPEC}\n```"),
            format!("```python\nopenapi: 3.1.0\n```\n```json\n{SPEC}\n```"),
        ] {
            let spec = import(&page, "page.md").unwrap();
            assert_eq!(spec.to_string(), SPEC.replace(' ', ""), "{page}");
        }
    }

    #[test]
    fn broken_json_is_found_in_the_page() {
        let page = format!(
            "# Title\n\n```json\n{SPEC}\n```\n\n   ```json\n   {{\n   \"ä\": oops}}\n   ```\n"
        );
        assert_eq!(
            refused(&page),
            "page.md: block 2 (line 7): broken JSON at line 9, column 9 of the page: expected value"
        );
    }

    #[test]
    fn broken_yaml_is_found_in_the_page() {
        for (yaml, said) in [
            (
                "openapi: 3.0.0\npaths: {}\npaths: {}",
                "line 5, column 1 of the page: `paths` is defined twice in one object",
            ),
            (
                "\"openapi\": 3.0.0\ninfo: a: b",
                "line 4, column 8 of the page: mapping values are not allowed in this context",
            ),
        ] {
            let message = refused(&format!("\n```yaml\n{yaml}\n```\n"));
            assert_eq!(
                message,
                format!("page.md: block 1 (line 2): broken YAML at {said}")
            );
        }
        assert!(refused("```yaml\nopenapi: 3.0.0\n").contains("this block is never closed"));
        assert!(refused("```yaml\nopenapi: 3.1.0\n```\n").contains("`openapi` is \"3.1.0\""));
        assert!(refused("```yaml\na: 1\n").contains("no OpenAPI in this page"));
    }

    #[test]
    fn one_thing_defined_twice_in_a_block_is_refused() {
        let page = "```json\n{\"openapi\": \"3.0.0\",\n \"paths\": {},\n \"paths\": {}}\n```\n";
        let message = refused(page);
        assert!(
            message.starts_with("page.md: block 1 (line 1): broken JSON at line 4, column "),
            "{message}"
        );
        assert!(
            message.ends_with("`paths` is defined twice in one object"),
            "{message}"
        );
        // An example is none of our business.
        let page = format!("```json\n{{\"a\": 1, \"a\": 2}}\n```\n```json\n{SPEC}\n```\n");
        assert!(import(&page, "page.md").is_ok());
    }

    #[test]
    fn a_json_block_that_never_ends_is_found_where_it_begins() {
        assert!(
            refused(&format!("\n```json\n{SPEC}\n"))
                .starts_with("page.md: block 1 (line 2): this block is never closed")
        );
        assert!(refused(&format!("\n```\n{SPEC}\noops")).contains("no OpenAPI in this page"));
    }

    #[test]
    fn a_page_without_a_spec_and_other_versions_are_refused() {
        for page in [
            "",
            "# Title",
            "```json\n{\"a\": 1}\n```",
            "    ```json\n    {}\n    ```",
        ] {
            assert!(
                refused(page).starts_with("page.md: no OpenAPI in this page"),
                "{page}"
            );
        }
        let message = refused("```json\n{\"openapi\": \"3.1.0\"}\n```");
        assert!(
            message.starts_with(
                "page.md: block 1 (line 1): `openapi` is \"3.1.0\", but progenitor takes"
            ),
            "{message}"
        );
        assert!(refused("```json\n{\"swagger\": \"2.0\"}\n```").contains("`swagger` is \"2.0\""));
    }

    #[test]
    fn two_blocks_that_disagree_are_both_named() {
        let page = format!(
            "```json\n{SPEC}\n```\n```\nother\n```\n```json\n{}\n```",
            SPEC.replace("{}", "[]")
        );
        let message = refused(&page);
        assert!(
            message.starts_with(
                "page.md: /paths is defined differently in block 1 (line 1) and in block 3 (line 7)"
            ),
            "{message}"
        );
    }
}
