//! What RFC 7946 asks of GeoJSON beyond what was in the source.

use std::time::Duration;

use felt_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::client::{export, folder, sandbox};

/// A layer exported as text.
async fn exported(source: &str) -> String {
    let folder = folder(&[("m/l.geojson", source)]);
    let builder = Sandbox::builder()
        .data(folder.path())
        .job_time(Duration::ZERO);
    let sandbox = builder.start().await.unwrap();
    let (_, content) = export(&sandbox, "m/layers/l", "geojson", json!([]));
    String::from_utf8(content).unwrap()
}

/// Every ring of a geometry, and whether it is an exterior one.
fn rings(geometry: &Value) -> Vec<(bool, &Vec<Value>)> {
    let polygons: Vec<&Value> = match geometry["type"].as_str() {
        Some("Polygon") => vec![&geometry["coordinates"]],
        Some("MultiPolygon") => geometry["coordinates"].as_array().unwrap().iter().collect(),
        Some("GeometryCollection") => {
            let members = geometry["geometries"].as_array().unwrap();
            return members.iter().flat_map(rings).collect();
        }
        _ => vec![],
    };
    polygons
        .into_iter()
        .flat_map(|polygon| polygon.as_array().unwrap().iter().enumerate())
        .map(|(index, ring)| (index == 0, ring.as_array().unwrap()))
        .collect()
}

/// Where the ring's lowest position is (the rightmost of them), it turns left if it runs counterclockwise. `None` if
/// it does not turn there.
fn is_counterclockwise(ring: &[Value]) -> Option<bool> {
    let mut at: Vec<[f64; 2]> = ring[1..]
        .iter()
        .map(|position| [0, 1].map(|i| position[i].as_f64().unwrap()))
        .collect();
    at.dedup();
    let lowest = (0..at.len()).min_by(|&a, &b| {
        let ([ax, ay], [bx, by]) = (at[a], at[b]);
        ay.total_cmp(&by).then(bx.total_cmp(&ax))
    })?;
    let [before, [x, y], after] = [at.len() - 1, 0, 1].map(|step| at[(lowest + step) % at.len()]);
    let turn = (x - before[0]) * (after[1] - y) - (after[0] - x) * (y - before[1]);
    (turn != 0.0).then_some(turn > 0.0)
}

#[tokio::test]
async fn rings_follow_the_right_hand_rule() {
    let (left, right) = (
        "[[0.0,0],[9.50,0],[9.5,9e0],[0.0,0]]",
        "[[0.0,0],[9.5,9e0],[9.50,0],[0.0,0]]",
    );
    let (hole, wrong_hole) = (
        "[[2,1,7],[3,2,7],[3,1,7,\"x\"],[2,1,7]]",
        "[[2,1,7],[3,1,7,\"x\"],[3,2,7],[2,1,7]]",
    );
    let source = |exterior: &str, interior: &str| {
        let polygon = format!("[{exterior},{interior}]");
        let one = format!(r#"{{"type":"Polygon","coordinates":{polygon}}}"#);
        let geometries = [
            format!(r#"{{ "coordinates" : {polygon} , "type" : "Polygon" }}"#),
            format!(r#"{{"type":"MultiPolygon","coordinates":[{polygon},{polygon}]}}"#),
            format!(
                r#"{{"type":"GeometryCollection","geometries":[{{"type":"Point","coordinates":[1,2]}},{one}]}}"#
            ),
        ];
        let features = geometries.map(|geometry| {
            format!(r#"{{"type":"Feature","properties":null,"geometry":{geometry}}}"#)
        });
        format!(
            r#"{{"type":"FeatureCollection","features":[{}]}}"#,
            features.join(",")
        )
    };
    let right_already = source(left, hole);
    let found = exported(&right_already).await;
    // To the byte, spaces too.
    let spaced = format!(r#"{{ "coordinates" : [{left},{hole}] , "type" : "Polygon" }}"#);
    assert!(found.contains(&spaced), "{found}");
    let mended = exported(&source(right, wrong_hole)).await;
    let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(value(&mended), value(&found));
    for digits in ["9.50", "9e0", "0.0", "\"x\""] {
        assert_eq!(
            mended.matches(digits).count(),
            found.matches(digits).count()
        );
    }
    let mut seen = 0;
    for feature in value(&mended)["features"].as_array().unwrap() {
        for (exterior, ring) in rings(&feature["geometry"]) {
            assert_eq!(is_counterclockwise(ring), Some(exterior), "{ring:?}");
            seen += 1;
        }
    }
    assert_eq!(seen, 8);
}

#[tokio::test]
async fn the_built_in_layers_follow_it_too() {
    let (_, content) = export(
        &sandbox().await,
        "demo/layers/countries",
        "geojson",
        json!([]),
    );
    let content: Value = serde_json::from_slice(&content).unwrap();
    let features = content["features"].as_array().unwrap();
    let rings = features
        .iter()
        .flat_map(|country| rings(&country["geometry"]));
    let directions: Vec<_> = rings
        .map(|(exterior, ring)| is_counterclockwise(ring).map(|found| found == exterior))
        .collect();
    assert_eq!(directions.len(), 289);
    assert!(!directions.contains(&Some(false)));
}

#[tokio::test]
async fn only_members_that_the_standard_has_are_passed_on() {
    let feature = |id: &str| {
        format!(
            r#"{{"type":"Feature","bbox":[1,2,1,2],"crs":null,"style":{{}},"id":{id},"properties":{{}},"geometry":null}}"#
        )
    };
    let ids = [r#""a""#, "7", "1.50", "null", "true", "[1]", "{}"].map(feature);
    let source = format!(
        r#"{{"type":"FeatureCollection","name":"l","bbox":[1,2,1,2],"crs":{{"type":"name","properties":{{"name":"EPSG:4326"}}}},"features":[{}]}}"#,
        ids.join(",")
    );
    let found: Value = serde_json::from_str(&exported(&source).await).unwrap();
    let names: Vec<&String> = found.as_object().unwrap().keys().collect();
    assert_eq!(names, ["type", "features"]);
    let [a, seven, half] = [json!("a"), json!(7), json!(1.5)];
    let expected = [Some(&a), Some(&seven), Some(&half), None, None, None, None];
    for (feature, id) in found["features"].as_array().unwrap().iter().zip(expected) {
        assert_eq!(feature.get("id"), id);
        assert_eq!(feature["geometry"], Value::Null);
        assert_eq!(
            feature.as_object().unwrap().len(),
            if id.is_some() { 4 } else { 3 }
        );
    }
}
