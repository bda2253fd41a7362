//! Fault rules: each effect as a client sees it, on both origins.

use std::time::{Duration, Instant};

use felt_sandbox::Sandbox;
use felt_sandbox::faults::{Effect, Oddity, Operation, Rule, parse};
use serde_json::{Value, json};

use crate::client::{call, call_unchecked, create, direct_link, get, send, status, wait};
use crate::schema;
use crate::wire::{End, ask, connect, get_and_close, get_to_silence, read};

const LAYER: &str = "demo/layers/cities";
const LINK: &str = "maps/demo/layers/cities/get_export_link";

async fn sandbox_with(rules: impl IntoIterator<Item = Rule>) -> Sandbox {
    let builder = Sandbox::builder().job_time(Duration::ZERO).faults(rules);
    builder.start().await.unwrap()
}

/// What a raw client gets of the API's direct link.
fn raw_link(sandbox: &Sandbox) -> crate::wire::Raw {
    let token = format!("Authorization: Bearer {}", sandbox.token());
    get_and_close(&format!("{}{LINK}", sandbox.base_url()), &[&token])
}

/// The error schema of each documented status of each operation.
fn documented() -> Vec<(Operation, u16, String)> {
    let mut found = Vec::new();
    for path in schema::SPEC["paths"].as_object().unwrap().values() {
        for operation in path.as_object().unwrap().values() {
            let id: Operation = serde_json::from_value(operation["operationId"].clone()).unwrap();
            for (code, response) in operation["responses"].as_object().unwrap() {
                let schema = &response["content"]["application/json"]["schema"]["$ref"];
                let name = schema.as_str().unwrap().rsplit('/').next().unwrap();
                found.push((id, code.parse().unwrap(), name.to_owned()));
            }
        }
    }
    found
}

#[tokio::test]
async fn each_documented_error_comes_with_its_schema() {
    let sandbox = sandbox_with([]).await;
    let documented = documented();
    assert_eq!(documented.len(), 3 + 3 * 6 + 2);
    for (operation, code, schema) in documented {
        if code == 200 {
            continue;
        }
        let effect = Effect::Status {
            code,
            headers: [("Retry-After".to_owned(), "7".to_owned())].into(),
            body: None,
        };
        sandbox.clear_faults();
        sandbox
            .add_faults([Rule::new(effect).on(operation)])
            .unwrap();
        let (method, path) = match operation {
            Operation::Link => ("GET", "get_export_link"),
            Operation::Export => ("POST", "custom_export"),
            _ => ("GET", "custom_exports/x"),
        };
        let answer = call(&sandbox, method, &format!("maps/{LAYER}/{path}"), b"{}");
        assert_eq!(answer.status, code);
        assert_eq!(answer.header("retry-after"), Some("7"));
        answer.json(&schema);
    }
}

#[tokio::test]
async fn a_status_is_answered_as_it_is_given() {
    let sandbox = sandbox_with([]).await;
    let add = |effect: Value| {
        sandbox.clear_faults();
        let rule = json!([{ "effect": effect }]).to_string();
        sandbox.add_faults(parse(&rule).unwrap()).unwrap();
    };
    add(
        json!({ "type": "status", "code": 502, "headers": { "Content-Type": "text/html" }, "body": "<h1>Bad" }),
    );
    let answer = call_unchecked(&sandbox, "GET", LINK, b"");
    assert_eq!((answer.status, answer.text()), (502, "<h1>Bad"));
    assert_eq!(answer.header("content-type"), Some("text/html"));
    add(json!({ "type": "status", "code": 418, "body": { "a": [1] } }));
    let answer = call_unchecked(&sandbox, "GET", LINK, b"");
    assert_eq!((answer.status, answer.text()), (418, r#"{"a":[1]}"#));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    add(json!({ "type": "status", "code": 503 }));
    let answer = get(&sandbox.storage_url(), &[]);
    assert_eq!(answer.status, 503);
    assert!(
        answer.text().contains("<Code>SlowDown</Code>"),
        "{}",
        answer.text()
    );
    add(json!({ "type": "html" }));
    let answer = call_unchecked(&sandbox, "GET", LINK, b"");
    assert_eq!(answer.status, 200);
    assert!(answer.text().starts_with("<!DOCTYPE html>"));
}

#[tokio::test]
async fn nothing_is_done_where_something_else_is_answered() {
    let sandbox = sandbox_with([Rule::new(Effect::Status {
        code: 500,
        headers: [].into(),
        body: None,
    })
    .on(Operation::Export)
    .calls(1..=1)])
    .await;
    let body = br#"{"output_format":"csv"}"#;
    let path = format!("maps/{LAYER}/custom_export");
    assert_eq!(call(&sandbox, "POST", &path, body).status, 500);
    assert_eq!(call(&sandbox, "POST", &path, body).status, 200);
}

#[tokio::test]
async fn a_body_ends_where_the_rule_says() {
    let rules = [
        Rule::new(Effect::Truncate { at: 1000 }).calls(1..=1),
        Rule::new(Effect::Reset { at: Some(1000) }).calls(2..=2),
        Rule::new(Effect::Reset { at: Some(0) }).calls(3..=3),
    ];
    let sandbox = sandbox_with(rules.map(|rule| rule.on(Operation::Download))).await;
    let link = direct_link(&sandbox, LAYER);
    let cut = [(1000, End::Closed), (1000, End::Reset), (0, End::Reset)].map(|(length, end)| {
        let raw = get_and_close(&link, &[]);
        assert_eq!((raw.status, raw.body.len(), raw.end), (200, length, end));
        raw
    });
    let good = get(&link, &[]);
    for raw in cut {
        assert_eq!(
            raw.header("content-length"),
            good.header("content-length"),
            "what is promised"
        );
        assert_eq!(raw.body, good.body[..raw.body.len()]);
    }
}

#[tokio::test]
async fn a_json_answer_ends_in_the_middle_too() {
    let sandbox = sandbox_with([Rule::new(Effect::Truncate { at: 10 }).on(Operation::Link)]).await;
    let raw = raw_link(&sandbox);
    assert_eq!((raw.status, raw.end), (200, End::Closed));
    assert_eq!(raw.text(), r#"{"export_l"#);
    let promised: usize = raw.header("content-length").unwrap().parse().unwrap();
    assert!(promised > 10);
}

#[tokio::test]
async fn neither_hang_nor_reset_gives_a_byte() {
    let rules = [
        Rule::new(Effect::Hang).calls(1..=1),
        Rule::new(Effect::Reset { at: None }).calls(2..=2),
    ];
    let sandbox = sandbox_with(rules).await;
    let url = sandbox.storage_url();
    let silent = get_to_silence(&url, &[]);
    assert_eq!((silent.status, silent.end), (0, End::Silent));
    let reset = get_and_close(&url, &[]);
    assert_eq!((reset.status, reset.end), (0, End::Reset));
    assert_eq!(get_and_close(&url, &[]).status, 403);
}

#[tokio::test]
async fn delays_add_up_and_throttles_slow_down() {
    let rules = [
        Rule::new(Effect::Delay { ms: 200 }).on(Operation::Link),
        Rule::new(Effect::Delay { ms: 100 }).on(Operation::Link),
        Rule::new(Effect::Throttle {
            bytes_per_second: 100_000,
        })
        .on(Operation::Download),
    ];
    let sandbox = sandbox_with(rules).await;
    let start = Instant::now();
    let link = direct_link(&sandbox, LAYER);
    assert!(start.elapsed() >= Duration::from_millis(300));
    let start = Instant::now();
    let answer = get(&link, &[("range", "bytes=0-29999")]);
    assert_eq!((answer.status, answer.body.len()), (206, 30_000));
    // The last slice is not waited for, and a twentieth of a second may be made up for.
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(200), "{took:?}");
}

#[tokio::test]
async fn content_length_lies_as_much_as_it_should() {
    let rules = [
        Rule::new(Effect::WrongContentLength { by: 5 }).calls(1..=1),
        Rule::new(Effect::WrongContentLength { by: -5 }).calls(2..=2),
        Rule::new(Effect::WrongContentLength { by: i64::MIN }).calls(3..=3),
    ];
    let sandbox = sandbox_with(rules.map(|rule| rule.on(Operation::Link))).await;
    let lengths = [(); 4].map(|()| {
        let raw = raw_link(&sandbox);
        let told: usize = raw.header("content-length").unwrap().parse().unwrap();
        (told, raw.body.len(), raw.end)
    });
    let real = lengths[3].0;
    assert_eq!(
        lengths,
        [
            (real + 5, real, End::Closed),
            (real - 5, real - 5, End::Closed),
            (0, 0, End::Closed),
            (real, real, End::Closed),
        ]
    );
}

#[tokio::test]
async fn json_is_odd_in_each_way() {
    let oddities = [
        (Oddity::ExtraMember, 1, r#""odd":"#),
        (Oddity::MissingMember, 1, "{}"),
        (Oddity::WrongType, 1, r#"{"export_link":4294967296}"#),
        (Oddity::Null, 1, "null"),
    ];
    for (how, problems, part) in oddities {
        let sandbox = sandbox_with([Rule::new(Effect::OddJson { how }).on(Operation::Link)]).await;
        let answer = call_unchecked(&sandbox, "GET", LINK, b"");
        assert_eq!(answer.status, 200);
        let body = serde_json::from_slice(&answer.body).unwrap();
        let found = schema::problems_of(&body, "ExportLink");
        assert_eq!(found.len(), problems, "{how:?}: {found:?}");
        assert!(answer.text().contains(part), "{}", answer.text());
    }
    let how = Oddity::CutOff;
    let sandbox = sandbox_with([Rule::new(Effect::OddJson { how })]).await;
    let answer = call_unchecked(&sandbox, "GET", LINK, b"");
    let error = serde_json::from_slice::<Value>(&answer.body).unwrap_err();
    assert!(error.is_eof(), "{error}");
}

#[tokio::test]
async fn links_expire_when_a_rule_says_so() {
    let sandbox = sandbox_with([Rule::new(Effect::ExpireLinks)
        .on(Operation::Download)
        .calls(2..=2)])
    .await;
    let (link, other) = (direct_link(&sandbox, LAYER), direct_link(&sandbox, LAYER));
    let statuses = [&link, &link, &other].map(|link| get(link, &[]).status);
    assert_eq!(statuses, [200, 403, 403]);
    let answer = get(&link, &[]);
    assert!(
        answer.text().contains("Request has expired"),
        "{}",
        answer.text()
    );
    assert_eq!(get(&direct_link(&sandbox, LAYER), &[]).status, 200);
}

#[tokio::test]
async fn jobs_fail_when_they_are_created_or_asked_about() {
    let fail = |operation| Rule::new(Effect::FailJob).on(operation).calls(1..=1);
    let sandbox = sandbox_with([fail(Operation::Export)]).await;
    let csv = json!({ "output_format": "csv" });
    let (bad, good) = (create(&sandbox, LAYER, &csv), create(&sandbox, LAYER, &csv));
    assert_eq!(wait(&sandbox, LAYER, &bad)["status"], "failed");
    assert_eq!(wait(&sandbox, LAYER, &good)["status"], "completed");
    sandbox.add_faults([fail(Operation::Status)]).unwrap();
    for _ in 0..2 {
        assert_eq!(status(&sandbox, LAYER, &good)["status"], "failed");
    }
}

#[tokio::test]
async fn a_status_can_be_a_new_word_or_have_no_link() {
    let sandbox = sandbox_with([]).await;
    let id = create(&sandbox, LAYER, &json!({ "output_format": "csv" }));
    wait(&sandbox, LAYER, &id);
    let path = format!("maps/{LAYER}/custom_exports/{id}");
    let rules = r#"[{ "operation": "status", "calls": 1, "effect": { "type": "unknown_status", "status": "resting" } },
                    { "operation": "status", "calls": 2, "effect": { "type": "null_link" } }]"#;
    sandbox.add_faults(parse(rules).unwrap()).unwrap();
    let seen = [(); 3].map(|()| {
        let body: Value =
            serde_json::from_slice(&call_unchecked(&sandbox, "GET", &path, b"").body).unwrap();
        (body["status"].clone(), body["download_url"].is_null())
    });
    assert_eq!(
        seen,
        [
            (json!("resting"), true),
            (json!("completed"), true),
            (json!("completed"), false)
        ]
    );
}

#[tokio::test]
async fn what_makes_no_sense_starts_no_sandbox() {
    let rule = Rule::new(Effect::NullLink).on(Operation::Download);
    let error = Sandbox::builder().fault(rule).start().await.unwrap_err();
    assert!(
        error.to_string().starts_with("fault rule 1: null_link"),
        "{error}"
    );
}

#[tokio::test]
async fn a_connection_goes_on_after_what_went_wrong_before() {
    let sandbox = sandbox_with([Rule::new(Effect::Throttle {
        bytes_per_second: 1 << 30,
    })])
    .await;
    let link = direct_link(&sandbox, LAYER);
    let mut stream = connect(&link);
    ask(&mut stream, "GET", &link, &["Range: bytes=0-9"]);
    ask(
        &mut stream,
        "GET",
        &link,
        &["Range: bytes=0-9", "Connection: close"],
    );
    let raw = read(&mut stream);
    assert_eq!(raw.end, End::Closed);
    let seconds = raw
        .body
        .windows(8)
        .filter(|eight| eight == b"HTTP/1.1")
        .count();
    assert_eq!(seconds, 1, "a second answer on the same connection");
}

#[tokio::test]
async fn rules_come_and_go_over_http() {
    let sandbox = sandbox_with([]).await;
    let url = sandbox.base_url().replace("/api/v2/", "/_sandbox/faults");
    let rule = r#"[{"operation":"link","calls":"1","effect":{"type":"status","code":429}}]"#;
    let added = send("POST", &url, &[], rule.as_bytes());
    assert_eq!((added.status, added.text()), (200, rule));
    assert_eq!(get(&url, &[]).text(), rule);
    let statuses = [(); 2].map(|()| call(&sandbox, "GET", LINK, b"").status);
    assert_eq!(statuses, [429, 200]);
    let bad = send("POST", &url, &[], br#"[{"effect":{"type":"nothing"}}]"#);
    assert_eq!(bad.status, 422);
    let detail = bad.json("JsonErrorResponse")["errors"][0]["detail"].to_string();
    assert!(detail.contains("unknown variant `nothing`"), "{detail}");
    assert_eq!(get(&url, &[]).text(), rule);
    assert_eq!(send("DELETE", &url, &[], b"").status, 204);
    assert_eq!(get(&url, &[]).text(), "[]");
}

#[tokio::test]
async fn what_came_in_can_be_asked_on_both_origins() {
    let sandbox = sandbox_with([Rule::new(Effect::Delay { ms: 1 }).on(Operation::Link)]).await;
    let link = direct_link(&sandbox, LAYER);
    get(&link, &[("range", "bytes=5-")]);
    get(&link, &[("authorization", "Bearer felt_pat_leaked")]);
    call(&sandbox, "PUT", LINK, b"");
    let url = sandbox.base_url().replace("/api/v2/", "/_sandbox/requests");
    let answer = get(&url, &[]);
    let signature = link.split("X-Signature=").nth(1).unwrap();
    for secret in [signature, sandbox.token(), "felt_pat_leaked"] {
        assert!(!answer.text().contains(secret), "{}", answer.text());
    }
    let requests: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(requests, serde_json::to_value(sandbox.requests()).unwrap());
    let brief: Vec<Value> = requests
        .as_array()
        .unwrap()
        .iter()
        .map(|request| {
            json!([
                request["number"],
                request["origin"],
                request["operation"],
                request["method"],
                request["authorization"],
                request["headers"]["range"],
                request["status"],
                request["faults"],
            ])
        })
        .collect();
    assert_eq!(
        json!(brief),
        json!([
            [1, "api", "link", "GET", true, null, 200, ["delay"]],
            [2, "storage", "download", "GET", false, "bytes=5-", 206, []],
            [3, "storage", "download", "GET", true, null, 400, []],
            [4, "api", null, "PUT", true, null, 405, []],
        ])
    );
    assert_eq!(send("DELETE", &url, &[], b"").status, 204);
    assert_eq!(get(&url, &[]).text(), "[]");
}
