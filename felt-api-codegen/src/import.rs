//! A documentation page with OpenAPI fragments in it becomes one spec.

use std::path::Path;

use serde_json::Value;

use crate::error::{Error, Fault};
use crate::load::{Kind, parsed};
use crate::merge::{Fragment, merge};
use crate::{json, yaml};

mod fences;

use fences::{Block, blocks};

/// What is said of a page without a spec.
pub(crate) const NONE: &str = "there is no OpenAPI in this page: expected at least one fenced block \
    (```json ... ``` or ```yaml ... ```) that holds an object with an `openapi` key";

/// Takes every fenced block of OpenAPI JSON or YAML out of a Markdown page and merges them into one
/// spec. `name` is what the page is called in messages. If it ends in `.json`, `.yaml` or `.yml`, then the page is
/// the spec itself; also if it has no ending that says what it is, and what it holds begins with `{`.
///
/// A block counts if it is marked `json`, `yaml` or `yml`, or has no mark, and is an object with an
/// `openapi` (or `swagger`) key; other blocks are examples. The result does not depend on the order of
/// the blocks.
///
/// # Errors
///
/// No such block; broken JSON or YAML in a block that is marked so and has such a key; a block marked `json`, or such a
/// block of YAML, that never ends; a version other than 3.0.x; two blocks that define one thing differently. Each names
/// the block (counted among all fenced blocks of the page) and the line.
///
/// ```
/// let page = "# Pets\n\n```json\n{\"openapi\": \"3.0.0\", \"info\": {\"title\": \"Pets\", \
///     \"version\": \"1\"}, \"paths\": {}}\n```\n";
/// let spec = felt_api_codegen::import(page, "pets.md")?;
/// assert_eq!(spec["info"]["title"], "Pets");
/// # Ok::<(), felt_api_codegen::Error>(())
/// ```
pub fn import(page: &str, name: &str) -> Result<Value, Error> {
    find(page, name)?.ok_or_else(|| Error::new(format!("{name}: {NONE}")))
}

/// The same; none if there is no such block.
pub(crate) fn find(page: &str, name: &str) -> Result<Option<Value>, Error> {
    let page = page.strip_prefix('\u{feff}').unwrap_or(page);
    let kind = Kind::of(Path::new(name)).unwrap_or(match page.trim_start().starts_with('{') {
        true => Kind::Json,
        false => Kind::Page,
    });
    let fragments = match kind {
        Kind::Json | Kind::Yaml => vec![parsed(name.to_string(), page)?],
        Kind::Page => {
            let blocks = blocks(page);
            let fragments = blocks.iter().map(|block| fragment(block, page, name));
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
fn fragment(block: &Block, page: &str, name: &str) -> Result<Option<Fragment>, Error> {
    let Some(mark) = Mark::of(&block.label) else {
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
    let broken = |language: &str, fault: Fault| {
        let (line, column) = in_page(block, page, &fault);
        let message = fault.message;
        Error::new(format!(
            "{name}: {place}: broken {language} at line {line}, column {column} of the page: {message}"
        ))
    };
    let is_spec = |value: &Value| value.get("openapi").is_some() || value.get("swagger").is_some();
    if mark != Mark::Yaml {
        match serde_json::from_str::<Value>(&block.text) {
            Ok(spec) if is_spec(&spec) => {
                let spec = json::parse(&block.text).map_err(|fault| broken("JSON", fault))?;
                return Ok(Some(Fragment::new(place, spec)));
            }
            Ok(_) => return Ok(None),
            // Examples leave things out: `{"data": [ ... ]}`.
            Err(_) if mark == Mark::Json && !has_version(&block.text) => return Ok(None),
            Err(error) if mark == Mark::Json => {
                return Err(broken("JSON", Fault::in_json(&block.text, &error)));
            }
            Err(_) => {}
        }
    }
    match yaml::parse(&block.text) {
        Ok(spec) if is_spec(&spec) => Ok(Some(Fragment::new(place, spec))),
        Ok(_) => Ok(None),
        Err(fault) if is_meant => Err(broken("YAML", fault)),
        Err(_) => Ok(None),
    }
}

/// Whether the key that makes it a spec is somewhere in JSON, which may be broken.
fn has_version(text: &str) -> bool {
    text.contains("\"openapi\"") || text.contains("\"swagger\"")
}

/// Whether a line of YAML begins with the key that makes it a spec.
fn names_version(text: &str) -> bool {
    let is_key = |line: &str| {
        let line = line.trim_start().trim_start_matches(['"', '\'']);
        line.starts_with("openapi") || line.starts_with("swagger")
    };
    text.lines().any(is_key)
}

/// The line and column in the page of what is wrong in a block: there, indentation and marks of quotes stand before
/// what the line says in the block.
fn in_page(block: &Block, page: &str, fault: &Fault) -> (usize, usize) {
    let width = |text: &str, line: usize| {
        let line = text.lines().nth(line.saturating_sub(1))?;
        Some(line.chars().count())
    };
    let line = block.line + fault.line;
    let before = match (width(page, line), width(&block.text, fault.line)) {
        (Some(whole), Some(said)) => whole.saturating_sub(said),
        // It is at the end of the block that something is wrong.
        _ => 0,
    };
    (line, fault.column + before)
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
            format!("> - a\n>\n>   ```json\n>   {SPEC}\n>   ```\n"),
            format!("<!--\n```json\n{{\n```\n-->\n\n```json\n{SPEC}\n```\n"),
            format!("* * *\n\n    ```json\n    {{\n    ```\n\n```json\n{SPEC}\n```\n"),
        ] {
            let spec = import(&page, "page.md").unwrap();
            assert_eq!(spec.to_string(), SPEC.replace(' ', ""), "{page}");
        }
    }

    #[test]
    fn broken_json_is_found_in_the_page() {
        let page = format!(
            "# Title\n\n```json\n{SPEC}\n```\n\n   ```json\n   {{\n   \"ä\": 1, \"openapi\": oops}}\n   ```\n"
        );
        assert_eq!(
            refused(&page),
            "page.md: block 2 (line 7): broken JSON at line 9, column 23 of the page: expected value"
        );
    }

    #[test]
    fn lines_and_columns_are_those_of_the_page_also_in_lists_and_quotes() {
        for (before, column) in [("> ", 22), ("> > ", 24), ("1. ", 23), ("- > ", 24)] {
            let rest = before.replace("1.", "  ").replace('-', " ");
            let page = format!(
                "\n{before}```json\n{rest}{{\n{rest}\"ä\": 1, \"openapi\": oops}}\n{rest}```\n"
            );
            assert_eq!(
                refused(&page),
                format!(
                    "page.md: block 1 (line 2): broken JSON at line 4, column {column} of the page: expected value"
                )
            );
            let page =
                format!("{before}```yaml\n{rest}openapi: 3.0.0\n{rest}info: a: b\n{rest}```\n");
            let column = rest.chars().count() + 8;
            assert!(refused(&page).contains(&format!("at line 3, column {column} of the page")));
        }
        assert_eq!(
            refused("```json\n{\"openapi\": \"3.0.0\"\n```\n"),
            "page.md: block 1 (line 1): broken JSON at line 3, column 1 of the page: EOF while parsing an object"
        );
    }

    #[test]
    fn json_that_is_not_meant_to_be_whole_is_an_example() {
        for example in ["{\"data\": [ ... ]}", "{", "// A layer\n{\"id\": 1}"] {
            let page = format!("```json\n{SPEC}\n```\n\n```json\n{example}\n```\n");
            let spec = import(&page, "page.md").unwrap();
            assert_eq!(spec.to_string(), SPEC.replace(' ', ""), "{example}");
        }
        assert!(refused("```json\n{\"swagger\": ... }\n```\n").contains("broken JSON at line 2"));
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
        assert!(refused("```yaml\na: 1\n").contains("there is no OpenAPI in this page"));
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
        // It ends with its list, and the next one is no part of it.
        assert!(
            refused(&format!(
                "- a\n\n  ```json\n  {{}}\n\nb\n\n```json\n{SPEC}\n```\n"
            ))
            .starts_with("page.md: block 1 (line 3): this block is never closed")
        );
        assert!(
            refused(&format!("\n```\n{SPEC}\noops")).contains("there is no OpenAPI in this page")
        );
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
                refused(page).starts_with("page.md: there is no OpenAPI in this page"),
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
