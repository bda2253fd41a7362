//! `felt-api-codegen diff`, run as a process.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::command::{NOTHING, SPEC, folder, git, run, text};
use crate::pipeline::{PAGE, openapi};

/// The spec of the repository as a vendor might go on with it.
fn next() -> Value {
    let text = fs::read_to_string(openapi().join("layer-exports.json")).unwrap();
    let mut spec: Value = serde_json::from_str(&text).unwrap();
    let at =
        |spec: &mut Value, pointer: &str, value: Value| *spec.pointer_mut(pointer).unwrap() = value;
    let path = "/paths/~1api~1v2~1maps~1{map_id}~1layers~1{layer_id}~1custom_export";
    at(
        &mut spec,
        &format!("{path}/post/operationId"),
        json!("create_custom_export"),
    );
    let poll = spec["paths"]
        .as_object()
        .unwrap()
        .keys()
        .find(|path| path.ends_with("{export_id}"));
    let poll = poll.unwrap().clone();
    spec["paths"][poll]["get"]["parameters"]
        .as_array_mut()
        .unwrap()
        .push(json!({"in": "query", "name": "wait", "schema": {"type": "integer"}}));
    spec["components"]["schemas"]["Region"] = json!({"type": "string", "enum": ["eu", "us"]});
    spec
}

/// A folder with the spec of the repository in every shape, and the next one.
fn shapes() -> tempfile::TempDir {
    let spec = fs::read_to_string(openapi().join("layer-exports.json")).unwrap();
    let next = format!("{:#}\n", next());
    folder(&[
        ("page.md", PAGE),
        ("spec.json", &spec),
        ("old/a.json", &spec),
        ("new/a.json", &next),
        ("next.json", &next),
    ])
}

#[test]
fn a_file_a_folder_a_page_and_a_revision_are_the_same_spec() {
    let dir = shapes();
    git(dir.path(), &["init", "--quiet"]);
    fs::create_dir(dir.path().join("openapi")).unwrap();
    fs::rename(
        dir.path().join("old/a.json"),
        dir.path().join("openapi/a.json"),
    )
    .unwrap();
    // What does not belong to the spec of a folder is left out at a revision, too.
    fs::write(dir.path().join("openapi/.b.json"), "oops").unwrap();
    fs::create_dir(dir.path().join("openapi/deep")).unwrap();
    fs::write(dir.path().join("openapi/deep/c.json"), "oops").unwrap();
    git(dir.path(), &["add", "."]);
    git(dir.path(), &["commit", "--quiet", "-m", "one"]);
    git(dir.path(), &["tag", "v1"]);
    fs::copy(
        dir.path().join("next.json"),
        dir.path().join("openapi/a.json"),
    )
    .unwrap();
    git(dir.path(), &["commit", "--quiet", "-am", "two"]);
    let same = [
        "spec.json",
        "page.md",
        "git:v1",
        "git:HEAD~1:openapi/",
        "git:v1:spec.json",
        "git:main^:page.md",
        "git:v1:openapi/a.json",
    ];
    for source in same {
        let output = run(dir.path(), &["diff", source, "spec.json"], b"");
        assert_eq!(
            (output.status.code(), text(&output.stderr)),
            (Some(0), ""),
            "{source}"
        );
        assert_eq!(text(&output.stdout), NOTHING, "{source}");
    }
    let by_git = run(dir.path(), &["diff", "git:v1", "git:HEAD"], b"");
    let by_file = run(dir.path(), &["diff", "spec.json", "openapi"], b"");
    assert_eq!(text(&by_git.stdout), text(&by_file.stdout));
    assert!(text(&by_git.stdout).contains("operation-renamed"));
    // Paths are those of the folder that one stands in.
    let inner = dir.path().join("openapi");
    let output = run(&inner, &["diff", "git:v1:a.json", "../spec.json"], b"");
    assert_eq!(text(&output.stdout), NOTHING);
    let output = run(&inner, &["diff", "git:v1:.", "../spec.json"], b"");
    assert_eq!(text(&output.stdout), NOTHING);
}

const OVERLAY: &str = "overlay: 1.0.0
info: {title: O, version: 1.0.0}
actions:
  - target: $.info
    update: {description: corrected}
";

/// What `diff` finds, each as its pointer.
fn found(dir: &Path, old: &str, new: &str) -> Vec<String> {
    let output = run(dir, &["diff", old, new, "--format", "json"], b"");
    assert_eq!(text(&output.stderr), "", "{old} {new}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let differences = report["differences"].as_array().unwrap();
    let pointer = |one: &Value| one["pointer"].as_str().unwrap().to_string();
    differences.iter().map(pointer).collect()
}

#[test]
fn overlays_belong_to_what_is_compared() {
    let page = format!("```json\n{SPEC}\n```\n");
    let dir = folder(&[
        ("bare/a.json", SPEC),
        ("openapi/a.json", SPEC),
        ("openapi/b.overlay.yaml", OVERLAY),
        (
            "other/a.json",
            &SPEC.replace("\"paths\"", "\"x-a\": 1, \"paths\""),
        ),
        ("other/b.overlay.yml", &OVERLAY.replace("corrected", "anew")),
        ("page.md", &page),
    ]);
    git(dir.path(), &["init", "--quiet"]);
    git(dir.path(), &["add", "."]);
    git(dir.path(), &["commit", "--quiet", "-m", "one"]);
    for old in ["openapi", "git:HEAD", "git:HEAD:openapi"] {
        // Folders have their own, also if they have none.
        for new in ["bare", "git:HEAD:bare", "git:HEAD:bare/"] {
            assert_eq!(found(dir.path(), old, new), ["/info/description"], "{new}");
        }
        assert_eq!(
            found(dir.path(), old, "other"),
            ["/info/description", "/x-a"]
        );
        // A page has none, and a file those beside it.
        for new in [
            "page.md",
            "bare/a.json",
            "openapi/a.json",
            "git:HEAD:page.md",
            "git:HEAD:openapi/a.json",
        ] {
            assert_eq!(found(dir.path(), old, new), [""; 0], "{old} {new}");
            assert_eq!(found(dir.path(), new, old), [""; 0], "{new} {old}");
        }
        for new in ["other/a.json", "git:HEAD:other/a.json"] {
            assert_eq!(found(dir.path(), old, new), ["/info/description", "/x-a"]);
        }
    }
    let inner = dir.path().join("openapi");
    for file in ["a.json", "./a.json", "git:HEAD:a.json"] {
        assert_eq!(found(&inner, "../page.md", file), [""; 0], "{file}");
        assert_eq!(
            found(&inner, "../bare", file),
            ["/info/description"],
            "{file}"
        );
    }
    // One that was put right since.
    let path = dir.path().join("openapi/b.overlay.yaml");
    fs::write(path, OVERLAY.replace("corrected", "anew")).unwrap();
    assert_eq!(
        found(dir.path(), "git:HEAD", "openapi"),
        ["/info/description"]
    );
}

#[test]
fn an_overlay_that_does_not_fit_is_named_with_what_it_is_applied_to() {
    let dir = folder(&[
        ("openapi/a.json", SPEC),
        ("openapi/b.overlay.yaml", OVERLAY),
        ("c.json", &SPEC.replace("\"T\"", "{}")),
        ("broken/a.json", SPEC),
        ("broken/b.overlay.yaml", "overlay: 3"),
    ]);
    let fits = OVERLAY.replace("description: corrected", "title: corrected");
    fs::write(dir.path().join("openapi/b.overlay.yaml"), fits).unwrap();
    git(dir.path(), &["init", "--quiet"]);
    git(dir.path(), &["add", "."]);
    git(dir.path(), &["commit", "--quiet", "-m", "one"]);
    let mut told = String::new();
    for arguments in [
        ["diff", "openapi", "c.json"],
        ["diff", "git:HEAD", "c.json"],
        ["diff", "broken", "openapi"],
        ["diff", "c.json", "git:HEAD:broken/a.json"],
    ] {
        let output = run(dir.path(), &arguments, b"");
        assert_eq!(output.status.code(), Some(1));
        told += &format!("$ {}\n{}\n", arguments.join(" "), text(&output.stderr));
    }
    insta::assert_snapshot!("what_diff_says_of_overlays", told);
}

#[test]
fn reports() {
    let dir = shapes();
    for format in ["text", "markdown", "json"] {
        let output = run(
            dir.path(),
            &["diff", "page.md", "new", "--format", format],
            b"",
        );
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
        insta::assert_snapshot!(format!("diff_report_{format}"), text(&output.stdout));
    }
    let output = run(
        dir.path(),
        &["diff", "spec.json", "next.json", "--format", "json"],
        b"",
    );
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["bump"], "major");
    let output = run(
        dir.path(),
        &["diff", "next.json", "new", "--format", "json"],
        b"",
    );
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&report["bump"], &report["differences"]),
        (&json!("none"), &json!([]))
    );
}

#[test]
fn failing_on_what_was_found_is_asked_for() {
    let dir = folder(&[
        ("a.json", SPEC),
        ("safe.json", &SPEC.replace("\"T\"", "\"U\"")),
        (
            "care.json",
            &SPEC.replace("\"paths\"", "\"oops\": 1, \"paths\""),
        ),
        (
            "breaks.json",
            &SPEC.replace("\"paths\"", "\"security\": [{\"a\": []}], \"paths\""),
        ),
    ]);
    for (new, breaks, care) in [
        ("safe.json", 0, 0),
        ("care.json", 0, 1),
        ("breaks.json", 1, 1),
    ] {
        for (fail_on, expected) in [(None, 0), (Some("breaks"), breaks), (Some("care"), care)] {
            let mut arguments = vec!["diff", "a.json", new];
            arguments.extend(fail_on.into_iter().flat_map(|effect| ["--fail-on", effect]));
            let output = run(dir.path(), &arguments, b"");
            assert_eq!(output.status.code(), Some(expected), "{arguments:?}");
            // The report is the same, and says why.
            assert!(text(&output.stdout).contains("1 difference.") || new == "breaks.json");
            assert_eq!(text(&output.stderr), "");
        }
    }
}

#[test]
fn what_bad_input_is_told() {
    let dir = folder(&[
        ("a.json", SPEC),
        ("broken.json", "{\n  \"openapi\" 1}"),
        ("swagger.json", "{\"swagger\": \"2.0\"}"),
        ("page.md", "# Page\n"),
        ("empty/README.md", ""),
        ("repository/README.md", ""),
        ("repository/broken/a.json", "{"),
        ("repository/empty/README.md", ""),
    ]);
    fs::write(dir.path().join("latin1.md"), b"\xe4").unwrap();
    let repository = dir.path().join("repository");
    git(&repository, &["init", "--quiet"]);
    git(&repository, &["add", "."]);
    git(&repository, &["commit", "--quiet", "-m", "one"]);
    let mut told = String::new();
    let sources = [
        "none.json",
        "broken.json",
        "swagger.json",
        "page.md",
        "latin1.md",
        "empty",
        "git:HEAD",
    ];
    let in_repository = [
        "git:",
        "git:HEAD:",
        "git:none",
        "git:--all",
        "git:HEAD..HEAD",
        "git:HEAD",
        "git:HEAD:empty",
        "git:HEAD:broken",
        "git:HEAD:README.md",
        "git:HEAD:../a.json",
        "git:HEAD:broken/a.json",
    ];
    let sources = sources.map(|source| (dir.path(), source, "a.json"));
    let in_repository = in_repository.map(|source| (repository.as_path(), source, "../a.json"));
    for (at, source, other) in sources.into_iter().chain(in_repository) {
        for arguments in [["diff", source, other], ["diff", other, source]] {
            // A folder above may be a repository: git is not to look there.
            let output = Command::new(env!("CARGO_BIN_EXE_felt-api-codegen"))
                .args(arguments)
                .current_dir(at)
                .env("GIT_CEILING_DIRECTORIES", dir.path().parent().unwrap())
                .output()
                .unwrap();
            assert_eq!(output.status.code(), Some(1), "{arguments:?}");
            assert_eq!(text(&output.stdout), "");
            if arguments[1] == source {
                told += &format!("$ {}\n{}\n", arguments.join(" "), text(&output.stderr));
            }
        }
    }
    insta::assert_snapshot!("what_diff_says_of_bad_input", told);
}

#[test]
fn without_git_only_revisions_fail() {
    let dir = folder(&[("a.json", SPEC)]);
    let run = |old: &str| {
        Command::new(env!("CARGO_BIN_EXE_felt-api-codegen"))
            .args(["diff", old, "a.json"])
            .current_dir(dir.path())
            .env("PATH", dir.path())
            .output()
            .unwrap()
    };
    assert_eq!(run("a.json").status.code(), Some(0));
    let output = run("git:HEAD");
    assert_eq!(output.status.code(), Some(1));
    let told = "error: git:HEAD: no revision `HEAD`: the program `git` is not installed\n";
    assert_eq!(text(&output.stderr), told);
}

#[test]
fn wrong_usage_is_2() {
    let dir = folder(&[("a.json", SPEC)]);
    for arguments in [
        &["diff"][..],
        &["diff", "a.json"],
        &["diff", "a.json", "a.json", "a.json"],
        &["diff", "a.json", "a.json", "--format", "html"],
        &["diff", "a.json", "a.json", "--fail-on", "safe"],
    ] {
        assert_eq!(
            run(dir.path(), arguments, b"").status.code(),
            Some(2),
            "{arguments:?}"
        );
    }
}
