//! The command, run as a process.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::pipeline::{PAGE, openapi};

pub const SPEC: &str =
    r#"{"openapi": "3.0.0", "info": {"title": "T", "version": "1"}, "paths": {}}"#;

/// What `diff` says of two specs that mean the same.
pub const NOTHING: &str = "No differences in meaning: nothing to release.\nWhere files differ nevertheless, it is in the \
    order of keys or lists, or in saying what holds anyway (`deprecated: false`).\n";

/// Runs the command in a folder.
pub fn run(dir: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_felt-api-codegen"))
        .args(arguments)
        .current_dir(dir)
        // As it is called without cargo.
        .env_remove("CARGO_PKG_NAME")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads no input may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

pub fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// A folder with files.
pub fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

/// Runs git in a folder, without what the machine or the person has set; what it prints.
pub fn git(dir: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args([
            "-c",
            "user.name=n",
            "-c",
            "user.email=e@example.com",
            "-c",
            "init.defaultBranch=main",
        ])
        .args(arguments)
        .current_dir(dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        text(&output.stderr)
    );
    text(&output.stdout).to_string()
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_page_is_imported_from_a_file_or_stdin_to_stdout_or_a_file() {
    let spec = fs::read_to_string(openapi().join("layer-exports.json")).unwrap();
    let dir = folder(&[("page.md", PAGE), ("spec.json", "old")]);
    for (arguments, input) in [(["import", "page.md"], ""), (["import", "-"], PAGE)] {
        let output = run(dir.path(), &arguments, input.as_bytes());
        assert!(output.status.success() && output.stderr.is_empty());
        assert!(text(&output.stdout) == spec);
    }
    // The second time from the spec that it has become.
    for source in ["page.md", "spec.json"] {
        let output = run(dir.path(), &["import", source, "--out", "spec.json"], b"");
        assert!(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty());
        assert!(fs::read_to_string(dir.path().join("spec.json")).unwrap() == spec);
    }
}

#[test]
fn a_client_is_generated_with_a_report() {
    let dir = folder(&[]);
    fs::create_dir(dir.path().join("openapi")).unwrap();
    for name in ["layer-exports.json", "felt.overlay.yaml"] {
        let copy = dir.path().join("openapi").join(name);
        fs::copy(openapi().join(name), copy).unwrap();
    }
    let to_stdout = run(dir.path(), &["generate"], b"");
    assert_eq!(to_stdout.status.code(), Some(0));
    insta::assert_snapshot!("report", text(&to_stdout.stderr));
    let arguments = [
        "generate",
        "--spec",
        "openapi",
        "--effective",
        "effective.json",
        "--out",
        "client.rs",
    ];
    let to_files = run(dir.path(), &arguments, b"");
    assert!(to_files.status.success() && to_files.stdout.is_empty());
    assert!(fs::read(dir.path().join("client.rs")).unwrap() == to_stdout.stdout);
    let effective = fs::read_to_string(dir.path().join("effective.json")).unwrap();
    assert!(
        effective
            == felt_api_codegen::to_json(&felt_api_codegen::run(&openapi()).unwrap().effective)
    );
    assert_eq!(
        names(dir.path()),
        ["client.rs", "effective.json", "openapi"]
    );
}

#[test]
fn what_bad_input_is_told() {
    let block = |json: &str| format!("# Page\n\n```json\n{json}\n```\n");
    let secured = |by: &str| SPEC.replace("\"paths\"", &format!("\"security\": {by}, \"paths\""));
    let (one, other) = (secured("[]"), secured(r#"[{"a": []}]"#));
    let dir = folder(&[
        ("no-spec.md", "# Page\n\nNo JSON here.\n"),
        ("broken.md", &block("{\n  \"openapi\": \"3.0.0\",\n  \"paths\" {}\n}")),
        ("open.md", "# Page\n\n```json\n{}\n"),
        ("version.md", &block(&SPEC.replace("3.0.0", "3.1.0"))),
        ("swagger.md", &block("{\"swagger\": \"2.0\"}")),
        ("conflict.md", &(block(&one) + &block(&other))),
        ("empty/README.md", ""),
        ("broken/a.json", "{\n  \"openapi\" 1}"),
        ("conflict/a.json", &one),
        ("conflict/b.json", &other),
        ("no-spec/a.json", "{}"),
        ("bad/a.json", &SPEC.replace("{}", r##"{"/a/{id}": {"get": {"responses": {"200": {"$ref": "#/components/responses/A"}, "20": {}}}}}"##)),
        ("out", "old"),
    ]);
    fs::write(dir.path().join("latin1.md"), b"\xe4").unwrap();
    let mut told = String::new();
    for arguments in [
        &["import", "no-spec.md", "--out", "out"][..],
        &["import", "broken.md", "--out", "out"],
        &["import", "open.md", "--out", "out"],
        &["import", "version.md", "--out", "out"],
        &["import", "swagger.md", "--out", "out"],
        &["import", "conflict.md", "--out", "out"],
        &["import", "latin1.md", "--out", "out"],
        &["import", "none.md", "--out", "out"],
        &["import", "empty", "--out", "out"],
        &["import", "-", "--out", "out"],
        &["generate", "--out", "out"],
        &["generate", "--spec", "out", "--out", "out"],
        &["generate", "--spec", "empty", "--out", "out"],
        &["generate", "--spec", "broken", "--out", "out"],
        &["generate", "--spec", "conflict", "--out", "out"],
        &["generate", "--spec", "no-spec", "--out", "out"],
        &[
            "generate",
            "--spec",
            "bad",
            "--out",
            "out",
            "--effective",
            "out",
        ],
    ] {
        let output = run(dir.path(), arguments, b"");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(output.stdout.is_empty());
        assert!(text(&output.stderr).starts_with("error: "), "{arguments:?}");
        told += &format!("$ {}\n{}\n", arguments.join(" "), text(&output.stderr));
    }
    assert_eq!(fs::read_to_string(dir.path().join("out")).unwrap(), "old");
    insta::assert_snapshot!(told);
}

#[test]
fn nothing_is_replaced_when_a_file_cannot_be_written() {
    let dir = folder(&[
        ("openapi/a.json", SPEC),
        ("effective.json", "old"),
        ("folder/a", ""),
    ]);
    for out in ["folder", "none/client.rs", "effective.json/client.rs"] {
        let output = run(
            dir.path(),
            &["generate", "--effective", "effective.json", "--out", out],
            b"",
        );
        assert_eq!(output.status.code(), Some(1));
        assert!(
            text(&output.stderr).contains(&format!("error: {out}: cannot write: ")),
            "{}",
            text(&output.stderr)
        );
        assert_eq!(
            fs::read_to_string(dir.path().join("effective.json")).unwrap(),
            "old"
        );
    }
    assert_eq!(names(dir.path()), ["effective.json", "folder", "openapi"]);
}

#[test]
fn one_file_for_two_results_is_refused() {
    let dir = folder(&[("openapi/a.json", SPEC), ("out", "old")]);
    let output = run(
        dir.path(),
        &["generate", "--effective", "out", "--out", "./out"],
        b"",
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("does another result go to the same file?"),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(fs::read_to_string(dir.path().join("out")).unwrap(), "old");
}

#[test]
fn a_spec_is_looked_through() {
    let dir = folder(&[
        (
            "good/a.yaml",
            "openapi: 3.0.0\ninfo: {title: T, version: '1'}\npaths: {}\n",
        ),
        (
            "odd/a.yaml",
            "openapi: 3.0.0\ninfo: {title: T, version: '1'}\npaths: {}\ncomponents: {schemas: {A: {type: object, if: {}}}}\n",
        ),
        (
            "bad/a.yaml",
            "openapi: 3.0.0\ninfo: {title: T}\npaths: {/a: {get: {responses: {}}}}\ncomponents: {schemas: {A: {type: object, if: {}}}}\n",
        ),
        // What no rule foresees: no value of the enum is short enough.
        (
            "late/a.yaml",
            "openapi: 3.0.0\ninfo: {title: T, version: '1'}\npaths: {}\ncomponents: {schemas: {A: {type: object, if: {}}, B: {type: string, maxLength: 2, enum: [abc]}}}\n",
        ),
    ]);
    let mut told = String::new();
    for (spec, code) in [
        ("good", 0),
        ("odd", 0),
        ("bad", 1),
        ("late", 1),
        ("none", 1),
    ] {
        let output = run(dir.path(), &["preflight", "--spec", spec], b"");
        assert_eq!(output.status.code(), Some(code), "{spec}");
        told += &format!(
            "$ preflight --spec {spec}\n{}{}\n",
            text(&output.stdout),
            text(&output.stderr)
        );
    }
    insta::assert_snapshot!(told);
    // What is only odd is generated, and told.
    let output = run(
        dir.path(),
        &["generate", "--spec", "odd", "--out", "client.rs"],
        b"",
    );
    assert_eq!(output.status.code(), Some(0));
    assert!(
        text(&output.stderr).contains("\nwarning: /components/schemas/A/if (ignored-keyword): ")
    );
}

#[test]
fn rules_are_listed_and_explained() {
    let dir = folder(&[]);
    let list = run(dir.path(), &["preflight", "--explain"], b"");
    assert_eq!(list.status.code(), Some(0));
    assert_eq!(
        text(&list.stdout).lines().count(),
        felt_api_codegen::rules().len()
    );
    let one = run(
        dir.path(),
        &["preflight", "--explain", "optional-body"],
        b"",
    );
    assert_eq!(one.status.code(), Some(0));
    insta::assert_snapshot!("an_explanation", text(&one.stdout));
    let none = run(dir.path(), &["preflight", "--explain", "optional"], b"");
    assert_eq!(none.status.code(), Some(1));
    assert!(
        text(&none.stderr)
            .starts_with("error: there is no rule `optional`; there are:\n\nall-of-empty ")
    );
    assert!(none.stdout.is_empty());
}

#[test]
fn wrong_usage_is_2() {
    let dir = folder(&[]);
    for arguments in [
        &[][..],
        &["import"],
        &["generate", "page.md"],
        &["export"],
        &["import", "a", "--out"],
        &["preflight", "--spec", "a", "--explain", "path"],
    ] {
        assert_eq!(
            run(dir.path(), arguments, b"").status.code(),
            Some(2),
            "{arguments:?}"
        );
    }
}

#[test]
fn help() {
    let dir = folder(&[]);
    let commands = [
        &["--help"][..],
        &["import", "--help"],
        &["generate", "--help"],
        &["check", "--help"],
        &["preflight", "--help"],
        &["diff", "--help"],
    ];
    let texts = commands.map(|arguments| {
        let output = run(dir.path(), arguments, b"");
        assert_eq!(output.status.code(), Some(0));
        let said = text(&output.stdout);
        format!("$ felt-api-codegen {}\n{said}", arguments.join(" "))
    });
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let dir = folder(&[("page.md", PAGE)]);
    // A page of more than a pipe holds, so that writing it meets the closed end.
    let long = PAGE.replace(
        "\"title\":\"Felt\"",
        &format!("\"title\":\"{}\"", "x".repeat(200_000)),
    );
    fs::write(dir.path().join("page.md"), long).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_felt-api-codegen"))
        .args(["import", "page.md"])
        .current_dir(dir.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
}

#[test]
fn a_huge_page_and_deep_nesting_are_handled() {
    let dir = folder(&[]);
    let huge = "Words and more words.\n".repeat(500_000) + PAGE;
    let output = run(dir.path(), &["import", "-"], huge.as_bytes());
    assert!(output.status.success());
    let deep = |depth| {
        format!(
            "```json\n{{\"openapi\": \"3.0.0\", \"x-deep\": {}{}}}\n```\n",
            "[".repeat(depth),
            "]".repeat(depth)
        )
    };
    assert!(
        run(dir.path(), &["import", "-"], deep(100).as_bytes())
            .status
            .success()
    );
    let output = run(dir.path(), &["import", "-"], deep(100_000).as_bytes());
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).ends_with("of the page: recursion limit exceeded\n"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn the_deepest_schemas_that_json_may_have_are_generated() {
    let dir = folder(&[]);
    let nest =
        |schema: String, _| format!(r#"{{"type": "object", "properties": {{"p": {schema}}}}}"#);
    let schema = (0..58).fold(r#"{"type": "string"}"#.to_string(), nest);
    let spec = SPEC.replace(
        "\"paths\"",
        &format!(r#""components": {{"schemas": {{"Deep": {schema}}}}}, "paths""#),
    );
    fs::write(dir.path().join("a.json"), spec).unwrap();
    let output = run(dir.path(), &["generate", "--spec", "."], b"");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[test]
fn a_panic_in_the_generator_is_an_error_that_names_the_place_and_nothing_else() {
    let bad = r#""components": {"schemas": {"Good": {}, "Bad": {"anyOf": [{"type": "object"}], "oneOf": [{"type": "string", "enum": ["a"]}]}}}, "paths""#;
    let dir = folder(&[("a.json", &SPEC.replace("\"paths\"", bad))]);
    let output = run(dir.path(), &["generate", "--spec", "."], b"");
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        told.starts_with("error: .: 1 thing in the spec stands in the way"),
        "{told}"
    );
    assert!(
        told.contains("\n- /components/schemas/Bad (progenitor): "),
        "{told}"
    );
    assert!(
        told.contains(" it panicked: ") && !told.contains("thread"),
        "{told}"
    );
    assert_eq!(told.lines().count(), 2, "{told}");
}

#[test]
fn what_a_spec_says_cannot_speak_to_a_terminal() {
    const EVIL: &str = "\\u001b[31m\\u202e\\u009bno\\nyes";
    let schema = |kind: &str| {
        format!(
            r#"{{"type": "object", "properties": {{"{EVIL}": {{"type": "{kind}", "if": {{}}, "nullable": null}}}}}}"#
        )
    };
    let spec = |kind: &str| {
        let schema = schema(kind);
        format!(
            r#"{{"openapi": "3.0.0", "info": {{"title": "T", "version": "1"}}, "paths": {{}}, "components": {{"schemas": {{"A": {schema}}}}}}}"#
        )
    };
    let overlay = format!(
        r#"{{"overlay": "1.0.0", "info": {{"title": "T", "version": "1"}}, "actions": [{{"target": "TARGET", "description": "{EVIL}", "remove": true}}]}}"#
    );
    let overlay = |target: &str| overlay.replace("TARGET", target);
    let broken = format!(r#"{{"a": 1, "{EVIL}": 2, "{EVIL}": 3}}"#);
    let blocks = ["a", "b"].map(|id| {
        format!("```json\n{{\"openapi\": \"3.0.0\", \"paths\": {{\"/{EVIL}\": {{\"get\": {{\"operationId\": \"{id}\"}}}}}}}}\n```\n")
    });
    let page = blocks.join("\n");
    let dir = folder(&[
        ("good/a.json", &spec("string")),
        ("good/a.overlay.json", &overlay("$.x")),
        ("page.md", &page),
        ("path/a.json", SPEC),
        ("path/a.overlay.json", &overlay(&format!("$['{EVIL}']"))),
        ("bad/a.json", &spec(EVIL)),
        ("twice/a.json", &broken),
    ]);
    let commands: [&[&str]; 13] = [
        &["generate", "--spec", "good", "--out", "client.rs"],
        &["generate", "--spec", "bad"],
        &["generate", "--spec", "twice"],
        &["generate", "--spec", "path"],
        &["preflight", "--spec", "good"],
        &["preflight", "--spec", "bad"],
        &["check", "--spec", "good"],
        &["check", "--spec", "bad", "bad/a.json"],
        &["diff", "good", "bad"],
        &["diff", "good", "bad", "--format", "markdown"],
        &["diff", "good", "bad", "--format", "json"],
        &["import", "page.md"],
        &["preflight", "--explain", "\u{1b}[31m"],
    ];
    let mut shown = 0;
    for arguments in commands {
        let output = run(dir.path(), arguments, b"");
        for stream in [&output.stdout, &output.stderr] {
            let stream = text(stream);
            let obeyed = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!stream.contains(obeyed), "{arguments:?}: {stream:?}");
            assert!(
                !stream.lines().any(|line| line.starts_with("yes")),
                "{arguments:?}: {stream}"
            );
            shown += stream.matches("\\u{1b}").count();
        }
    }
    assert!(shown > 8, "{shown}");
}
