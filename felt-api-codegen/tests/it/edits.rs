//! Whatever is done to a spec, there is a client or a message: never a panic, and never an end of the process.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use felt_api_codegen::{Severity, adapt, generate, import, preflight};
use proptest::collection::vec;
use proptest::prelude::{any, prop_assert};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::corpus::specs;

/// What is done, and numbers that say where and with what.
type Edit = (u8, u32, u32, u32);

/// What the corpus is made of: every value, and every key.
struct Pool {
    specs: Vec<Value>,
    /// Those of them that nothing stands in the way of.
    good: Vec<Value>,
    values: Vec<Value>,
    keys: Vec<String>,
}

impl Pool {
    fn new() -> Self {
        let all = specs();
        let good = all.iter().filter(|(name, _)| !name.starts_with("rule-"));
        let good = good.map(|(_, spec)| spec.clone()).collect();
        let specs: Vec<_> = all.into_values().collect();
        let (mut values, mut keys) = (Vec::new(), Vec::new());
        for spec in &specs {
            for pointer in pointers(spec) {
                let value = spec.pointer(&pointer).unwrap().clone();
                keys.extend(
                    value
                        .as_object()
                        .into_iter()
                        .flat_map(|map| map.keys().cloned()),
                );
                // Whole documents and the like would hide everything else.
                if value.to_string().len() < 1_000 {
                    values.push(value);
                }
            }
        }
        keys.extend(
            ["items", "not", "default", "allOf", "anyOf", "oneOf", "$ref"].map(String::from),
        );
        keys.sort();
        keys.dedup();
        values.extend([
            json!(null),
            json!(-1),
            json!(1e300),
            json!(""),
            json!([]),
            json!({}),
            json!("\u{0}'\""),
        ]);
        Self {
            specs,
            good,
            values,
            keys,
        }
    }
}

/// Pointers to everything in a value, the value itself among them.
fn pointers(value: &Value) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut next = 0;
    while let Some(pointer) = found.get(next).cloned() {
        next += 1;
        match value.pointer(&pointer).unwrap() {
            Value::Object(map) => {
                let escaped = map
                    .keys()
                    .map(|key| key.replace('~', "~0").replace('/', "~1"));
                found.extend(escaped.map(|key| format!("{pointer}/{key}")));
            }
            Value::Array(list) => {
                found.extend((0..list.len()).map(|index| format!("{pointer}/{index}")))
            }
            _ => {}
        }
    }
    found
}

fn pick<T>(list: &[T], number: u32) -> &T {
    &list[number as usize % list.len()]
}

fn edit(spec: &mut Value, pool: &Pool, (what, place, a, b): Edit) {
    let all = pointers(spec);
    let pointer = pick(&all, place).clone();
    let elsewhere = spec.pointer(pick::<String>(&all, a)).unwrap().clone();
    let target = pick(&all, b).clone();
    let value = spec.pointer_mut(&pointer).unwrap();
    match what % 9 {
        0 => *value = pick(&pool.values, a).clone(),
        1 => *value = elsewhere,
        2 => *value = json!({"$ref": format!("#{target}")}),
        3 => {
            *value = match value {
                Value::String(text) => json!([text]),
                Value::Bool(flag) => json!(flag.to_string()),
                Value::Number(number) => json!(number.to_string()),
                Value::Null => json!({}),
                Value::Array(list) => list.first().cloned().unwrap_or_default(),
                Value::Object(map) => Value::Array(map.values().cloned().collect()),
            }
        }
        4 => match value {
            Value::Object(map) => {
                map.insert(pick(&pool.keys, a).clone(), pick(&pool.values, b).clone());
            }
            Value::Array(list) => list.push(pick(&pool.values, b).clone()),
            Value::String(text) => *text = pick(&pool.keys, a).clone(),
            _ => *value = pick(&pool.values, a).clone(),
        },
        // What a key says becomes nothing at all.
        8 => {
            let nothing = [json!(null), json!([]), json!({})];
            let values: Vec<_> = match value {
                Value::Object(map) => map.values_mut().collect(),
                Value::Array(list) => list.iter_mut().collect(),
                other => vec![other],
            };
            let count = values.len();
            if let Some(value) = values.into_iter().nth(a as usize % count.max(1)) {
                *value = pick(&nothing, b).clone();
            }
        }
        // The last takes something away, gives it another name, or copies it under another name.
        kind => match value {
            Value::Object(map) if !map.is_empty() => {
                let keys: Vec<_> = map.keys().cloned().collect();
                let key = pick(&keys, a);
                let value = if kind == 7 {
                    map.get(key).cloned()
                } else {
                    map.remove(key)
                };
                let name = match b % 3 {
                    0 => pick(&pool.keys, b).clone(),
                    1 => key.to_uppercase(),
                    _ => format!("{key}_"),
                };
                if kind > 5
                    && let Some(value) = value
                {
                    map.insert(name, value);
                }
            }
            Value::Array(list) if !list.is_empty() => {
                let one = pick(list, a).clone();
                if kind == 5 {
                    list.remove(a as usize % list.len());
                } else {
                    list.push(one);
                }
            }
            _ => *value = pick(&pool.values, a).clone(),
        },
    }
}

/// What the suite looks at, always the same; `EDITED_SPECS=20000` looks at so many others.
fn runner() -> TestRunner {
    let asked = std::env::var("EDITED_SPECS")
        .ok()
        .and_then(|cases| cases.parse().ok());
    let mut config = Config::with_cases(asked.unwrap_or(500));
    config.failure_persistence = None;
    config.max_shrink_iters = 2_000;
    match asked {
        Some(_) => TestRunner::new(config),
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    }
}

#[test]
fn an_edited_spec_is_generated_or_refused() {
    let pool = Pool::new();
    // If the process comes to an end, this is what it was about.
    let last = Path::new(env!("CARGO_TARGET_TMPDIR")).join("edited.json");
    let passed = Cell::new(0);
    // How often the generator refused what had passed, by what it said.
    let refused = RefCell::new(BTreeMap::<String, usize>::new());
    let edits = (any::<u32>(), vec(any::<Edit>(), 1..4));
    let result = runner().run(&edits, |(base, edits)| {
        let bases = if base % 4 == 0 {
            &pool.specs
        } else {
            &pool.good
        };
        let mut spec = pick(bases, base / 4).clone();
        for one in edits {
            edit(&mut spec, &pool, one);
        }
        fs::write(&last, spec.to_string()).unwrap();
        adapt(&mut spec);
        let findings = preflight(&spec);
        if findings
            .iter()
            .any(|finding| finding.severity == Severity::Refused)
        {
            return Ok(());
        }
        passed.set(passed.get() + 1);
        let mut again = spec.clone();
        for change in adapt(&mut again) {
            prop_assert!(change.touched.is_empty(), "touched again: {change}\n{spec}");
        }
        if let Err(error) = generate(&spec) {
            let said = error.to_string();
            let said = said.split("generate this").nth(1).unwrap_or(&said);
            *refused
                .borrow_mut()
                .entry(said.chars().take(110).collect())
                .or_default() += 1;
        }
        Ok(())
    });
    let (passed, refused) = (passed.get(), refused.into_inner());
    let count: usize = refused.values().sum();
    println!("{passed} passed the preflight; of these the generator refused {count}: {refused:#?}");
    result.unwrap();
    // What is frequent deserves a rule.
    assert!(count * 20 <= passed, "{count} of {passed}: {refused:#?}");
}

#[test]
fn an_edited_page_is_a_spec_or_refused() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/corpus");
    let files = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = files.collect();
    paths.sort();
    let texts: Vec<_> = paths
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let pieces = [
        "&a ",
        "*a",
        "<<: ",
        "? ",
        "- ",
        "|\n",
        ">-",
        "!!str ",
        "{",
        "]",
        "\"",
        "'",
        "#",
        "\t",
        "\n---\n",
        "\n...\n",
        "%YAML 1.2\n",
        "\u{feff}",
        "\0",
        "ü",
    ];
    let edits = (
        any::<u32>(),
        vec((any::<u8>(), any::<u32>(), any::<u32>()), 1..8),
    );
    let result = runner().run(&edits, |(base, edits)| {
        let mut text: Vec<char> = pick(&texts, base).chars().collect();
        for (what, a, b) in edits {
            let at = a as usize % (text.len() + 1);
            let end = text.len().min(at + b as usize % 12);
            match what % 3 {
                0 => drop(text.drain(at..end)),
                1 => drop(text.splice(at..at, pick(&pieces, b).chars())),
                _ => {
                    let copied = text[at..end].to_vec();
                    drop(text.splice(at..at, copied));
                }
            }
        }
        let text = String::from_iter(text);
        match import(&format!("```yaml\n{text}\n```"), "page") {
            Ok(spec) => prop_assert!(spec.is_object()),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
        Ok(())
    });
    result.unwrap();
}
