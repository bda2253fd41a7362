//! Filters from outside: written in Rust, as text and as JSON, and what is said of those that are none.

use std::error::Error as _;

use felt_api::{Error, ErrorKind, Filter, ParseFilterError, attr};
use serde_json::{Value, json};

/// The three ways of writing a filter.
#[track_caller]
fn same(filter: Filter, text: &str, json: Value) {
    assert_eq!(Filter::parse(text), Ok(filter.clone()), "{text}");
    assert_eq!(Filter::from_json(&json).unwrap(), filter);
    assert_eq!(serde_json::to_value(&filter).unwrap(), json);
    assert_eq!(serde_json::from_value::<Filter>(json).unwrap(), filter);
    assert_eq!(filter.to_string(), text);
}

#[test]
fn rust_text_and_json_say_the_same() {
    same(
        attr("acres").gt(50).and(attr("state").one_of(["CA", "OR"])),
        r#"acres > 50 and state in ("CA", "OR")"#,
        json!([["acres", "gt", 50], "and", ["state", "in", ["CA", "OR"]]]),
    );
}

#[test]
fn every_operator() {
    let a = || attr("a");
    let none: [i32; 0] = [];
    for (filter, text, json) in [
        (a().eq(1), "a = 1", json!(["a", "eq", 1])),
        (a().ne("x"), r#"a != "x""#, json!(["a", "ne", "x"])),
        (a().lt(-1), "a < -1", json!(["a", "lt", -1])),
        (a().le(1.5), "a <= 1.5", json!(["a", "le", 1.5])),
        (a().gt(1.0), "a > 1.0", json!(["a", "gt", 1.0])),
        (
            a().ge(u64::MAX),
            "a >= 18446744073709551615",
            json!(["a", "ge", u64::MAX]),
        ),
        (
            a().contains("x"),
            r#"a contains "x""#,
            json!(["a", "cn", "x"]),
        ),
        (
            a().not_contains("x"),
            r#"a not contains "x""#,
            json!(["a", "nc", "x"]),
        ),
        (a().is(true), "a is true", json!(["a", "is", true])),
        (
            a().is_not(false),
            "a is not false",
            json!(["a", "isnt", false]),
        ),
        (a().is_null(), "a is null", json!(["a", "is", null])),
        (
            a().is_not_null(),
            "a is not null",
            json!(["a", "isnt", null]),
        ),
        (
            a().one_of([1, 2]),
            "a in (1, 2)",
            json!(["a", "in", [1, 2]]),
        ),
        (
            a().none_of(["x"]),
            r#"a not in ("x")"#,
            json!(["a", "ni", ["x"]]),
        ),
        (a().one_of(none), "a in ()", json!(["a", "in", []])),
        (
            a().none_of([Some("x"), None]),
            r#"a not in ("x", null)"#,
            json!(["a", "ni", ["x", null]]),
        ),
        (a().eq(None::<i64>), "a = null", json!(["a", "eq", null])),
        (
            a().eq(true).and(a().eq(2)),
            "a = true and a = 2",
            json!([["a", "eq", true], "and", ["a", "eq", 2]]),
        ),
        (
            a().eq(1).or(a().eq(2)),
            "a = 1 or a = 2",
            json!([["a", "eq", 1], "or", ["a", "eq", 2]]),
        ),
        (true.into(), "true", json!(true)),
        (false.into(), "false", json!(false)),
        (Filter::NULL, "null", json!(null)),
    ] {
        same(filter, text, json);
    }
}

#[test]
fn and_binds_tighter_and_both_fold_from_the_left() {
    let [a, b, c, d] = ["a", "b", "c", "d"].map(|name| attr(name).eq(1));
    let (ab, cd) = (a.clone().and(b.clone()), c.clone().and(d.clone()));
    for (filter, text) in [
        (ab.clone().and(c.clone()), "a = 1 and b = 1 and c = 1"),
        (
            a.clone().and(b.clone().and(c.clone())),
            "a = 1 and (b = 1 and c = 1)",
        ),
        (
            ab.clone().or(cd.clone()),
            "a = 1 and b = 1 or c = 1 and d = 1",
        ),
        (
            ab.clone().and(cd.clone()),
            "a = 1 and b = 1 and (c = 1 and d = 1)",
        ),
        (
            a.clone().or(b.clone()).and(c.clone()),
            "(a = 1 or b = 1) and c = 1",
        ),
        (
            a.clone().and(b.clone().or(c.clone())),
            "a = 1 and (b = 1 or c = 1)",
        ),
        (
            a.clone().or(b.clone()).or(c.clone()),
            "a = 1 or b = 1 or c = 1",
        ),
        (a.or(b.or(c)), "a = 1 or (b = 1 or c = 1)"),
    ] {
        let json = serde_json::to_value(&filter).unwrap();
        same(filter, text, json);
    }
}

#[test]
fn texts_that_are_written_otherwise() {
    for (text, usual) in [
        (
            "  a=1\tAND\n b   NoT\n In('x',\"y\" )  ",
            r#"a = 1 and b not in ("x", "y")"#,
        ),
        ("((a = 1))", "a = 1"),
        ("\u{feff}a = 1", "a = 1"),
        ("(TRUE or Null)", "true or null"),
        ("a IS NOT null", "a is not null"),
        ("`a` = TRUE", "a = true"),
        (
            "größe_2 = 1 or _x = 1 or 面積 > 3",
            "größe_2 = 1 or _x = 1 or 面積 > 3",
        ),
        ("`in` = 'in' or `AND` = ''", r#"`in` = "in" or `AND` = """#),
        ("`a b` = '`'", r#"`a b` = "`""#),
        (
            "```a``b` = 'it''s \"so\"'",
            "```a``b` = \"it's \"\"so\"\"\"",
        ),
        (r"a = '\n\'", r#"a = "\n\""#),
        (
            "a = 1e3 or a = -0 or a = -0.0 or a = 1E-2",
            "a = 1000.0 or a = -0.0 or a = -0.0 or a = 0.01",
        ),
    ] {
        let filter: Filter = text.parse().unwrap();
        assert_eq!(filter.to_string(), usual, "{text}");
        assert_eq!(Filter::parse(usual), Ok(filter));
    }
    for name in [
        "e\u{301}", "1a", "a b", "a-b", "not", "True", "a`", "a\n", "²",
    ] {
        let quoted = format!("`{}` is null", name.replace('`', "``"));
        assert_eq!(attr(name).is_null().to_string(), quoted);
    }
}

#[test]
fn references_and_options_are_values_too() {
    let names = vec!["CA".to_string(), "OR".to_string()];
    let filter = attr("state").one_of(["CA", "OR"]);
    assert_eq!(attr("state").one_of(&names), filter);
    assert_eq!(
        attr("state").one_of(names.iter().map(String::as_str)),
        filter
    );
    assert_eq!(attr("state").one_of(["CA", "OR"].iter()), filter);
    assert_eq!(attr("state").eq(&names[0]), attr("state").eq("CA"));
    assert_eq!(attr("a").is(Some(&true)), attr("a").is(true));
}

#[test]
fn many_conditions_stay_shallow() {
    let many = |count: usize| (0..count).map(|number| attr("a").eq(number));
    let depth = |filter: &Filter| {
        let json = serde_json::to_string(filter).unwrap();
        json.bytes().take_while(|byte| *byte == b'[').count()
    };
    assert_eq!(depth(&Filter::all(many(1 << 10))), 11);
    assert_eq!(depth(&Filter::any(many((1 << 10) + 1))), 12);
    assert_eq!(Filter::all([]), true.into());
    assert_eq!(Filter::any([]), false.into());
    assert_eq!(Filter::any(many(1)), attr("a").eq(0));
    let text = Filter::any(many(5)).to_string();
    assert_eq!(text, "a = 0 or a = 1 or a = 2 or (a = 3 or a = 4)");
    // In order, whatever their number.
    let values = Filter::all(many(777)).to_string().replace(['(', ')'], "");
    assert!(
        values
            .split(" and ")
            .enumerate()
            .all(|(at, part)| part == format!("a = {at}"))
    );
}

/// A filter that can be built, and not be sent.
#[track_caller]
fn poisoned(filter: Filter, message: &str) {
    assert_eq!(
        serde_json::to_value(&filter).unwrap_err().to_string(),
        format!("filter: {message}")
    );
    assert_eq!(filter.to_string(), format!("<{message}>"));
    assert_eq!(filter, filter.clone());
}

const TOO_DEEP: &str = "more than 100 pairs within each other: use `in` for many values of one attribute, \
     and Filter::all or Filter::any in Rust for many conditions";

#[test]
fn numbers_that_json_does_not_have() {
    let nan = r#""acres" is compared with NaN: give a finite number"#;
    poisoned(attr("acres").gt(f64::NAN), nan);
    let unnamed = "an attribute's name is empty: give one";
    poisoned(attr("").eq(1), unnamed);
    poisoned(attr("").one_of(["a"]), unnamed);
    poisoned(
        attr("a\n").one_of([1.0, f64::INFINITY]),
        r#""a\n" is compared with inf: give a finite number"#,
    );
    poisoned(
        attr("a").none_of([-f64::INFINITY]),
        r#""a" is compared with -inf: give a finite number"#,
    );
    // The first mistake is the one that is told.
    let worse = attr("acres")
        .eq(f64::NAN)
        .and(attr("b").eq(f64::INFINITY))
        .or(true.into());
    poisoned(worse, nan);
    poisoned(
        Filter::any([true.into(), attr("acres").eq(f64::NAN), true.into()]),
        nan,
    );
}

#[test]
fn pairs_within_each_other_are_bounded() {
    let chain = |pairs| {
        (0..pairs).fold(attr("a").eq(0), |filter, number| {
            filter.and(attr("a").eq(number))
        })
    };
    let deepest = chain(100);
    let (text, json) = (
        deepest.to_string(),
        serde_json::to_string(&deepest).unwrap(),
    );
    assert_eq!(Filter::parse(&text), Ok(deepest.clone()));
    assert_eq!(serde_json::from_str::<Filter>(&json).unwrap(), deepest);
    poisoned(deepest.clone().or(true.into()), TOO_DEEP);
    poisoned(Filter::from(true).or(deepest.clone()), TOO_DEEP);
    poisoned(chain(1_000_000), TOO_DEEP);

    // To the right there are as many parentheses.
    let right = (0..100).fold(attr("a").eq(0), |filter, _| attr("a").eq(1).or(filter));
    assert_eq!(Filter::parse(&right.to_string()), Ok(right));

    let error = Filter::parse(&"a=1 and ".repeat(1_000_000)).unwrap_err();
    assert_eq!(error.offset(), 100 * 8 + 4);
    assert!(error.to_string().contains(TOO_DEEP), "{error}");
    for open in ["(", "a=1 and (", "a=1 or (a=1 and "] {
        let error = Filter::parse(&open.repeat(1_000_000)).unwrap_err();
        assert!(
            error.offset() < 2000 && error.to_string().contains("more than 100"),
            "{error}"
        );
    }
    let nested = |count: usize| format!("{}a = 1{}", "(".repeat(count), ")".repeat(count));
    assert!(Filter::parse(&nested(100)).is_ok());
    assert!(Filter::parse(&nested(101)).is_err());

    let mut json = json!(["a", "eq", 1]);
    for _ in 0..100 {
        json = json!([json, "or", true]);
    }
    assert!(Filter::from_json(&json).is_ok());
    for _ in 0..100_000 {
        json = Value::Array(vec![true.into(), "or".into(), json]);
    }
    let error = Filter::from_json(&json).unwrap_err();
    assert_eq!(error.to_string(), format!("filter: {TOO_DEEP}"));
    // Its own drop would recurse.
    std::mem::forget(json);
    for place in 0..3 {
        let deep = (0..100_000).fold(json!([]), |deep, _| Value::Array(vec![deep]));
        let mut parts = vec!["a".into(), "in".into(), json!([1])];
        parts[place] = deep;
        let json = Value::Array(parts);
        assert!(Filter::from_json(&json).is_err());
        std::mem::forget(json);
    }
}

/// A text, and what is said of it.
fn told(text: &str) -> String {
    let error = Filter::parse(text).unwrap_err();
    assert!(text.is_char_boundary(error.offset()), "{text}");
    format!("{error}\n")
}

#[test]
fn what_is_told_of_a_text_that_is_no_filter() {
    let long = format!(
        "{} = 1 and state == 'CA' and {}",
        "a".repeat(80),
        "b = 1 and ".repeat(9)
    );
    let wide = format!("`{}` = 1 and 州 = = 1", "面積".repeat(30));
    let texts = [
        "",
        " \n ",
        "a",
        "a =",
        "`` = 1",
        "sum(a) > 1",
        "a in ((1))",
        r"a = 'it\'s'",
        "a = \u{200b}1",
        "हिन्दी = 1",
        "e\u{301}tage = 1",
        "a = 18446744073709551616",
        "a in (1, -9223372036854775809)",
        "a = 1 and",
        "a = 1 and  \n",
        "state = CA",
        "state = or",
        "state == 'CA'",
        "a <> 1",
        "a => 1",
        "a = 1 && b = 2",
        "a = 1 || b = 2",
        "a = 'x",
        "a = 'O'Brien'",
        "a = 1 and \"x",
        "`a = 1",
        "(a = 1 and (b = 2)",
        "a in (1, 2",
        "a in ('x' 'y')",
        "a in (1,)",
        "a = 1)",
        "a = 1 b = 2",
        "a = 1, b = 2",
        "in = 1",
        "true = 1",
        "not (a = 1)",
        "!(a = 1)",
        "a in 'x'",
        "a not in 1, 2",
        "a = (1, 2)",
        "a = [1]",
        "a like 'x%'",
        "a not like 'x'",
        "pop-est > 5",
        "pop est > 5",
        "\"state\" = 'CA'",
        "5 < a",
        "a = `b`",
        "a = 1_000",
        "a = .5",
        "a = 1e400",
        "a = NaN",
        "a = 1 and\n\tstate\u{7} = CA\nand b = 2",
        "名前 = '東京' and 名前 = 東京",
        "a = \"\u{1b}[2J\" b",
        "a = 'it is a very long text that nobody wants to read again' 'and another one' = 1",
        long.as_str(),
        wide.as_str(),
    ];
    insta::assert_snapshot!(texts.map(told).join("\n"));
}

#[test]
fn what_is_told_of_json_that_is_no_filter() {
    let told = [
        json!("a > 1"),
        json!(5),
        json!({"a": 1}),
        json!([]),
        json!([["a", "gt", 1]]),
        json!([["a", "gt", 1], "and", ["b", "gt", 1], "and", true]),
        json!([["a", "gt", 1], ["b", "gt", 1], ["c", "gt", 1]]),
        json!([["a", "gt", 1], "AND", ["b", "gt", 1]]),
        json!(["", "gt", 1]),
        json!(["a", "==", 1]),
        json!(["a", "EQ", 1]),
        json!(["a", "x".repeat(100), 1]),
        json!([["a", "gt", 1], "eq", 1]),
        json!([null, "in", [1]]),
        json!([["a", "gt", [1]], "and", true]),
        json!([true, "or", [true, "and", ["a", "isnt", {}]]]),
        json!(["a", "in", "CA"]),
        json!(["a", "ni", [1, "x", [2]]]),
        json!(["a", "and", true]),
    ]
    .map(|json| {
        let error = Filter::from_json(&json).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(
            serde_json::from_value::<Filter>(json)
                .unwrap_err()
                .to_string(),
            error.to_string()
        );
        error.to_string()
    });
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_parse_error_as_an_error() {
    let error = Filter::parse("a = 1\nand b = and").unwrap_err();
    assert_eq!((error.offset(), error.to_string().lines().count()), (14, 3));
    let outer = Error::from(error.clone());
    assert_eq!(outer.kind(), ErrorKind::InvalidInput);
    assert_eq!(
        outer.to_string(),
        "filter, line 2, column 9: expected a value (strings go in quotes, numbers as in JSON), found `and`"
    );
    let source = outer
        .source()
        .and_then(|source| source.downcast_ref::<ParseFilterError>());
    assert_eq!(source, Some(&error));
}
