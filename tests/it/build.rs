//! The client crate built by cargo, with specs that are not ours.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Builds the client in a target folder of its own, and shares what was built for the last test.
fn build(openapi_dir: Option<&Path>, features: &str) -> Output {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        // What the tests run with must not make cargo build anything anew.
        .args([
            "check",
            "--locked",
            "--package",
            "felt-api-client",
            "--no-default-features",
        ])
        .args(["--features", features, "--color", "never"])
        .env(
            "CARGO_TARGET_DIR",
            Path::new(env!("CARGO_TARGET_TMPDIR")).join("build"),
        )
        .env("CARGO_TERM_PROGRESS_WHEN", "never")
        .env("RUST_BACKTRACE", "1")
        .env_remove("FELT_OPENAPI_DIR");
    if let Some(dir) = openapi_dir {
        cargo.env("FELT_OPENAPI_DIR", dir);
    }
    cargo.output().unwrap()
}

/// What cargo printed on stderr of a build that must fail, and must fail with our words.
fn failure(openapi_dir: &Path, features: &str) -> String {
    let output = build(Some(openapi_dir), features);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{stderr}");
    assert!(
        !stderr.contains("panicked") && !stderr.contains("stack backtrace"),
        "{stderr}"
    );
    stderr
}

/// A folder with one spec, made from ours.
fn spec(name: &str, change: impl Fn(&mut serde_json::Value)) -> (tempfile::TempDir, PathBuf) {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/layer-exports.json");
    let mut spec = serde_json::from_str(&std::fs::read_to_string(ours).unwrap()).unwrap();
    change(&mut spec);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), spec.to_string()).unwrap();
    let path = folder.path().to_path_buf();
    (folder, path)
}

// One test: the builds share a target folder, and would wait for each other anyway.
#[test]
fn the_client_is_built_from_the_folder_that_is_named() {
    // A spec with an operation more: its code compiles.
    let (_folder, path) = spec("newer.json", |spec| {
        let paths = spec["paths"].as_object_mut().unwrap();
        let mut operation = paths.values().next().unwrap().clone();
        let method = operation
            .as_object_mut()
            .unwrap()
            .values_mut()
            .next()
            .unwrap();
        method["operationId"] = "something_new".into();
        let old = paths.keys().next().unwrap().clone();
        paths.insert(format!("{old}/new"), operation);
        // What typify has types of other crates for.
        let link = &mut spec["components"]["schemas"]["ExportLink"]["properties"];
        link["expires_at"] = serde_json::json!({"type": "string", "format": "date-time"});
    });
    let output = build(Some(&path), "codegen");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let generated = generated_code();
    assert!(generated.contains("fn something_new"), "{generated}");

    // Ours again, without being told that anything changed.
    let output = build(None, "codegen");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/generated.rs");
    assert!(generated_code() == std::fs::read_to_string(committed).unwrap());

    // A broken one: our message with the place, and no panic.
    let (_folder, path) = spec("broken.json", |spec| {
        let path = "/api/v2/maps/{map_id}/layers/{layer_id}/get_export_link";
        spec["paths"][path]["get"]["parameters"][0]["required"] = false.into();
    });
    let said = failure(&path, "codegen");
    let pointer =
        "/paths/~1api~1v2~1maps~1{map_id}~1layers~1{layer_id}~1get_export_link/get/parameters/0";
    assert!(said.contains(pointer), "{said}");

    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("x.json"),
        "{\n  \"openapi\": \"3.0.0\",\n}",
    )
    .unwrap();
    let said = failure(folder.path(), "codegen");
    assert!(said.contains("x.json") && said.contains("line 3"), "{said}");

    // The rules for the variable itself.
    let said = failure(Path::new("openapi"), "codegen");
    assert!(
        said.contains("FELT_OPENAPI_DIR") && said.contains("relative = true"),
        "{said}"
    );
    let said = failure(&folder.path().join("none"), "codegen");
    assert!(said.contains("none"), "{said}");
    let said = failure(folder.path(), "");
    assert!(
        said.contains("FELT_OPENAPI_DIR") && said.contains("codegen"),
        "{said}"
    );

    // Without the feature the committed code is used.
    let output = build(None, "");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The newest `generated.rs` of these builds.
fn generated_code() -> String {
    let build = Path::new(env!("CARGO_TARGET_TMPDIR")).join("build/debug/build");
    let newest = std::fs::read_dir(build)
        .unwrap()
        .map(|entry| entry.unwrap().path().join("out/generated.rs"))
        .filter_map(|path| Some((path.metadata().ok()?.modified().ok()?, path)))
        .max()
        .unwrap();
    std::fs::read_to_string(newest.1).unwrap()
}
