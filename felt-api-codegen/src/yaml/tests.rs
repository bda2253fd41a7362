use serde_json::json;

use super::*;

fn refused(text: &str) -> (usize, usize, String) {
    let fault = parse(text).unwrap_err();
    (fault.line, fault.column, fault.message)
}

#[test]
fn a_spec_reads_as_its_json() {
    let text = "\
# A comment
openapi: 3.0.3
info: {title: \"T\", version: '1'}
paths:
  /a/{id}:
    get:
      description: |
        Two
        lines
      summary: >-
        One
        line
      responses:
        200:
          description: ok
        '404': {description: no}
";
    let json = json!({
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "1"},
        "paths": {"/a/{id}": {"get": {
            "description": "Two\nlines\n",
            "summary": "One line",
            "responses": {"200": {"description": "ok"}, "404": {"description": "no"}},
        }}},
    });
    assert_eq!(parse(text).unwrap(), json);
    // JSON is YAML.
    assert_eq!(parse(&format!("{json:#}")).unwrap(), json);
}

#[test]
fn plain_scalars_are_what_yaml_1_2_says() {
    for (text, value) in [
        ("~", json!(null)),
        ("Null", json!(null)),
        ("True", json!(true)),
        ("FALSE", json!(false)),
        ("0", json!(0)),
        ("-12", json!(-12)),
        ("+3", json!(3)),
        ("007", json!(7)),
        ("0o17", json!(15)),
        ("0xff", json!(255)),
        ("1.0", json!(1.0)),
        ("1.", json!(1.0)),
        (".5", json!(0.5)),
        ("-1.5e3", json!(-1500.0)),
        ("18446744073709551615", json!(u64::MAX)),
        ("100000000000000000000", json!(1e20)),
        ("!!str 200", json!("200")),
        ("! 200", json!("200")),
        ("!!int 200", json!(200)),
        ("!!float 1", json!(1)),
    ] {
        assert_eq!(parse(text).unwrap(), value, "{text}");
    }
    for text in [
        "no",
        "yes",
        "on",
        "y",
        "2024-01-01",
        "2024-01-01T10:00:00Z",
        "12:30:45",
        "1_000",
        "0b1",
        "1.2.3",
        "0x",
        "e5",
        ".",
        "1e",
        "+-1",
        "nul",
        "tRue",
        "0o8",
    ] {
        assert_eq!(parse(text).unwrap(), json!(text));
    }
    for text in [".inf", "-.Inf", ".nan", "1e999", "0xfffffffffffffffff"] {
        let (_, _, message) = refused(&format!("a: {text}"));
        assert!(
            message.starts_with(&format!("JSON has no number `{text}`")),
            "{message}"
        );
    }
}

#[test]
fn keys_are_strings_and_stand_once() {
    assert_eq!(
        parse("{200: a, true: b, null: c, 1.50: d}").unwrap(),
        json!({"200": "a", "true": "b", "null": "c", "1.50": "d"})
    );
    for (text, line, column) in [
        ("a: 1\nb: 2\na: 3\n", 3, 1),
        ("x:\n  200: a\n  '200': b\n", 3, 3),
        ("[{\"ä\": 1, \"ä\": 2}]", 1, 11),
    ] {
        let found = refused(text);
        assert_eq!((found.0, found.1), (line, column), "{text}");
        assert!(
            found.2.ends_with("is defined twice in one object"),
            "{}",
            found.2
        );
    }
    assert_eq!(
        refused("? [a]\n: b\n"),
        (1, 3, "a key has to be a string".to_string())
    );
}

#[test]
fn aliases_and_merge_keys_are_followed_within_bounds() {
    let text = "\
base: &base {a: 1, b: 2}
more: &more {b: 3, c: 4}
one: *base
two: {<<: *base, b: 5}
both:
  <<: [*base, *more]
literal: {\"<<\": 1}
&key name: *key
";
    assert_eq!(
        parse(text).unwrap(),
        json!({
            "base": {"a": 1, "b": 2}, "more": {"b": 3, "c": 4}, "one": {"a": 1, "b": 2},
            "two": {"a": 1, "b": 5}, "both": {"a": 1, "b": 2, "c": 4}, "literal": {"<<": 1},
            "name": "name",
        })
    );
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let alias = format!("*a{}", level - 1);
        bomb += &format!(
            "a{level}: &a{level} [{}]\n",
            [alias.as_str(); 10].join(", ")
        );
    }
    assert_eq!(refused(&bomb).2, "the aliases stand for too much");
    assert!(refused("a: *b").2.contains("anchor"));
    assert_eq!(
        refused("&a [*a]").2,
        "this alias is a part of what it stands for"
    );
    assert_eq!(
        refused("<<: 1").2,
        "`<<` takes a mapping, or a list of them"
    );
}

#[test]
fn what_is_nested_too_deep_is_refused_whatever_it_is_made_of() {
    let block: String = (0..3_000)
        .map(|depth| format!("{}a:\n", " ".repeat(depth)))
        .collect();
    let mut aliases = String::from("a0: &a0 [x]\n");
    for level in 1..200 {
        aliases += &format!("a{level}: &a{level} [*a{}]\n", level - 1);
    }
    for text in [
        "[".repeat(100_000),
        "{a: ".repeat(200),
        "- ".repeat(100_000),
        block,
        aliases,
    ] {
        let message = refused(&text).2;
        assert!(
            message == "this is nested too deep" || message.contains("recursion limit"),
            "{message}"
        );
    }
}

#[test]
fn what_is_no_spec_in_yaml_is_told_with_its_place() {
    for (text, line, column, said) in [
        ("a: 1\n---\nb: 2\n", 2, 1, "a second document begins here"),
        ("a: !ours b\n", 1, 4, "the tag `!ours` says nothing"),
        ("a: !!set {b}\n", 1, 4, "says nothing in a spec"),
        ("a: !!int b\n", 1, 4, "`b` cannot be read as `!!int`"),
        ("a: !!timestamp 2024-01-01\n", 1, 4, "cannot be read as"),
        ("a: [1\n", 2, 1, ""),
        ("a: b: c\n", 1, 5, "mapping values"),
        ("a:\n\t- b\n", 2, 2, "tab"),
    ] {
        let found = refused(text);
        assert!(found.2.contains(said), "{text}: {found:?}");
        assert_eq!((found.0, found.1), (line, column), "{text}: {found:?}");
    }
    assert_eq!(parse(""), Ok(Value::Null));
    assert_eq!(parse("# nothing\n"), Ok(Value::Null));
}

#[test]
fn what_ends_an_object_may_stand_below_its_key() {
    for (text, wanted) in [
        (
            "a: {\n  \"b\": 1\n}\nc: 2\n",
            json!({"a": {"b": 1}, "c": 2}),
        ),
        (
            "x:\n    a: {\r\n\r\n        b: [\r\n  ]\r\n   }\r\n    c: 2\r\n",
            json!({"x": {"a": {"b": []}, "c": 2}}),
        ),
        ("a: [\n  1\n]", json!({"a": [1]})),
        ("a: |\n  b\n   ]\n  }", json!({"a": "b\n ]\n}\n"})),
    ] {
        assert_eq!(parse(text).unwrap(), wanted, "{text}");
    }
    for (text, line, column) in [
        // What is wrong besides is found where it is.
        ("a: {\n  b: 1\n}}\nc: 2", 3, 2),
        ("a: {\n  b: 1\n} c: 2", 3, 3),
        ("a:\n    b: 1\n   c: 2", 3, 4),
        ("a: {\n\"b\": 1\n}", 2, 1),
    ] {
        let fault = parse(text).unwrap_err();
        assert_eq!(
            (fault.line, fault.column),
            (line, column),
            "{text}: {fault:?}"
        );
    }
}
