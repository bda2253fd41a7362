//! JSON Schema of what has a JSON form, held against values by another crate.

use felt_api::{Client, ExportHandle, ExportRequest, ExportStatus, Filter, Format, attr};
use jsonschema::Validator;
use schemars::{JsonSchema, schema_for};
use serde_json::{Value, json};

fn validator<T: JsonSchema>() -> Validator {
    let schema = schema_for!(T).to_value();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn the_schemas() {
    for (name, schema) in [
        ("request", schema_for!(ExportRequest)),
        ("filter", schema_for!(Filter)),
        ("handle", schema_for!(ExportHandle)),
        ("status", schema_for!(ExportStatus)),
        ("format", schema_for!(Format)),
    ] {
        insta::assert_json_snapshot!(format!("schema_{name}"), schema);
    }
}

#[test]
fn a_filter_is_valid_where_it_is_one() {
    let validator = validator::<Filter>();
    for filter in [
        json!(true),
        json!(null),
        json!(["a", "gt", 5]),
        json!(["a", "is", null]),
        json!(["a", "in", []]),
        json!(["a", "ni", ["x", 1, true, null]]),
        json!([["a", "eq", "x"], "and", [true, "or", ["b", "cn", "y"]]]),
    ] {
        assert!(validator.is_valid(&filter), "{filter}");
        let _: Filter = serde_json::from_value(filter).unwrap();
    }
    for other in [
        json!(5),
        json!("a > 5"),
        json!({}),
        json!([]),
        json!(["a", "gt"]),
        json!(["a", "gt", 5, 6]),
        json!(["a", "gt", [5]]),
        json!(["a", "in", 5]),
        json!(["a", "in", [[5]]]),
        json!(["a", "like", "x"]),
        json!([5, "gt", 5]),
        json!(["", "gt", 5]),
        json!(["a", "and", "b"]),
        json!([["a", "eq", 1], "xor", true]),
    ] {
        assert!(!validator.is_valid(&other), "{other}");
        serde_json::from_value::<Filter>(other).unwrap_err();
    }
    let built = attr("a")
        .gt(1)
        .and(attr("b").one_of(["x"]))
        .or(attr("c").is_null());
    assert!(validator.is_valid(&serde_json::to_value(built).unwrap()));
}

#[test]
fn a_handle_is_valid_where_it_is_one() {
    let validator = validator::<ExportHandle>();
    for text in [
        "m/l/e:csv",
        "m-1/l_2/e3:pmtiles",
        "",
        "m/l/e",
        "m/../e:csv",
        "m/l/e:shp",
        "m/l/e:csv ",
    ] {
        let value = json!(text);
        let parsed = serde_json::from_value::<ExportHandle>(value.clone());
        assert_eq!(validator.is_valid(&value), parsed.is_ok(), "{text}");
    }
}

#[test]
fn what_is_written_is_valid() {
    let client = Client::builder().token("t").base_url("http://localhost:1");
    let layer = client.build().unwrap().layer("m", "l").unwrap();
    let request = layer.export(Format::Csv).filter(attr("a").ne("b"));
    let written = serde_json::to_value(&request).unwrap();
    let expected = json!({
        "output_format": "csv",
        "filters": [["a", "ne", "b"]],
        "email_on_completion": false,
    });
    assert_eq!(written, expected);
    assert!(validator::<ExportRequest>().is_valid(&written));

    let validator = validator::<ExportStatus>();
    for status in [
        json!({"status": "completed", "download_url": "https://x/?sig=1", "filters": [["a", "eq", 1]]}),
        json!({"status": "archiving", "download_url": Value::Null, "filters": []}),
    ] {
        assert!(validator.is_valid(&status), "{status}");
        let read: ExportStatus = serde_json::from_value(status.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), status);
    }
}
