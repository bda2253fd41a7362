//! CSV, GeoJSON and GeoTIFF, read back.

use std::io::Cursor;

use felt_sandbox::Sandbox;
use serde_json::{Value, json};
use tiff::decoder::{Decoder, DecodingResult};

use crate::client::{CITIES, COUNTRIES, RELIEF, collection, export, folder, sandbox};

fn features(geojson: &str) -> Vec<Value> {
    let value: Value = serde_json::from_str(geojson).unwrap();
    value["features"].as_array().unwrap().clone()
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// RFC 4180 to the letter: CRLF after every record, quotes doubled, nothing but a separator after a closing quote.
fn csv(text: &str) -> Vec<Vec<String>> {
    let mut records = vec![];
    let mut rest = text;
    let mut record = vec![];
    while !rest.is_empty() {
        let mut field = String::new();
        if let Some(mut quoted) = rest.strip_prefix('"') {
            loop {
                let (part, after) = quoted.split_once('"').expect("a closing quote");
                field.push_str(part);
                match after.strip_prefix('"') {
                    Some(after) => (field, quoted) = (field + "\"", after),
                    None => break rest = after,
                }
            }
        } else {
            let end = rest.find([',', '\r', '\n', '"']).expect("an end of record");
            field.push_str(&rest[..end]);
            rest = &rest[end..];
        }
        record.push(field);
        if let Some(after) = rest.strip_prefix("\r\n") {
            records.push(std::mem::take(&mut record));
            rest = after;
        } else {
            rest = rest.strip_prefix(',').expect("a comma or CRLF");
        }
    }
    assert!(record.is_empty(), "the last record has no CRLF");
    let width = records[0].len();
    assert!(
        records.iter().all(|record| record.len() == width),
        "records differ in length"
    );
    records
}

#[tokio::test]
async fn geojson_is_what_was_read() {
    let sandbox = sandbox().await;
    for (layer, source, count) in [("countries", COUNTRIES, 177), ("cities", CITIES, 243)] {
        let (name, content) = export(
            &sandbox,
            &format!("demo/layers/{layer}"),
            "geojson",
            json!([]),
        );
        assert_eq!(name, format!("{layer}.geojson"));
        let content = text(content);
        assert!(!content.contains("\"crs\""));
        let value: Value = serde_json::from_str(&content).unwrap();
        assert_eq!(value["type"], "FeatureCollection");
        let (found, expected) = (features(&content), features(source));
        assert_eq!(found.len(), count);
        // As text, since that also compares the order of the attributes and 1 with 1.0.
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found["type"], "Feature");
            assert_eq!(
                found["properties"].to_string(),
                expected["properties"].to_string()
            );
            assert_eq!(found["geometry"], expected["geometry"]);
        }
    }
}

#[tokio::test]
async fn csv_has_every_attribute_and_the_geometry() {
    let sandbox = sandbox().await;
    let (name, content) = export(&sandbox, "demo/layers/cities", "csv", json!([]));
    assert_eq!(name, "cities.csv");
    let records = csv(&text(content));
    assert_eq!(records[0], ["name", "longitude", "latitude", "wkt"]);
    assert_eq!(records.len(), 244);
    for (record, city) in records[1..].iter().zip(features(CITIES)) {
        let [x, y] = [0, 1].map(|i| city["geometry"]["coordinates"][i].as_f64().unwrap());
        assert_eq!(record[0], city["properties"]["name"].as_str().unwrap());
        assert_eq!([record[1].parse(), record[2].parse()], [Ok(x), Ok(y)]);
        assert_eq!(record[3], format!("POINT({x} {y})"));
    }

    let (_, content) = export(&sandbox, "demo/layers/countries", "csv", json!([]));
    let records = csv(&text(content));
    assert_eq!(
        records[0],
        [
            "pop_est",
            "continent",
            "name",
            "iso_a3",
            "gdp_md_est",
            "wkt"
        ]
    );
    assert_eq!(records.len(), 178);
    for (record, country) in records[1..].iter().zip(features(COUNTRIES)) {
        assert_eq!(record[0], country["properties"]["pop_est"].to_string());
        assert_eq!(record[2], country["properties"]["name"].as_str().unwrap());
        let wkt =
            geozero::ToWkt::to_wkt(&geozero::geojson::GeoJson(&country["geometry"].to_string()))
                .unwrap();
        assert_eq!(record[5], wkt);
    }
}

#[tokio::test]
async fn odd_attributes_survive_csv_and_geojson() {
    let odd = json!({ "wkt": "a,b\"c\r\nd", "Longitude": 7, "": null, "list": [1, { "a": null }],
        "big": 18_446_744_073_709_551_615_u64, "flag": false, "tenth": 0.1, "whole": 3.0 });
    let source = collection(&[
        (
            json!({ "type": "Point", "coordinates": [1, 2, 3] }),
            odd.clone(),
        ),
        (json!(null), json!(null)),
        (
            json!({ "type": "Point", "coordinates": [] }),
            json!({ "late": "ü" }),
        ),
    ]);
    let source = source.replacen("\"Feature\",", "\"Feature\",\"id\":\"first\",", 1);
    let folder = folder(&[
        ("m/odd.geojson", &source),
        ("m/none.geojson", &collection(&[])),
    ]);
    let sandbox = Sandbox::builder()
        .data(folder.path())
        .start()
        .await
        .unwrap();

    let found = text(export(&sandbox, "m/layers/odd", "geojson", json!([])).1);
    let found = features(&found);
    assert_eq!(found[0]["properties"].to_string(), odd.to_string());
    assert_eq!(found[0]["id"], "first");
    assert_eq!(found[0]["geometry"]["coordinates"], json!([1, 2, 3]));
    assert_eq!(
        (&found[1]["properties"], &found[1]["geometry"]),
        (&json!(null), &json!(null))
    );
    assert_eq!(found[1].get("id"), None);

    let records = csv(&text(export(&sandbox, "m/layers/odd", "csv", json!([])).1));
    let header = [
        "wkt",
        "Longitude",
        "",
        "list",
        "big",
        "flag",
        "tenth",
        "whole",
        "late",
        "longitude_2",
        "latitude",
        "wkt_2",
    ];
    assert_eq!(records[0], header);
    let first = [
        "a,b\"c\r\nd",
        "7",
        "",
        "[1,{\"a\":null}]",
        "18446744073709551615",
        "false",
        "0.1",
        "3.0",
        "",
        "1",
        "2",
        "POINT Z(1 2 3)",
    ];
    assert_eq!(records[1], first);
    assert_eq!(records[2], [""; 12]);
    assert_eq!(records[3][8..], ["ü", "", "", ""]);

    assert_eq!(
        text(export(&sandbox, "m/layers/none", "csv", json!([])).1),
        "wkt\r\n"
    );
    let none = text(export(&sandbox, "m/layers/none", "geojson", json!([])).1);
    assert!(features(&none).is_empty());
}

#[tokio::test]
async fn filters_are_applied() {
    let sandbox = sandbox().await;
    let names = |filters: Value| {
        let (_, content) = export(&sandbox, "demo/layers/countries", "geojson", filters);
        let names = features(&text(content))
            .into_iter()
            .map(|f| f["properties"]["name"].to_string());
        names.collect::<Vec<_>>()
    };
    let expect = |keep: &dyn Fn(&Value) -> bool| {
        let kept = features(COUNTRIES)
            .into_iter()
            .map(|f| f["properties"].clone())
            .filter(keep);
        kept.map(|p| p["name"].to_string()).collect::<Vec<_>>()
    };
    let africa = names(json!([["continent", "eq", "Africa"]]));
    assert_eq!(africa.len(), 51);
    assert_eq!(africa, expect(&|p| p["continent"] == "Africa"));
    // Several filters all have to pass.
    let large = names(json!([
        ["continent", "eq", "Africa"],
        ["pop_est", "gt", 5e7]
    ]));
    let is_large = |p: &Value| p["continent"] == "Africa" && p["pop_est"].as_f64().unwrap() > 5e7;
    assert_eq!(large, expect(&is_large));
    assert!(!large.is_empty() && large.len() < africa.len());
    let nested = json!([[
        ["name", "cn", "land"],
        "or",
        [["gdp_md_est", "le", 1000], "and", true]
    ]]);
    let land = |p: &Value| {
        p["name"].as_str().unwrap().contains("land") || p["gdp_md_est"].as_f64().unwrap() <= 1e3
    };
    assert_eq!(names(nested), expect(&land));
    assert_eq!(names(json!([null, true])).len(), 177);
    assert_eq!(names(json!([["name", "isnt", null], false])).len(), 0);

    // Columns are those of the layer, whatever passes.
    let none = text(export(&sandbox, "demo/layers/countries", "csv", json!([false])).1);
    assert_eq!(none, "pop_est,continent,name,iso_a3,gdp_md_est,wkt\r\n");
}

#[tokio::test]
async fn a_geotiff_is_the_file_itself() {
    let sandbox = sandbox().await;
    let (name, content) = export(&sandbox, "demo/layers/relief", "geotiff", json!([]));
    assert_eq!(name, "relief.tif");
    assert_eq!(content, RELIEF);
    let mut decoder = Decoder::new(Cursor::new(content)).unwrap();
    assert_eq!(decoder.dimensions().unwrap(), (360, 180));
    let DecodingResult::I16(cells) = decoder.read_image().unwrap() else {
        panic!("not int16");
    };
    assert_eq!(
        cells.iter().map(|&cell| i64::from(cell)).sum::<i64>(),
        174_703_306
    );
}
