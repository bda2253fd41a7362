//! What is generated compiles without warnings: every spec of the corpus that passes, and one with fifty
//! operations.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::corpus::{outcome, specs};

#[allow(dead_code)]
#[path = "../../examples/synthetic.rs"]
pub mod synthetic;

/// The crate around the modules, as `src/lib.rs` of the client has it.
const ROOT: &str = r#"//! Generated clients.
#![forbid(unsafe_code)]
#![deny(missing_docs, warnings)]
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::todo, clippy::dbg_macro)]

/// What the hooks of a client follow.
#[derive(Clone, Debug)]
pub struct Limits;
"#;

const MANIFEST: &str = r#"[package]
name = "generated-clients"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
bytes = "1"
futures-util = { version = "0.3", default-features = false, features = ["std"] }
http = "1"
progenitor-client = "0.15.1"
reqwest = { version = "0.13", default-features = false, features = ["json", "query", "stream"] }
serde = { version = "1", features = ["derive"] }
serde_json = "1"
"#;

#[test]
fn every_spec_that_passes_is_generated_and_compiles_without_warnings() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let write = |name: &str, text: &str| {
        fs::create_dir_all(path(name).parent().unwrap()).unwrap();
        fs::write(path(name), text).unwrap();
    };
    let mut root = ROOT.to_string();
    let mut specs = specs();
    specs.insert("fifty".to_string(), synthetic::spec(50));
    for (name, spec) in specs {
        let Some(code) = outcome(&spec).code else {
            assert_ne!(name, "fifty", "{}", outcome(&spec).report);
            continue;
        };
        let module = name.replace('-', "_");
        write(&format!("src/{module}.rs"), &code);
        root += &format!(
            "\n/// {name}\npub mod {module} {{\n    #![allow(missing_docs, rustdoc::all, clippy::all, clippy::unwrap_used)]\n    #![allow(dead_code, nonstandard_style)]\n    \
             include!(\"{module}.rs\");\n    impl progenitor_client::ClientHooks<crate::Limits> for Client {{}}\n}}\n"
        );
    }
    write("src/lib.rs", &root);
    write("Cargo.toml", MANIFEST);
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::copy(workspace.join("Cargo.lock"), path("Cargo.lock")).unwrap();
    let output = Command::new(env!("CARGO"))
        .current_dir(dir.path())
        .args(["clippy", "--color", "never", "--quiet"])
        // What was built for the last run is used again.
        .env(
            "CARGO_TARGET_DIR",
            Path::new(env!("CARGO_TARGET_TMPDIR")).join("corpus"),
        )
        .env("CARGO_TERM_PROGRESS_WHEN", "never")
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert_eq!(told, "");
}
